/* Which point is being written, if any: the dialog itself is loaded when it is first needed (WriteHost, in the site's frame). */
import { useSyncExternalStore } from 'react'
import type { Point } from '../../api/shapes'

export type Writing = { point: Point; release?: number }

let shown: Writing | undefined
let hadFocus: Element | null = null
const listeners = new Set<() => void>()

function show(next: Writing | undefined): void {
    shown = next
    for (const listener of listeners) listener()
}

/* Opens the dialog to write the point, or to let go of what is in a slot of it. */
export function openWrite(point: Point, options: { release?: number } = {}): void {
    hadFocus = document.activeElement
    show({ point, ...options })
}

export function closeWrite(): void {
    show(undefined)
    // Who goes by keys goes on where they were.
    if (hadFocus instanceof HTMLElement) hadFocus.focus()
}

export function useWriting(): Writing | undefined {
    return useSyncExternalStore(
        (listener) => {
            listeners.add(listener)
            return () => listeners.delete(listener)
        },
        () => shown,
    )
}
