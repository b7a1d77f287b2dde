/* What of a building elsewhere is not normal. */
import type { Site, SiteLink } from '../../api/shapes'

export type Judged = 'good' | 'warn' | 'bad' | 'off'
export const words = ['silent', 'never', 'waiting', 'late', 'online', 'invited', 'revoked', 'retired'] as const
export type Word = (typeof words)[number]

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

/* ---- which of many, and in what order ---- */

export const orders = ['name', 'heard', 'lag', 'availability', 'failing', 'month'] as const
export type Order = (typeof orders)[number]

type Sorted = Pick<Site, 'id' | 'name' | 'link'>

/* "Tower 2" before "Tower 10". */
export const byName = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' }).compare

/* The worst first, as the server has them, which knows nothing of numbers in names. */
const ranks: Record<Word, number> = { silent: 0, never: 1, waiting: 2, late: 3, online: 4, invited: 5, revoked: 6, retired: 6 }
function worstFirst(one: SiteLink, other: SiteLink): number {
    const [a, b] = [wordOf(one), wordOf(other)]
    return (
        ranks[a] - ranks[b] ||
        (a === 'silent' ? Date.parse(one.seen_at ?? '') - Date.parse(other.seen_at ?? '') || 0 : 0) ||
        Number(other.put_aside > 0) - Number(one.put_aside > 0) ||
        other.alarms - one.alarms ||
        other.failing_points - one.failing_points ||
        other.overrides - one.overrides
    )
}

const worth: Record<Exclude<Order, 'name'>, (link: SiteLink) => number | null> = {
    heard: (link) => (link.seen_at ? -Date.parse(link.seen_at) : null),
    lag: (link) => link.lag_s,
    availability: (link) => (link.availability === null ? null : -link.availability),
    failing: (link) => link.failing_points,
    month: (link) => link.octets_month,
}

/* The worst of it first, who has none last; without an order who is worst. */
export function inOrder<T extends Sorted>(sites: readonly T[], order: Order | undefined): T[] {
    const names = (one: T, other: T) => byName(one.name, other.name)
    if (order === undefined) return [...sites].sort((one, other) => (one.link && other.link ? worstFirst(one.link, other.link) : 0) || names(one, other))
    if (order === 'name') return [...sites].sort(names)
    const of = ({ link }: T) => (link && link.state === 'joined' ? (worth[order](link) ?? -Infinity) : -Infinity)
    return [...sites].sort((one, other) => {
        const [a, b] = [of(one), of(other)]
        return a === b ? names(one, other) : b > a ? 1 : -1
    })
}

/* What there is of something, and how many, by name. */
export function countBy<T>(items: readonly T[], of: (item: T) => readonly string[]): [string, number][] {
    const counts = new Map<string, number>()
    for (const item of items) for (const one of of(item)) counts.set(one, (counts.get(one) ?? 0) + 1)
    return [...counts].sort(([one], [other]) => byName(one, other))
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
