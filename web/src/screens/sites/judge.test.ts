import { expect, test } from 'vitest'
import type { SiteLink } from '../../api/shapes'
import { hasJoined, judge, nameHas, needsALook, wordOf } from './judge'

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
