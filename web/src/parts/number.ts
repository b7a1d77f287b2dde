/* A number as people type it: 17.5 and 17,5 alike, whatever their language. Strict, since it may move a valve: what is not wholly
 * a number is none, never the part of it that is. */

const written = /^[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?$/i

/* Nothing is null; undefined: it is none. With the sign that a language writes before decimals, "1,000" is none where it would be
 * read as a thousand: one of two numbers is not guessed. */
export function readNumber(text: string, decimal?: '.' | ','): number | null | undefined {
    const trimmed = text.trim().replace('−', '-')
    if (trimmed === '') return null
    if (!written.test(trimmed)) return undefined
    if (decimal !== undefined && isTwofold(trimmed, decimal)) return undefined
    const value = Number(trimmed.replace(',', '.'))
    return Number.isFinite(value) ? value : undefined
}

/* "1,000" in English, "1.000" in Portuguese: a thousand or one. */
export function isTwofold(text: string, decimal: '.' | ','): boolean {
    const group = decimal === '.' ? ',' : '\\.'
    return new RegExp(`^[+-]?[1-9]\\d{0,2}${group}\\d{3}$`).test(text.trim().replace('−', '-'))
}

const signs = new Map<string, '.' | ','>()
export function decimalOf(locale: string): '.' | ',' {
    let sign = signs.get(locale)
    if (!sign) {
        sign = new Intl.NumberFormat(locale).format(0.5).includes(',') ? ',' : '.'
        signs.set(locale, sign)
    }
    return sign
}

/* As it is typed again: every digit that matters, no groups. */
export function numberText(value: number | null | undefined, decimal: '.' | ',' = '.'): string {
    return value === null || value === undefined ? '' : String(value).replace('.', decimal)
}
