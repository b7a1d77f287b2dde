/* The range of a chart whose address says it: what is live goes on, what the hand moves is shown at once and written into the address when the hand is lifted.
 * The chart draws each frame by itself; the screen around it follows a few times a second, since drawing that takes longer than a frame. */
import { startTransition, useCallback, useEffect, useRef, useState } from 'react'
import { PRESET_MS, type Preset, span } from './range'
import type { Range } from './types'

export type RangeWords = { last?: Preset | undefined; from?: string | undefined; to?: string | undefined }

/* The span that an address names; without one the last `otherwise`. `now` moves what is live. */
export function rangeOf(words: RangeWords, now: number, otherwise: Preset = '1d'): Range {
    if (words.from && words.to) return { from: Date.parse(words.from), to: Date.parse(words.to) }
    return { from: now - PRESET_MS[words.last ?? otherwise], to: now }
}

/* What an address says of a span that the hand chose. */
export function spanWords(range: Range): RangeWords {
    return { last: undefined, from: new Date(range.from).toISOString(), to: new Date(range.to).toISOString() }
}

export function isLive(words: RangeWords): boolean {
    return words.from === undefined || words.to === undefined
}

/* How often what is live moves: a pixel's worth, but not in each frame and not only each hour. */
export function tickMs(wide: number): number {
    return Math.min(Math.max(wide / 1000, 500), 60_000)
}

const WRITE_WAIT_MS = 300
const FOLLOW_MS = 200

export type ShownRange = { range: Range; isLive: boolean; move: (range: Range) => void; settle: (range: Range) => void }

export function useRange(words: RangeWords, otherwise: Preset, write: (words: RangeWords) => void): ShownRange {
    const goesOn = isLive(words)
    const [now, setNow] = useState(Date.now)
    const [moved, setMoved] = useState<Range>() /* the hand is at it */
    const named = rangeOf(words, now, otherwise)
    const wide = span(named)
    useEffect(() => {
        if (!goesOn || moved) return
        setNow(Date.now())
        const timer = window.setInterval(() => setNow(Date.now()), tickMs(wide))
        return () => window.clearInterval(timer)
    }, [goesOn, wide, moved])

    const writes = useRef(0)
    const follows = useRef(0)
    const newest = useRef<Range>(undefined)
    const stop = useCallback(() => {
        window.clearTimeout(writes.current)
        window.clearTimeout(follows.current)
        follows.current = 0
    }, [])
    const key = `${words.last} ${words.from} ${words.to}`
    // biome-ignore lint/correctness/useExhaustiveDependencies: another address has the last word
    useEffect(() => {
        window.clearTimeout(follows.current)
        follows.current = 0
        setMoved(undefined)
    }, [key])
    useEffect(() => stop, [stop])

    const move = useCallback((range: Range) => {
        window.clearTimeout(writes.current)
        newest.current = range
        if (follows.current !== 0) return
        setMoved((was) => was ?? range)
        follows.current = window.setTimeout(() => {
            follows.current = 0
            startTransition(() => setMoved(newest.current))
        }, FOLLOW_MS)
    }, [])
    const settle = useCallback(
        (range: Range) => {
            stop()
            setMoved(range)
            writes.current = window.setTimeout(() => write(spanWords(range)), WRITE_WAIT_MS)
        },
        [write, stop],
    )
    return { range: useSame(moved ?? named), isLive: goesOn && moved === undefined, move, settle }
}

/* The same object for the same range, so that what depends on it is not made again. */
function useSame(range: Range): Range {
    const kept = useRef(range)
    if (kept.current.from !== range.from || kept.current.to !== range.to) kept.current = range
    return kept.current
}
