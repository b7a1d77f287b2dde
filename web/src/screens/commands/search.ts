/* What the address says: which commands are shown, and the one that is open. */
import { choiceIn, numberIn, textIn } from '../../app/search'

export const states = ['all', 'open', 'completed', 'failed', 'refused'] as const
export type Search = { state?: (typeof states)[number]; person?: string; point?: number; command?: string }

/* What the server calls them. */
export const statusesOf = { all: undefined, open: 'pending,executing', completed: 'completed', failed: 'failed,expired', refused: 'refused,cancelled' } as const

export function searchOf(raw: Record<string, unknown>): Search {
    const state = choiceIn(raw, 'state', states)
    const person = textIn(raw, 'person')
    const point = numberIn(raw, 'point')
    const command = textIn(raw, 'command')
    return {
        ...(state && state !== 'all' ? { state } : {}),
        ...(person ? { person } : {}),
        ...(point ? { point } : {}),
        ...(command ? { command } : {}),
    }
}
