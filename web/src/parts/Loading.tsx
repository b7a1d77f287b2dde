/* While the first answer is awaited: the outline of what comes, and not before 300 ms, since what is quick should not flicker. */
import { Skeleton, Stack, VisuallyHidden } from '@mantine/core'
import { type ReactNode, useEffect, useState } from 'react'
import { useStrings } from '../strings'
import { common } from '../strings/common'
import { ProblemNotice } from './Problem'

export function useLate(ms = 300): boolean {
    // One outline follows another (the site's, the screen's, its data's): what is awaited is the same, and does not become blank between them.
    const [late, setLate] = useState(() => Date.now() - shownAt < ms)
    useEffect(() => {
        const timer = setTimeout(() => setLate(true), ms)
        return () => clearTimeout(timer)
    }, [ms])
    useEffect(
        () => () => {
            if (late) shownAt = Date.now()
        },
        [late],
    )
    return late
}
let shownAt = 0

export function Loading({ rows = 6, height = 20 }: { rows?: number; height?: number }) {
    const late = useLate()
    const t = useStrings(common)
    return (
        <Stack gap="md" aria-busy style={{ visibility: late ? 'visible' : 'hidden' }}>
            <VisuallyHidden role="status">{late ? t.loading : ''}</VisuallyHidden>
            {Array.from({ length: rows }, (_, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
                <Skeleton key={i} height={height} width={`${96 - ((i * 37) % 40)}%`} animate={false} />
            ))}
        </Stack>
    )
}

type Asked<T> = { data: T | undefined; error: unknown; refetch: () => unknown }

/* A query's data on the screen: the outline first, then the data, which stays while newer is asked for; a problem stands above what is old. */
export function Loaded<T>({ query, rows, children }: { query: Asked<T>; rows?: number; children: (data: T) => ReactNode }) {
    if (query.data === undefined) {
        if (query.error) return <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />
        return <Loading {...(rows ? { rows } : {})} />
    }
    return (
        <>
            {query.error ? <ProblemNotice error={query.error} onRetry={() => void query.refetch()} /> : null}
            {children(query.data)}
        </>
    )
}
