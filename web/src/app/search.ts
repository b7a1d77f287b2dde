/* The part of an address behind "?", as people can read it: ?search=sat&points=1,2. A list is written with commas; what is undefined,
 * empty or false is left out. A screen's own search.ts says what its words mean. */
export type Raw = Record<string, string | undefined>

export function parseSearch(text: string): Record<string, string> {
    return Object.fromEntries(new URLSearchParams(text))
}

export function writeSearch(search: Record<string, unknown>): string {
    const query = new URLSearchParams()
    for (const [name, value] of Object.entries(search)) {
        if (value === undefined || value === null || value === '' || value === false || (Array.isArray(value) && value.length === 0)) continue
        query.set(name, Array.isArray(value) ? value.join(',') : String(value))
    }
    const text = query.toString().replaceAll('%2C', ',').replaceAll('%3A', ':').replaceAll('%2F', '/')
    return text && `?${text}`
}

// ---- for search.ts of screens: what a word says, or undefined where it says nothing of use ----

export function textIn(raw: Record<string, unknown>, name: string): string | undefined {
    const value = raw[name]
    return value === undefined || value === null || value === '' ? undefined : String(value)
}

export function numberIn(raw: Record<string, unknown>, name: string): number | undefined {
    const text = textIn(raw, name)
    const value = Number(text)
    return text === undefined || !Number.isFinite(value) ? undefined : value
}

export function numbersIn(raw: Record<string, unknown>, name: string): number[] | undefined {
    const value = raw[name]
    const words = Array.isArray(value) ? value : (textIn(raw, name)?.split(',') ?? [])
    const numbers = words.map(Number).filter((number) => Number.isInteger(number) && number > 0)
    return numbers.length > 0 ? numbers : undefined
}

export function flagIn(raw: Record<string, unknown>, name: string): boolean | undefined {
    const text = textIn(raw, name)
    return text === 'true' ? true : text === 'false' ? false : undefined
}

export function choiceIn<const T extends string>(raw: Record<string, unknown>, name: string, choices: readonly T[]): T | undefined {
    const text = textIn(raw, name)
    return choices.find((choice) => choice === text)
}
