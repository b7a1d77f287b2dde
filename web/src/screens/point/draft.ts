/* An edit of one point under way: what stands in the fields, what of it differs from what was read, and what is to be chosen where somebody else was quicker. */
import type { Point, PointSet } from '../../api/shapes'
import { numberText, readNumber } from '../../parts/number'

export type Draft = {
    name: string
    description: string
    enabled: boolean
    poll_interval_s: string
    writable: boolean
    write_min: string
    write_max: string
    tags: string
}
export type Field = keyof Draft
export const FIELDS: readonly Field[] = ['name', 'description', 'enabled', 'poll_interval_s', 'writable', 'write_min', 'write_max', 'tags']
const NUMBERS: readonly Field[] = ['poll_interval_s', 'write_min', 'write_max']

export function draftOf(point: Point): Draft {
    return {
        name: point.name,
        description: point.description,
        enabled: point.enabled,
        poll_interval_s: numberText(point.poll_interval_s),
        writable: point.writable,
        write_min: numberText(point.write_min),
        write_max: numberText(point.write_max),
        tags: Object.keys(point.tags).join(' '),
    }
}

/* What stood there from the beginning is good, in whichever language it is looked at. */
export function badFields(draft: Draft, read: Point, decimal: '.' | ','): Field[] {
    const was = draftOf(read)
    return NUMBERS.filter((field) => draft[field] !== was[field] && readNumber(String(draft[field]), decimal) === undefined)
}

function tagsOf(text: string, was: Point['tags']): Point['tags'] {
    const names = text.split(/[\s,]+/).filter((name) => name !== '')
    return Object.fromEntries(names.map((name): [string, unknown] => [name, was[name] ?? 'm:']))
}

/* What of the draft differs from the point as it was read. */
export function changedFields(draft: Draft, point: Point): Field[] {
    const was = draftOf(point)
    return FIELDS.filter((field) => {
        if (NUMBERS.includes(field)) return readNumber(String(draft[field])) !== readNumber(String(was[field]))
        if (field === 'tags')
            return (
                draft.tags
                    .split(/[\s,]+/)
                    .filter(Boolean)
                    .sort()
                    .join(' ') !== was.tags.split(' ').filter(Boolean).sort().join(' ')
            )
        return draft[field] !== was[field]
    })
}

export function setOf(draft: Draft, point: Point, fields: readonly Field[]): PointSet {
    const set: PointSet = {}
    for (const field of fields) {
        switch (field) {
            case 'enabled':
            case 'writable':
                set[field] = draft[field]
                break
            case 'poll_interval_s':
            case 'write_min':
            case 'write_max':
                set[field] = readNumber(draft[field]) ?? null
                break
            case 'tags':
                set.tags = tagsOf(draft.tags, point.tags)
                break
            default:
                set[field] = draft[field]
        }
    }
    return set
}

/* Fields that both have changed, to different ends: somebody must choose. What only one has changed is plain. */
export function conflicts(draft: Draft, read: Point, now: Point): Field[] {
    const theirs = draftOf(now)
    return changedFields(draft, read).filter((field) => changedFields(theirs, read).includes(field) && changedFields(draft, now).includes(field))
}

/* The draft on top of what the point is now: mine where I changed it (and, in a conflict, chose mine), theirs elsewhere. */
export function merge(draft: Draft, read: Point, now: Point, chosen: ReadonlyMap<Field, 'mine' | 'theirs'>): Draft {
    const theirs = draftOf(now)
    const mine = changedFields(draft, read)
    const made = { ...theirs }
    for (const field of mine) if (chosen.get(field) !== 'theirs') Object.assign(made, { [field]: draft[field] })
    return made
}
