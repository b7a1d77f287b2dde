/* Where the cursor of a chart is: told to who shows it, without the chart's screen being drawn again at each move. */
import { useSyncExternalStore } from 'react'
import type { Cursor } from './types'

export class CursorStore {
    #cursor: Cursor | null = null
    #listeners = new Set<() => void>()

    set(cursor: Cursor | null): void {
        this.#cursor = cursor
        for (const listener of this.#listeners) listener()
    }
    get = (): Cursor | null => this.#cursor
    subscribe = (listener: () => void): (() => void) => {
        this.#listeners.add(listener)
        return () => this.#listeners.delete(listener)
    }
}

export function useCursor(store: CursorStore): Cursor | null {
    return useSyncExternalStore(store.subscribe, store.get)
}
