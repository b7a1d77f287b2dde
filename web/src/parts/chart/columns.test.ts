import { describe, expect, test } from 'vitest'
import { appendReading, breakAtGaps, byDays, doubtful, indexAt, markersAt, readingAt, runs, shiftColumns, summary, wantsDays } from './columns'
import { DAY, HOUR } from './range'
import { BAD, type Columns, GOOD, type Series, UNCERTAIN } from './types'

const raw = (at: number[], value: (number | null)[], more: Partial<Columns> = {}): Columns => ({ at, value, gaps: [], everyMs: 0, ...more })
const series = (columns: Columns, more: Partial<Series> = {}): Series => ({ key: '1', label: 'a', unit: '°C', shape: 'line', colour: 0, columns, ...more })

test('the reading that holds is the last before', () => {
    expect(indexAt([], 5)).toBe(-1)
    expect(indexAt([10, 20], 9)).toBe(-1)
    expect(indexAt([10, 20], 10)).toBe(0)
    expect(indexAt([10, 20], 19)).toBe(0)
    expect(indexAt([10, 20], 99)).toBe(1)
})

describe('gaps', () => {
    test('no line crosses a gap', () => {
        const made = breakAtGaps(raw([10, 20, 50], [1, 2, 3], { gaps: [[25, 45]] }), 'line', 60)
        expect(made.at).toEqual([10, 20, 25, 50])
        expect(made.value).toEqual([1, 2, null, 3])
    })
    test('steps hold until the gap begins, and after the last until the end', () => {
        const made = breakAtGaps(raw([10, 50], [1, 3], { gaps: [[25, 45]] }), 'steps', 60)
        expect(made.at).toEqual([10, 24, 25, 50, 60])
        expect(made.value).toEqual([1, 1, null, 3, 3])
    })
    test('steps do not reach into the future, or into a gap at the end', () => {
        expect(breakAtGaps(raw([10], [1], { until: 30 }), 'steps', 60).at).toEqual([10, 30])
        expect(breakAtGaps(raw([10], [1], { gaps: [[20, 60]] }), 'steps', 60).value).toEqual([1, 1, null])
    })
    test('a bad reading is no value, and neither is null', () => {
        expect(breakAtGaps(raw([1, 2, 3], [5, 6, null], { quality: [GOOD, BAD, GOOD] }), 'line', 9).value).toEqual([5, null, null])
    })
    test('instants come once and in order, whatever came in', () => {
        const made = breakAtGaps(
            raw([10, 10, 10, 20], [1, 2, null, 4], {
                gaps: [
                    [10, 12],
                    [12, 15],
                ],
            }),
            'line',
            30,
        )
        for (let i = 1; i < made.at.length; i++) expect(made.at[i]).toBeGreaterThan(made.at[i - 1] as number)
    })
    test('nothing is nothing', () => {
        expect(breakAtGaps(raw([], []), 'steps', 10)).toEqual({ at: [], value: [], min: [], max: [] })
    })
    test("a bucket's mean stands in its middle", () => {
        expect(breakAtGaps(raw([0, 100], [1, 2], { everyMs: 100, min: [0, 1], max: [2, 3] }), 'line', 200).at).toEqual([50, 150])
    })
})

describe('days', () => {
    const midnight = Date.UTC(2026, 0, 1)
    const hours = (count: number, value: (h: number) => number): Columns => {
        const at = Array.from({ length: count }, (_, h) => midnight + h * HOUR)
        const values = at.map((_, h) => value(h))
        return raw(at, values, { everyMs: HOUR, min: values.map((v) => v - 1), max: values.map((v) => v + 1), count: at.map(() => 12) })
    }
    test('a daily cycle becomes its mean, with its least and greatest', () => {
        const made = byDays(
            hours(48, (h) => 20 + 5 * Math.sin((h / 24) * 2 * Math.PI)),
            'UTC',
        )
        expect(made.at).toEqual([midnight, midnight + DAY])
        expect(made.everyMs).toBe(DAY)
        for (const mean of made.value) expect(mean).toBeCloseTo(20, 6)
        expect(made.min).toEqual([14, 14])
        expect(made.max).toEqual([26, 26])
    })
    test('days are those of the zone', () => {
        expect(
            byDays(
                hours(24, () => 1),
                'Asia/Macau',
            ).at,
        ).toEqual([midnight - 8 * HOUR, midnight + 16 * HOUR])
    })
    test('a span over midnight counts in both days, by its parts', () => {
        expect(byDays(raw([midnight + 18 * HOUR], [8], { everyMs: 12 * HOUR }), 'UTC').value).toEqual([8, 8])
    })
    test('spans count by their readings', () => {
        expect(byDays(raw([midnight, midnight + HOUR], [0, 10], { everyMs: HOUR, count: [30, 10] }), 'UTC').value[0]).toBeCloseTo(2.5, 9)
    })
    test('a last day that has hardly begun is left out, of many', () => {
        expect(
            byDays(
                hours(75, () => 1),
                'UTC',
            ).at,
        ).toEqual([midnight, midnight + DAY, midnight + 2 * DAY])
        expect(
            byDays(
                hours(5, () => 1),
                'UTC',
            ).at,
        ).toEqual([midnight])
    })
    test('a gap of days is kept, one of hours is not', () => {
        const gaps = [
            [midnight, midnight + HOUR],
            [midnight + DAY, midnight + 4 * DAY],
        ] as [number, number][]
        expect(byDays({ ...hours(24, () => 1), gaps }, 'UTC').gaps).toEqual([gaps[1]])
    })
    test('raw readings and longer spans stay as they are', () => {
        const readings = raw([0], [1])
        expect(byDays(readings, 'UTC')).toBe(readings)
        const long = raw([0], [1], { everyMs: 2 * DAY })
        expect(byDays(long, 'UTC')).toBe(long)
    })
    test('only where a day is a few pixels wide, and there are many', () => {
        expect(wantsDays({ from: 0, to: 366 * DAY }, 1200)).toBe(true)
        expect(wantsDays({ from: 0, to: 30 * DAY }, 1200)).toBe(false)
        expect(wantsDays({ from: 0, to: 30 * DAY }, 300)).toBe(true)
        expect(wantsDays({ from: 0, to: 7 * DAY }, 60)).toBe(false)
    })
})

describe('runs of states', () => {
    const range = { from: 0, to: 100 }
    test('neighbours of one state are one run, and the last holds until now', () => {
        expect(runs(raw([-5, 10, 20, 40], [0, 0, 1, 1], { until: 90 }), range, true).map((r) => [r.from, r.to, r.state])).toEqual([
            [-5, 20, 0],
            [20, 90, 1],
        ])
    })
    test("a gap is nobody's state", () => {
        expect(runs(raw([0, 60], [1, 1], { gaps: [[30, 60]] }), range, true).map((r) => [r.from, r.to])).toEqual([
            [0, 30],
            [60, 100],
        ])
    })
    test('a bucket with several states says so, and of a binary how much was on', () => {
        const [first, second] = runs(raw([0, 50], [0.25, 1], { everyMs: 50, min: [0, 1], max: [1, 1] }), range, true)
        expect(first).toMatchObject({ isMixed: true, state: null, share: 0.25 })
        expect(second).toMatchObject({ isMixed: false, state: 1 })
    })
    test('what lies outside is left out', () => {
        expect(runs(raw([200, 300], [1, 0]), range, true)).toEqual([])
    })
})

test('what is not good is told as spans', () => {
    expect(doubtful(raw([0, 10, 20, 30], [1, 1, 1, 1], { quality: [GOOD, UNCERTAIN, UNCERTAIN, BAD] }), { from: 0, to: 50 })).toEqual([
        { from: 10, to: 30, quality: UNCERTAIN },
        { from: 30, to: 50, quality: BAD },
    ])
})

describe('under the cursor', () => {
    test('a raw reading holds; a bucket ends; a gap and the future are unknown', () => {
        const points = series(raw([10, 20], [1, 2], { gaps: [[15, 20]], until: 40 }))
        expect(readingAt(points, 12).value).toBe(1)
        expect(readingAt(points, 16).value).toBeNull()
        expect(readingAt(points, 39).value).toBe(2)
        expect(readingAt(points, 41).value).toBeNull()
        expect(readingAt(points, 5).value).toBeNull()
        expect(readingAt(series(raw([0], [1], { everyMs: 10 })), 10).value).toBeNull()
    })
    test('a week before says its own time', () => {
        const past = series(shiftColumns(raw([10], [7]), 1000), { shiftMs: 1000, isBefore: true })
        expect(readingAt(past, 1015)).toMatchObject({ value: 7, at: 10 })
    })
    test('markers: an instant within reach, an override as long as it holds', () => {
        const command = { at: 50, kind: 'command', label: 'c' } as const
        const ended = { at: 10, until: 20, kind: 'override', label: 'e' } as const
        const open = { at: 30, until: null, kind: 'override', label: 'o' } as const
        const all = [command, ended, open]
        expect(markersAt(all, 15, 1)).toEqual([ended])
        expect(markersAt(all, 49, 1)).toEqual([command, open])
        expect(markersAt(all, 1e9, 1)).toEqual([open])
    })
})

describe('live', () => {
    test('a new reading is added, an old one is known', () => {
        const grown = appendReading(raw([10], [1], { until: 12 }), 20, 2, GOOD)
        expect(grown.at).toEqual([10, 20])
        expect(grown.until).toBe(20)
        expect(appendReading(grown, 20, 3, GOOD)).toBe(grown)
        expect(appendReading(raw([10], [1], { everyMs: 60 }), 99, 2, GOOD).at).toEqual([10])
    })
})

test('the chart in words', () => {
    expect(summary(raw([0, 10], [1, 3], { everyMs: 10, min: [0, 2], max: [2, 9], count: [3, 1] }), { from: 0, to: 20 })).toEqual({
        min: 0,
        max: 9,
        mean: 1.5,
        last: 3,
        count: 4,
    })
    expect(summary(raw([0], [null]), { from: 0, to: 20 })).toBeNull()
})
