import { describe, expect, test } from 'vitest'
import {
    askRange,
    askWidth,
    clampRange,
    covers,
    DAY,
    HOUR,
    instantAt,
    MINUTE,
    overlay,
    pan,
    pinch,
    SECOND,
    SPAN_MAX,
    span,
    startOfDay,
    timeBefore,
    zoneOffset,
    zoom,
} from './range'

const NOON = Date.UTC(2026, 5, 1, 12)
const hour = { from: NOON - HOUR, to: NOON }

describe('zoom', () => {
    test('what is under the pointer stays there', () => {
        const about = NOON - 15 * MINUTE
        const closer = zoom(hour, 0.5, about)
        expect(span(closer)).toBe(HOUR / 2)
        expect((about - closer.from) / span(closer)).toBeCloseTo(0.75, 6)
    })
    test('it ends at a second and at a little more than a year', () => {
        expect(span(zoom({ from: NOON, to: NOON + 1500 }, 0.1, NOON))).toBe(SECOND)
        expect(span(zoom({ from: NOON - 300 * DAY, to: NOON }, 10, NOON))).toBe(SPAN_MAX)
    })
    test('in and out again is where one was', () => {
        const about = NOON - 7 * MINUTE
        const back = zoom(zoom(hour, 0.8, about), 1 / 0.8, about)
        expect(Math.abs(back.from - hour.from)).toBeLessThan(3)
        expect(Math.abs(back.to - hour.to)).toBeLessThan(3)
    })
    test('two fingers hold what they took', () => {
        const wide = pinch(hour, 0.25, 0.75, 0.0, 1.0)
        expect(wide.from).toBe(hour.from + HOUR / 4)
        expect(wide.to).toBe(hour.to - HOUR / 4)
        expect(span(pinch(hour, 0.5, 0.5, 0.5, 0.5))).toBe(HOUR) /* fingers on one spot divide by nothing */
    })
})

describe('bounds', () => {
    test('nothing is looked at beyond now, and the span is kept', () => {
        const kept = clampRange(pan(hour, 30 * MINUTE), NOON)
        expect(kept).toEqual(hour)
    })
    test('an empty or turned range is a second, not nothing', () => {
        expect(span(clampRange({ from: NOON, to: NOON }))).toBe(SECOND)
        expect(span(clampRange({ from: NOON, to: NOON - HOUR }))).toBe(SECOND)
    })
})

describe('asking', () => {
    test('what is asked for has room on both sides and covers what is shown', () => {
        for (const wide of [SECOND, MINUTE, HOUR, DAY, 7 * DAY, 366 * DAY]) {
            const shown = { from: NOON - wide, to: NOON }
            const asked = askRange(shown)
            expect(asked.from).toBeLessThanOrEqual(shown.from - wide / 2)
            expect(asked.to).toBeGreaterThanOrEqual(shown.to + wide / 2)
            expect(covers(asked, shown)).toBe(true)
        }
    })
    test('ranges that are near each other ask the same', () => {
        const near = pan(hour, MINUTE)
        expect(askRange(pan(near, 3 * SECOND))).toEqual(askRange(near))
    })
    test('zoomed in far, what is loaded is too coarse', () => {
        expect(covers(askRange(hour), zoom(hour, 0.2, NOON - 30 * MINUTE))).toBe(false)
    })
    test('a bucket for two pixels, and never thousands', () => {
        expect(askWidth(1000, hour, hour)).toBe(500)
        expect(askWidth(1003, hour, hour)).toBe(askWidth(1100, hour, hour))
        expect(askWidth(8000, { from: 0, to: DAY }, hour)).toBe(2000)
        expect(askWidth(0, hour, hour)).toBe(200)
    })
})

describe("the site's clock", () => {
    const LISBON = 'Europe/Lisbon' /* back on 25 October 2026, 01:00 UTC; forth on 29 March 2026, 01:00 UTC */
    test('offsets follow the change of the clock', () => {
        expect(zoneOffset(Date.UTC(2026, 9, 25, 0, 59), LISBON)).toBe(HOUR)
        expect(zoneOffset(Date.UTC(2026, 9, 25, 1, 1), LISBON)).toBe(0)
        expect(zoneOffset(NOON, 'Asia/Macau')).toBe(8 * HOUR)
        expect(zoneOffset(NOON + 137, 'Asia/Kathmandu')).toBe(5.75 * HOUR)
    })
    test('a day begins at midnight of the zone, on the days of a change, too', () => {
        expect(startOfDay(Date.UTC(2026, 9, 25, 20), LISBON)).toBe(Date.UTC(2026, 9, 24, 23))
        expect(startOfDay(Date.UTC(2026, 2, 29, 20), LISBON)).toBe(Date.UTC(2026, 2, 29, 0))
        expect(startOfDay(NOON, 'Asia/Macau')).toBe(Date.UTC(2026, 4, 31, 16))
    })
    test('noon the day before is noon, though 25 hours lie between', () => {
        expect(timeBefore(Date.UTC(2026, 9, 25, 12), 'day', LISBON)).toBe(Date.UTC(2026, 9, 24, 11))
        expect(timeBefore(Date.UTC(2026, 2, 29, 11), 'day', LISBON)).toBe(Date.UTC(2026, 2, 28, 12))
    })
    test('a clock time that there is twice is the first, one that there is not lies after the gap', () => {
        expect(instantAt(Date.UTC(2026, 9, 25, 1, 30), LISBON)).toBe(Date.UTC(2026, 9, 25, 0, 30))
        expect(instantAt(Date.UTC(2026, 2, 29, 1, 30), LISBON)).toBe(Date.UTC(2026, 2, 29, 1, 30))
    })
    test('a year before is the same day of the week', () => {
        const past = timeBefore(NOON, 'year', 'Asia/Macau')
        expect(new Date(past).getUTCDay()).toBe(new Date(NOON).getUTCDay())
        expect(NOON - past).toBe(364 * DAY)
    })
    test('an overlay lies on what is shown', () => {
        const over = overlay(hour, 'week', LISBON)
        expect(over.range.from + over.shiftMs).toBe(hour.from)
        expect(span(over.range)).toBe(HOUR)
    })
})
