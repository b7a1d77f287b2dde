/* What of a building elsewhere is not normal. */
import type { Site, SiteLink } from '../../api/shapes'

export type Judged = 'good' | 'warn' | 'bad' | 'off'
export type Word = SiteLink['link'] | 'invited' | 'revoked' | 'retired'

/* The word for how it is. */
export function wordOf(link: SiteLink): Word {
    return link.state === 'joined' ? link.link : link.state
}

export function judge(link: SiteLink): Judged {
    if (link.state !== 'joined') return 'off'
    if (link.link === 'silent' || link.link === 'never') return 'bad'
    return link.link === 'online' ? 'good' : 'warn'
}

/* Of those that are to be heard at all: who is only invited, or was shut out, is neither well nor not. */
export function hasJoined({ link }: Pick<Site, 'link'>): boolean {
    return link?.state === 'joined'
}

export function needsALook({ link }: Pick<Site, 'link'>): boolean {
    if (link?.state !== 'joined') return false
    return judge(link) !== 'good' || link.alarms > 0 || link.put_aside > 0
}

/* Letters without case or accents. */
const fold = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()

export function nameHas(site: Pick<Site, 'id' | 'name'>, words: string): boolean {
    const name = fold(`${site.name} ${site.id}`)
    return fold(words)
        .split(/\s+/)
        .every((word) => name.includes(word))
}

/* A clock that is off by more than this is worth a word. */
export const CLOCK_OFF_S = 60
