import { numberIn } from '../../app/search'

/* The user whose drawer is open. */
export type Search = { user?: number | undefined }

export function searchOf(raw: Record<string, unknown>): Search {
    return { user: numberIn(raw, 'user') }
}
