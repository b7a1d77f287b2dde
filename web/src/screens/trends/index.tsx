/* How did it go? Several points on one time axis, from a second to a year, beside a day, a week or a year before. */
import { ActionIcon, Button, Group, Menu, Text, Tooltip } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback, useMemo, useRef, useState } from 'react'
import { addressOf } from '../../api/client'
import { parseSearch, writeSearch } from '../../app/search'
import { useSite } from '../../app/site'
import {
    Chart,
    ChartTable,
    type ChartView,
    CursorStore,
    Legend,
    RangeBar,
    RangeSpan,
    type Series,
    shapeOf,
    spanWords,
    useRange,
    useReadings,
} from '../../parts/chart'
import type { Before, Preset } from '../../parts/chart/range'
import { EmptyState } from '../../parts/EmptyState'
import { IconClose, IconDown, IconDownload, IconTrends } from '../../parts/icons'
import { Loading } from '../../parts/Loading'
import { PageHeader } from '../../parts/PageHeader'
import { ProblemNotice } from '../../parts/Problem'
import { Views } from '../../parts/views'
import { useFormat, useStrings } from '../../strings'
import { AddPoint } from './AddPoint'
import { csvOf, download, fileName } from './exports'
import { searchOf, type TrendsSearch } from './search'
import { strings } from './strings'
import classes from './trends.module.css'
import { usePoints } from './usePoints'

const BEFORES: readonly (Before | undefined)[] = [undefined, 'day', 'week', 'year']
const USUAL: Preset = '1d'

export function Screen() {
    const t = useStrings(strings)
    const format = useFormat()
    const site = useSite()
    const search = useSearch({ from: '/framed/sites/$site/trends' })
    const navigate = useNavigate()
    const set = useCallback(
        (change: Partial<TrendsSearch>, replace = false) =>
            void navigate({ to: '/sites/$site/trends', params: { site: site.id }, search: (was: TrendsSearch) => ({ ...was, ...change }), replace }),
        [navigate, site.id],
    )
    const ids = search.points ?? NONE
    const { points, gone, isLoading, error } = usePoints(site.id, ids)
    const write = useCallback((words: object) => set(words, true), [set])
    const { range, isLive, move, settle } = useRange(search, USUAL, write)

    const [view, setView] = useState<ChartView | null>(null)
    const { ref: frame, width: pixels } = useElementSize()
    const labelBefore = search.before === 'day' ? t.labelDay : search.before === 'week' ? t.labelWeek : t.labelYear
    /* A point keeps its colour while others come and go. */
    const colours = useMemo(() => new Map(ids.map((id, i) => [id, i])), [ids])
    const loaded = useReadings({
        site: site.id,
        points,
        range,
        pixels,
        before: search.before,
        isRaw: search.raw ?? false,
        isLive,
        zone: format.zone,
        labelBefore,
        colours,
    })
    const hidden = useMemo(() => new Set((search.hidden ?? []).map(String)), [search.hidden])
    const shown = useMemo(() => loaded.series.filter((one) => !hidden.has(one.key.replace(/-.*/, ''))), [loaded.series, hidden])
    const cursor = useRef(new CursorStore()).current

    const preset = search.last ?? USUAL
    const toPreset = (last: Preset) => set({ last: last === USUAL ? undefined : last, from: undefined, to: undefined })
    const toRange = (to: { from: number; to: number }) => set(spanWords(to))
    const label = points.length === 1 ? (points[0]?.path ?? t.title) : t.title
    const iso = { from: new Date(range.from).toISOString(), to: new Date(range.to).toISOString() }
    const csvAddress = (kind: string) => addressOf('/sites/{site}/readings.csv', { path: { site: site.id }, query: { points: ids.join(','), ...iso, kind } })
    const withoutId = (id: number) => set({ points: ids.filter((one) => one !== id), hidden: search.hidden?.filter((one) => one !== id) })
    const toggle = (key: string) => {
        const id = Number(key.replace(/-.*/, ''))
        const now = search.hidden ?? []
        set({ hidden: now.includes(id) ? now.filter((one) => one !== id) : [...now, id] }, true)
    }
    const pathOf = (one: Series) => points.find((point) => String(point.id) === one.key)

    return (
        <div className={classes.screen}>
            <PageHeader title={t.title}>
                <Views
                    screen="trends"
                    query={writeSearch(search).slice(1)}
                    onOpen={(query) => void navigate({ to: '/sites/$site/trends', params: { site: site.id }, search: searchOf(parseSearch(query)) })}
                />
                <Menu width={260}>
                    <Menu.Target>
                        <Button variant="default" leftSection={<IconDownload size={16} />} rightSection={<IconDown size={14} />} disabled={points.length === 0}>
                            {t.exports}
                        </Button>
                    </Menu.Target>
                    <Menu.Dropdown>
                        <Menu.Item onClick={() => download(new Blob([csvOf(shown, range)], { type: 'text/csv' }), fileName(label, range, 'csv'))}>
                            {t.csvShown}
                        </Menu.Item>
                        <Menu.Item component="a" href={csvAddress('raw')} download>
                            {t.csvRaw}
                        </Menu.Item>
                        <Menu.Item component="a" href={csvAddress('hourly')} download>
                            {t.csvHours}
                        </Menu.Item>
                        <Menu.Item onClick={() => void view?.png(label).then((blob) => (blob ? download(blob, fileName(label, range, 'png')) : undefined))}>
                            {t.png}
                        </Menu.Item>
                    </Menu.Dropdown>
                </Menu>
            </PageHeader>
            <Group gap="sm" mb="md">
                <RangeBar range={range} preset={preset} isLive={isLive} onPreset={toPreset} onRange={toRange} />
                {isLive ? (
                    <span className={classes.live}>
                        <span className={classes.dot} aria-hidden="true" />
                        {t.live}
                    </span>
                ) : (
                    <Button size="xs" variant="default" className={classes.toNow} onClick={() => toPreset(preset)}>
                        {t.toLive}
                    </Button>
                )}
                <Group gap="sm" ml="auto">
                    <Menu width={240}>
                        <Menu.Target>
                            <Button size="xs" variant="default" rightSection={<IconDown size={14} />}>
                                {search.before ? beforeWord(t, search.before) : t.before}
                            </Button>
                        </Menu.Target>
                        <Menu.Dropdown>
                            <Menu.RadioGroup value={search.before ?? 'none'} onChange={(value) => set({ before: BEFORES.find((one) => one === value) })}>
                                {BEFORES.map((before) => (
                                    <Menu.RadioItem key={before ?? 'none'} value={before ?? 'none'} closeMenuOnClick>
                                        {beforeWord(t, before)}
                                    </Menu.RadioItem>
                                ))}
                            </Menu.RadioGroup>
                        </Menu.Dropdown>
                    </Menu>
                    <Toggle isOn={search.raw ?? false} onClick={() => set({ raw: search.raw ? undefined : true })}>
                        {t.raw}
                    </Toggle>
                    <Toggle isOn={search.table ?? false} onClick={() => set({ table: search.table ? undefined : true }, true)}>
                        {t.table}
                    </Toggle>
                </Group>
            </Group>
            {error || loaded.error ? <ProblemNotice error={error ?? loaded.error} onRetry={loaded.retry} /> : null}
            {loaded.isCut ? (
                <Text size="sm" mb="sm" role="status">
                    {t.rawCut}
                </Text>
            ) : null}
            {ids.length === 0 ? (
                <EmptyState
                    icon={IconTrends}
                    title={t.empty}
                    action={
                        <Group justify="center">
                            <AddPoint chosen={ids} onAdd={(point) => set({ points: [...ids, point.id] })} />
                            <Button component={Link} to={`/sites/${site.id}/points`} variant="default">
                                {t.toPoints}
                            </Button>
                        </Group>
                    }
                >
                    {t.emptyText}
                </EmptyState>
            ) : (
                <>
                    <div
                        ref={frame}
                        className={classes.chart}
                        style={{
                            ['--lanes' as string]: points.filter((one) => shapeOf(one.type) === 'states').length * (search.before ? 2 : 1),
                            ['--rows' as string]: ids.length * (search.before ? 2 : 1),
                        }}
                        aria-busy={loaded.isLoading}
                        data-loading={loaded.isFirst || undefined}
                    >
                        <Chart
                            series={shown}
                            markers={loaded.markers}
                            range={range}
                            label={label}
                            cursor={cursor}
                            onRange={move}
                            onSettle={settle}
                            onReset={() => toPreset(preset)}
                            onView={setView}
                        />
                        {loaded.isFirst || isLoading ? (
                            <div className={classes.first}>
                                <Loading rows={5} />
                            </div>
                        ) : null}
                    </div>
                    {!isLoading ? (
                        <>
                            <div className={classes.below}>
                                <RangeSpan range={range} onRange={toRange} />
                                <Text size="xs" c="dimmed" data-testid="grain">
                                    {grainText(shown, t, format)}
                                </Text>
                            </div>
                            {search.table ? (
                                <ChartTable series={shown} range={range} />
                            ) : (
                                <div className={classes.legend}>
                                    <Legend
                                        series={loaded.series}
                                        range={range}
                                        cursor={cursor}
                                        liveSite={isLive ? site.id : undefined}
                                        hidden={hiddenKeys(loaded.series, hidden)}
                                        onToggle={toggle}
                                        name={(one) => {
                                            const point = pathOf(one)
                                            return point ? (
                                                <Link
                                                    to="/sites/$site/points/$point"
                                                    params={{ site: site.id, point: String(point.id) }}
                                                    className={classes.link}
                                                >
                                                    {one.label}
                                                </Link>
                                            ) : (
                                                one.label
                                            )
                                        }}
                                        actions={(one) =>
                                            one.isBefore ? null : (
                                                <Tooltip label={t.remove(one.label)}>
                                                    <ActionIcon
                                                        variant="subtle"
                                                        color="gray"
                                                        size={24}
                                                        aria-label={t.remove(one.label)}
                                                        onClick={() => withoutId(Number(one.key))}
                                                    >
                                                        <IconClose size={14} />
                                                    </ActionIcon>
                                                </Tooltip>
                                            )
                                        }
                                    />
                                </div>
                            )}
                            <Group mt="md">
                                <AddPoint chosen={ids} onAdd={(point) => set({ points: [...ids, point.id] })} />
                                {gone > 0 ? (
                                    <Text size="sm" c="dimmed">
                                        {t.gone(format.number(gone, 0), gone)}
                                    </Text>
                                ) : null}
                            </Group>
                        </>
                    ) : null}
                </>
            )}
        </div>
    )
}

const NONE: number[] = []

function hiddenKeys(series: readonly Series[], hidden: ReadonlySet<string>): ReadonlySet<string> {
    return new Set(series.filter((one) => hidden.has(one.key.replace(/-.*/, ''))).map((one) => one.key))
}

function beforeWord(t: { beforeNone: string; beforeDay: string; beforeWeek: string; beforeYear: string }, before: Before | undefined): string {
    return before === undefined ? t.beforeNone : before === 'day' ? t.beforeDay : before === 'week' ? t.beforeWeek : t.beforeYear
}

/* How fine what is shown is: said in words, since a mean over hours is not a reading. */
function grainText(
    series: readonly Series[],
    t: { each: (span: string) => string; readings: string; days: string },
    format: { span: (seconds: number) => string },
): string {
    const grains = new Set(series.filter((one) => one.columns.at.length > 0).map((one) => one.columns.everyMs))
    return [...grains].map((ms) => (ms === 0 ? t.readings : ms === 86_400_000 ? t.days : t.each(format.span(ms / 1000)))).join(' · ')
}

function Toggle({ isOn, onClick, children }: { isOn: boolean; onClick: () => void; children: React.ReactNode }) {
    return (
        <Button size="xs" variant={isOn ? 'light' : 'default'} aria-pressed={isOn} onClick={onClick}>
            {children}
        </Button>
    )
}
