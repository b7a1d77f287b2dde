/* What an edit of several points says, and what becomes of each point by it. */
import { Problem } from '../../api/problem'
import type { Point, PointSet } from '../../api/shapes'

/* Of each field what is to be done; what is not named stays as it is. Text may be replaced in part: "AHU-1" by "AHU-01" in all names. */
export type Plan = {
    enabled?: boolean
    writable?: boolean
    poll_interval_s?: number | null
    write_min?: number | null
    write_max?: number | null
    units?: string
    description?: string
    replaceIn?: 'name' | 'description'
    find?: string
    replaceBy?: string
    addTags?: string
    removeTags?: string
}

export type Change = { id: number; version: string; set: PointSet }

function tagNames(text: string | undefined): string[] {
    return (text ?? '').split(/[\s,]+/).filter((name) => name !== '')
}

/* Only what differs: a point that is as it should be is not in the request. */
export function changeOf(point: Point, plan: Plan): Change | undefined {
    const set: PointSet = {}
    if (plan.enabled !== undefined && plan.enabled !== point.enabled) set.enabled = plan.enabled
    if (plan.writable !== undefined && plan.writable !== point.writable) set.writable = plan.writable
    if (plan.poll_interval_s !== undefined && plan.poll_interval_s !== point.poll_interval_s) set.poll_interval_s = plan.poll_interval_s
    if (plan.write_min !== undefined && plan.write_min !== point.write_min) set.write_min = plan.write_min
    if (plan.write_max !== undefined && plan.write_max !== point.write_max) set.write_max = plan.write_max
    if (plan.units !== undefined && plan.units !== point.units) set.units = plan.units
    if (plan.description !== undefined && plan.description !== point.description) set.description = plan.description
    if (plan.replaceIn && plan.find) {
        const text = point[plan.replaceIn].replaceAll(plan.find, () => plan.replaceBy ?? '')
        if (text !== point[plan.replaceIn]) set[plan.replaceIn] = text
    }
    const added = tagNames(plan.addTags).filter((name) => !(name in point.tags))
    const removed = tagNames(plan.removeTags).filter((name) => name in point.tags)
    if (added.length > 0 || removed.length > 0) {
        const kept = Object.entries(point.tags).filter(([name]) => !removed.includes(name))
        set.tags = Object.fromEntries([...kept, ...added.map((name): [string, unknown] => [name, 'm:'])])
    }
    return Object.keys(set).length > 0 ? { id: point.id, version: point.version, set } : undefined
}

export function changesOf(points: readonly Point[], plan: Plan): Change[] {
    return points.map((point) => changeOf(point, plan)).filter((change): change is Change => change !== undefined)
}

export function isEmptyPlan(plan: Plan): boolean {
    const { replaceIn: _in, find, replaceBy: _by, addTags, removeTags, ...fields } = plan
    return Object.values(fields).every((value) => value === undefined) && !find && tagNames(addTags).length === 0 && tagNames(removeTags).length === 0
}

/* A field's value as people read it, for the preview. */
export function fieldText(value: unknown, words: { yes: string; no: string; none: string }): string {
    if (value === true) return words.yes
    if (value === false) return words.no
    if (value === null || value === undefined || value === '') return words.none
    if (typeof value === 'object') return Object.keys(value).join(' ') || words.none
    return String(value)
}

const NAMED_MAX = 5

/* Why many points were not changed, or not put back: the server has said it of each (and then nothing of all). */
export function whyNot(error: unknown, more: (count: number) => string): string {
    const items = error instanceof Problem && Array.isArray(error.fields.items) ? (error.fields.items as { path?: string; problem?: string }[]) : []
    const broken = items.filter((item) => item.problem)
    if (broken.length === 0) return error instanceof Error ? error.message : String(error)
    const named = broken.slice(0, NAMED_MAX).map((item) => `${item.path}: ${item.problem}`)
    if (broken.length > NAMED_MAX) named.push(more(broken.length - NAMED_MAX))
    return named.join('; ')
}
