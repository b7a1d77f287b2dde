/* A chart of readings over time.
 *
 *     <Chart series={series} markers={markers} range={range} label="AHU-1" cursor={cursor} onRange={setRange} onSettle={load} />
 *
 * It fills its parent, which says how high it is. The range is the owner's: what the hand does comes by onRange each frame, and by onSettle when it is lifted (time to load).
 * Wheel: zoom (where `wheel` is "control", only with Control held, so that a page scrolls), with Shift or sideways: pan. Drag: choose a span; on the time axis, with Shift or the
 * middle button: pan. One finger pans, two zoom. Keys: see strings.help. The legend (Legend.tsx) and the table (ChartTable.tsx) are parts of their own. */
import { VisuallyHidden } from '@mantine/core'
import { useEffect, useId, useMemo, useRef, useState } from 'react'
import { useFormat, useStrings } from '../../strings'
import { instantText } from './axes'
import './chart.css'
import { summary } from './columns'
import type { CursorStore } from './cursor'
import { span } from './range'
import { strings } from './strings'
import type { Marker, Range, Series } from './types'
import { ChartView } from './view'
import { numberText, readingText } from './words'

export interface ChartProps {
    series: readonly Series[]
    markers?: readonly Marker[]
    range: Range
    label: string
    cursor: CursorStore
    wheel?: 'always' | 'control'
    onRange: (range: Range) => void
    onSettle?: (range: Range) => void
    onReset?: () => void
    /* The view, for a picture of it and the width of its plot; null when it is gone. */
    onView?: (view: ChartView | null) => void
}

const NO_MARKERS: readonly Marker[] = []
const SAY_AFTER_MS = 250

export function Chart(props: ChartProps) {
    const { series, markers = NO_MARKERS, range, label } = props
    const t = useStrings(strings)
    const format = useFormat()
    const host = useRef<HTMLDivElement>(null)
    const view = useRef<ChartView | null>(null)
    const latest = useRef({ props, format, t })
    latest.current = { props, format, t }
    /* Ranges that the view itself told: it has drawn them already, and may be ahead of an owner that draws less often. */
    const told = useRef(new WeakSet<Range>())
    const [said, setSaid] = useState('')
    const helpId = useId()
    const wheel = props.wheel ?? 'always'

    // biome-ignore lint/correctness/useExhaustiveDependencies: made once; what changes is read from `latest` or set below
    useEffect(() => {
        if (!host.current) return
        let timer = 0
        const made = new ChartView(host.current, {
            zone: format.zone,
            language: format.locale,
            needsControl: wheel === 'control',
            onRange: (changed) => {
                told.current.add(changed)
                latest.current.props.onRange(changed)
            },
            onSettle: (settled) => latest.current.props.onSettle?.(settled),
            onReset: () => latest.current.props.onReset?.(),
            onCursor: (cursor, isByKeys) => {
                latest.current.props.cursor.set(cursor)
                window.clearTimeout(timer)
                if (!cursor || !isByKeys) return
                timer = window.setTimeout(() => {
                    const { props: now, format: f, t: words } = latest.current
                    const at = instantText(cursor.at, span(now.range), f.locale, f.zone)
                    const values = cursor.readings.map((reading, i) => {
                        const one = now.series[i]
                        return one ? `${one.label} ${readingText(one, reading, f, words)}` : ''
                    })
                    setSaid([at, ...values, ...cursor.markers.map((m) => m.label)].join('; '))
                }, SAY_AFTER_MS)
            },
        })
        view.current = made
        made.setRange(latest.current.props.range)
        made.setData(latest.current.props.series, latest.current.props.markers ?? NO_MARKERS)
        latest.current.props.onView?.(made)
        return () => {
            window.clearTimeout(timer)
            latest.current.props.onView?.(null)
            view.current = null
            made.destroy()
        }
    }, [wheel])

    useEffect(() => view.current?.setOptions({ zone: format.zone, language: format.locale }), [format])
    useEffect(() => {
        if (!told.current.has(range)) view.current?.setRange(range)
    }, [range])
    useEffect(() => view.current?.setData(series, markers), [series, markers])

    const summed = useMemo(
        () =>
            series
                .filter((one) => one.shape !== 'states')
                .map((one) => {
                    const known = summary(one.columns, range)
                    return known
                        ? t.summary(one.label, numberText(one, known.min, format), numberText(one, known.mean, format), numberText(one, known.max, format))
                        : t.summaryNone(one.label)
                })
                .join(' '),
        [series, range, t, format],
    )

    return (
        <>
            <div
                ref={host}
                className="bp-chart"
                role="application"
                aria-label={`${label}, ${t.chart}`}
                aria-describedby={helpId}
                // biome-ignore lint/a11y/noNoninteractiveTabindex: an application is operated by keys
                tabIndex={0}
                data-testid="chart"
            />
            <VisuallyHidden id={helpId}>{`${summed} ${t.help}`}</VisuallyHidden>
            <VisuallyHidden aria-live="polite" role="status">
                {said}
            </VisuallyHidden>
        </>
    )
}
