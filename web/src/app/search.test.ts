import { expect, test } from 'vitest'
import { searchOf } from '../screens/login/search'
import { choiceIn, flagIn, numberIn, numbersIn, parseSearch, writeSearch } from './search'

test('an address can be read by people, and read back', () => {
    const text = writeSearch({ search: 'sat zn', points: [1, 2], only: true, none: undefined, off: false, empty: [], from: '2026-11-27T00:00:00Z' })
    expect(text).toBe('?search=sat+zn&points=1,2&only=true&from=2026-11-27T00:00:00Z')
    const raw = parseSearch(text)
    expect(numbersIn(raw, 'points')).toEqual([1, 2])
    expect(flagIn(raw, 'only')).toBe(true)
    expect(raw.search).toBe('sat zn')
    expect(writeSearch({})).toBe('')
})

test('what an address says wrongly is as if it said nothing', () => {
    const raw = parseSearch('?points=1,x,-3,2.5,7&n=abc&flag=maybe&kind=evil')
    expect(numbersIn(raw, 'points')).toEqual([1, 7])
    expect(numberIn(raw, 'n')).toBeUndefined()
    expect(flagIn(raw, 'flag')).toBeUndefined()
    expect(choiceIn(raw, 'kind', ['raw', 'hourly'])).toBeUndefined()
    expect(choiceIn({ kind: 'raw' }, 'kind', ['raw', 'hourly'])).toBe('raw')
})

test('after the login one goes to an address of ours, and nowhere else', () => {
    expect(searchOf({ back: '/sites/demo/points?search=a' })).toEqual({ back: '/sites/demo/points?search=a' })
    for (const back of ['//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)', '']) expect(searchOf({ back })).toEqual({})
})
