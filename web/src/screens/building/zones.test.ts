import { expect, test } from 'vitest'
import { byName, changeOf, warmthOf } from './zones'

test('a zone is right within a kelvin, and unknown without a setpoint', () => {
    expect([-4, -2.5, -2, -1, 0, 1, 1.5, 2.5, 9].map(warmthOf)).toEqual(['cold', 'cold', 'cool', 'right', 'right', 'right', 'warm', 'hot', 'hot'])
    expect([null, undefined, Number.NaN].map(warmthOf)).toEqual(['unknown', 'unknown', 'unknown'])
})

test('zones stand in the order that people count', () => {
    expect(byName([{ name: 'VAV-1-10' }, { name: 'VAV-1-2' }]).map(({ name }) => name)).toEqual(['VAV-1-2', 'VAV-1-10'])
})

test('a change is told where there was something to change from', () => {
    expect(changeOf(110, 100)).toBeCloseTo(10)
    expect(changeOf(110, 0)).toBeUndefined()
    expect(changeOf(null, 100)).toBeUndefined()
})
