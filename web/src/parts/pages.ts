/* A list that is asked for page by page, as a table of it is scrolled: rows that are there, and one more place where others follow. */
import { type QueryKey, useInfiniteQuery } from '@tanstack/react-query'
import { useCallback, useMemo } from 'react'

type Page<T> = { items: T[]; next?: string | null | undefined }

export function usePages<T>(key: QueryKey, ask: (after: string | undefined, signal: AbortSignal) => Promise<Page<T>>) {
    const query = useInfiniteQuery({
        queryKey: key,
        queryFn: ({ pageParam, signal }) => ask(pageParam, signal),
        initialPageParam: undefined as string | undefined,
        getNextPageParam: (last: Page<T>) => last.next ?? undefined,
    })
    const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data])
    const { hasNextPage, isFetchingNextPage, fetchNextPage } = query
    const onRange = useCallback(
        (_first: number, last: number) => {
            if (hasNextPage && !isFetchingNextPage && last >= rows.length - 20) void fetchNextPage()
        },
        [hasNextPage, isFetchingNextPage, fetchNextPage, rows.length],
    )
    return {
        query: { data: query.data === undefined ? undefined : rows, error: query.error, refetch: query.refetch },
        rows,
        count: rows.length + (hasNextPage ? 1 : 0),
        onRange,
    }
}
