import { useMemo } from 'react'
import { useLanguage } from '../app/preferences'
import { useZone } from '../app/site'
import { type Catalog, wordsIn } from './catalog'
import { type Format, formatOf } from './format'

export { catalog, type Language, languages, plural } from './catalog'
export { type Format, formatOf } from './format'

/* The words of a catalog in the language on the screen: const t = useStrings(strings); t.save */
// biome-ignore lint/suspicious/noExplicitAny: as in catalog.ts
export function useStrings<T extends Record<string, string | ((...values: any[]) => string)>>(strings: Catalog<T>): T {
    return wordsIn(strings, useLanguage())
}

/* Of the language on the screen and the zone of the site that is shown (elsewhere: the browser's zone). */
export function useFormat(): Format {
    const language = useLanguage()
    const zone = useZone()
    return useMemo(() => formatOf(language, zone), [language, zone])
}
