/* A job, from the asking to its end: each state as the server says it. What it came to stays until the next begins. */
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { api } from '../api/client'
import type { Job, JobAsk } from '../api/shapes'
import { useSite } from '../app/site'

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
