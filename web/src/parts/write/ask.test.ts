import { expect, test } from 'vitest'
import { durationsFor, limitsOf, newest, prioritiesFor, stateValue, stepsOf } from './ask'

test('an operator writes from 8 on, an engineer from 3 on, nobody at 6', () => {
    expect(prioritiesFor(false)).toEqual([8, 9, 10, 11, 12, 13, 14, 15, 16])
    expect(prioritiesFor(true)[0]).toBe(3)
    expect(prioritiesFor(true)).not.toContain(6)
    expect(prioritiesFor(true).at(-1)).toBe(16)
})

test('states of binary points begin with 0, others with 1', () => {
    expect(stateValue({ type: 'binary-value', states: [] }, 0)).toBe(0)
    expect(stateValue({ type: 'multi-state-value', states: [] }, 0)).toBe(1)
})

test('the narrower limit counts, and none is none', () => {
    expect(limitsOf({ write_min: 10, write_max: 30, device_min: 12, device_max: 40 })).toEqual({ min: 12, max: 30 })
    expect(limitsOf({ write_min: null, write_max: null, device_min: null, device_max: null })).toEqual({ min: undefined, max: undefined })
})

test('a command that fails says at which step', () => {
    const states = (command: Parameters<typeof stepsOf>[0]) => stepsOf(command).map(({ state }) => state)
    expect(states({ status: 'pending', verdict: null, executed_at: null })).toEqual(['done', 'now', 'waiting', 'waiting'])
    expect(states({ status: 'executing', verdict: null, executed_at: null })).toEqual(['done', 'done', 'now', 'waiting'])
    expect(states({ status: 'completed', verdict: 'held', executed_at: 'x' })).toEqual(['done', 'done', 'done', 'done'])
    expect(states({ status: 'failed', verdict: 'refused', executed_at: 'x' })).toEqual(['done', 'done', 'failed', 'waiting'])
    expect(states({ status: 'failed', verdict: 'outranked', executed_at: 'x' })).toEqual(['done', 'done', 'done', 'failed'])
    expect(states({ status: 'expired', verdict: null, executed_at: null })).toEqual(['done', 'failed', 'waiting', 'waiting'])
    // Of a site elsewhere, which has to get it first.
    const far = { verdict: null, executed_at: null, step: 'in words' }
    expect(states({ ...far, status: 'pending', handed_over_at: null })).toEqual(['done', 'now', 'waiting', 'waiting', 'waiting'])
    expect(states({ ...far, status: 'pending', handed_over_at: 'x' })).toEqual(['done', 'done', 'now', 'waiting', 'waiting'])
    expect(states({ ...far, status: 'executing', handed_over_at: 'x' })).toEqual(['done', 'done', 'done', 'now', 'waiting'])
    expect(states({ ...far, status: 'completed', handed_over_at: 'x' })).toEqual(['done', 'done', 'done', 'done', 'done'])
    expect(states({ ...far, status: 'refused', handed_over_at: 'x' })).toEqual(['done', 'done', 'failed', 'waiting', 'waiting'])
    expect(states({ ...far, status: 'cancelled', handed_over_at: null })).toEqual(['done', 'failed', 'waiting', 'waiting', 'waiting'])
})

test('an operator’s value ends within a day, an engineer’s need not end', () => {
    expect(durationsFor(false).map(({ key }) => key)).toEqual(['30min', '1h', '2h', '4h', '8h', '1d'])
    expect(durationsFor(true).at(-1)).toEqual({ key: 'open', seconds: null })
})

test('what was read back stands until something newer is read', () => {
    const read = { value: 20, text: null, quality: 'good', reason: null, at: '2026-11-27T12:00:00Z' } as const
    const command = { completed_at: '2026-11-27T12:00:05Z', shown_value: 22, shown_state: null }
    expect(newest(read, command).value).toBe(22)
    expect(newest({ ...read, at: '2026-11-27T12:00:10Z' }, command).value).toBe(20)
    expect(newest(read, { ...command, shown_value: null }).value).toBe(20)
    expect(newest(read, undefined).value).toBe(20)
})
