import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { describe as read, wordsOf } from './openapi'

test('our own description is shown whole', () => {
    const it = read(readFileSync(join(import.meta.dirname, '../../../../apps/web/openapi.yaml'), 'utf8'))
    expect(it.operations.length).toBeGreaterThan(40)
    expect(it.problems.map((one) => one.name)).toContain('refused')
    const log_in = it.operations.find((one) => one.id === 'log_in')
    expect(log_in).toMatchObject({ method: 'POST', path: '/api/v1/session', right: 'none', example: { name: 'alice' } })
    const point = it.operations.find((one) => one.id === 'get_point')
    expect(point?.parameters.map((one) => one.name)).toEqual(['site', 'point'])
    for (const one of it.operations) expect(one.tag, one.id).not.toBe('')
})

test('a schema is told in a few words', () => {
    expect(wordsOf({ type: 'array', items: { $ref: '#/components/schemas/Point' } })).toEqual({ words: 'array of Point', shape: 'Point' })
    expect(wordsOf({ type: ['number', 'null'] }).words).toBe('number or null')
    expect(wordsOf({ enum: ['a', 'b'] }).words).toBe('a | b')
    expect(wordsOf(undefined).words).toBe('')
})
