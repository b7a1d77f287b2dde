/* Numbers, times and spans as a language writes them, times in the site's zone. */
import { type Language, localeOf } from './catalog'

export type Format = {
    locale: string
    zone: string
    /* 1,234.5: at most `digits` behind the point; without `digits` as many as matter for a reading (about 4 significant). */
    number(value: number, digits?: number): string
    /* 27/11/2026, 13:20:05; `instant` is RFC 3339 or milliseconds since 1970. */
    dateTime(instant: string | number): string
    date(instant: string | number): string
    time(instant: string | number, withSeconds?: boolean): string
    /* "13:20" today, "26 Nov, 13:20" on another day. */
    short(instant: string | number): string
    /* "3 min", "2 h 5 min", "4 d": the two largest parts of a span. */
    span(seconds: number): string
    /* "3 min ago", "in 2 h". */
    ago(instant: string | number, now?: number): string
    octets(size: number): string
}

/* As many digits behind the point as matter: 21.37, 213.4, 2,134. */
/* Of a browser's clock and the site's: what has just been read is not to come. */
const CLOCKS_DIFFER_S = 5

export function digitsFor(value: number): number {
    const size = Math.abs(value)
    if (size >= 1000) return 0
    if (size >= 100) return 1
    if (size >= 1 || size === 0) return 2
    return 3
}

const units = [
    ['day', 86400],
    ['hour', 3600],
    ['minute', 60],
    ['second', 1],
] as const

const memo = new Map<string, Format>()

export function formatOf(language: Language, zone: string): Format {
    const key = `${language} ${zone}`
    let format = memo.get(key)
    if (!format) {
        format = make(language, zone)
        memo.set(key, format)
    }
    return format
}

function make(language: Language, zone: string): Format {
    const locale = localeOf(language)
    const numbers = new Map<number, Intl.NumberFormat>()
    const number = (value: number, digits = digitsFor(value)) => {
        let one = numbers.get(digits)
        if (!one) {
            one = new Intl.NumberFormat(locale, { maximumFractionDigits: digits })
            numbers.set(digits, one)
        }
        return one.format(value)
    }
    const inUnits = new Map<string, Intl.NumberFormat>() // to make one takes longer than all that it is used for
    const times = (options: Intl.DateTimeFormatOptions) => {
        const one = new Intl.DateTimeFormat(locale, { timeZone: zone, hourCycle: 'h23', ...options })
        return (instant: string | number) => one.format(new Date(instant))
    }
    const dateTime = times({ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' })
    const date = times({ year: 'numeric', month: 'short', day: 'numeric' })
    const hours = times({ hour: '2-digit', minute: '2-digit' })
    const seconds = times({ hour: '2-digit', minute: '2-digit', second: '2-digit' })
    const dayAndTime = times({ month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' })
    const yearToo = times({ year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' })
    const day = times({ year: 'numeric', month: '2-digit', day: '2-digit' })
    const year = times({ year: 'numeric' })
    const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' })
    const symbols = language === 'zh-Hant' ? ['天', '小時', '分鐘', '秒'] : ['d', 'h', 'min', 's'] // the SI's, in en and pt alike

    return {
        locale,
        zone,
        number,
        dateTime,
        date,
        time: (instant, withSeconds = false) => (withSeconds ? seconds : hours)(instant),
        short(instant) {
            const now = Date.now()
            if (day(instant) === day(now)) return hours(instant)
            return (year(instant) === year(now) ? dayAndTime : yearToo)(instant)
        },
        span(total) {
            const whole = Math.max(0, Math.round(total))
            const largest = units.findIndex(([, size]) => whole >= size)
            const from = largest < 0 ? units.length - 1 : largest
            let rest = whole
            return units
                .slice(from, from + 2) // "4 d 2 h" and no "4 d 3 s"
                .map(([, size], i) => {
                    const count = Math.floor(rest / size)
                    rest -= count * size
                    return count > 0 || i === 0 ? `${number(count, 0)} ${symbols[from + i]}` : undefined
                })
                .filter(Boolean)
                .join(' ')
        },
        ago(instant, now = Date.now()) {
            const ahead = (new Date(instant).getTime() - now) / 1000
            const delta = Math.abs(ahead) < CLOCKS_DIFFER_S ? Math.min(ahead, 0) : ahead
            const [name, size] = units.find(([, least]) => Math.abs(delta) >= least) ?? ['second', 1]
            return relative.format(Math.round(delta / size), name)
        },
        octets(size) {
            const step = size >= 1e9 ? ['gigabyte', 1e9] : size >= 1e6 ? ['megabyte', 1e6] : size >= 1e3 ? ['kilobyte', 1e3] : ['byte', 1]
            const value = size / Number(step[1])
            const unit = String(step[0])
            const digits = value < 10 ? 1 : 0
            let one = inUnits.get(`${unit} ${digits}`)
            if (!one) {
                // Of the byte the short form is its word in English, without a plural.
                one = new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: unit === 'byte' ? 'long' : 'short', maximumFractionDigits: digits })
                inUnits.set(`${unit} ${digits}`, one)
            }
            return one.format(value)
        },
    }
}
