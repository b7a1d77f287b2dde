/* Changes to points on their way to the server, and back again (undo). */
import { Button, Group, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useCallback } from 'react'
import { api } from '../../api/client'
import { queries } from '../../api/query'
import type { components } from '../../api/types'
import { useSite } from '../../app/site'
import { waits } from '../../parts/waiting/changes'
import { useFormat, useStrings } from '../../strings'
import { type Change, whyNot } from './changes'
import { strings } from './strings'

export type Changed = components['schemas']['PointChanged']

export function changePoints(site: string, changes: Change[], dryRun: boolean): Promise<Changed> {
    return api.post('/sites/{site}/points/changes', { path: { site }, body: { points: changes, dry_run: dryRun } })
}

/* Says that it is done, and offers to take it back for a while. */
export function useChanged(onUndone: () => void): (done: Changed) => void {
    const t = useStrings(strings)
    const format = useFormat()
    const site = useSite().id
    return useCallback(
        (done: Changed) => {
            void queries.invalidateQueries({ queryKey: ['points', site] })
            const { change } = done
            if (done.waiting) {
                waits(done.waiting)
                return
            }
            const count = done.items.length
            const id = `change-${change}`
            const undo = async () => {
                notifications.hide(id)
                try {
                    await api.post('/sites/{site}/points/changes/{change}/undo', { path: { site, change: change ?? 0 } })
                    notifications.show({ message: t.undone })
                } catch (error) {
                    notifications.show({
                        title: t.notUndone,
                        message: whyNot(error, (count) => t.andMore(format.number(count, 0))),
                        color: 'red',
                        autoClose: false,
                    })
                }
                void queries.invalidateQueries({ queryKey: ['points', site] })
                onUndone()
            }
            notifications.show({
                id,
                autoClose: 15_000,
                message: (
                    <Group justify="space-between" wrap="nowrap">
                        <Text size="md">{t.changed(format.number(count, 0), count)}</Text>
                        {change === null ? null : (
                            <Button size="xs" variant="default" onClick={() => void undo()}>
                                {t.undo}
                            </Button>
                        )}
                    </Group>
                ),
            })
        },
        [t, format, site, onUndone],
    )
}
