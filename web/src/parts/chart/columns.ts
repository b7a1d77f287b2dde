/* Readings made ready to be drawn: gaps, means of days, runs of states, what is under the cursor. */
import { DAY, startOfDay } from './range'
import { BAD, type Columns, GOOD, type Marker, type Range, type Reading, type Series } from './types'

/* Where the cursor's reading is: the last one at or before `at`; -1: there is none. */
export function indexAt(at: readonly number[], instant: number): number {
    let low = 0
    let high = at.length
    while (low < high) {
        const middle = (low + high) >> 1
        if ((at[middle] as number) <= instant) low = middle + 1
        else high = middle
    }
    return low - 1
}

/* A null where a gap begins, so that no line crosses it; the value it held is drawn up to there when it is steps. */
export function breakAtGaps(
    columns: Columns,
    shape: 'line' | 'steps',
    endsAt: number,
): { at: number[]; value: (number | null)[]; min: (number | null)[]; max: (number | null)[] } {
    const at: number[] = []
    const value: (number | null)[] = []
    const min: (number | null)[] = []
    const max: (number | null)[] = []
    let held: number | null = null
    let gap = 0
    const add = (instant: number, v: number | null, low: number | null, high: number | null): void => {
        if (at.length > 0 && instant <= (at[at.length - 1] as number)) {
            /* uPlot wants each instant once: what is not known wins over what is */
            const last = at.length - 1
            if (v === null) {
                value[last] = null
                min[last] = null
                max[last] = null
            }
            return
        }
        at.push(instant)
        value.push(v)
        min.push(low)
        max.push(high)
    }
    const passGaps = (upTo: number): void => {
        while (gap < columns.gaps.length && (columns.gaps[gap] as readonly [number, number])[0] < upTo) {
            const [from] = columns.gaps[gap] as readonly [number, number]
            if (shape === 'steps' && held !== null) add(from - 1, held, null, null)
            add(from, null, null, null)
            held = null
            gap++
        }
    }
    for (let i = 0; i < columns.at.length; i++) {
        const instant = columns.at[i] as number
        passGaps(instant)
        const bad = columns.everyMs === 0 && columns.quality?.[i] === BAD
        const v = bad ? null : (columns.value[i] ?? null)
        if (v === null && shape === 'steps' && held !== null) add(instant - 1, held, null, null)
        /* a bucket's mean stands in its middle, its band from its beginning */
        const where = columns.everyMs > 0 && shape === 'line' ? instant + columns.everyMs / 2 : instant
        add(where, v, columns.min?.[i] ?? null, columns.max?.[i] ?? null)
        held = v
    }
    passGaps(Number.POSITIVE_INFINITY)
    const end = Math.min(endsAt, columns.until ?? endsAt)
    if (shape === 'steps' && held !== null && at.length > 0 && end > (at[at.length - 1] as number)) add(end, held, null, null)
    return { at, value, min, max }
}

/* Where a day is only a few pixels wide, days are what is to be seen: the daily cycle of shorter spans makes a solid block of the line, and a comb of its band. */
export function wantsDays(range: Range, pixels: number): boolean {
    return (pixels / Math.max(range.to - range.from, 1)) * DAY < DAY_PIXELS && range.to - range.from > 10 * DAY
}
const DAY_PIXELS = 16

/* Spans put together to the zone's days: the least, the mean, the greatest of each. A span counts by its readings, and by how much of it lies in the day. A first or last day that
 * was seen for less than half is left out: the mean of a night is not that of a day. */
export function byDays(columns: Columns, zone: string): Columns {
    const { everyMs } = columns
    if (everyMs === 0 || everyMs >= DAY) return columns
    const days: { at: number; sum: number; weight: number; seen: number; min: number; max: number; quality: number }[] = []
    let day = days[0]
    let next = Number.NEGATIVE_INFINITY
    for (let i = 0; i < columns.at.length; i++) {
        const value = columns.value[i] ?? null
        let from = columns.at[i] as number
        const to = from + everyMs
        while (from < to) {
            if (from >= next || !day) {
                const at = startOfDay(from, zone)
                next = startOfDay(at + 1.5 * DAY, zone)
                day = { at, sum: 0, weight: 0, seen: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY, quality: GOOD }
                days.push(day)
            }
            const part = Math.min(to, next) - from
            if (value !== null) {
                const share = ((columns.count?.[i] ?? 1) * part) / everyMs
                day.sum += value * share
                day.weight += share
                day.seen += part
                day.min = Math.min(day.min, columns.min?.[i] ?? value)
                day.max = Math.max(day.max, columns.max?.[i] ?? value)
            }
            day.quality = Math.max(day.quality, columns.quality?.[i] ?? GOOD)
            from += part
        }
    }
    const last = days[days.length - 1]
    if (days.length > 2 && last && last.seen < DAY / 2) days.pop()
    if (days.length > 2 && (days[0]?.seen ?? 0) < DAY / 2) days.shift()
    const isKnown = (d: { weight: number }): boolean => d.weight > 0
    return {
        at: days.map((d) => d.at),
        value: days.map((d) => (isKnown(d) ? d.sum / d.weight : null)),
        min: days.map((d) => (isKnown(d) ? d.min : null)),
        max: days.map((d) => (isKnown(d) ? d.max : null)),
        count: days.map((d) => d.weight),
        quality: days.map((d) => d.quality),
        /* a gap of hours is not seen among days; one of days is */
        gaps: columns.gaps.filter(([from, to]) => to - from > DAY),
        everyMs: DAY,
        until: columns.until,
    }
}

export interface Run {
    from: number
    to: number
    state: number | null /* null: nobody knows */
    share: number /* of a bucket of a binary: how much of the time it was 1 */
    isMixed: boolean /* more than one state in a bucket */
    quality: number
}

/* States as runs: neighbours of one state are one. Buckets that saw several states say so. */
export function runs(columns: Columns, range: Range, isBinary: boolean): Run[] {
    const found: Run[] = []
    let gap = 0
    const end = Math.min(range.to, columns.until ?? range.to)
    const add = (run: Run): void => {
        if (run.to <= run.from || run.to < range.from || run.from > range.to) return
        const last = found[found.length - 1]
        if (last && last.to >= run.from && last.state === run.state && last.share === run.share && last.isMixed === run.isMixed && last.quality === run.quality)
            last.to = run.to
        else found.push(run)
    }
    for (let i = 0; i < columns.at.length; i++) {
        const from = columns.at[i] as number
        let to = columns.everyMs > 0 ? from + columns.everyMs : (columns.at[i + 1] ?? end)
        while (gap < columns.gaps.length && (columns.gaps[gap] as readonly [number, number])[0] < from) gap++
        if (gap < columns.gaps.length) to = Math.min(to, (columns.gaps[gap] as readonly [number, number])[0])
        const value = columns.value[i] ?? null
        const low = columns.min?.[i] ?? value
        const high = columns.max?.[i] ?? value
        const quality = columns.quality?.[i] ?? GOOD
        const isMixed = low !== high
        add({
            from,
            to,
            state: value === null ? null : isMixed ? null : value,
            share: isBinary ? (value ?? 0) : 1,
            isMixed: isMixed && value !== null,
            quality,
        })
    }
    return found
}

/* Spans in which readings were not good, for the strip that says so. */
export function doubtful(columns: Columns, range: Range): { from: number; to: number; quality: number }[] {
    const found: { from: number; to: number; quality: number }[] = []
    if (!columns.quality) return found
    for (let i = 0; i < columns.at.length; i++) {
        const quality = columns.quality[i] ?? GOOD
        if (quality === GOOD) continue
        const from = columns.at[i] as number
        const to = columns.everyMs > 0 ? from + columns.everyMs : (columns.at[i + 1] ?? Math.min(range.to, columns.until ?? range.to))
        if (to < range.from || from > range.to) continue
        const last = found[found.length - 1]
        if (last && last.to >= from && last.quality === quality) last.to = to
        else found.push({ from, to, quality })
    }
    return found
}

/* What a series says at an instant. */
export function readingAt(series: Series, instant: number): Reading {
    const { columns } = series
    const i = indexAt(columns.at, instant)
    const at = columns.at[i]
    const shift = series.shiftMs ?? 0
    const unknown: Reading = { key: series.key, value: null, quality: GOOD, at: instant - shift }
    if (at === undefined) return unknown
    if (columns.everyMs > 0 && instant >= at + columns.everyMs) return unknown
    if (columns.gaps.some(([from, to]) => instant >= from && instant < to)) return unknown
    if (columns.until !== undefined && instant > columns.until) return unknown
    return {
        key: series.key,
        value: columns.value[i] ?? null,
        min: columns.min?.[i],
        max: columns.max?.[i],
        quality: columns.quality?.[i] ?? GOOD,
        at: at - shift,
    }
}

/* Markers near an instant: those that hold over it, and instants within `slack`. */
export function markersAt(markers: readonly Marker[], instant: number, slack: number): Marker[] {
    return markers.filter((m) => {
        if (m.until === undefined) return Math.abs(m.at - instant) <= slack
        return instant >= m.at - slack && instant <= (m.until ?? Number.POSITIVE_INFINITY) + slack
    })
}

export function shiftColumns(columns: Columns, byMs: number): Columns {
    return {
        ...columns,
        at: columns.at.map((at) => at + byMs),
        gaps: columns.gaps.map(([from, to]) => [from + byMs, to + byMs] as const),
        until: columns.until === undefined ? undefined : columns.until + byMs,
    }
}

/* A live reading at the end. What is older than the last is known already. */
export function appendReading(columns: Columns, at: number, value: number | null, quality: number): Columns {
    const last = columns.at[columns.at.length - 1]
    if (columns.everyMs > 0 || (last !== undefined && at <= last)) return columns
    return {
        ...columns,
        at: [...columns.at, at],
        value: [...columns.value, value],
        quality: columns.quality ? [...columns.quality, quality] : undefined,
        until: columns.until === undefined ? undefined : Math.max(columns.until, at),
    }
}

/* The least, the mean and the greatest of what is shown: the chart in words. */
export function summary(columns: Columns, range: Range): { min: number; max: number; mean: number; last: number; count: number } | null {
    let min = Number.POSITIVE_INFINITY
    let max = Number.NEGATIVE_INFINITY
    let sum = 0
    let weight = 0
    let last = 0
    for (let i = 0; i < columns.at.length; i++) {
        const at = columns.at[i] as number
        const v = columns.value[i] ?? null
        if (v === null || at > range.to || at + columns.everyMs < range.from) continue
        min = Math.min(min, columns.min?.[i] ?? v)
        max = Math.max(max, columns.max?.[i] ?? v)
        const w = columns.count?.[i] ?? 1
        sum += v * w
        weight += w
        last = v
    }
    return weight > 0 ? { min, max, mean: sum / weight, last, count: weight } : null
}
