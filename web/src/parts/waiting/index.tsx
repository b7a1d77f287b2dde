/* Above the screens of a building elsewhere: how long ago it was heard, where that is long, and what waits for it. */
import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useLocation } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { api } from '../../api/client'
import { queries } from '../../api/query'
import type { Change } from '../../api/shapes'
import { sitesQuery } from '../../app/session'
import { useSite } from '../../app/site'
import { useFormat, useStrings } from '../../strings'
import { common } from '../../strings/common'
import { IconBad, IconGood, IconOffline, IconStale } from '../icons'
import { Time } from '../Time'
import { toastProblem } from '../toast'
import { changesQuery, isOpen, isRefused } from './changes'
import { strings } from './strings'
import classes from './waiting.module.css'

const ASK_EVERY_MS = 15_000

export default function Waiting() {
    const t = useStrings(strings)
    const format = useFormat()
    const site = useSite()
    const path = useLocation().pathname
    const { data: sites } = useQuery({ ...sitesQuery, refetchInterval: ASK_EVERY_MS })
    const { data: changes = [] } = useQuery(changesQuery(site.id))
    const [isShown, setShown] = useState(false)
    const link = sites?.find((one) => one.id === site.id)?.link
    const open = changes.filter(isOpen)
    useWords(changes)
    const isSilent = link?.link === 'silent' || link?.link === 'never'
    // The Building screen says all of it.
    const isSaid = link?.state === 'invited' && path.endsWith('/building')
    if ((!isSilent || isSaid) && open.length === 0 && !isShown) return null
    return (
        <>
            <div className={classes.strip} role="status">
                {isSilent && !isSaid && (
                    <span className={classes.line}>
                        <IconOffline size={18} aria-hidden />
                        {link.state === 'invited'
                            ? t.notJoined
                            : link.state === 'revoked'
                              ? t.shutOut
                              : link.state === 'retired'
                                ? t.retired
                                : link.seen_at
                                  ? t.silent(format.ago(link.seen_at))
                                  : t.neverHeard}
                    </span>
                )}
                {open.length > 0 && (
                    <span className={classes.line}>
                        <IconStale size={18} aria-hidden />
                        {t.waiting(open.length)}
                        <Button size="compact-sm" variant="default" onClick={() => setShown(true)}>
                            {t.show}
                        </Button>
                    </span>
                )}
            </div>
            {isShown && <List changes={changes} onClose={() => setShown(false)} />}
        </>
    )
}

/* Who asked is told what was refused, and what was done is shown. */
function useWords(changes: Change[]): void {
    const t = useStrings(strings)
    const { id } = useSite()
    const waited = useRef(new Set<string>())
    useEffect(() => {
        for (const change of changes) {
            if (isOpen(change)) waited.current.add(change.id)
            else if (waited.current.delete(change.id)) {
                if (isRefused(change)) toastProblem({ title: t.notDone, detail: [t[change.state as 'refused'], change.text].filter(Boolean).join(': ') })
                for (const noun of ['points', 'point', 'settings', 'devices']) void queries.invalidateQueries({ queryKey: [noun, id] })
            }
        }
    }, [changes, id, t])
}

function useWhat(): (change: Change) => string {
    const t = useStrings(strings)
    return (change) => {
        if (change.undoes !== null) return t.undo
        if (change.what === 'setting') return t.setting(change.setting ?? '', change.value ?? t.byDefault)
        return change.points.length > 0 ? t.points(change.points_total, change.points[0]?.path ?? '') : t.device
    }
}

function List({ changes, onClose }: { changes: Change[]; onClose: () => void }) {
    const t = useStrings(strings)
    const c = useStrings(common)
    const what = useWhat()
    const site = useSite()
    const takeBack = async (change: Change) => {
        try {
            await api.delete('/sites/{site}/changes/{change}', { path: { site: site.id, change: change.id } })
        } catch (problem) {
            toastProblem({ title: what(change), detail: problem instanceof Error ? problem.message : '' })
        }
        void queries.invalidateQueries({ queryKey: ['changes', site.id] })
    }
    return (
        <Modal opened onClose={onClose} title={t.title} size="lg">
            <Stack gap="md">
                <Text c="dimmed" size="sm">
                    {t.about}
                </Text>
                <ul className={classes.list}>
                    {changes.slice(0, 20).map((change) => {
                        const Icon = isOpen(change) ? IconStale : isRefused(change) ? IconBad : IconGood
                        return (
                            <li key={change.id} data-refused={isRefused(change) || undefined}>
                                <Icon size={18} aria-hidden />
                                <div className={classes.what}>
                                    <Text size="sm" fw={500}>
                                        {what(change)}
                                    </Text>
                                    <Text size="sm" c="dimmed" component="div">
                                        {change.state === 'waiting' ? t.isWaiting : change.state === 'handed-over' ? t.handedOver : t[change.state]}
                                        {change.text ? `: ${change.text}` : ''}
                                        {' · '}
                                        {change.created_by}, <Time at={change.ended_at ?? change.handed_over_at ?? change.created_at} form="ago" />
                                    </Text>
                                </div>
                                {change.state === 'waiting' && site.may(change.what === 'setting' ? 'edit_settings' : 'edit_points') && (
                                    <Button size="compact-sm" variant="default" onClick={() => void takeBack(change)}>
                                        {t.takeBack}
                                    </Button>
                                )}
                            </li>
                        )
                    })}
                </ul>
                <Group justify="flex-end">
                    <Button onClick={onClose}>{c.close}</Button>
                </Group>
            </Stack>
        </Modal>
    )
}
