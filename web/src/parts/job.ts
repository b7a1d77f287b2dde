/* A job, from the asking to its end: each state as the server says it. What it came to stays until the next begins. */
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { api } from '../api/client'
import { queries } from '../api/query'
import type { Job, JobAsk, JobItem, JobKind } from '../api/shapes'
import { useSite } from '../app/site'
import { useNow } from './Time'

const ASK_MS = 400

export type Asked = {
    start: () => void
    isUnderWay: boolean
    /* A building elsewhere has not got it yet. */
    isWaiting: boolean
    progress: number
    text: string
    result: Job['result']
    error: unknown
}

export function useJob(body: JobAsk, onDone: () => void): Asked {
    const { id: site, about } = useSite()
    const [job, setJob] = useState<string>()
    const [error, setError] = useState<unknown>()
    const [isAsking, setAsking] = useState(false)
    const [result, setResult] = useState<Job['result']>(null)
    const asked = useQuery({
        queryKey: ['jobs', site, job],
        queryFn: ({ signal }) => api.get('/sites/{site}/jobs/{job}', { path: { site, job: job ?? '' }, signal }),
        enabled: job !== undefined,
        refetchInterval: ASK_MS,
        placeholderData: undefined,
    })
    const status = asked.data?.status
    const text = asked.data?.text ?? ''
    const known = asked.data?.result ?? null
    // biome-ignore lint/correctness/useExhaustiveDependencies: told once, when it has ended
    useEffect(() => {
        if (status === 'completed') {
            setResult(known)
            onDone()
        } else if (status === 'failed' || status === 'expired' || status === 'cancelled') setError(new Error(text || status))
        else return
        setJob(undefined)
    }, [status])
    const start = async () => {
        setError(undefined)
        setResult(null)
        setAsking(true)
        try {
            setJob((await api.post('/sites/{site}/jobs', { path: { site }, body })).id)
        } catch (problem) {
            setError(problem)
        } finally {
            setAsking(false)
        }
    }
    return {
        start: () => void start(),
        isUnderWay: isAsking || job !== undefined,
        isWaiting: about?.is_remote === true && status === 'pending' && !asked.data?.handed_over_at,
        progress: asked.data?.progress ?? 0,
        text,
        result: job === undefined ? result : known,
        error: error ?? asked.error ?? undefined,
    }
}

export type Shared = {
    /* Begins another, and is told what was wrong. */
    start: (more: Omit<JobAsk, 'kind'>) => void
    isUnderWay: boolean
    isWaiting: boolean
    /* The newest one, whoever asked for it: under way, or how it ended. Undefined: none is known. */
    job: JobItem | undefined
    result: Job['result']
    /* Of the asking; how a job failed is in its text. */
    error: unknown
}

/* Whoever takes jobs up ends those whose time is over; where nobody does, the next that is asked for has that done. */
const OVER_MS = 60_000
const isOpen = (job: JobItem | undefined, now = Date.now()) =>
    (job?.status === 'pending' || job?.status === 'executing') && now < Date.parse(job.expires_at) + OVER_MS

/* The site's one job of a kind, which all who look at it share, and who loads the page anew sees again. */
export function useSharedJob(kind: JobKind, onDone: () => void): Shared {
    const { id: site, about } = useSite()
    const key = ['jobs', site, 'newest', kind]
    const [error, setError] = useState<unknown>()
    const [isAsking, setAsking] = useState(false)
    const newest = useQuery({
        queryKey: key,
        queryFn: async ({ signal }) => (await api.get('/sites/{site}/jobs', { path: { site }, query: { kind, limit: 1 }, signal })).items[0] ?? null,
        placeholderData: undefined,
    })
    const id = newest.data?.id
    const asked = useQuery({
        queryKey: ['jobs', site, id],
        queryFn: ({ signal }) => api.get('/sites/{site}/jobs/{job}', { path: { site, job: id ?? '' }, signal }),
        enabled: id !== undefined,
        refetchInterval: ({ state }) => (state.data && !isOpen(state.data) ? false : ASK_MS),
        retry: false, // an hour after its end it is forgotten
        placeholderData: undefined,
    })
    const job = asked.data ?? newest.data ?? undefined
    const now = useNow()
    const isUnderWay = isAsking || isOpen(job, now)
    const watched = useRef<string>(undefined)
    // biome-ignore lint/correctness/useExhaustiveDependencies: told once, of one that ended before one's eyes
    useEffect(() => {
        if (isOpen(job)) watched.current = job?.id
        else if (job && watched.current === job.id) {
            watched.current = undefined
            if (job.status === 'completed') onDone()
        }
    }, [job?.id, job?.status])
    const start = async (more: Omit<JobAsk, 'kind'>) => {
        setError(undefined)
        setAsking(true)
        try {
            const begun = await api.post('/sites/{site}/jobs', { path: { site }, body: { kind, ...more } })
            await queries.cancelQueries({ queryKey: key })
            queries.setQueryData(['jobs', site, begun.id], begun)
            queries.setQueryData(key, begun)
        } catch (problem) {
            setError(problem)
            void queries.invalidateQueries({ queryKey: key }) // another may be under way
        } finally {
            setAsking(false)
        }
    }
    return {
        start: (more) => void start(more),
        isUnderWay,
        isWaiting: about?.is_remote === true && job?.status === 'pending' && !job.handed_over_at,
        job,
        result: asked.data?.result ?? null,
        error: error ?? newest.error ?? (isUnderWay ? asked.error : undefined) ?? undefined,
    }
}
