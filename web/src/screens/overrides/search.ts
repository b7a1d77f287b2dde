/* What the address says: whose overrides are shown, and of what. */
import { choiceIn, textIn } from '../../app/search'

export const whose = ['all', 'ours', 'others'] as const
export type Search = { whose?: (typeof whose)[number]; search?: string }

export function searchOf(raw: Record<string, unknown>): Search {
    const chosen = choiceIn(raw, 'whose', whose)
    const search = textIn(raw, 'search')
    return { ...(chosen && chosen !== 'all' ? { whose: chosen } : {}), ...(search ? { search } : {}) }
}
