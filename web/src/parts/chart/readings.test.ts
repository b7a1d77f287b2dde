import { describe, expect, test } from 'vitest'
import type { Series as Answer, Readings } from '../../api/shapes'
import { DAY, HOUR, pan, zoom } from './range'
import { joinTo, needsAnother, seriesOf, shapeOf, toColumns, toMarkers } from './readings'
import { BAD, GOOD, UNCERTAIN } from './types'

const answer = (more: object): Answer => ({ point: 1, kind: 'raw', every_s: null, steps: false, at: [], gaps: [], next: null, ...more }) as unknown as Answer

describe('what the server said', () => {
    test('raw readings keep their quality', () => {
        expect(toColumns(answer({ at: [1, 2], value: [5, null], quality: [0, 2], gaps: [[3, 4]] }), 9)).toMatchObject({
            at: [1, 2],
            value: [5, null],
            quality: [0, 2],
            gaps: [[3, 4]],
            everyMs: 0,
            until: 9,
        })
    })
    test('spans are their means, with a band; bad readings in one make it doubtful, nothing but bad ones bad', () => {
        const made = toColumns(
            answer({ kind: 'spans', every_s: 300, at: [0, 1, 2], mean: [1, 2, null], min: [0, 1, null], max: [2, 3, null], count: [5, 4, 0], bad: [0, 1, 5] }),
            9,
        )
        expect(made).toMatchObject({ value: [1, 2, null], everyMs: 300_000, quality: [GOOD, UNCERTAIN, BAD] })
    })
    test('states without a mean are what they were last', () => {
        expect(toColumns(answer({ kind: 'spans', every_s: 60, at: [0], last: [3] }), 9).value).toEqual([3])
    })
    test('pages are put together', () => {
        const readings = { series: [answer({ at: [1], value: [1], quality: [0] })], markers: [] } as unknown as Readings
        joinTo(readings, answer({ at: [2], value: [2], quality: [1], gaps: [[5, 6]] }))
        joinTo(readings, answer({ point: 2, at: [7] }))
        expect(readings.series[0]).toMatchObject({ at: [1, 2], value: [1, 2], quality: [0, 1], gaps: [[5, 6]] })
        expect(readings.series[1]?.point).toBe(2)
    })
    test('an override lasts, a command is an instant', () => {
        const markers = toMarkers({
            markers: [
                { kind: 'command', at: 1, until: null, text: 'a' },
                { kind: 'override', at: 2, until: null, text: 'b' },
            ],
        } as unknown as Readings)
        expect(markers.map((m) => m.until)).toEqual([undefined, null])
    })
})

test('measured lines, commanded steps, states in lanes', () => {
    expect(['analog-input', 'analog-value', 'analog-output', 'binary-value', 'multi-state-input'].map(shapeOf)).toEqual([
        'line',
        'steps',
        'steps',
        'states',
        'states',
    ])
    const point = { id: 4, path: 'AHU-1/MODE', type: 'multi-state-value', unit_symbol: '', states: ['a', 'b'] }
    expect(seriesOf(point, toColumns(answer({}), 0), 2)).toMatchObject({ key: '4', firstState: 1, shape: 'states', colour: 2 })
})

test('a little panning asks nothing; leaving what is loaded, or looking closer, does', () => {
    const range = { from: 10 * DAY, to: 11 * DAY }
    expect(needsAnother(range, pan(range, 3 * HOUR))).toBe(false)
    expect(needsAnother(range, pan(range, 30 * HOUR))).toBe(true)
    expect(needsAnother(range, zoom(range, 0.2, 10.5 * DAY))).toBe(true)
    expect(needsAnother(range, zoom(range, 1.5, 10.5 * DAY))).toBe(true)
})
