import { expect, test } from 'vitest'
import { DAY, HOUR, MINUTE } from './range'
import { isLive, rangeOf, spanWords, tickMs } from './useRange'

const NOW = Date.UTC(2026, 10, 27)

test('a span goes to the address and back', () => {
    const range = { from: NOW - 12_345, to: NOW - 345 }
    expect(rangeOf(spanWords(range), NOW)).toEqual(range)
    expect(isLive(spanWords(range))).toBe(false)
})

test('without a span it is the last day, and goes on', () => {
    expect(rangeOf({}, NOW)).toEqual({ from: NOW - DAY, to: NOW })
    expect(rangeOf({}, NOW, '1h').from).toBe(NOW - HOUR)
    expect(isLive({ last: '1y' })).toBe(true)
})

test('what is live moves by a pixel, within reason', () => {
    expect(tickMs(5 * MINUTE)).toBe(500)
    expect(tickMs(DAY)).toBe(60_000)
    expect(tickMs(HOUR)).toBe(3600)
})
