/* What a chart is given. Instants are milliseconds since 1970, UTC; the zone is only for what is shown. */

export interface Range {
    readonly from: number
    readonly to: number
}

/* Readings in columns, sorted by time. A raw reading holds from its instant to the next one's; a bucket begins at its instant and lasts `everyMs`. */
export interface Columns {
    readonly at: readonly number[]
    readonly value: readonly (number | null)[] /* of a bucket: its mean */
    readonly min?: readonly (number | null)[] | undefined
    readonly max?: readonly (number | null)[] | undefined
    readonly count?: readonly number[] | undefined
    readonly quality?: readonly number[] | undefined /* GOOD, UNCERTAIN, BAD */
    readonly gaps: readonly (readonly [number, number])[] /* spans for which nobody knows */
    readonly everyMs: number /* 0: raw */
    readonly until?: number | undefined /* nothing is known after this: a line is not drawn into the future */
}

export const GOOD = 0
export const UNCERTAIN = 1
export const BAD = 2

/* A line joins what was measured; steps hold a value until the next one; states are a swim lane of their own. */
export type Shape = 'line' | 'steps' | 'states'

export interface Series {
    readonly key: string /* stays the same while data come and go: "12", "12-week" */
    readonly label: string
    readonly unit: string /* series of one unit share an axis */
    readonly shape: Shape
    readonly states?: readonly string[] | undefined /* of a binary 0, 1; of a multi-state from 1 on: see first_state */
    readonly firstState?: number | undefined
    readonly colour: number /* which of the theme's colours for series */
    readonly isBefore?: boolean | undefined /* the same point a day, week or year before: drawn dashed */
    readonly shiftMs?: number | undefined /* how far its instants were moved to the right: its own time is x - shiftMs */
    readonly columns: Columns
}

/* Somebody did something to a point: an instant, or a span while it holds. */
export interface Marker {
    readonly at: number
    readonly until?: number | null | undefined /* null: still; undefined: an instant */
    readonly kind: 'command' | 'override'
    readonly label: string
}

/* What is under the cursor. */
export interface Reading {
    readonly key: string
    readonly value: number | null
    readonly min?: number | null | undefined
    readonly max?: number | null | undefined
    readonly quality: number
    readonly at: number /* of the reading itself, by its own time */
}
export interface Cursor {
    readonly at: number
    readonly readings: readonly Reading[]
    readonly markers: readonly Marker[]
}
