/* Instants and spans: in the site's zone, in the language's form, with the whole of it in a tooltip. */

import { useEffect, useState } from 'react'
import { useFormat } from '../strings'
import { Tip } from './Tip'

/* Now, again every so often, while it is on the screen. */
export function useNow(everyMs = 10_000): number {
    const [now, setNow] = useState(Date.now)
    useEffect(() => {
        const timer = setInterval(() => setNow(Date.now()), everyMs)
        return () => clearInterval(timer)
    }, [everyMs])
    return now
}

type Props = {
    at: string | number | null | undefined
    /* short: "13:20" or "26 Nov, 13:20"; ago: "3 min ago"; whole: date and time with seconds; date: the day alone. */
    form?: 'short' | 'ago' | 'whole' | 'date'
}

export function Time({ at, form = 'short' }: Props) {
    const format = useFormat()
    if (at === null || at === undefined) return <span>–</span>
    const iso = new Date(at).toISOString()
    const whole = `${format.dateTime(at)} (${format.zone})`
    return (
        <Tip label={whole}>
            <time dateTime={iso} style={{ fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' }}>
                {form === 'ago' ? <Ago at={at} /> : form === 'whole' ? format.dateTime(at) : form === 'date' ? format.date(at) : format.short(at)}
            </time>
        </Tip>
    )
}

function Ago({ at }: { at: string | number }) {
    const format = useFormat()
    const now = useNow(Math.abs(Date.now() - new Date(at).getTime()) < 120_000 ? 1000 : 20_000)
    return format.ago(at, now)
}

/* A span: "2 h 5 min". `until` counts down to an instant. */
export function Duration({ seconds, until }: { seconds?: number; until?: string | number }) {
    const format = useFormat()
    const now = useNow(1000)
    const left = seconds ?? (until === undefined ? 0 : (new Date(until).getTime() - now) / 1000)
    return <span style={{ fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' }}>{format.span(left)}</span>
}
