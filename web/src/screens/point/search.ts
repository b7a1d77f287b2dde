/* The address of a point: which span its trend shows, and whether it is being edited. */
import { flagIn } from '../../app/search'
import { type TrendsSearch, searchOf as trendsSearch } from '../trends/search'

export type PointSearch = Pick<TrendsSearch, 'last' | 'from' | 'to'> & { edit?: true | undefined }

export function searchOf(raw: Record<string, unknown>): PointSearch {
    const { last, from, to } = trendsSearch(raw)
    return { last, from, to, edit: flagIn(raw, 'edit') || undefined }
}
