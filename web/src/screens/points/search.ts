/* The address of the list of points: what is looked for, how it is sorted, which columns stand there. */
import { choiceIn, flagIn, numberIn, textIn } from '../../app/search'

export const SORTS = ['name', 'device', 'path', 'type', 'value', 'at', 'quality'] as const
export type SortName = (typeof SORTS)[number]
export type Sort = SortName | `-${SortName}`
const ALL_SORTS: readonly Sort[] = SORTS.flatMap((name): Sort[] => [name, `-${name}`])

export const COLUMNS = ['name', 'value', 'device', 'description', 'at', 'type', 'units', 'interval', 'writable', 'limits', 'tags', 'enabled'] as const
export type ColumnName = (typeof COLUMNS)[number]
export const COLUMNS_SHOWN: readonly ColumnName[] = ['name', 'value', 'description', 'device', 'type', 'at']

export const FILTERS = ['device', 'type', 'quality', 'overridden', 'writable', 'enabled', 'tag'] as const
export type FilterName = (typeof FILTERS)[number]

export type PointsSearch = {
    search?: string | undefined
    device?: number | undefined
    type?: string | undefined
    quality?: string | undefined
    overridden?: 'true' | 'false' | undefined
    writable?: 'true' | 'false' | undefined
    enabled?: 'true' | 'false' | undefined
    tag?: string | undefined
    sort?: Sort | undefined
    columns?: string | undefined
}

function yesOrNo(raw: Record<string, unknown>, name: string): 'true' | 'false' | undefined {
    const flag = flagIn(raw, name)
    return flag === undefined ? undefined : flag ? 'true' : 'false'
}

export function searchOf(raw: Record<string, unknown>): PointsSearch {
    const sort = choiceIn(raw, 'sort', ALL_SORTS)
    return {
        search: textIn(raw, 'search'),
        device: numberIn(raw, 'device'),
        type: textIn(raw, 'type'),
        quality: textIn(raw, 'quality'),
        overridden: yesOrNo(raw, 'overridden'),
        writable: yesOrNo(raw, 'writable'),
        enabled: yesOrNo(raw, 'enabled'),
        tag: textIn(raw, 'tag'),
        sort: sort === 'path' ? undefined : sort,
        columns: textIn(raw, 'columns'),
    }
}

/* The columns that stand there: the name is always first. */
export function columnsOf(search: PointsSearch): ColumnName[] {
    const named = (search.columns ?? '').split(',').filter((word): word is ColumnName => (COLUMNS as readonly string[]).includes(word))
    const chosen = named.length > 0 ? named : COLUMNS_SHOWN
    return COLUMNS.filter((name) => name === 'name' || chosen.includes(name))
}

export function columnsText(columns: readonly ColumnName[]): string | undefined {
    const text = COLUMNS.filter((name) => columns.includes(name)).join(',')
    return text === COLUMNS.filter((name) => COLUMNS_SHOWN.includes(name)).join(',') ? undefined : text
}

/* What the server is asked for: what is looked for, and nothing else that an address may have. Sorted by path unless said otherwise. */
export type PointsQuery = Record<string, string | number | undefined>
export function queryOf(search: PointsSearch): PointsQuery {
    const filters = Object.fromEntries(FILTERS.map((name) => [name, search[name]]))
    return { search: search.search, ...filters, sort: search.sort ?? 'path' }
}

export function hasFilters(search: PointsSearch): boolean {
    return search.search !== undefined || FILTERS.some((name) => search[name] !== undefined)
}
