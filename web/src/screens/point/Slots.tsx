/* The priority array: who holds which slot, and until when. As it was read last, and anew by a job of the collector. */
import { Button, Group, Progress, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client'
import { queries } from '../../api/query'
import type { Point } from '../../api/shapes'
import { useSite } from '../../app/site'
import { IconReload } from '../../parts/icons'
import { useJob } from '../../parts/job'
import { Loaded } from '../../parts/Loading'
import { ProblemNotice } from '../../parts/Problem'
import { Time } from '../../parts/Time'
import { Value } from '../../parts/Value'
import { useFormat, useStrings } from '../../strings'
import { common } from '../../strings/common'
import classes from './point.module.css'
import { strings } from './strings'

export function Slots({ point, onRelease }: { point: Point; onRelease: ((priority: number) => void) | undefined }) {
    const t = useStrings(strings)
    const c = useStrings(common)
    const format = useFormat()
    const site = useSite().id
    const [isAll, setAll] = useState(false)
    /* ['overrides', ...]: what others hold and let go of is told live */
    const key = ['overrides', site, 'slots', point.id]
    const slots = useQuery({
        queryKey: key,
        queryFn: ({ signal }) => api.get('/sites/{site}/points/{point}/slots', { path: { site, point: point.id }, signal }),
        placeholderData: undefined,
    })
    const job = useJob({ kind: 'read-slots', points: [point.id] }, () => void queries.invalidateQueries({ queryKey: key }))
    return (
        <section className={classes.panel} aria-labelledby="slots-title">
            <Group justify="space-between" mb="sm">
                <h2 id="slots-title">{t.slots}</h2>
                <Group gap="sm">
                    {slots.data?.read_at ? (
                        <Text size="sm" c="dimmed">
                            {t.slotsRead(format.ago(slots.data.read_at))}
                        </Text>
                    ) : null}
                    <Button size="xs" variant="default" leftSection={<IconReload size={14} />} onClick={job.start} disabled={job.isUnderWay}>
                        {job.isUnderWay ? t.slotsFresh2 : t.slotsFresh}
                    </Button>
                </Group>
            </Group>
            <div className={classes.progress} role="status">
                {job.isUnderWay ? <Progress value={Math.max(job.progress * 100, 4)} size={3} aria-label={t.slotsFresh2} transitionDuration={120} /> : null}
            </div>
            {job.error !== undefined ? <ProblemNotice error={job.error} onRetry={job.start} /> : null}
            <Loaded query={slots} rows={3}>
                {(known) => {
                    if (!known.has_array) return <Text c="dimmed">{t.slotsNone}</Text>
                    if (known.read_at === null) return <Text c="dimmed">{t.slotsNever}</Text>
                    const held = known.slots.filter((slot) => slot.value !== null)
                    const shown = isAll ? known.slots : held
                    return (
                        <>
                            {held.length === 0 && !isAll ? <Text c="dimmed">{t.allEmpty}</Text> : null}
                            {shown.length > 0 ? (
                                <div className={classes.scroll}>
                                    <table className={classes.slots}>
                                        <thead>
                                            <tr>
                                                <th scope="col">{t.priority}</th>
                                                <th scope="col">{c.value}</th>
                                                <th scope="col">{t.holder}</th>
                                                <th scope="col">{t.until}</th>
                                                <td />
                                            </tr>
                                        </thead>
                                        <tbody>
                                            {shown.map((slot) => (
                                                <tr key={slot.priority} data-effect={slot.priority === known.in_effect || undefined}>
                                                    <th scope="row">{slot.priority}</th>
                                                    <td>
                                                        {slot.value === null ? (
                                                            <span className={classes.dim}>–</span>
                                                        ) : (
                                                            <Value value={slot.value} text={slot.text} unit={point.unit_symbol} />
                                                        )}
                                                        {slot.priority === known.in_effect ? <span className={classes.effect}>{t.inEffect}</span> : null}
                                                    </td>
                                                    <td>
                                                        {slot.value === null ? '' : (slot.by ?? <span className={classes.dim}>{t.somebodyElse}</span>)}
                                                        {slot.reason ? <div className={classes.why}>{slot.reason}</div> : null}
                                                    </td>
                                                    <td>
                                                        {slot.value === null ? (
                                                            ''
                                                        ) : slot.until ? (
                                                            <Time at={slot.until} />
                                                        ) : slot.is_ours ? (
                                                            <span className={classes.dim}>{t.noEnd}</span>
                                                        ) : (
                                                            ''
                                                        )}
                                                    </td>
                                                    <td>
                                                        {slot.is_ours && slot.value !== null && onRelease ? (
                                                            <Button size="compact-xs" variant="default" onClick={() => onRelease(slot.priority)}>
                                                                {t.release(slot.priority)}
                                                            </Button>
                                                        ) : null}
                                                    </td>
                                                </tr>
                                            ))}
                                        </tbody>
                                    </table>
                                </div>
                            ) : null}
                            <Group justify="space-between" mt="sm">
                                <Text size="sm" c="dimmed">
                                    {t.emptySlots(format.number(16 - held.length, 0), 16 - held.length)}
                                </Text>
                                <Button size="compact-xs" variant="subtle" onClick={() => setAll(!isAll)}>
                                    {isAll ? t.showHeld : t.showAll}
                                </Button>
                            </Group>
                        </>
                    )
                }}
            </Loaded>
        </section>
    )
}
