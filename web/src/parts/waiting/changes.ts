/* What waits for a building elsewhere: asked for here, and there it is decided. */
import { queryOptions } from '@tanstack/react-query'
import { api } from '../../api/client'
import { queries } from '../../api/query'
import type { Change } from '../../api/shapes'

const OFTEN_MS = 2000
const SELDOM_MS = 15_000

export const isOpen = (change: Pick<Change, 'ended_at'>): boolean => change.ended_at === null

/* It came to nothing, and who asked should know. */
export const isRefused = ({ state }: Pick<Change, 'state'>): boolean => state === 'stale' || state === 'refused' || state === 'failed' || state === 'unknown'

export const changesQuery = (site: string) =>
    queryOptions({
        queryKey: ['changes', site],
        queryFn: async ({ signal }) => (await api.get('/sites/{site}/changes', { path: { site }, query: { limit: 50 }, signal })).items,
        refetchInterval: (query) => (query.state.data?.some(isOpen) ? OFTEN_MS : SELDOM_MS),
    })

/* Something is asked of a site: it is among what waits at once. */
export function waits(change: Change): void {
    queries.setQueryData(changesQuery(change.site).queryKey, (all) => [change, ...(all ?? []).filter((one) => one.id !== change.id)])
}
