/* The list's rows for what is asked: what was there stays until the first page of the new answer is. */
import { useQuery } from '@tanstack/react-query'
import { useEffect, useReducer, useState } from 'react'
import { api } from '../../api/client'
import type { Point } from '../../api/shapes'
import { Pages } from './pages'
import type { PointsQuery } from './search'

export type PointPages = { pages: Pages<Point> | undefined; key: string; isOld: boolean }

export function usePages(site: string, query: PointsQuery): PointPages {
    const key = JSON.stringify([site, query])
    const [shown, setShown] = useState<{ pages: Pages<Point>; key: string }>()
    const [, tick] = useReducer((n: number) => n + 1, 0)

    useEffect(() => {
        const [ofSite, filters] = JSON.parse(key) as [string, PointsQuery]
        const made = new Pages<Point>(
            (skip, limit, signal) => api.get('/sites/{site}/points', { path: { site: ofSite }, query: { ...filters, skip, limit } as never, signal }),
            () => {
                if (made.isKnown || made.error) setShown((was) => (was?.pages === made ? was : { pages: made, key }))
                tick()
            },
        )
        made.start()
        return () => made.close()
    }, [key])

    /* The server tells that points have changed: this question is asked again, and with it what is in sight. */
    const { data: changed } = useQuery({ queryKey: ['points', site, 'list'], queryFn: () => Date.now(), staleTime: Number.POSITIVE_INFINITY })
    const [seen, setSeen] = useState(changed)
    useEffect(() => {
        if (changed === undefined || changed === seen) return
        if (seen !== undefined) shown?.pages.refresh()
        setSeen(changed)
    }, [changed, seen, shown])

    return { pages: shown?.pages, key: shown?.key ?? '', isOld: shown !== undefined && shown.key !== key }
}

/* All that is found, up to `most`: for what is done to all of it. */
export async function gather(site: string, query: PointsQuery, most: number): Promise<Point[]> {
    const found: Point[] = []
    let after: string | null | undefined
    do {
        const page = await api.get('/sites/{site}/points', {
            path: { site },
            query: { ...query, limit: Math.min(1000, most - found.length), after: after ?? undefined } as never,
        })
        found.push(...page.items)
        after = page.next
    } while (after && found.length < most)
    return found
}
