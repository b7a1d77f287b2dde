import { expect, test } from 'vitest'
import { columnsOf, columnsText, hasFilters, queryOf, searchOf } from './search'

test('what an address says is taken, and what it should not say is left out', () => {
    expect(searchOf({ search: 'sat', device: '12', writable: 'false', sort: '-value', evil: '1' })).toMatchObject({
        search: 'sat',
        device: 12,
        writable: 'false',
        sort: '-value',
    })
    const odd = searchOf({ device: 'x', writable: 'maybe', sort: 'drop table', search: '' })
    expect(Object.values(odd).filter((value) => value !== undefined)).toEqual([])
})

test('the server is asked for the filters, by path unless said otherwise', () => {
    expect(queryOf(searchOf({ search: 'a', columns: 'name,tags' }))).toMatchObject({ search: 'a', sort: 'path' })
    expect(queryOf(searchOf({ columns: 'tags' }))).not.toHaveProperty('columns')
    const address = { ...searchOf({ search: 'a' }), language: 'pt' } // what the router makes of ?search=a&language=pt
    expect(queryOf(address)).not.toHaveProperty('language')
})

test('columns: the name is always there, unknown ones are not, the usual ones are not written down', () => {
    expect(columnsOf({ columns: 'tags,evil' })).toEqual(['name', 'tags'])
    expect(columnsOf({ columns: 'evil' })).toEqual(columnsOf({}))
    expect(columnsText(columnsOf({}))).toBeUndefined()
    expect(columnsText(['tags', 'name'])).toBe('name,tags')
})

test('columns and sorting are no filters', () => {
    expect(hasFilters({ columns: 'tags', sort: '-at' })).toBe(false)
    expect(hasFilters({ overridden: 'true' })).toBe(true)
})
