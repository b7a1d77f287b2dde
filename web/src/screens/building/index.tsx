/* Is the building well? One question to the server, and one answer that is read from the top: how it is, what is wrong, and where. */

import { Anchor, Group, Paper, SimpleGrid, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { api } from '../../api/client'
import { useLiveValues } from '../../api/live'
import type { Summary } from '../../api/shapes'
import { useSite } from '../../app/site'
import { strings as app } from '../../app/strings'
import { IconBad, IconGood, IconStale, IconUncertain } from '../../parts/icons'
import { Loaded } from '../../parts/Loading'
import { PageHeader } from '../../parts/PageHeader'
import { Time } from '../../parts/Time'
import { Tip } from '../../parts/Tip'
import { Value } from '../../parts/Value'
import { useFormat, useStrings } from '../../strings'
import classes from './building.module.css'
import { Invited } from './Invited'
import { Network } from './Network'
import { strings } from './strings'
import { byName, changeOf, type Warmth, warmthOf } from './zones'

const ASK_EVERY_MS = 15_000

export function Screen() {
    const site = useSite()
    return site.about?.link?.state === 'invited' ? <Invited /> : <Building />
}

function Building() {
    const site = useSite()
    const title = useStrings(app).building
    const query = useQuery({
        queryKey: ['summary', site.id],
        queryFn: ({ signal }) => api.get('/sites/{site}/summary', { path: { site: site.id }, signal }),
        refetchInterval: ASK_EVERY_MS,
    })
    return (
        <>
            <PageHeader title={site.name || title} />
            <Loaded query={query} rows={10}>
                {(summary) => (
                    <Stack gap="xl">
                        <State summary={summary} />
                        <Figures summary={summary} />
                        <div className={classes.halves} data-quiet={summary.troubles.length === 0 || undefined}>
                            <Troubles summary={summary} />
                            <Zones summary={summary} />
                        </div>
                        <Network />
                    </Stack>
                )}
            </Loaded>
        </>
    )
}

function State({ summary }: { summary: Summary }) {
    const t = useStrings(strings)
    const count = summary.troubles_total
    const { Icon, words } = {
        well: { Icon: IconGood, words: t.well },
        attention: { Icon: IconUncertain, words: t.attention(count) },
        trouble: { Icon: IconBad, words: t.trouble(count) },
        unknown: { Icon: IconStale, words: t.unknown },
    }[summary.state]
    return (
        <div className={classes.state} data-state={summary.state} role="status">
            <Icon size={28} stroke={1.8} aria-hidden />
            <div>
                <Text className={classes.sentence}>{words}</Text>
                <Text c="dimmed" size="sm">
                    {summary.state === 'unknown' ? (
                        t.unknownAbout
                    ) : (
                        <>
                            {t.asOf} <Time at={summary.at} />
                        </>
                    )}
                </Text>
            </div>
        </div>
    )
}

function Card({ label, children }: { label: string; children: ReactNode }) {
    return (
        <Paper p="md" className={classes.card}>
            <Text c="dimmed" size="sm">
                {label}
            </Text>
            {children}
        </Paper>
    )
}

function Figures({ summary }: { summary: Summary }) {
    const t = useStrings(strings)
    const format = useFormat()
    const site = useSite()
    const { energy, weather, counts } = summary
    const change = energy ? changeOf(energy.today_kwh, energy.yesterday_kwh) : undefined
    const percent = change === undefined ? '' : `${format.number(Math.abs(change), 0)} %`
    const kwh = (value: number | null) => (value === null ? '–' : `${format.number(value, value < 100 ? 1 : 0)} kWh`)
    return (
        <SimpleGrid cols={{ base: 1, xs: 2, lg: 4 }} spacing="md">
            <Card label={t.power}>
                {energy?.power ? (
                    <PointLink point={energy.power.point}>
                        <Value
                            value={energy.power.value}
                            unit={energy.power.unit_symbol}
                            quality={energy.power.quality}
                            at={energy.power.at}
                            size="large"
                            digits={1}
                        />
                    </PointLink>
                ) : (
                    <Missing title={t.noMeter}>{t.noMeterAbout}</Missing>
                )}
            </Card>
            <Card label={t.today}>
                {energy ? (
                    <>
                        <span className={classes.figure}>{kwh(energy.today_kwh)}</span>
                        <Text size="sm" c="dimmed">
                            {change === undefined ? '' : Math.abs(change) < 0.5 ? t.same : change > 0 ? t.more(percent) : t.less(percent)}
                        </Text>
                        {energy.today_kwh === null && (
                            <Text size="sm" c="dimmed">
                                {t.notYet}
                            </Text>
                        )}
                        <Bars
                            rows={[
                                [t.today, energy.today_kwh],
                                [t.yesterdaySame, energy.yesterday_kwh],
                                [t.yesterdayWhole, energy.yesterday_whole_kwh],
                            ]}
                            says={kwh}
                        />
                    </>
                ) : (
                    <Missing title={t.noMeter}>{''}</Missing>
                )}
            </Card>
            <Card label={t.outside}>
                {weather?.temperature ? (
                    <PointLink point={weather.temperature.point}>
                        <Value
                            value={weather.temperature.value}
                            unit={weather.temperature.unit_symbol}
                            quality={weather.temperature.quality}
                            size="large"
                            digits={1}
                        />
                    </PointLink>
                ) : (
                    <Missing title={t.noWeather}>{t.noWeatherAbout}</Missing>
                )}
                {weather?.humidity && (
                    <Text size="sm" c="dimmed" component="div">
                        <Value value={weather.humidity.value} unit={weather.humidity.unit_symbol} quality={weather.humidity.quality} digits={0} /> {t.humidity}
                    </Text>
                )}
            </Card>
            <Card label={t.points}>
                <dl className={classes.counts}>
                    <Count
                        term={t.devices}
                        value={format.number(counts.devices, 0)}
                        note={
                            counts.devices_silent > 0
                                ? t.silent(format.number(counts.devices_silent, 0))
                                : counts.devices > 0 && summary.state !== 'unknown'
                                  ? t.allAnswer
                                  : undefined
                        }
                        isOdd={counts.devices_silent > 0}
                    />
                    <Count
                        term={t.points}
                        value={format.number(counts.points, 0)}
                        note={
                            counts.points_bad > 0
                                ? t.bad(format.number(counts.points_bad, 0))
                                : counts.points > 0 && summary.state !== 'unknown'
                                  ? t.allGood
                                  : undefined
                        }
                        isOdd={counts.points_bad > 0}
                        to={`/sites/${site.id}/points`}
                        search={counts.points_bad > 0 ? { quality: 'bad' } : {}}
                    />
                    <Count term={t.overridden} value={format.number(counts.overridden, 0)} to={`/sites/${site.id}/overrides`} />
                    <Count
                        term={t.failed}
                        value={format.number(counts.commands_failed, 0)}
                        note={t.lastDay}
                        to={`/sites/${site.id}/commands`}
                        search={{ state: 'failed' }}
                    />
                </dl>
            </Card>
        </SimpleGrid>
    )
}

function Missing({ title, children }: { title: string; children: ReactNode }) {
    return (
        <>
            <Text fw={500}>{title}</Text>
            <Text size="sm" c="dimmed">
                {children}
            </Text>
        </>
    )
}

function PointLink({ point, children }: { point: number; children: ReactNode }) {
    const site = useSite()
    return (
        <Link to={`/sites/${site.id}/points/${point}` as '/'} className={classes.plain}>
            {children}
        </Link>
    )
}

function Count({ term, value, note, isOdd, to, search = {} }: { term: string; value: string; note?: string; isOdd?: boolean; to?: string; search?: object }) {
    const shown = (
        <>
            {value}
            {note && (
                <span className={classes.note} data-odd={isOdd || undefined}>
                    {note}
                </span>
            )}
        </>
    )
    return (
        <div>
            <dt>{term}</dt>
            <dd>
                {to ? (
                    <Link to={to as '/'} search={search as never}>
                        {shown}
                    </Link>
                ) : (
                    shown
                )}
            </dd>
        </div>
    )
}

function Bars({ rows, says }: { rows: [string, number | null][]; says: (value: number | null) => string }) {
    const known = rows.filter((row): row is [string, number] => row[1] !== null)
    const most = Math.max(...known.map(([, value]) => value), 1)
    return (
        <div className={classes.bars}>
            {known.map(([label, value]) => (
                <Tip key={label} label={`${label}: ${says(value)}`}>
                    <div className={classes.bar}>
                        <span style={{ width: `${(value / most) * 100}%` }} data-now={label === rows[0]?.[0] || undefined} />
                        <span className={classes.barLabel}>{label}</span>
                    </div>
                </Tip>
            ))}
        </div>
    )
}

function Troubles({ summary }: { summary: Summary }) {
    const t = useStrings(strings)
    const site = useSite()
    const icons = { high: IconBad, medium: IconUncertain, low: IconStale }
    const format = useFormat()
    const { counts } = summary
    const more = summary.troubles_total - summary.troubles.length
    const isNotWhole = summary.state === 'unknown' || counts.devices_silent > 0 || counts.points_bad > 0
    return (
        <section aria-labelledby="troubles">
            <Title order={2} id="troubles" mb="sm">
                {t.what}
            </Title>
            {summary.troubles.length === 0 ? (
                <Text c="dimmed">
                    {counts.overridden > 0 ? (
                        <>
                            {isNotWhole ? t.nothingKnown : t.nothingWrong}{' '}
                            <Anchor component={Link} to={`/sites/${site.id}/overrides` as '/'}>
                                {t.held(format.number(counts.overridden, 0), counts.overridden)}
                            </Anchor>
                        </>
                    ) : summary.state === 'unknown' ? (
                        t.unknown
                    ) : isNotWhole ? (
                        t.nothingKnown
                    ) : (
                        t.nothing
                    )}
                </Text>
            ) : (
                <ul className={classes.troubles}>
                    {summary.troubles.map((trouble) => {
                        const Icon = icons[trouble.severity]
                        const [to, search] = trouble.command
                            ? [`/sites/${site.id}/commands`, { command: trouble.command }]
                            : trouble.point
                              ? [`/sites/${site.id}/points/${trouble.point}`, {}]
                              : trouble.device
                                ? [`/sites/${site.id}/points`, { device: trouble.device }]
                                : [undefined, {}]
                        const words = (
                            <>
                                <span className={classes.mark} data-severity={trouble.severity}>
                                    <Icon size={18} aria-hidden />
                                    <span className={classes.severity}>{t[trouble.severity]}</span>
                                </span>
                                <span className={classes.text}>
                                    {trouble.name && !trouble.text.includes(trouble.name) ? `${trouble.name}: ${trouble.text}` : trouble.text}
                                </span>
                                {trouble.since && (
                                    <Text span size="sm" c="dimmed">
                                        <Time at={trouble.since} form="ago" />
                                    </Text>
                                )}
                            </>
                        )
                        return (
                            <li
                                key={`${trouble.kind} ${trouble.name ?? ''} ${trouble.device ?? ''} ${trouble.point ?? ''} ${trouble.command ?? ''} ${trouble.text}`}
                            >
                                {to ? (
                                    <Link to={to as '/'} search={search as never} className={classes.trouble}>
                                        {words}
                                    </Link>
                                ) : (
                                    <span className={classes.trouble}>{words}</span>
                                )}
                            </li>
                        )
                    })}
                </ul>
            )}
            {more > 0 && (
                <Text size="sm" c="dimmed" mt="xs">
                    {t.moreTroubles(more)}
                </Text>
            )}
        </section>
    )
}

function Zones({ summary }: { summary: Summary }) {
    const t = useStrings(strings)
    const format = useFormat()
    const site = useSite()
    const zones = byName(summary.zones)
    /* The unit is said once, where they have one in common. */
    const units = new Set(zones.map((zone) => zone.temperature.unit_symbol))
    const unit = units.size === 1 ? [...units][0] : undefined
    const live = useLiveValues(
        site.id,
        zones.map((zone) => zone.temperature.point),
    )
    const words: Record<Warmth, string> = { cold: t.cold, cool: t.cool, right: t.right, warm: t.warm, hot: t.hot, unknown: t.unknownZone }
    return (
        <section aria-labelledby="zones">
            <Group justify="space-between" align="baseline" mb="sm">
                <Title order={2} id="zones">
                    {t.zones}
                </Title>
                <Text size="sm" c="dimmed">
                    {t.zonesAbout}
                    {unit ? `, ${unit}` : ''}
                </Text>
            </Group>
            {zones.length === 0 ? (
                <Missing title={t.noZones}>{t.noZonesAbout}</Missing>
            ) : (
                <>
                    <div className={classes.zones}>
                        {zones.map((zone) => {
                            const told = live.get(zone.temperature.point)
                            const value = typeof told?.value === 'number' ? told.value : zone.temperature.value
                            const quality = told?.quality ?? zone.temperature.quality
                            const setpoint = zone.setpoint?.value ?? null
                            // A band has two setpoints: how far it is from the nearer is the server's to say, moved by what has changed since.
                            const moved = value !== null && zone.temperature.value !== null ? value - zone.temperature.value : 0
                            const distance = quality === 'bad' || zone.distance === null ? null : zone.distance + moved
                            const warmth = warmthOf(distance)
                            const degrees = zone.temperature.unit_symbol
                            return (
                                <Tip
                                    key={zone.temperature.point}
                                    label={`${zone.name}: ${words[warmth]}${setpoint === null ? '' : `, ${t.setpoint(`${format.number(setpoint, 1)} ${degrees}`)}`}`}
                                >
                                    <Anchor
                                        component={Link}
                                        to={`/sites/${site.id}/points/${zone.temperature.point}` as '/'}
                                        className={classes.zone}
                                        data-warmth={warmth}
                                        underline="never"
                                    >
                                        <span className={classes.zoneName}>{zone.name.split('/').at(-1)}</span>
                                        <span className={classes.zoneValue}>
                                            {value === null ? '–' : `${format.number(value, 1)}${unit === undefined && degrees ? ` ${degrees}` : ''}`}
                                        </span>
                                        <span className={classes.zoneWord}>
                                            {distance === null || warmth === 'right'
                                                ? words[warmth]
                                                : `${distance > 0 ? '+' : ''}${format.number(distance, 1)} ${words[warmth]}`}
                                        </span>
                                    </Anchor>
                                </Tip>
                            )
                        })}
                    </div>
                    <div className={classes.legend} aria-hidden>
                        {(['cold', 'cool', 'right', 'warm', 'hot', 'unknown'] as const).map((warmth) => (
                            <span key={warmth}>
                                <i data-warmth={warmth} />
                                {words[warmth]}
                            </span>
                        ))}
                    </div>
                </>
            )}
        </section>
    )
}
