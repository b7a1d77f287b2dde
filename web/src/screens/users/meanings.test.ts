import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { rightsInEnglish } from './meanings'

test('rights are called what the server calls them', () => {
    const table = readFileSync(join(import.meta.dirname, '../../../../lib/model/rights.def'), 'utf8')
    const rows = [...table.matchAll(/^RIGHT\(\w+, "(\w+)", \w+, "([^"]*)"\)/gm)].map(([, name, meaning]) => [name, meaning])
    expect(rows.length).toBeGreaterThan(5)
    expect(Object.fromEntries(rows)).toEqual(rightsInEnglish)
})
