/* Words on the screen: each folder has a catalog in every language, and a key that is missing in one does not compile. */

export const languages = ['en', 'zh-Hant', 'pt'] as const
/* `pseudo` is English, 40 % longer: what does not fit then will not fit in a language to come. For tests: ?language=pseudo. */
export type Language = (typeof languages)[number] | 'pseudo'

// biome-ignore lint/suspicious/noExplicitAny: a sentence may take anything that it has a place for
type Sentence = string | ((...values: any[]) => string)
type Words = Record<string, Sentence>
type SameKeys<T extends Words> = { [K in keyof T]: T[K] extends (...values: infer A) => string ? (...values: A) => string : string }

export type Catalog<T extends Words> = { en: T; zhHant: SameKeys<T>; pt: SameKeys<T> }

/* A sentence with places is a function: `kept: (count: number) => ...`. */
export function catalog<T extends Words>(words: { en: T; zhHant: SameKeys<NoInfer<T>>; pt: SameKeys<NoInfer<T>> }): Catalog<T> {
    return words
}

const accents: Record<string, string> = { a: 'á', e: 'ë', i: 'ï', o: 'ô', u: 'ü', A: 'Á', E: 'Ë', I: 'Ï', O: 'Ô', U: 'Ü', n: 'ñ', c: 'ç', s: 'š', z: 'ž' }

/* "Save" -> "[Šávë··]": accents show what is not in a catalog, brackets what is cut off. */
export function lengthen(text: string): string {
    const letters = [...text].map((letter) => accents[letter] ?? letter).join('')
    return `[${letters}${'·'.repeat(Math.ceil(text.length * 0.4))}]`
}

const pseudo = new WeakMap<object, Words>()

function pseudoOf(words: Words): Words {
    let made = pseudo.get(words)
    if (!made) {
        made = Object.fromEntries(
            Object.entries(words).map(([key, sentence]) => [
                key,
                typeof sentence === 'string' ? lengthen(sentence) : (...values: unknown[]) => lengthen(sentence(...values)),
            ]),
        )
        pseudo.set(words, made)
    }
    return made
}

export function wordsIn<T extends Words>(strings: Catalog<T>, language: Language): T {
    switch (language) {
        case 'zh-Hant':
            return strings.zhHant as unknown as T
        case 'pt':
            return strings.pt as unknown as T
        case 'pseudo':
            return pseudoOf(strings.en) as T
        default:
            return strings.en
    }
}

/* What Intl calls a language. pt-MO formats like a mix of two, so pt-PT. */
export function localeOf(language: Language): string {
    return { en: 'en-GB', 'zh-Hant': 'zh-Hant-MO', pt: 'pt-PT', pseudo: 'en-GB' }[language]
}

/* plural('en', 1, 'point', 'points'): the count's form of a word, for sentences in catalogs. */
export function plural(language: 'en' | 'pt', count: number, one: string, other: string): string {
    return new Intl.PluralRules(language === 'pt' ? 'pt-PT' : 'en-GB').select(count) === 'one' ? one : other
}

/* The language that a browser asks for first, of those we have. */
export function languageOf(asked: readonly string[]): Language {
    for (const tag of asked) {
        const lower = tag.toLowerCase()
        if (lower.startsWith('zh')) return 'zh-Hant'
        if (lower.startsWith('pt')) return 'pt'
        if (lower.startsWith('en')) return 'en'
    }
    return 'en'
}
