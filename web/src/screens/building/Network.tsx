/* For whoever keeps the building's network: devices are looked for now, and what is wrong is said, from where the collector is. */
import { Button, Group, Progress, Select, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { api } from '../../api/client'
import { queries } from '../../api/query'
import type { DevicesFound, DoctorSays, JobKind } from '../../api/shapes'
import { useSite } from '../../app/site'
import { IconBad, IconGood, IconReload, IconSearch, IconUncertain } from '../../parts/icons'
import { type Shared, useSharedJob } from '../../parts/job'
import { NumberField } from '../../parts/NumberField'
import { ProblemNotice } from '../../parts/Problem'
import { Time } from '../../parts/Time'
import { useFormat, useStrings } from '../../strings'
import { common } from '../../strings/common'
import classes from './building.module.css'
import { strings } from './strings'
import { byName } from './zones'

export function Network() {
    const site = useSite()
    const maySearch = site.may('edit_points')
    const mayCheck = site.may('edit_settings')
    const t = useStrings(strings)
    const isThere = !site.about?.link || site.about.link.state === 'joined' // who was shut out is asked nothing
    if (!isThere || (!maySearch && !mayCheck)) return null
    return (
        <section aria-labelledby="network-title">
            <Title order={2} id="network-title" mb={4}>
                {t.network}
            </Title>
            <Text c="dimmed" size="sm" mb="sm">
                {t.networkAbout}
            </Text>
            <div className={classes.halves}>
                {maySearch ? <Search /> : null}
                {mayCheck ? <Check /> : null}
            </div>
        </section>
    )
}

type Ended = 'completed' | 'failed' | 'expired' | 'cancelled'

type PanelProps = {
    kind: JobKind
    shared: Shared
    icon: ReactNode
    words: string
    /* Begins it; undefined: what is asked for is not whole yet. */
    onStart: (() => void) | undefined
    /* What the one that is shown was asked for. */
    about?: string | undefined
    /* What is asked for. */
    fields?: ReactNode
    /* What is wrong with that. */
    wrong?: string | undefined
    children: ReactNode
}

function Panel({ kind, shared, icon, words, onStart, about, fields, wrong, children }: PanelProps) {
    const t = useStrings(strings)
    const { job, isUnderWay } = shared
    return (
        <div data-job={kind}>
            <Group gap="sm" mb="xs" align="flex-end" className={classes.asking}>
                {fields}
                <Button variant="default" leftSection={icon} onClick={onStart} disabled={isUnderWay || !onStart}>
                    {words}
                </Button>
            </Group>
            {wrong ? (
                <Text size="sm" mb={4} className={classes.failed} role="alert">
                    {wrong}
                </Text>
            ) : null}
            {job ? (
                <Text size="sm" c="dimmed" mb={4} {...(isUnderWay ? { role: 'status' } : {})}>
                    {isUnderWay ? (shared.isWaiting ? t.waitingForSite : t.underWay) : t[`ended_${job.ended_at ? (job.status as Ended) : 'expired'}`]}{' '}
                    <Time at={isUnderWay ? job.created_at : (job.ended_at ?? job.expires_at)} />
                    {about ? ` · ${about}` : ''} · {t.askedBy(job.created_by)}
                </Text>
            ) : null}
            {isUnderWay ? <Progress value={Math.max((job?.progress ?? 0) * 100, 4)} size={3} mb="xs" aria-label={words} transitionDuration={120} /> : null}
            {shared.error !== undefined ? <ProblemNotice error={shared.error} {...(onStart ? { onRetry: onStart } : {})} /> : null}
            {!isUnderWay && job?.text ? (
                <Text size="sm" className={classes.failed} lang="en">
                    {job.text}
                </Text>
            ) : null}
            {children}
        </div>
    )
}

const INSTANCE_LAST = 4194302
const wheres = ['everywhere', 'some', 'device'] as const
type Where = (typeof wheres)[number]

function Search() {
    const t = useStrings(strings)
    const c = useStrings(common)
    const format = useFormat()
    const { id } = useSite()
    const [where, setWhere] = useState<Where>('everywhere')
    const [low, setLow] = useState<number>()
    const [high, setHigh] = useState<number>()
    const [device, setDevice] = useState<string | null>(null)
    const shared = useSharedJob('discover', () => {
        for (const noun of ['summary', 'points', 'devices']) void queries.invalidateQueries({ queryKey: [noun, id] })
    })
    const known = useQuery({
        queryKey: ['devices', id],
        queryFn: ({ signal }) => api.get('/sites/{site}/devices', { path: { site: id }, signal }),
        staleTime: 60_000,
    })
    const devices = byName(known.data?.items ?? [])
    const found = shared.result && 'answered' in shared.result ? (shared.result as DevicesFound) : null
    const many = (count: number) => format.number(count, 0)
    const isInstance = (number: number | undefined): number is number =>
        number !== undefined && Number.isInteger(number) && number >= 0 && number <= INSTANCE_LAST
    const isSpan = isInstance(low) && isInstance(high) && low <= high
    const isWrong = low !== undefined && high !== undefined && !isSpan
    const more = where === 'everywhere' ? {} : where === 'some' ? (isSpan ? { low, high } : undefined) : device ? { device: Number(device) } : undefined
    const nameOf = (number: number) => devices.find((one) => one.id === number)?.name || `${c.device} ${number}`
    const request = shared.job?.request
    const about =
        request?.low !== undefined && request.high !== undefined
            ? t.among(String(request.low), String(request.high))
            : request?.device !== undefined
              ? nameOf(request.device)
              : undefined
    return (
        <Panel
            kind="discover"
            shared={shared}
            icon={<IconSearch size={16} />}
            words={where === 'device' ? t.readAnew : t.lookForDevices}
            onStart={more ? () => shared.start(more) : undefined}
            about={about}
            wrong={where === 'some' && isWrong ? t.instancesWrong(many(INSTANCE_LAST)) : undefined}
            fields={
                <>
                    <Select
                        label={t.where}
                        w={168}
                        value={where}
                        allowDeselect={false}
                        disabled={shared.isUnderWay}
                        onChange={(value) => setWhere(value as Where)}
                        data={wheres.map((one) => ({ value: one, label: t[`where_${one}`] }))}
                    />
                    {where === 'some' ? (
                        <>
                            <NumberField label={t.lowest} w={112} value={low} onChange={setLow} disabled={shared.isUnderWay} error={isWrong} />
                            <NumberField label={t.highest} w={112} value={high} onChange={setHigh} disabled={shared.isUnderWay} error={isWrong} />
                        </>
                    ) : null}
                    {where === 'device' ? (
                        <Select
                            label={c.device}
                            w={232}
                            searchable
                            limit={100}
                            value={device}
                            disabled={shared.isUnderWay}
                            onChange={setDevice}
                            data={devices.map((one) => ({ value: String(one.id), label: one.name ? `${one.name} · ${one.instance}` : String(one.instance) }))}
                        />
                    ) : null}
                </>
            }
        >
            {found ? (
                <div role="status">
                    <Text>
                        {t.answered(many(found.answered), found.answered)} {t.ofThem(many(found.new), many(found.changed))}
                    </Text>
                    {found.read_out > 0 ? (
                        <Text size="sm" c="dimmed">
                            {t.readOut(many(found.points), many(found.points_new), many(found.points_gone))}
                        </Text>
                    ) : null}
                    <ul className={classes.findings}>
                        {(found.devices ?? []).map((device) => (
                            <li key={device.address}>
                                {device.has_failed ? <IconBad size={18} aria-hidden /> : <IconGood size={18} aria-hidden />}
                                <span>
                                    {device.instance} · {device.address} ·{' '}
                                    {device.has_failed ? t.notReadOut : device.is_new ? t.isNew(many(device.points)) : t.isKnown(many(device.points))}
                                </span>
                            </li>
                        ))}
                    </ul>
                </div>
            ) : null}
        </Panel>
    )
}

const grades = { wrong: IconBad, note: IconUncertain, fine: IconGood }
const order = { wrong: 0, note: 1, fine: 2 }

function Check() {
    const t = useStrings(strings)
    const shared = useSharedJob('doctor', () => {})
    const says = shared.result && 'findings' in shared.result ? (shared.result as DoctorSays) : null
    const findings = [...(says?.findings ?? [])].sort((a, b) => order[a.grade] - order[b.grade])
    return (
        <Panel kind="doctor" shared={shared} icon={<IconReload size={16} />} words={t.checkNetwork} onStart={() => shared.start({})}>
            {says ? (
                <div role="status">
                    <Text>{says.wrong === 0 ? t.networkWell : t.networkWrong(says.wrong)}</Text>
                    <ul className={classes.findings}>
                        {findings.map((finding) => {
                            const Icon = grades[finding.grade]
                            return (
                                <li key={`${finding.check} ${finding.what}`} data-grade={finding.grade} lang="en">
                                    <Icon size={18} aria-label={t[finding.grade]} />
                                    <span>
                                        {finding.what}
                                        {finding.mend ? (
                                            <Text size="sm" c="dimmed" component="span" display="block">
                                                {finding.mend}
                                            </Text>
                                        ) : null}
                                    </span>
                                </li>
                            )
                        })}
                    </ul>
                </div>
            ) : null}
        </Panel>
    )
}
