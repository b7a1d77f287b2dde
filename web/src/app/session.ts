/* Who is logged in, and what they may. */
import { queryOptions, useQuery } from '@tanstack/react-query'
import { api, setCsrf } from '../api/client'
import { live, onLive } from '../api/live'
import { isProblem } from '../api/problem'
import { queries } from '../api/query'
import type { Right, Session } from '../api/shapes'
import { takePreferences } from './preferences'

/* null: nobody is. */
export const sessionQuery = queryOptions({
    queryKey: ['session'],
    queryFn: async ({ signal }): Promise<Session | null> => {
        try {
            return begin(await api.get('/session', { signal }))
        } catch (error) {
            if (isProblem(error) && error.status === 401) return null
            throw error
        }
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
    placeholderData: undefined,
})

/* What a session brings with it: its token for changes, its owner's wishes, the live connection. */
function begin(session: Session): Session {
    setCsrf(session.csrf)
    takePreferences({ language: session.person.language, theme: session.person.theme, motion: session.person.motion })
    live.start()
    return session
}

/* After a login: what another person has seen is forgotten. */
export function logIn(session: Session): void {
    live.stop()
    queries.removeQueries({ predicate: (query) => query.queryKey[0] !== 'session' })
    queries.setQueryData(sessionQuery.queryKey, begin(session))
}

export async function logOut(): Promise<void> {
    await api.delete('/session')
    live.stop()
    setCsrf(undefined)
    queries.clear()
    queries.setQueryData(sessionQuery.queryKey, null)
}

/* The server says that the session has ended. The screen stays as it is, behind the question for the password. */
export function endSession(): void {
    if (!queries.getQueryData(sessionQuery.queryKey)) return
    live.stop()
    setCsrf(undefined)
    queries.setQueryData(sessionQuery.queryKey, null)
}

/* The live connection has ended because the session has, or because it may something else now: a site has joined, a role was given. */
async function lookAgain(): Promise<void> {
    try {
        const session = await api.get('/session')
        live.stop()
        queries.setQueryData(sessionQuery.queryKey, begin(session))
        void queries.invalidateQueries({ predicate: (query) => query.queryKey[0] !== 'session' })
    } catch {
        endSession()
    }
}

/* On screens behind the login. */
export function useSession(): Session {
    const { data } = useQuery(sessionQuery)
    const last = data ?? lastSession
    if (data) lastSession = data
    if (!last) throw new Error('nobody is logged in')
    return last
}
let lastSession: Session | null = null

/* A central's own site, which has neither points nor a broker. */
export const CENTRAL = 'central'

/* Whether there are several buildings to look at; who may see one alone sees it as if there were no others. */
export function hasPortfolio(session: Session): boolean {
    return session.sites.length > 1 || session.sites.some((site) => site.site === CENTRAL)
}

export function maySomewhere(session: Session, right: Right): boolean {
    return session.sites.some((site) => site.rights.includes(right))
}

/* Of a thousand sites there is always one of which something has changed: their list is asked for once for all that changes meanwhile. */
const SITES_AGAIN_MS = 5000
let sitesAgain: ReturnType<typeof setTimeout> | undefined
function askForSites(): void {
    if (sitesAgain !== undefined) return
    sitesAgain = setTimeout(() => {
        sitesAgain = undefined
        void queries.invalidateQueries({ queryKey: ['sites'] }, { cancelRefetch: false })
    }, SITES_AGAIN_MS)
}

/* What changed on the server is asked for again, where it is on the screen. */
onLive({
    onChanged(nouns, site) {
        for (const noun of nouns) {
            void queries.invalidateQueries({ queryKey: [noun, site] })
            // A point says who holds it.
            if (noun === 'overrides') void queries.invalidateQueries({ queryKey: ['points', site] })
            if (noun === 'points') void queries.invalidateQueries({ queryKey: ['point', site] })
        }
        if (nouns.some((noun) => noun !== 'settings')) void queries.invalidateQueries({ queryKey: ['summary', site] })
        if (nouns.includes('points') || nouns.includes('devices') || nouns.includes('overrides')) askForSites()
    },
    onEnded: () => void lookAgain(),
    onResync: () => void queries.invalidateQueries({ predicate: (query) => query.queryKey[0] !== 'session' }),
})

export const sitesQuery = queryOptions({
    queryKey: ['sites'],
    queryFn: async ({ signal }) => (await api.get('/sites', { signal })).items,
})
