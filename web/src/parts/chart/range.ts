/* Which span of time is looked at, and how finely. Days, weeks and years are those of the site's calendar: a day of a change of the clock has 23 or 25 hours. */
import type { Range } from './types'

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
export const SPAN_MIN = SECOND
export const SPAN_MAX = 400 * DAY /* a year, and room to look around */

export type Preset = '5m' | '1h' | '6h' | '1d' | '2d' | '1w' | '1mo' | '3mo' | '1y'
export const PRESETS: readonly Preset[] = ['5m', '1h', '6h', '1d', '2d', '1w', '1mo', '3mo', '1y']
export const PRESET_MS: Readonly<Record<Preset, number>> = {
    '5m': 5 * MINUTE,
    '1h': HOUR,
    '6h': 6 * HOUR,
    '1d': DAY,
    '2d': 2 * DAY,
    '1w': 7 * DAY,
    '1mo': 30 * DAY,
    '3mo': 91 * DAY,
    '1y': 366 * DAY,
}
export type Before = 'day' | 'week' | 'year'

export function span(range: Range): number {
    return range.to - range.from
}

/* At least a second, at most SPAN_MAX, and not beyond `latest` (the future has no readings). Keeps the span rather than an end. */
export function clampRange(range: Range, latest = Number.POSITIVE_INFINITY): Range {
    const middle = (range.from + range.to) / 2
    const wide = Math.min(Math.max(span(range), SPAN_MIN), SPAN_MAX)
    const to = Math.min(Math.round(middle + wide / 2), latest)
    return { from: Math.round(to - wide), to }
}

/* `factor` below 1 zooms in. What is at `about` stays where it is. */
export function zoom(range: Range, factor: number, about: number): Range {
    const wide = Math.min(Math.max(span(range) * factor, SPAN_MIN), SPAN_MAX)
    const share = (about - range.from) / span(range)
    const from = Math.round(about - share * wide)
    return { from, to: Math.round(from + wide) }
}

export function pan(range: Range, byMs: number): Range {
    return { from: Math.round(range.from + byMs), to: Math.round(range.to + byMs) }
}

/* Two fingers: the instants they took hold of stay under them, as far as the bounds of a span allow. */
export function pinch(start: Range, wasLeft: number, wasRight: number, left: number, right: number): Range {
    const was = Math.max(wasRight - wasLeft, 0.02) /* shares of the width */
    const now = Math.max(right - left, 0.02)
    const about = start.from + ((wasLeft + wasRight) / 2) * span(start)
    const wide = Math.min(Math.max((span(start) * was) / now, SPAN_MIN), SPAN_MAX)
    const from = Math.round(about - ((left + right) / 2) * wide)
    return { from, to: Math.round(from + wide) }
}

/* What is asked for, so that a little panning finds it there: as much again on either side, in whole steps, so that near ranges are one and the same question. */
export function askRange(range: Range): Range {
    const wide = span(range)
    const step = niceStep(wide / 2)
    return { from: Math.floor((range.from - wide / 2) / step) * step, to: Math.ceil((range.to + wide / 2) / step) * step }
}

function niceStep(ms: number): number {
    let step = SECOND
    for (const next of [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, DAY, 5 * DAY, 30 * DAY]) if (next <= ms) step = next
    return step
}

/* How many buckets are of use: one for each two pixels (a band needs two), and as much more as more was asked for. Rounded, so that a resized window asks nothing new. */
export function askWidth(pixels: number, asked: Range, shown: Range): number {
    const wanted = (pixels / 2) * (span(asked) / Math.max(span(shown), 1))
    return Math.min(Math.max(Math.ceil(wanted / 100) * 100, 200), 2000)
}

/* Whether what was loaded still serves: it covers what is shown and is not much coarser than it should be. */
export function covers(loaded: Range, shown: Range): boolean {
    return loaded.from <= shown.from && loaded.to >= shown.to && span(loaded) <= span(shown) * 5
}

interface Parts {
    year: number
    month: number
    day: number
    hour: number
    minute: number
    second: number
}
const formats = new Map<string, Intl.DateTimeFormat>()

export function zoneParts(at: number, zone: string): Parts {
    let format = formats.get(zone)
    if (!format) {
        format = new Intl.DateTimeFormat('en-GB', {
            timeZone: zone,
            hourCycle: 'h23',
            year: 'numeric',
            month: 'numeric',
            day: 'numeric',
            hour: 'numeric',
            minute: 'numeric',
            second: 'numeric',
        })
        formats.set(zone, format)
    }
    const parts: Parts = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 }
    for (const { type, value } of format.formatToParts(at)) if (type in parts) parts[type as keyof Parts] = Number(value)
    return parts
}

/* How far the zone's clock is ahead of UTC at an instant, in milliseconds. */
export function zoneOffset(at: number, zone: string): number {
    const p = zoneParts(at, zone)
    return Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute, p.second) - Math.floor(at / SECOND) * SECOND
}

/* The instant at which the zone's clock shows this. Of a clock time that there is twice, the first; of one that there is not, as much after the gap. */
export function instantAt(local: number, zone: string): number {
    const guess = local - zoneOffset(local, zone)
    const early = local - zoneOffset(guess - DAY, zone)
    if (early + zoneOffset(early, zone) === local) return early
    return local - zoneOffset(guess, zone)
}

/* Each line of a chart asks for all days of a year, again with each value that comes live: Intl takes 15 ms for them, so they are kept. */
export function startOfDay(at: number, zone: string): number {
    const key = `${at} ${zone}`
    const known = daysKnown.get(key)
    if (known !== undefined) return known
    const p = zoneParts(at, zone)
    const start = instantAt(Date.UTC(p.year, p.month - 1, p.day), zone)
    if (daysKnown.size >= DAYS_KNOWN_MAX) daysKnown.clear()
    daysKnown.set(key, start)
    return start
}
const daysKnown = new Map<string, number>()
const DAYS_KNOWN_MAX = 4000

/* The same clock time a day, a week or a year before. A year before is 364 days before: the same day of the week, as buildings go by weeks. */
export function timeBefore(at: number, what: Before, zone: string): number {
    const days = what === 'day' ? 1 : what === 'week' ? 7 : 364
    const local = at + zoneOffset(at, zone)
    return instantAt(local - days * DAY, zone)
}

/* The range that an overlay asks for, and how far its readings move to the right to lie on the others. */
export function overlay(range: Range, what: Before, zone: string): { range: Range; shiftMs: number } {
    const from = timeBefore(range.from, what, zone)
    return { range: { from, to: from + span(range) }, shiftMs: range.from - from }
}
