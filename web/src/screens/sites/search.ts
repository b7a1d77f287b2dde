import { textIn } from '../../app/search'

/* What is searched for: of names of sites, and of points of all of them; and the site that is managed. */
export type Search = { search?: string | undefined; manage?: string | undefined }

export function searchOf(raw: Record<string, unknown>): Search {
    return { search: textIn(raw, 'search'), manage: textIn(raw, 'manage') }
}
