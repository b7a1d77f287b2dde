/* Swim lanes of states, the strip that says which readings were doubtful, and the marks of commands and overrides: drawn on the chart's own canvas. */

import { type Colours, seriesColour, thin } from './colours'
import { doubtful, type Run, runs } from './columns'
import { BAD, GOOD, type Marker, type Range, type Series } from './types'

export const LANE_LABEL = 15
export const LANE_BAR = 18
export const LANE_PITCH = LANE_LABEL + LANE_BAR + 7
export const MARKS_HEIGHT = 12

export interface Canvas {
    readonly context: CanvasRenderingContext2D
    readonly ratio: number /* canvas pixels for one of CSS */
    readonly left: number /* of the plot, in CSS pixels */
    readonly width: number
    readonly range: Range
    readonly colours: Colours
}

function xOf(canvas: Canvas, at: number): number {
    const share = (at - canvas.range.from) / (canvas.range.to - canvas.range.from)
    return canvas.left + Math.min(Math.max(share, 0), 1) * canvas.width
}

/* A state's strength of colour: the first faint, the last full; told apart by words where they fit, and under the cursor. */
export function stateShare(series: Series, state: number): number {
    const first = series.firstState ?? 0
    const count = Math.max(series.states?.length ?? 2, 2)
    return 0.12 + 0.78 * Math.min(Math.max((state - first) / (count - 1), 0), 1)
}

export function stateName(series: Pick<Series, 'states' | 'firstState'>, state: number): string {
    return series.states?.[Math.round(state) - (series.firstState ?? 0)] ?? String(state)
}

/* Runs narrower than a pixel are drawn together: a year of a pump has more of them than there are pixels. */
export function drawLane(canvas: Canvas, series: Series, top: number): void {
    const { context: c, ratio, colours } = canvas
    const colour = seriesColour(colours, series.colour)
    const isBinary = (series.states?.length ?? 2) === 2
    const barTop = top + LANE_LABEL
    c.save()
    c.scale(ratio, ratio)
    c.font = `11px ${colours.font}`
    c.textBaseline = 'alphabetic'
    c.textAlign = 'left'
    c.fillStyle = colours.text
    c.fillText(series.label, canvas.left, barTop - 4, canvas.width)
    c.fillStyle = colours.grid
    c.fillRect(canvas.left, barTop + LANE_BAR - 1, canvas.width, 1)
    let textEnd = 0
    let lastX = -1
    let lastState: number | null = null
    for (const run of runs(series.columns, canvas.range, isBinary)) {
        const x = Math.round(xOf(canvas, run.from)) /* whole pixels: no seam between neighbours */
        const wide = Math.max(Math.round(xOf(canvas, run.to)) - x, 1)
        if (wide <= 1 && Math.floor(x) === lastX) continue
        lastX = Math.floor(x)
        drawRun(canvas, series, run, x, wide, barTop, colour, isBinary)
        const isSame = run.state === lastState
        lastState = run.state
        if (run.state === null || isSame || wide < 30 || x < textEnd) continue
        const name = stateName(series, run.state)
        const room = wide - 10
        if (c.measureText(name).width > room) continue
        c.fillStyle = stateShare(series, run.state) > 0.55 ? colours.surface : colours.text
        c.fillText(name, x + 5, barTop + LANE_BAR - 5)
        textEnd = x + wide
    }
    c.restore()
}

function drawRun(canvas: Canvas, series: Series, run: Run, x: number, wide: number, top: number, colour: string, isBinary: boolean): void {
    const { context: c } = canvas
    c.globalAlpha = series.isBefore ? 0.55 : 1
    if (run.isMixed && isBinary) {
        /* how much of the time it was on, as height */
        const high = Math.max(LANE_BAR * run.share, 1)
        c.fillStyle = thin(colour, 0.9)
        c.fillRect(x, top + LANE_BAR - high, wide, high)
    } else if (run.isMixed) {
        c.fillStyle = thin(colour, 0.3)
        c.fillRect(x, top + LANE_BAR / 2, wide, LANE_BAR / 2)
    } else if (run.state !== null) {
        c.fillStyle = thin(colour, stateShare(series, run.state))
        c.fillRect(x, top, wide, LANE_BAR)
    }
    if (run.quality !== GOOD) {
        const isBad = run.quality === BAD
        c.fillStyle = isBad ? canvas.colours.bad : canvas.colours.warn
        for (let at = 0; at < wide; at += isBad ? wide : 6) c.fillRect(x + at, top + LANE_BAR - 3, isBad ? wide : Math.min(3, wide - at), 3)
    }
    c.globalAlpha = 1
}

/* At the foot of the plot: uncertain dotted, bad solid. Shape says it as well as colour. */
export function drawDoubts(canvas: Canvas, series: readonly Series[], bottom: number): void {
    const { context: c, ratio, colours } = canvas
    c.save()
    c.scale(ratio, ratio)
    for (const one of series) {
        if (one.isBefore) continue
        for (const span of doubtful(one.columns, canvas.range)) {
            const x = xOf(canvas, span.from)
            const end = Math.max(xOf(canvas, span.to), x + 2)
            c.strokeStyle = span.quality === BAD ? colours.bad : colours.warn
            c.lineWidth = 3
            c.setLineDash(span.quality === BAD ? [] : [3, 3])
            c.beginPath()
            c.moveTo(x, bottom - 2)
            c.lineTo(end, bottom - 2)
            c.stroke()
        }
    }
    c.restore()
}

/* Above the plot: a triangle where a command was given, a bar as long as an override holds. */
export function drawMarkers(canvas: Canvas, markers: readonly Marker[], top: number, bottom: number): void {
    const { context: c, ratio, colours, range } = canvas
    c.save()
    c.scale(ratio, ratio)
    for (const marker of markers) {
        const until = marker.until === undefined ? marker.at : (marker.until ?? range.to)
        if (until < range.from || marker.at > range.to) continue
        const x = xOf(canvas, marker.at)
        const isSeen = marker.at >= range.from
        if (marker.kind === 'override') {
            c.fillStyle = thin(colours.held, 0.55)
            c.fillRect(x, top + 4, Math.max(xOf(canvas, until) - x, 2), 4)
        }
        if (!isSeen) continue
        c.strokeStyle = thin(colours.held, 0.55)
        c.lineWidth = 1
        c.setLineDash([2, 3])
        c.beginPath()
        c.moveTo(Math.round(x) + 0.5, top + MARKS_HEIGHT - 2)
        c.lineTo(Math.round(x) + 0.5, bottom)
        c.stroke()
        c.setLineDash([])
        if (marker.kind === 'command') {
            c.fillStyle = colours.held
            c.beginPath()
            c.moveTo(x - 5, top + 1)
            c.lineTo(x + 5, top + 1)
            c.lineTo(x, top + 9)
            c.fill()
        }
    }
    c.restore()
}
