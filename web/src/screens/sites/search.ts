import { textIn } from '../../app/search'

/* What is searched for: of names of sites, and of points of all of them. */
export type Search = { search?: string | undefined }

export function searchOf(raw: Record<string, unknown>): Search {
    return { search: textIn(raw, 'search') }
}
