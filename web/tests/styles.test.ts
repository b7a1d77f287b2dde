import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const here = join(import.meta.dirname, '..')
const sources = readdirSync(join(here, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name))

/* Components whose look is another's: they need that one's styles. */
const builtOf: Record<string, string[]> = {
    Alert: ['Alert'],
    Autocomplete: ['Combobox', 'Input'],
    Select: ['Combobox', 'Input', 'ScrollArea'],
    MultiSelect: ['Combobox', 'Input', 'Pill', 'PillsInput'],
    NativeSelect: ['Input'],
    TagsInput: ['Combobox', 'Input', 'Pill', 'PillsInput'],
    TextInput: ['Input'],
    Textarea: ['Input'],
}

test('the styles of every Mantine component that is used are in mantine.css', () => {
    const listed = readFileSync(join(here, 'src/app/mantine.css'), 'utf8')
    const missing = new Set<string>()
    for (const name of sources) {
        const text = readFileSync(join(here, 'src', name), 'utf8')
        for (const [, names] of text.matchAll(/import \{([^}]*)\} from '@mantine\/core'/g))
            for (const one of (names ?? '').split(',').map((word) => word.trim()))
                for (const needed of [one, ...(builtOf[one] ?? [])])
                    if (existsSync(join(here, 'node_modules/@mantine/core/styles', `${needed}.css`)) && !listed.includes(`/${needed}.css`)) missing.add(needed)
    }
    expect([...missing]).toEqual([])
})

test('fetch is called in one place, and so are sockets opened', () => {
    const callers = sources.filter((name) => /\bfetch\(|new (WebSocket|EventSource)\(/.test(readFileSync(join(here, 'src', name), 'utf8')))
    expect(callers.sort()).toEqual(['api/client.ts', 'api/live.ts'])
})

test('icons come from the one place', () => {
    const users = sources.filter((name) => readFileSync(join(here, 'src', name), 'utf8').includes('@tabler/icons-react'))
    expect(users).toEqual(['parts/icons.ts'])
})

/* What a person reads stands in a catalog: JSX has no words of its own. */
test('no words stand outside of catalogs', () => {
    const found: string[] = []
    for (const name of sources.filter((one) => one.endsWith('.tsx'))) {
        const text = readFileSync(join(here, 'src', name), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
        for (const match of text.matchAll(/>\s*([A-Z][a-z]+ [a-z][^<>{}]*)</g)) found.push(`${name}: ${match[1]}`)
        for (const match of text.matchAll(/\b(?:label|placeholder|title|aria-label|description)="([A-Z][^"]*)"/g))
            if (match[1] !== 'BacPipes' && !match[1]?.includes(' · ')) found.push(`${name}: ${match[1]}`)
    }
    expect(found).toEqual([])
})
