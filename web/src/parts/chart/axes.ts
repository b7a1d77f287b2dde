/* What stands at the axes: which unit has which axis, numbers, and instants by the site's clock. */
import { DAY, HOUR, MINUTE, SECOND } from './range'
import type { Series } from './types'

export interface UnitAxis {
    readonly scale: string /* uPlot's name of the scale */
    readonly unit: string
    readonly side: 1 | 3 /* uPlot: 3 left, 1 right */
    readonly isShown: boolean
}

/* The first unit at the left, the others at the right; where there is no room for more, their numbers are read from the cursor. */
export function unitAxes(series: readonly Series[], pixels: number): UnitAxis[] {
    const units = [...new Set(series.filter((s) => s.shape !== 'states').map((s) => s.unit))]
    const room = pixels < 500 ? 2 : pixels < 900 ? 3 : 4
    return units.map((unit, i) => ({ scale: `y:${unit}`, unit, side: i === 0 ? 3 : 1, isShown: i < room }))
}

/* Bounds of an axis: a tenth of air, and a flat line lies in the middle of something. */
export function valueBounds(min: number | null, max: number | null): [number, number] {
    if (min === null || max === null || !Number.isFinite(min) || !Number.isFinite(max)) return [0, 1]
    const least = Math.max(Math.abs(max), Math.abs(min)) * 0.01 || 1
    const wide = Math.max(max - min, least)
    const middle = (min + max) / 2
    const low = middle - wide * 0.55
    /* a count or a percentage that starts at zero does not seem to go below it */
    return [min >= 0 && low < 0 ? 0 : low, middle + wide * 0.55]
}

/* How many digits a step has behind the point: 2.5 has one, 0.25 two. */
function digitsOf(step: number): number {
    let digits = 0
    while (digits < 6 && Math.abs(step * 10 ** digits - Math.round(step * 10 ** digits)) > 1e-6 * step * 10 ** digits) digits++
    return digits
}

export function tickNumber(value: number, step: number, language: string): string {
    const digits = digitsOf(step)
    const isLarge = Math.abs(value) >= 100_000
    return numberFormat(
        language,
        isLarge ? { notation: 'compact', maximumFractionDigits: 2 } : { minimumFractionDigits: digits, maximumFractionDigits: digits },
    ).format(value === 0 ? 0 : value)
}

/* A value as people read it: enough digits to tell it from its neighbours, and no noise. */
export function valueText(value: number, language: string): string {
    const size = Math.abs(value)
    const digits = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 3
    return numberFormat(language, {
        maximumFractionDigits: Number.isInteger(value) ? 0 : digits,
        minimumFractionDigits: Number.isInteger(value) ? 0 : Math.min(digits, 1),
    }).format(value === 0 ? 0 : value)
}

const numbers = new Map<string, Intl.NumberFormat>()
function numberFormat(language: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
    const key = `${language}|${options.notation ?? ''}|${options.minimumFractionDigits ?? ''}|${options.maximumFractionDigits ?? ''}`
    let format = numbers.get(key)
    if (!format) {
        format = new Intl.NumberFormat(language, options)
        numbers.set(key, format)
    }
    return format
}

const instants = new Map<string, Intl.DateTimeFormat>()
function instantFormat(language: string, zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    const key = `${language}|${zone}|${JSON.stringify(options)}`
    let format = instants.get(key)
    if (!format) {
        format = new Intl.DateTimeFormat(language, { timeZone: zone, ...options })
        instants.set(key, format)
    }
    return format
}
const CLOCK: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }

/* The labels of the time axis: the clock, and the day below it wherever it is another one. A label never repeats what stands before it. */
export function timeTicks(splits: readonly number[], step: number, language: string, zone: string): string[] {
    let last = ''
    return splits.map((at) => {
        if (step >= 360 * DAY) return instantFormat(language, zone, { year: 'numeric' }).format(at)
        if (step >= 28 * DAY) {
            const year = instantFormat(language, zone, { year: 'numeric' }).format(at)
            const text = instantFormat(language, zone, { month: 'short' }).format(at)
            const below = year === last ? '' : `\n${year}`
            last = year
            return text + below
        }
        if (step >= DAY) {
            const year = instantFormat(language, zone, { year: 'numeric' }).format(at)
            const text = instantFormat(language, zone, { day: 'numeric', month: 'short' }).format(at)
            const below = year === last ? '' : `\n${year}`
            last = year
            return text + below
        }
        const day = instantFormat(language, zone, { weekday: 'short', day: 'numeric', month: 'short' }).format(at)
        let text: string
        if (step >= MINUTE) text = instantFormat(language, zone, CLOCK).format(at)
        else if (step >= SECOND) text = instantFormat(language, zone, { ...CLOCK, second: '2-digit' }).format(at)
        else text = instantFormat(language, zone, { ...CLOCK, second: '2-digit', fractionalSecondDigits: 1 }).format(at)
        const below = day === last ? '' : `\n${day}`
        last = day
        return text + below
    })
}

/* An instant in words: as exact as what is looked at. */
export function instantText(at: number, spanMs: number, language: string, zone: string): string {
    const day: Intl.DateTimeFormatOptions = { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' }
    if (spanMs > 120 * DAY) return instantFormat(language, zone, day).format(at)
    if (spanMs > 12 * HOUR) return instantFormat(language, zone, { ...day, ...CLOCK }).format(at)
    return instantFormat(language, zone, { ...day, ...CLOCK, second: '2-digit' }).format(at)
}
