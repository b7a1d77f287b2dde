/* The address of the trends: which points, which span of time, what lies beneath. */
import { choiceIn, flagIn, numbersIn, textIn } from '../../app/search'
import { type Before, PRESETS, type Preset } from '../../parts/chart/range'

export const POINTS_MAX = 20
const BEFORES: readonly Before[] = ['day', 'week', 'year']

export type TrendsSearch = {
    points?: number[] | undefined
    last?: Preset | undefined /* up to now, and going on */
    from?: string | undefined /* or: from then */
    to?: string | undefined
    before?: Before | undefined
    raw?: true | undefined
    table?: true | undefined
    hidden?: number[] | undefined
}

export function searchOf(raw: Record<string, unknown>): TrendsSearch {
    const from = instantIn(raw, 'from')
    const to = instantIn(raw, 'to')
    const isSpan = from !== undefined && to !== undefined && from < to
    return {
        points: numbersIn(raw, 'points')?.slice(0, POINTS_MAX),
        last: isSpan ? undefined : choiceIn(raw, 'last', PRESETS),
        from: isSpan ? new Date(from).toISOString() : undefined,
        to: isSpan ? new Date(to).toISOString() : undefined,
        before: choiceIn(raw, 'before', BEFORES),
        raw: flagIn(raw, 'raw') || undefined,
        table: flagIn(raw, 'table') || undefined,
        hidden: numbersIn(raw, 'hidden'),
    }
}

function instantIn(raw: Record<string, unknown>, name: string): number | undefined {
    const text = textIn(raw, name)
    const at = text === undefined ? Number.NaN : Date.parse(text)
    return Number.isFinite(at) ? at : undefined
}
