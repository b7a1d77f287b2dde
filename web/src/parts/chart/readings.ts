/* What the server said of readings, made into series; and asking for it: a little more than is shown, again when the hand has left that, with what comes live at its end. */
import { useQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useRef, useState } from 'react'
import { api } from '../../api/client'
import { useLiveValues } from '../../api/live'
import type { Series as Answer, Point, Readings } from '../../api/shapes'
import { appendReading, byDays, shiftColumns, wantsDays } from './columns'
import { askRange, askWidth, type Before, covers, overlay, span } from './range'
import { BAD, type Columns, GOOD, type Marker, type Range, type Series, type Shape, UNCERTAIN } from './types'

/* Of kind=raw: pages are put together up to here, which a browser still draws in a frame. */
const RAW_PAGE = 10_000
const RAW_PAGES_MAX = 20

export function toColumns(answer: Answer, until: number): Columns {
    const gaps = (answer.gaps ?? []) as [number, number][]
    if (answer.kind === 'raw') return { at: answer.at, value: answer.value ?? [], quality: answer.quality, gaps, everyMs: 0, until }
    const { bad, count } = answer
    return {
        at: answer.at,
        value: answer.mean ?? answer.last ?? [],
        min: answer.min ?? answer.mean ?? [],
        max: answer.max ?? answer.mean ?? [],
        count,
        quality: bad?.map((n, i) => (n === 0 ? GOOD : (count?.[i] ?? 0) === 0 ? BAD : UNCERTAIN)),
        gaps,
        everyMs: (answer.every_s ?? 0) * 1000,
        until,
    }
}

/* What is commanded holds until it is commanded anew; what is measured went some way between two readings. */
export function shapeOf(type: string): Shape {
    if (type.startsWith('binary') || type.startsWith('multi-state')) return 'states'
    return type === 'analog-input' || type === 'accumulator' ? 'line' : 'steps'
}

export function seriesOf(point: Pick<Point, 'id' | 'path' | 'type' | 'unit_symbol' | 'states'>, columns: Columns, colour: number): Series {
    const shape = shapeOf(point.type)
    return {
        key: String(point.id),
        label: point.path,
        unit: shape === 'states' ? '' : point.unit_symbol,
        shape,
        states: point.states,
        firstState: point.type.startsWith('multi-state') ? 1 : 0,
        colour,
        columns,
    }
}

export function toMarkers(answer: Readings): Marker[] {
    return answer.markers.map((marker) => ({
        at: marker.at,
        until: marker.kind === 'override' ? marker.until : undefined,
        kind: marker.kind,
        label: marker.text,
    }))
}

type Asked = { site: string; points: readonly number[]; range: Range; width: number; isRaw: boolean; markers: boolean }
type Got = { readings: Readings; asked: Range; isCut: boolean }

async function ask({ site, points, range, width, isRaw, markers }: Asked, signal: AbortSignal): Promise<Got> {
    const query = { points: points.join(','), from: new Date(range.from).toISOString(), to: new Date(range.to).toISOString(), markers }
    const get = (more: Record<string, unknown>) => api.get('/sites/{site}/readings', { path: { site }, query: { ...query, ...more } as never, signal })
    if (!isRaw) return { readings: await get({ width }), asked: range, isCut: false }
    const readings = await get({ kind: 'raw', limit: RAW_PAGE })
    let next = nextOf(readings)
    for (let page = 1; next && page < RAW_PAGES_MAX; page++) {
        const more = await get({ kind: 'raw', limit: RAW_PAGE, after: next, markers: false })
        for (const series of more.series) joinTo(readings, series)
        next = nextOf(more)
    }
    return { readings, asked: range, isCut: next !== null }
}

/* Where there is more: said of the whole answer. */
function nextOf(readings: Readings): string | null {
    return (readings as { next?: string | null }).next ?? null
}

export function joinTo(readings: Readings, more: Answer): void {
    const one = readings.series.find((series) => series.point === more.point)
    if (!one) {
        readings.series.push(more)
        return
    }
    one.at = one.at.concat(more.at)
    one.value = (one.value ?? []).concat(more.value ?? [])
    one.quality = (one.quality ?? []).concat(more.quality ?? [])
    one.gaps = one.gaps.concat(more.gaps)
}

type Wanted = {
    site: string
    points: readonly Point[]
    range: Range /* what is shown; it may change with each frame */
    pixels: number
    before?: Before | undefined
    isRaw?: boolean
    isLive?: boolean
    zone: string
    labelBefore?: (label: string) => string
    colours?: ReadonlyMap<number, number>
}
export type Loaded = { series: Series[]; markers: Marker[]; isFirst: boolean; isLoading: boolean; isCut: boolean; error: unknown; retry: () => void }

const SETTLE_MS = 150
const LIVE_AGAIN_MS = 30_000

/* Series for what is shown. While the hand moves nothing is asked; what was loaded stays until newer comes. */
export function useReadings({ site, points, range, pixels, before, isRaw = false, isLive = false, zone, labelBefore, colours }: Wanted): Loaded {
    const ids = useMemo(() => points.map((point) => point.id), [points])
    const [shown, setShown] = useState(range) /* what was asked for last, before it was widened */
    useEffect(() => {
        const timer = window.setTimeout(() => setShown((was) => (needsAnother(was, range) ? range : was)), SETTLE_MS)
        return () => window.clearTimeout(timer)
    }, [range])
    const asked = useMemo(() => (isRaw ? shown : askRange(shown)), [shown, isRaw])
    const width = askWidth(pixels, asked, shown)
    const isEnabled = ids.length > 0 && pixels > 0

    const now = useQuery({
        queryKey: ['readings', site, ids, asked.from, asked.to, width, isRaw],
        queryFn: ({ signal }) => ask({ site, points: ids, range: asked, width, isRaw, markers: true }, signal),
        enabled: isEnabled,
        refetchInterval: isLive ? LIVE_AGAIN_MS : false,
        staleTime: isLive ? LIVE_AGAIN_MS / 2 : 5 * 60_000,
    })
    const past = useMemo(() => (before ? overlay(asked, before, zone) : null), [asked, before, zone])
    const then = useQuery({
        queryKey: ['readings', site, ids, past?.range.from, past?.range.to, width, isRaw],
        queryFn: ({ signal }) => ask({ site, points: ids, range: past?.range ?? asked, width, isRaw, markers: false }, signal),
        enabled: isEnabled && past !== null,
        staleTime: 5 * 60_000,
    })

    const tail = useLiveTail(site, isLive ? ids : NONE)
    const isLong = wantsDays(range, pixels)
    const series = useMemo(() => {
        const made: Series[] = []
        points.forEach((point, i) => {
            const colour = colours?.get(point.id) ?? i
            const answer = now.data?.readings.series.find((one) => one.point === point.id)
            const until = Math.min(now.data?.asked.to ?? 0, Math.max(now.dataUpdatedAt, isLive ? Date.now() : 0))
            let columns = answer ? toColumns(answer, until) : EMPTY
            if (answer) for (const [at, value, quality] of tail.get(point.id) ?? []) columns = appendReading(columns, at, value, quality)
            made.push(seriesOf(point, isLong ? byDays(columns, zone) : columns, colour))
            const old = past && then.data?.readings.series.find((one) => one.point === point.id)
            if (old && past) {
                const moved = shiftColumns(toColumns(old, then.data?.asked.to ?? 0), past.shiftMs)
                const one = seriesOf(point, isLong ? byDays(moved, zone) : moved, colour)
                made.push({ ...one, key: `${one.key}-${before}`, label: labelBefore?.(one.label) ?? one.label, isBefore: true, shiftMs: past.shiftMs })
            }
        })
        return made
    }, [points, now.data, now.dataUpdatedAt, then.data, past, before, tail, isLong, zone, isLive, labelBefore, colours])
    const markers = useMemo(() => (now.data ? toMarkers(now.data.readings) : []), [now.data])

    return {
        series,
        markers,
        isFirst: isEnabled && now.data === undefined && !now.error,
        isLoading: now.isFetching || then.isFetching,
        isCut: now.data?.isCut ?? false,
        error: now.error ?? then.error,
        retry: () => {
            void now.refetch()
            if (past) void then.refetch()
        },
    }
}

const EMPTY: Columns = { at: [], value: [], gaps: [], everyMs: 0 }

/* What is loaded for `was` does not serve `range`: it does not cover it, or is too coarse. */
export function needsAnother(was: Range, range: Range): boolean {
    return !covers(askRange(was), range) || span(range) > span(was) * 1.2
}

type Tail = ReadonlyMap<number, readonly (readonly [number, number | null, number])[]>
const TAIL_MAX = 5000
const QUALITIES = { good: GOOD, uncertain: UNCERTAIN, bad: BAD } as const

/* Readings as they come, kept from when one began to look on. */
function useLiveTail(site: string, points: readonly number[]): Tail {
    const values = useLiveValues(site, points)
    const kept = useRef<Map<number, [number, number | null, number][]>>(new Map())
    return useMemo(() => {
        const next = new Map<number, [number, number | null, number][]>()
        for (const point of points) {
            const had = kept.current.get(point) ?? []
            const value = values.get(point)
            const last = had[had.length - 1]
            if (value && (!last || value.at > last[0])) {
                const number = value.value === null ? null : Number(value.value)
                next.set(point, [...had.slice(-TAIL_MAX), [value.at, Number.isFinite(number) ? number : null, QUALITIES[value.quality] ?? GOOD]])
            } else next.set(point, had)
        }
        kept.current = next
        return next
    }, [values, points])
}
const NONE: readonly number[] = []
