import { expect, test } from 'vitest'
import { isLive, spanWords } from '../../parts/chart/useRange'
import { POINTS_MAX, searchOf } from './search'

const NOW = Date.UTC(2026, 10, 27)

test('a span is taken from the address as it was written there', () => {
    const range = spanWords({ from: NOW - 12_345, to: NOW - 345 })
    expect(searchOf(range as Record<string, unknown>)).toMatchObject({ from: range.from, to: range.to })
})

test('a turned or broken span says nothing', () => {
    for (const odd of [{ from: '2026-01-02', to: '2026-01-01' }, { from: 'yesterday', to: 'now' }, { from: '2026-01-01' }])
        expect(isLive(searchOf(odd))).toBe(true)
})

test('a span has the last word over a preset', () => {
    expect(searchOf({ from: '2026-01-01', to: '2026-01-02', last: '1y' }).last).toBeUndefined()
})

test('points: numbers, each of them, and not more than a chart takes', () => {
    expect(searchOf({ points: '3,x,-1,5' }).points).toEqual([3, 5])
    expect(searchOf({ points: Array.from({ length: 99 }, (_, i) => i + 1).join(',') }).points?.length).toBe(POINTS_MAX)
})
