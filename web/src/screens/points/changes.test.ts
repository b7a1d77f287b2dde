import { describe, expect, test } from 'vitest'
import { Problem } from '../../api/problem'
import type { Point } from '../../api/shapes'
import { changeOf, changesOf, fieldText, isEmptyPlan, whyNot } from './changes'

const point = (more: Partial<Point> = {}): Point =>
    ({
        id: 1,
        version: '7',
        name: 'AHU-1.SAT',
        description: 'supply',
        units: 'degrees-celsius',
        tags: { air: 'm:' },
        enabled: true,
        writable: false,
        poll_interval_s: 60,
        write_min: null,
        write_max: null,
        ...more,
    }) as Point

describe('a change', () => {
    test('has only what differs, and the version that was seen', () => {
        expect(changeOf(point(), { enabled: true, poll_interval_s: 30 })).toEqual({ id: 1, version: '7', set: { poll_interval_s: 30 } })
    })
    test('is none where all is as it should be', () => {
        expect(changeOf(point(), { enabled: true, poll_interval_s: 60 })).toBeUndefined()
        expect(changesOf([point(), point({ id: 2, enabled: false })], { enabled: true }).map((c) => c.id)).toEqual([2])
    })
    test('null is a value: back to the interval of the device', () => {
        expect(changeOf(point(), { poll_interval_s: null })?.set).toEqual({ poll_interval_s: null })
    })
    test('replaces each occurrence, as text and not as a pattern', () => {
        expect(changeOf(point({ name: 'A.B.C' }), { replaceIn: 'name', find: '.', replaceBy: '-' })?.set.name).toBe('A-B-C')
        expect(changeOf(point({ name: 'A.B' }), { replaceIn: 'name', find: 'A', replaceBy: '$&$1' })?.set.name).toBe('$&$1.B')
        expect(changeOf(point(), { replaceIn: 'name', find: 'zzz', replaceBy: 'a' })).toBeUndefined()
        expect(changeOf(point(), { replaceIn: 'name', find: '', replaceBy: 'a' })).toBeUndefined()
    })
    test('adds and removes tags and keeps the others', () => {
        expect(changeOf(point({ tags: { air: 'm:', area: 'n:12' } }), { addTags: 'temp, sensor air', removeTags: 'area missing' })?.set.tags).toEqual({
            air: 'm:',
            temp: 'm:',
            sensor: 'm:',
        })
    })
})

test('a plan that says nothing is empty', () => {
    expect(isEmptyPlan({})).toBe(true)
    expect(isEmptyPlan({ replaceIn: 'name', replaceBy: 'x', addTags: ' , ' })).toBe(true)
    expect(isEmptyPlan({ enabled: false })).toBe(false)
    expect(isEmptyPlan({ poll_interval_s: null })).toBe(false)
})

test('values in words', () => {
    const words = { yes: 'yes', no: 'no', none: '–' }
    expect([true, false, null, '', 0, 'a', { air: 1, temp: 1 }].map((v) => fieldText(v, words))).toEqual(['yes', 'no', '–', '–', '0', 'a', 'air temp'])
})

test('what could not be put back is named, with why', () => {
    const more = (count: number) => `and ${count} more`
    const told = (count: number) =>
        new Problem('status-422', 422, 'Unprocessable Content', '', undefined, {
            items: [
                { id: 9, path: 'AHU-1/SAT' },
                ...Array.from({ length: count }, (_, i) => ({ id: i, path: `AHU-1/P${i}`, problem: 'somebody has changed it since: units' })),
            ],
        })
    expect(whyNot(told(1), more)).toBe('AHU-1/P0: somebody has changed it since: units')
    expect(whyNot(told(7), more)).toMatch(/^AHU-1\/P0: .*AHU-1\/P4: somebody has changed it since: units; and 2 more$/)
    expect(whyNot(new Problem('not-found', 404, 'Not Found', 'there is no such change', undefined, {}), more)).toBe('there is no such change')
    expect(whyNot('broken', more)).toBe('broken')
})
