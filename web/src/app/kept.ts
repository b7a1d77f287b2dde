/* What this browser keeps for itself: a few words in localStorage, which others may watch. */
import { useSyncExternalStore } from 'react'

const listeners = new Set<() => void>()

export function keptIn(name: string): string | null {
    try {
        return localStorage.getItem(`bacpipes.${name}`)
    } catch {
        return null // a browser that keeps nothing
    }
}

export function keep(name: string, value: string | null): void {
    try {
        if (value === null) localStorage.removeItem(`bacpipes.${name}`)
        else localStorage.setItem(`bacpipes.${name}`, value)
    } catch {
        // it is forgotten with this page
    }
    for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
    listeners.add(listener)
    window.addEventListener('storage', listener)
    return () => {
        listeners.delete(listener)
        window.removeEventListener('storage', listener)
    }
}

export function useKept(name: string): string | null {
    return useSyncExternalStore(subscribe, () => keptIn(name))
}
