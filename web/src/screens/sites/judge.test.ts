import { expect, test } from 'vitest'
import type { SiteLink } from '../../api/shapes'
import { countBy, hasJoined, inOrder, judge, nameHas, needsALook, wordOf } from './judge'

const link = (over: Partial<SiteLink>): SiteLink => ({
    state: 'joined',
    link: 'online',
    lag_s: 1,
    backlog_octets: 0,
    backlog_s: null,
    availability: 1,
    octets_month: 0,
    overrides: 0,
    failing_points: 0,
    alarms: 0,
    put_aside: 0,
    waits_because: null,
    seen_at: null,
    joined_at: null,
    clock_ahead_s: 0,
    program: '',
    invited_until: null,
    groups: [],
    ...over,
})

test('what is heard is normal, and what is not says how', () => {
    expect(judge(link({}))).toBe('good')
    expect(judge(link({ link: 'late' }))).toBe('warn')
    expect(judge(link({ link: 'silent' }))).toBe('bad')
    expect(wordOf(link({ link: 'silent' }))).toBe('silent')
})

test('a site that may not come is not waited for', () => {
    for (const state of ['invited', 'revoked', 'retired'] as const) {
        expect(wordOf(link({ state, link: 'never' }))).toBe(state)
        expect(judge(link({ state, link: 'never' }))).toBe('off')
        expect(needsALook({ link: link({ state, link: 'never', alarms: 3 }) })).toBe(false)
        expect(hasJoined({ link: link({ state, link: 'never' }) })).toBe(false)
    }
})

test('alarms and what was put aside are worth a look; overrides are not', () => {
    expect(needsALook({ link: link({ alarms: 1 }) })).toBe(true)
    expect(needsALook({ link: link({ put_aside: 1 }) })).toBe(true)
    expect(needsALook({ link: link({ overrides: 5, failing_points: 2 }) })).toBe(false)
    expect(needsALook({ link: null })).toBe(false)
})

test('a site is found by any letters of its name', () => {
    expect(nameHas({ id: 'macau', name: 'Edifício Macau' }, 'edificio ma')).toBe(true)
    expect(nameHas({ id: 'klcc', name: 'Torre' }, 'KL')).toBe(true)
    expect(nameHas({ id: 'klcc', name: 'Torre' }, 'torre x')).toBe(false)
    expect(nameHas({ id: 'klcc', name: 'Torre' }, '')).toBe(true)
})

test('many are put in order, the worst of it first, by numbers in names where that says nothing', () => {
    const site = (name: string, over: Partial<SiteLink> = {}) => ({ id: name, name, link: link(over) })
    const names = (sites: { name: string }[]) => sites.map((one) => one.name).join(' ')
    const all = [
        site('b10'),
        site('b9', { lag_s: 90, availability: 0.5 }),
        site('b1', { state: 'invited', lag_s: 1000, availability: null }),
        site('b2', { lag_s: 90, seen_at: '2026-11-27T10:00:00Z' }),
    ]
    expect(names(inOrder(all, undefined))).toBe('b2 b9 b10 b1')
    const bad = [
        site('c1', { alarms: 1 }),
        site('c10', { link: 'silent' }),
        site('c9', { link: 'silent' }),
        site('c2', { link: 'late' }),
        site('c0', { state: 'retired' }),
        site('c3', { link: 'waiting' }),
        site('c4', { link: 'never' }),
    ]
    expect(names(inOrder(bad, undefined))).toBe('c9 c10 c4 c3 c2 c1 c0')
    expect(names(inOrder(all, 'name'))).toBe('b1 b2 b9 b10')
    expect(names(inOrder(all, 'lag'))).toBe('b2 b9 b10 b1')
    expect(names(inOrder(all, 'availability'))).toBe('b9 b2 b10 b1')
    expect(names(inOrder(all, 'heard'))).toBe('b2 b1 b9 b10')
    expect(countBy(['x y', 'y'], (text) => text.split(' '))).toEqual([
        ['x', 1],
        ['y', 2],
    ])
})
