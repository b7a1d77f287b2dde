import { choiceIn, textIn } from '../../app/search'
import { type Order, orders, type Word, words } from './judge'

/* What is searched for: of names of sites, and of points of all of them; which sites, in what order; and the one that is managed. */
export type Search = {
    search?: string | undefined
    is?: Word | undefined
    group?: string | undefined
    zone?: string | undefined
    by?: Order | undefined
    manage?: string | undefined
}

export function searchOf(raw: Record<string, unknown>): Search {
    return {
        search: textIn(raw, 'search'),
        is: choiceIn(raw, 'is', words),
        group: textIn(raw, 'group'),
        zone: textIn(raw, 'zone'),
        by: choiceIn(raw, 'by', orders),
        manage: textIn(raw, 'manage'),
    }
}
