/* A building elsewhere: how it is, in words first, and the figures that say why. */
import { Button, Paper, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { memo } from 'react'
import type { Site } from '../../api/shapes'
import { IconBad, IconGood, IconOffline, IconUncertain } from '../../parts/icons'
import { Time } from '../../parts/Time'
import { useFormat, useStrings } from '../../strings'
import { CLOCK_OFF_S, judge, wordOf } from './judge'
import classes from './sites.module.css'
import { strings } from './strings'

const icons = { good: IconGood, warn: IconUncertain, bad: IconBad, off: IconOffline }

export const Card = memo(function Card({ site, onManage }: { site: Site; onManage?: (site: string) => void }) {
    const t = useStrings(strings)
    const format = useFormat()
    const { link } = site
    const judged = link ? judge(link) : 'warn'
    const Icon = icons[judged]
    const about = link?.state === 'joined' ? undefined : link && t[`${link.state}About`]
    return (
        <div className={classes.place}>
            <Link to="/sites/$site/building" params={{ site: site.id }} className={classes.link} data-site={site.id}>
                <Paper p="md" className={classes.card} data-managed={onManage ? true : undefined}>
                    <div className={classes.head}>
                        <span className={classes.name}>{site.name}</span>
                        <span className={classes.state} data-state={judged}>
                            <Icon size={16} stroke={1.8} aria-hidden />
                            {link ? t[wordOf(link)] : t.unknown}
                        </span>
                    </div>
                    {about ? (
                        <Text size="sm" c="dimmed">
                            {about}
                        </Text>
                    ) : (
                        link && (
                            <>
                                <dl className={classes.facts}>
                                    <div data-not-normal={judged === 'bad' || undefined}>
                                        <dt>{t.heard}</dt>
                                        <dd>{link.seen_at ? <Time at={link.seen_at} form="ago" /> : t.never}</dd>
                                    </div>
                                    <div data-not-normal={judged !== 'good' || undefined}>
                                        <dt>{t.lag}</dt>
                                        <dd>{link.lag_s === null ? t.unknown : format.span(link.lag_s)}</dd>
                                    </div>
                                    <div>
                                        <dt>{t.backlog}</dt>
                                        <dd>{link.backlog_octets === null ? t.unknown : format.octets(link.backlog_octets)}</dd>
                                    </div>
                                    <div data-not-normal={(link.availability !== null && link.availability < 0.99) || undefined}>
                                        <dt>{t.availability}</dt>
                                        <dd>{link.availability === null ? t.unknown : `${format.number(link.availability * 100, 1)} %`}</dd>
                                    </div>
                                    <div>
                                        <dt>{t.month}</dt>
                                        <dd>{link.octets_month === null ? t.unknown : format.octets(link.octets_month)}</dd>
                                    </div>
                                    <div data-not-normal={link.failing_points > 0 || undefined}>
                                        <dt>{t.failing}</dt>
                                        <dd>{format.number(link.failing_points, 0)}</dd>
                                    </div>
                                    <div data-not-normal={link.overrides > 0 || undefined}>
                                        <dt>{t.overrides}</dt>
                                        <dd>{format.number(link.overrides, 0)}</dd>
                                    </div>
                                    {link.alarms > 0 && (
                                        <div data-not-normal>
                                            <dt>{t.alarms}</dt>
                                            <dd>{format.number(link.alarms, 0)}</dd>
                                        </div>
                                    )}
                                    {link.put_aside > 0 && (
                                        <div data-not-normal>
                                            <dt>{t.putAside}</dt>
                                            <dd>{format.number(link.put_aside, 0)}</dd>
                                        </div>
                                    )}
                                </dl>
                                {link.waits_because && <Text size="sm">{link.waits_because}</Text>}
                                {link.clock_ahead_s !== null && Math.abs(link.clock_ahead_s) > CLOCK_OFF_S && (
                                    <Text size="sm">{t.clock(format.span(Math.abs(link.clock_ahead_s)))}</Text>
                                )}
                            </>
                        )
                    )}
                </Paper>
            </Link>
            {onManage && (
                <Button
                    className={classes.manage}
                    variant="subtle"
                    color="gray"
                    size="compact-sm"
                    onClick={() => onManage(site.id)}
                    aria-label={t.manage(site.name)}
                >
                    {t.manageShort}
                </Button>
            )}
        </div>
    )
})
