/* How a person wants the screen: language, colours, motion. The server keeps it (`/me`); this browser has a copy, for the
 * page before the login and for the first paint. */
import { type Language, languageOf } from '../strings/catalog'
import { keep, useKept } from './kept'

export type Theme = 'system' | 'light' | 'dark'
export type Motion = 'system' | 'full' | 'reduced'

const isLanguage = (word: string | null): word is Language => word === 'en' || word === 'zh-Hant' || word === 'pt' || word === 'pseudo'

/* A language that the address asks for, for tests and for links: as long as this page is open. */
let asked: Language | undefined
export function takeAskedLanguage(query: string): void {
    const word = new URLSearchParams(query).get('language')
    if (isLanguage(word)) asked = word
}

export function useLanguage(): Language {
    const kept = useKept('language')
    return asked ?? (isLanguage(kept) ? kept : languageOf(navigator.languages))
}

export function useTheme(): Theme {
    const kept = useKept('theme')
    return kept === 'light' || kept === 'dark' ? kept : 'system'
}

export function useMotion(): Motion {
    const kept = useKept('motion')
    return kept === 'reduced' || kept === 'full' ? kept : 'system'
}

export type Preferences = { language?: string | null; theme?: string | null; motion?: string | null }

/* Takes over what is given; null is "as the browser has it". */
export function takePreferences(preferences: Preferences): void {
    for (const [name, value] of Object.entries(preferences)) {
        if (value === undefined) continue
        keep(name, value === 'system' ? null : value)
    }
}
