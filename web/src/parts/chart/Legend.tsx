/* What the lines are, and their values under the cursor (or the last ones). A row a series; what may be done with it is the owner's. */
import { type ReactNode, useMemo } from 'react'
import { useLiveValue } from '../../api/live'
import { series as palette } from '../../app/theme'
import { useFormat, useStrings } from '../../strings'
import { instantText } from './axes'
import { dashOf, isDark, seriesColour } from './colours'
import { readingAt, summary } from './columns'
import { type CursorStore, useCursor } from './cursor'
import classes from './legend.module.css'
import { span } from './range'
import { strings } from './strings'
import { BAD, GOOD, type Range, type Reading, type Series, UNCERTAIN } from './types'
import { numberText, readingText } from './words'

export interface LegendProps {
    series: readonly Series[]
    range: Range
    cursor: CursorStore
    /* The range ends now: without a cursor the values are those of this site as they are told, whatever spans the lines are drawn of. */
    liveSite?: string | undefined
    hidden?: ReadonlySet<string>
    onToggle?: (key: string) => void
    name?: (series: Series) => ReactNode
    actions?: (series: Series) => ReactNode
}

export function Legend({ series, range, cursor: store, liveSite, hidden, onToggle, name, actions }: LegendProps) {
    const t = useStrings(strings)
    const format = useFormat()
    const cursor = useCursor(store)
    const known = useMemo(() => series.map((one) => (one.shape === 'states' ? null : summary(one.columns, range))), [series, range])
    /* The cursor moves with each frame: only the values follow it. */
    const fixed = useMemo(() => series.map((one) => ({ name: name ? name(one) : one.label, actions: actions?.(one) })), [series, name, actions])
    const at = cursor?.at ?? range.to
    return (
        <div className={classes.legend}>
            <table className={classes.table}>
                <thead>
                    <tr>
                        <th scope="col" className={classes.when}>
                            {cursor ? instantText(cursor.at, span(range), format.locale, format.zone) : t.series}
                        </th>
                        <th scope="col">
                            {cursor ? t.atCursor : liveSite === undefined && series.some((one) => one.columns.everyMs > 0) ? t.lastMean : t.last}
                        </th>
                        <th scope="col" className={classes.wide}>
                            {t.min}
                        </th>
                        <th scope="col" className={classes.wide}>
                            {t.mean}
                        </th>
                        <th scope="col" className={classes.wide}>
                            {t.max}
                        </th>
                        {actions ? <td /> : null}
                    </tr>
                </thead>
                <tbody>
                    {series.map((one, i) => {
                        const reading = readingAt(one, cursor ? at : lastAt(one, range))
                        const sum = known[i]
                        const isHidden = hidden?.has(one.key) ?? false
                        const key = (
                            <span
                                className={classes.key}
                                data-before={one.isBefore || undefined}
                                data-shape={one.shape}
                                data-dash={one.shape === 'states' || one.isBefore ? undefined : dashOf(one.colour).name}
                                style={{ color: isHidden ? 'transparent' : colourOf(one.colour) }}
                            />
                        )
                        return (
                            <tr key={one.key} data-hidden={isHidden || undefined}>
                                <th scope="row">
                                    {onToggle ? (
                                        <button
                                            type="button"
                                            className={classes.toggle}
                                            aria-pressed={!isHidden}
                                            aria-label={isHidden ? t.show(one.label) : t.hide(one.label)}
                                            onClick={() => onToggle(one.key)}
                                        >
                                            {key}
                                        </button>
                                    ) : (
                                        key
                                    )}
                                    <span className={classes.name}>{fixed[i]?.name}</span>
                                </th>
                                <td className={classes.value}>
                                    {cursor || liveSite === undefined || one.isBefore ? (
                                        readingText(one, reading, format, t)
                                    ) : (
                                        <Latest site={liveSite} series={one} otherwise={reading} />
                                    )}
                                </td>
                                <td className={classes.wide}>{sum ? numberText(one, sum.min, format) : ''}</td>
                                <td className={classes.wide}>{sum ? numberText(one, sum.mean, format) : ''}</td>
                                <td className={classes.wide}>{sum ? numberText(one, sum.max, format) : ''}</td>
                                {actions ? <td className={classes.actions}>{fixed[i]?.actions}</td> : null}
                            </tr>
                        )
                    })}
                </tbody>
            </table>
            {cursor && cursor.markers.length > 0 ? (
                <ul className={classes.markers}>
                    {cursor.markers.slice(0, 4).map((marker) => (
                        <li key={`${marker.at} ${marker.label}`}>
                            <span aria-hidden="true">{marker.kind === 'command' ? '▼' : '▬'}</span> {marker.kind === 'command' ? t.command : t.override}:{' '}
                            {marker.label}
                        </li>
                    ))}
                </ul>
            ) : null}
        </div>
    )
}

/* The reading as it was told last; only this cell follows it. */
function Latest({ site, series, otherwise }: { site: string; series: Series; otherwise: Reading }) {
    const t = useStrings(strings)
    const format = useFormat()
    const told = useLiveValue(site, Number(series.key))
    const value = typeof told?.value === 'boolean' ? Number(told.value) : told?.value
    const quality = told?.quality === 'bad' ? BAD : told?.quality === 'uncertain' ? UNCERTAIN : GOOD
    const reading = typeof value === 'number' && told ? { key: series.key, value, quality, at: told.at } : otherwise
    return readingText(series, reading, format, t)
}

function colourOf(index: number): string {
    return seriesColour({ series: isDark() ? palette.dark : palette.light }, index)
}

/* The last instant of the range at which something is known. */
function lastAt(series: Series, range: Range): number {
    const { at, everyMs, until } = series.columns
    let last = at.length - 1
    while (last > 0 && (at[last] as number) > range.to) last--
    const known = at[last]
    if (known === undefined) return range.to
    return everyMs > 0 ? known : Math.min(range.to, Math.max(until ?? range.to, known))
}
