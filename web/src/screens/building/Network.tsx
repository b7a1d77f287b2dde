/* For whoever keeps the building's network: devices are looked for now, and what is wrong is said, from where the collector is. */
import { Button, Group, Progress, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { queries } from '../../api/query'
import type { DevicesFound, DoctorSays } from '../../api/shapes'
import { useSite } from '../../app/site'
import { IconBad, IconGood, IconReload, IconSearch, IconUncertain } from '../../parts/icons'
import { type Asked, useJob } from '../../parts/job'
import { ProblemNotice } from '../../parts/Problem'
import { useFormat, useStrings } from '../../strings'
import classes from './building.module.css'
import { strings } from './strings'

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

function Panel({ job, icon, words, children }: { job: Asked; icon: ReactNode; words: string; children: ReactNode }) {
    const t = useStrings(strings)
    return (
        <div>
            <Group gap="sm" mb="xs">
                <Button variant="default" leftSection={icon} onClick={job.start} disabled={job.isUnderWay}>
                    {words}
                </Button>
                {job.isUnderWay ? (
                    <Text size="sm" c="dimmed" role="status">
                        {job.isWaiting ? t.waitingForSite : t.underWay}
                    </Text>
                ) : null}
            </Group>
            {job.isUnderWay ? <Progress value={Math.max(job.progress * 100, 4)} size={3} mb="xs" aria-label={words} transitionDuration={120} /> : null}
            {job.error !== undefined ? <ProblemNotice error={job.error} onRetry={job.start} /> : null}
            {children}
        </div>
    )
}

function Search() {
    const t = useStrings(strings)
    const format = useFormat()
    const { id } = useSite()
    const job = useJob({ kind: 'discover' }, () => {
        for (const noun of ['summary', 'points', 'devices']) void queries.invalidateQueries({ queryKey: [noun, id] })
    })
    const found = job.result && 'answered' in job.result ? (job.result as DevicesFound) : null
    const many = (count: number) => format.number(count, 0)
    return (
        <Panel job={job} icon={<IconSearch size={16} />} words={t.lookForDevices}>
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
    const job = useJob({ kind: 'doctor' }, () => {})
    const says = job.result && 'findings' in job.result ? (job.result as DoctorSays) : null
    const findings = [...(says?.findings ?? [])].sort((a, b) => order[a.grade] - order[b.grade])
    return (
        <Panel job={job} icon={<IconReload size={16} />} words={t.checkNetwork}>
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
