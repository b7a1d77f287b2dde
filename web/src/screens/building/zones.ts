/* How far a zone is from what it should be, in steps that have a shape and a colour. */
export type Warmth = 'cold' | 'cool' | 'right' | 'warm' | 'hot' | 'unknown'

/* Kelvin: less than that nobody feels, more than that somebody calls. */
const FELT = 1
const FAR = 2.5

export function warmthOf(distance: number | null | undefined): Warmth {
    if (distance === null || distance === undefined || !Number.isFinite(distance)) return 'unknown'
    if (distance <= -FAR) return 'cold'
    if (distance < -FELT) return 'cool'
    if (distance >= FAR) return 'hot'
    if (distance > FELT) return 'warm'
    return 'right'
}

/* Names as people count: VAV-1-02 before VAV-1-10. */
export function byName<T extends { name: string }>(zones: readonly T[]): T[] {
    const collator = new Intl.Collator('en', { numeric: true })
    return [...zones].sort((a, b) => collator.compare(a.name, b.name))
}

/* Today against yesterday until the same time, in percent; undefined where that says nothing. */
export function changeOf(today: number | null, yesterday: number | null): number | undefined {
    if (today === null || yesterday === null || yesterday <= 0) return undefined
    return ((today - yesterday) / yesterday) * 100
}
