/* The site that is shown: its name is in the address, its zone and the rights that one has there come from the server. */
import { createContext, useContext } from 'react'
import type { Right, Role, Site } from '../api/shapes'

export type ShownSite = {
    id: string
    name: string
    zone: string
    role: Role
    may(right: Right): boolean
    /* What GET /sites said; undefined until it has. */
    about: Site | undefined
}

export const SiteContext = createContext<ShownSite | null>(null)

/* On a screen below /sites/... */
export function useSite(): ShownSite {
    const site = useContext(SiteContext)
    if (!site) throw new Error('this screen belongs below /sites/{site}')
    return site
}

export function useSiteOrNone(): ShownSite | null {
    return useContext(SiteContext)
}

/* The zone in which times are shown. */
export function useZone(): string {
    return useContext(SiteContext)?.zone ?? browserZone
}

const browserZone = Intl.DateTimeFormat().resolvedOptions().timeZone
