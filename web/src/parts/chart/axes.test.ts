import { describe, expect, test } from 'vitest'
import { instantText, tickNumber, timeTicks, unitAxes, valueBounds, valueText } from './axes'
import { DAY, HOUR, SECOND } from './range'
import type { Series } from './types'

const series = (unit: string, shape: Series['shape'] = 'line'): Series => ({
    key: unit,
    label: unit,
    unit,
    shape,
    colour: 0,
    columns: { at: [], value: [], gaps: [], everyMs: 0 },
})

describe('axes by unit', () => {
    test('one for each unit, none for states, the first at the left', () => {
        const axes = unitAxes([series('°C'), series('%'), series('°C'), series('', 'states')], 1200)
        expect(axes.map((a) => [a.unit, a.side, a.isShown])).toEqual([
            ['°C', 3, true],
            ['%', 1, true],
        ])
    })
    test('a phone shows two', () => {
        expect(unitAxes([series('°C'), series('%'), series('kW')], 390).map((a) => a.isShown)).toEqual([true, true, false])
    })
})

describe('bounds', () => {
    test('a flat line lies in the middle of something', () => {
        const [low, high] = valueBounds(21, 21)
        expect(low).toBeLessThan(21)
        expect(high).toBeGreaterThan(21)
        expect(valueBounds(0, 0)).toEqual([0, 0.55])
    })
    test('what never is negative does not seem to be', () => {
        expect(valueBounds(0, 100)[0]).toBe(0)
        expect(valueBounds(-5, 5)[0]).toBeLessThan(-5)
    })
    test('nothing to show is 0 to 1, and so is what is not a number', () => {
        expect(valueBounds(null, null)).toEqual([0, 1])
        expect(valueBounds(Number.NaN, 3)).toEqual([0, 1])
    })
})

describe('numbers', () => {
    test('as many digits as the step has', () => {
        expect(tickNumber(21.5, 0.5, 'en')).toBe('21.5')
        expect(tickNumber(20, 5, 'en')).toBe('20')
        expect([0, 2.5, 5, 7.5].map((value) => tickNumber(value, 2.5, 'en'))).toEqual(['0.0', '2.5', '5.0', '7.5'])
        expect(tickNumber(0.75, 0.25, 'en')).toBe('0.75')
        expect(tickNumber(0.0300001, 0.01, 'en')).toBe('0.03')
        expect(tickNumber(-0, 1, 'en')).toBe('0')
        expect(tickNumber(2_500_000, 500_000, 'en')).toBe('2.5M')
    })
    test("in the reader's language", () => {
        expect(valueText(21.456, 'en')).toBe('21.46')
        expect(valueText(21.456, 'pt-PT')).toBe('21,46')
        expect(valueText(3, 'en')).toBe('3')
        expect(valueText(1234.56, 'en')).toBe('1,235')
        expect(valueText(0.01234, 'en')).toBe('0.012')
    })
})

describe('instants', () => {
    const at = Date.UTC(2026, 0, 5, 22)
    test("the day stands where it changes, by the site's clock", () => {
        const ticks = timeTicks([at, at + HOUR, at + 2 * HOUR, at + 3 * HOUR], HOUR, 'en-GB', 'UTC')
        expect(ticks[0]).toBe('22:00\nMon 5 Jan')
        expect(ticks[1]).toBe('23:00')
        expect(ticks[2]).toBe('00:00\nTue 6 Jan')
        expect(timeTicks([at], HOUR, 'en-GB', 'Asia/Macau')[0]).toBe('06:00\nTue 6 Jan')
    })
    test('seconds when they are looked at, days and months when those are', () => {
        expect(timeTicks([at], SECOND, 'en-GB', 'UTC')[0]).toMatch(/^22:00:00\n/)
        expect(timeTicks([at, at + DAY], DAY, 'en-GB', 'UTC')).toEqual(['5 Jan\n2026', '6 Jan'])
        expect(timeTicks([at], 31 * DAY, 'en-GB', 'UTC')).toEqual(['Jan\n2026'])
    })
    test('in words', () => {
        expect(instantText(at, HOUR, 'en-GB', 'UTC')).toMatch(/22:00:00$/)
        expect(instantText(at, 366 * DAY, 'en-GB', 'UTC')).not.toMatch(/22/)
        expect(instantText(at, DAY, 'zh-Hant-MO', 'Asia/Macau')).toContain('2026')
    })
})
