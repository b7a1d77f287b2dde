/* What is this point now, how did it get there, and who holds it? */
import { Button, Group, Text } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useCallback, useMemo, useRef } from 'react'
import { useLiveValue } from '../../api/live'
import { isProblem } from '../../api/problem'
import { queries } from '../../api/query'
import type { Point } from '../../api/shapes'
import { useSite } from '../../app/site'
import { Chart, CursorStore, Legend, RangeBar, RangeSpan, spanWords, useRange, useReadings } from '../../parts/chart'
import type { Preset } from '../../parts/chart/range'
import { EmptyState } from '../../parts/EmptyState'
import { IconEdit, IconReload, IconSearch, IconTrends } from '../../parts/icons'
import { useJob } from '../../parts/job'
import { Loaded, Loading } from '../../parts/Loading'
import { PageHeader } from '../../parts/PageHeader'
import { ProblemNotice } from '../../parts/Problem'
import { Time } from '../../parts/Time'
import { Value } from '../../parts/Value'
import { newest } from '../../parts/write/ask'
import { openWrite } from '../../parts/write/open'
import { useFormat, useStrings } from '../../strings'
import { pointQuery } from '../trends/usePoints'
import { About } from './About'
import { Commands, latestCommands } from './Commands'
import { Edit } from './Edit'
import classes from './point.module.css'
import { Slots } from './Slots'
import type { PointSearch } from './search'
import { strings } from './strings'

const USUAL: Preset = '1d'
const PRESETS: readonly Preset[] = ['1h', '1d', '1w', '1mo', '1y']

export function Screen() {
    const site = useSite().id
    const { point: id } = useParams({ from: '/framed/sites/$site/points/$point' })
    const query = useQuery(pointQuery(site, Number(id)))
    const t = useStrings(strings)
    if (query.data === undefined && isProblem(query.error) && query.error.status === 404)
        return (
            <EmptyState
                icon={IconSearch}
                title={t.noPoint}
                action={
                    <Button component={Link} to={`/sites/${site}/points`} variant="default">
                        {t.allPoints}
                    </Button>
                }
            >
                {t.noPointText}
            </EmptyState>
        )
    return (
        <Loaded query={query} rows={8}>
            {(point) => <Shown key={point.id} point={point} />}
        </Loaded>
    )
}

function Shown({ point }: { point: Point }) {
    const t = useStrings(strings)
    const site = useSite()
    const search = useSearch({ from: '/framed/sites/$site/points/$point' })
    const navigate = useNavigate()
    const set = useCallback(
        (change: Partial<PointSearch>, replace = true) =>
            void navigate({
                to: '/sites/$site/points/$point',
                params: { site: site.id, point: String(point.id) },
                search: (was: PointSearch) => ({ ...was, ...change }),
                replace,
            }),
        [navigate, site.id, point.id],
    )
    const hasSlots = point.commandable
    const mayEdit = site.may('edit_points')
    const write = site.may('command') && point.writable ? () => openWrite(point) : undefined
    const release = site.may('release') ? (priority: number) => openWrite(point, { release: priority }) : undefined
    const held = point.overridden
    return (
        <>
            <PageHeader title={point.path} about={point.description}>
                {held?.by && release ? (
                    <Button variant="default" onClick={() => release(held.priority)}>
                        {t.release(held.priority)}
                    </Button>
                ) : null}
                {write ? <Button onClick={write}>{t.write}</Button> : null}
            </PageHeader>
            <div className={classes.grid}>
                <Now point={point} />
                <Trend point={point} search={search} set={set} />
                <div className={classes.side}>
                    {hasSlots ? <Slots point={point} onRelease={release} /> : null}
                    <Commands point={point} />
                </div>
                <section className={classes.panel} aria-labelledby="about-title">
                    <Group justify="space-between" mb="sm">
                        <h2 id="about-title">{t.about}</h2>
                        {mayEdit && !search.edit ? (
                            <Button size="xs" variant="default" leftSection={<IconEdit size={14} />} onClick={() => set({ edit: true })}>
                                {t.edit}
                            </Button>
                        ) : null}
                    </Group>
                    {search.edit && mayEdit ? (
                        <Edit
                            point={point}
                            onDone={(saved) => {
                                if (saved) {
                                    queries.setQueryData(pointQuery(site.id, point.id).queryKey, saved)
                                    void queries.invalidateQueries({ queryKey: ['points', site.id] })
                                }
                                set({ edit: undefined })
                            }}
                        />
                    ) : (
                        <About point={point} />
                    )}
                    {!point.writable && hasSlots && site.may('command') ? (
                        <Text size="sm" c="dimmed" mt="md">
                            {t.notWritable}. {t.notWritableWhy}
                        </Text>
                    ) : null}
                </section>
            </div>
        </>
    )
}

/* The figure that this screen is about. */
function Now({ point }: { point: Point }) {
    const t = useStrings(strings)
    const site = useSite().id
    const live = useLiveValue(site, point.id)
    // What a command has just read back is newer than the last reading of the round.
    const { data: commands } = useQuery(latestCommands(site, point.id))
    const value = (commands?.items ?? []).reduce(newest, live ?? point.value)
    const job = useJob({ kind: 'read-point', points: [point.id] }, () => void queries.invalidateQueries({ queryKey: ['points', site, 'one', point.id] }))
    return (
        <section className={classes.now} aria-label={t.now}>
            <div aria-live="off">
                <Value
                    value={value.value}
                    text={value.text}
                    unit={point.unit_symbol}
                    quality={value.quality}
                    reason={value.reason}
                    at={value.at}
                    overridden={point.overridden}
                    size="large"
                    withWords
                />
            </div>
            <Group gap="sm">
                <Text size="sm" c="dimmed" component="span">
                    {t.readAt} <Time at={value.at} form="ago" />
                    {point.enabled ? '' : ` · ${t.disabled}`}
                    {point.missing ? ` · ${t.missing}` : ''}
                </Text>
                <Button size="compact-sm" variant="subtle" color="gray" leftSection={<IconReload size={14} />} disabled={job.isUnderWay} onClick={job.start}>
                    {job.isUnderWay ? t.reading : t.readAgain}
                </Button>
            </Group>
            {value.quality === 'bad' && value.reason ? <Text size="sm">{value.reason}</Text> : null}
            {job.error !== undefined ? <ProblemNotice error={job.error} onRetry={job.start} /> : null}
        </section>
    )
}

function Trend({ point, search, set }: { point: Point; search: PointSearch; set: (change: Partial<PointSearch>) => void }) {
    const t = useStrings(strings)
    const format = useFormat()
    const site = useSite().id
    const { range, isLive, move, settle } = useRange(search, USUAL, set)
    const { ref: frame, width } = useElementSize()
    const points = useMemo(() => [point], [point])
    const loaded = useReadings({ site, points, range, pixels: width, isLive, zone: format.zone })
    const cursor = useRef(new CursorStore()).current
    const preset = search.last ?? USUAL
    const toPreset = (last: Preset) => set({ last: last === USUAL ? undefined : last, from: undefined, to: undefined })
    const toRange = (to: { from: number; to: number }) => set(spanWords(to))
    return (
        <section className={classes.trend} aria-labelledby="trend-title">
            <Group justify="space-between" mb="sm">
                <h2 id="trend-title">{t.chart}</h2>
                <Button
                    component={Link}
                    to={`/sites/${site}/trends`}
                    search={{ points: [point.id], last: search.last, from: search.from, to: search.to } as never}
                    size="xs"
                    variant="default"
                    leftSection={<IconTrends size={14} />}
                >
                    {t.openTrends}
                </Button>
            </Group>
            <Group gap="sm">
                <RangeBar range={range} preset={preset} presets={PRESETS} isLive={isLive} onPreset={toPreset} onRange={toRange} />
                <RangeSpan range={range} onRange={toRange} />
            </Group>
            {loaded.error ? <ProblemNotice error={loaded.error} onRetry={loaded.retry} /> : null}
            <div ref={frame} className={classes.chart}>
                <Chart
                    series={loaded.series}
                    markers={loaded.markers}
                    range={range}
                    label={point.path}
                    cursor={cursor}
                    wheel="control"
                    onRange={move}
                    onSettle={settle}
                    onReset={() => toPreset(preset)}
                />
                {loaded.isFirst ? (
                    <div className={classes.first}>
                        <Loading rows={4} />
                    </div>
                ) : null}
            </div>
            <Legend series={loaded.series} range={range} cursor={cursor} liveSite={isLive ? site : undefined} />
        </section>
    )
}
