import { describe, expect, test } from 'vitest'
import type { Point } from '../../api/shapes'
import { badFields, changedFields, conflicts, draftOf, merge, setOf } from './draft'

const point = (more: Partial<Point> = {}): Point =>
    ({
        id: 1,
        version: '7',
        name: 'SAT',
        description: 'supply',
        tags: { air: 'm:', area: 'n:12' },
        enabled: true,
        writable: true,
        poll_interval_s: null,
        write_min: 12,
        write_max: 26,
        ...more,
    }) as Point

test('numbers: what is none is named, and what stood there is good in every language', () => {
    expect(badFields({ ...draftOf(point()), write_min: 'x', write_max: '21,5', poll_interval_s: '' }, point(), '.')).toEqual(['write_min'])
    const fine = point({ write_max: 17.125 })
    expect(badFields(draftOf(fine), fine, ',')).toEqual([])
    expect(badFields({ ...draftOf(fine), write_max: '1.000' }, fine, ',')).toEqual(['write_max'])
})

describe('what differs', () => {
    test('nothing, where the same stands there in other words', () => {
        expect(changedFields({ ...draftOf(point()), write_min: '12.0', tags: 'area  air' }, point())).toEqual([])
    })
    test('is sent, and nothing else', () => {
        const draft = { ...draftOf(point()), write_max: '', poll_interval_s: '30', enabled: false }
        expect(setOf(draft, point(), changedFields(draft, point()))).toEqual({ enabled: false, poll_interval_s: 30, write_max: null })
    })
    test('tags keep their values', () => {
        expect(setOf({ ...draftOf(point()), tags: 'area temp' }, point(), ['tags'])).toEqual({ tags: { area: 'n:12', temp: 'm:' } })
    })
})

describe('two people edit one point', () => {
    const read = point()
    const now = point({ version: '8', description: 'theirs', write_max: 30 })
    test('what only one of them changed needs no choice', () => {
        expect(conflicts({ ...draftOf(read), write_min: '14' }, read, now)).toEqual([])
    })
    test('what both changed does, unless to the same', () => {
        expect(conflicts({ ...draftOf(read), description: 'mine', write_max: '30' }, read, now)).toEqual(['description'])
    })
    test('mine over theirs where it was chosen, theirs where not touched', () => {
        const draft = { ...draftOf(read), description: 'mine', write_min: '14' }
        const mine = merge(draft, read, now, new Map([['description', 'mine']]))
        expect(setOf(mine, now, changedFields(mine, now))).toEqual({ description: 'mine', write_min: 14 })
        const theirs = merge(draft, read, now, new Map([['description', 'theirs']]))
        expect(setOf(theirs, now, changedFields(theirs, now))).toEqual({ write_min: 14 })
    })
})
