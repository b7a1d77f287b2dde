/* The points that an address names, in its order. */
import { useQueries } from '@tanstack/react-query'
import { useMemo } from 'react'
import { api } from '../../api/client'
import { isProblem } from '../../api/problem'
import type { Point } from '../../api/shapes'

export function pointQuery(site: string, point: number) {
    return {
        queryKey: ['points', site, 'one', point],
        queryFn: ({ signal }: { signal: AbortSignal }) => api.get('/sites/{site}/points/{point}', { path: { site, point }, signal }),
        placeholderData: undefined, // another point's is none
    }
}

export function usePoints(site: string, ids: readonly number[]): { points: Point[]; gone: number; isLoading: boolean; error: unknown } {
    const asked = useQueries({ queries: ids.map((id) => pointQuery(site, id)) })
    const known = asked.map((one) => one.data)
    const key = known.map((point) => (point ? `${point.id} ${point.version}` : '')).join(',')
    // biome-ignore lint/correctness/useExhaustiveDependencies: `key` says whether they are the same points as before
    const points = useMemo(() => known.filter((point): point is Point => point !== undefined), [key])
    const isGone = (error: unknown) => isProblem(error) && error.status === 404
    return {
        points,
        gone: asked.filter((one) => isGone(one.error)).length,
        isLoading: asked.some((one) => one.isPending && !one.error),
        error: asked.find((one) => one.error && !isGone(one.error))?.error,
    }
}
