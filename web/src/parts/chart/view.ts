/* The chart itself: uPlot and what it has not (lanes, marks, overlays, a cursor over all of it, keys and fingers), without a framework.
 * A change of the range is drawn in the next frame and told to the owner; what must be loaded is the owner's to load. */
import uPlot from 'uplot'
import { tickNumber, timeTicks, type UnitAxis, unitAxes, valueBounds } from './axes'
import { type Colours, dashOf, readColours, seriesColour, thin } from './colours'
import { breakAtGaps, indexAt, markersAt, readingAt } from './columns'
import { attachGestures } from './gestures'
import { type Canvas, drawDoubts, drawLane, drawMarkers, LANE_PITCH, MARKS_HEIGHT } from './lanes'
import { clampRange, span } from './range'
import type { Cursor, Marker, Range, Series } from './types'

export interface ChartOptions {
    zone: string
    language: string
    needsControl: boolean
    onRange(range: Range): void /* by the user's hand, every frame */
    onSettle(range: Range): void /* the hand was lifted */
    onCursor(cursor: Cursor | null, isByKeys: boolean): void
    onReset(): void
}

const NULL_EXPAND = 2 /* of uPlot.join */
const TOP = 32 /* units and marks above the plot */
const TIME_HEIGHT = 38 /* two lines of labels */
const RIGHT = 14
const PLOT_LEAST = 60
const MARKER_SLACK = 6 /* pixels */

export class ChartView {
    private readonly host: HTMLElement
    private options: ChartOptions
    private series: readonly Series[] = []
    private markers: readonly Marker[] = []
    private range: Range = { from: 0, to: 1 }
    private plot: uPlot | null = null
    private shape = '' /* what the plot was made for: when it differs, it is made anew */
    private colours: Colours
    private axes: UnitAxis[] = []
    private axisSizes: number[] = []
    private frame = 0
    private instants: readonly number[] = []
    private cursorAt: number | null = null
    private readonly line: HTMLElement
    private readonly select: HTMLElement
    private readonly dots: HTMLElement[] = []
    private readonly detach: () => void
    private readonly resize: ResizeObserver
    private readonly theme: MutationObserver
    private width = 0
    private height = 0

    constructor(host: HTMLElement, options: ChartOptions) {
        this.host = host
        this.options = options
        this.colours = readColours(host)
        this.line = this.part('bp-chart-line')
        this.select = this.part('bp-chart-select')
        this.detach = attachGestures(host, {
            getRange: () => this.range,
            setRange: (range) => this.changeRange(range),
            settle: () => this.options.onSettle(this.range),
            select: (from, to) => this.showSelect(from, to),
            moveCursor: (share) => this.moveCursor(share === null ? null : this.range.from + share * span(this.range), false),
            stepCursor: (steps) => this.stepCursor(steps),
            reset: () => this.options.onReset(),
            plot: () => this.place(),
            get needsControl() {
                return options.needsControl
            },
        })
        this.resize = new ResizeObserver(() => {
            this.width = host.clientWidth
            this.height = host.clientHeight
            this.rebuild()
        })
        this.resize.observe(host)
        this.theme = new MutationObserver(() => {
            this.colours = readColours(host)
            this.shape = ''
            this.rebuild()
        })
        this.theme.observe(document.documentElement, { attributes: true, attributeFilter: ['data-mantine-color-scheme', 'class', 'lang'] })
    }

    setOptions(options: Pick<ChartOptions, 'zone' | 'language'>): void {
        if (options.zone === this.options.zone && options.language === this.options.language) return
        this.options = { ...this.options, ...options }
        this.shape = ''
        this.rebuild()
    }

    setData(series: readonly Series[], markers: readonly Marker[]): void {
        this.series = series
        this.markers = markers
        this.rebuild()
    }

    setRange(range: Range): void {
        if (range.from === this.range.from && range.to === this.range.to) return
        this.range = range
        this.draw()
    }

    getPlotWidth(): number {
        return this.plot ? this.plot.bbox.width / uPlot.pxRatio : this.width
    }

    destroy(): void {
        cancelAnimationFrame(this.frame)
        this.detach()
        this.resize.disconnect()
        this.theme.disconnect()
        this.plot?.destroy()
        this.plot = null
        this.host.replaceChildren()
    }

    /* The picture as it is, on the theme's ground, with a title and the names of the series. */
    png(title: string): Promise<Blob | null> {
        const from = this.plot?.ctx.canvas
        if (!from) return Promise.resolve(null)
        const ratio = uPlot.pxRatio
        const rows = this.series.length
        const head = 34 + rows * 18
        const canvas = document.createElement('canvas')
        canvas.width = from.width
        canvas.height = from.height + head * ratio
        const c = canvas.getContext('2d')
        if (!c) return Promise.resolve(null)
        c.fillStyle = this.colours.surface
        c.fillRect(0, 0, canvas.width, canvas.height)
        c.drawImage(from, 0, head * ratio)
        c.scale(ratio, ratio)
        c.fillStyle = this.colours.text
        c.font = `600 14px ${this.colours.font}`
        c.fillText(title, 12, 22, canvas.width / ratio - 24)
        c.font = `12px ${this.colours.font}`
        this.series.forEach((one, i) => {
            c.fillStyle = seriesColour(this.colours, one.colour)
            c.globalAlpha = one.isBefore ? 0.55 : 1
            c.fillRect(12, 33 + i * 18, 10, 10)
            c.globalAlpha = 1
            c.fillStyle = this.colours.text
            c.fillText(one.unit ? `${one.label} (${one.unit})` : one.label, 28, 42 + i * 18, canvas.width / ratio - 40)
        })
        return new Promise((done) => canvas.toBlob(done, 'image/png'))
    }

    private part(name: string): HTMLElement {
        const element = document.createElement('div')
        element.className = name
        element.hidden = true
        this.host.append(element)
        return element
    }

    private lanes(): Series[] {
        return this.series.filter((s) => s.shape === 'states')
    }
    private lines(): Series[] {
        return this.series.filter((s) => s.shape !== 'states')
    }

    /* Where the plot is, in the client's pixels; lanes belong to it. */
    private place(): { left: number; width: number; top: number; height: number } {
        const box = this.host.getBoundingClientRect()
        if (!this.plot) return { left: box.left, width: box.width, top: box.top, height: box.height }
        const { left, top, width, height } = this.plot.bbox
        const ratio = uPlot.pxRatio
        return { left: box.left + left / ratio, width: width / ratio, top: box.top + top / ratio, height: height / ratio + this.lanes().length * LANE_PITCH }
    }

    private changeRange(range: Range): void {
        const wide = span(range)
        this.range = clampRange(range, Date.now() + wide * 0.05)
        this.draw()
        this.options.onRange(this.range)
    }

    private draw(): void {
        if (this.frame !== 0) return
        this.frame = requestAnimationFrame(() => {
            this.frame = 0
            this.plot?.setScale('x', { min: this.range.from, max: this.range.to })
            this.showCursor()
        })
    }

    /* Makes the data of the plot, and the plot where its shape is another. */
    private rebuild(): void {
        if (this.width === 0 || this.height === 0) return
        const lines = this.lines()
        this.axes = unitAxes(this.series, this.width)
        const tables: uPlot.AlignedData[] = []
        const drawn: { series: Series; role: 'mean' | 'max' | 'min' }[] = []
        for (const one of lines) {
            const end = Math.max(this.range.to, one.columns.at[one.columns.at.length - 1] ?? 0)
            const shape = one.shape === 'steps' ? 'steps' : 'line'
            const broken = breakAtGaps(one.columns, shape, end)
            if (one.columns.min !== undefined && !one.isBefore) {
                tables.push([broken.at, broken.max, broken.min, broken.value] as uPlot.AlignedData)
                drawn.push({ series: one, role: 'max' }, { series: one, role: 'min' })
            } else tables.push([broken.at, broken.value] as uPlot.AlignedData)
            drawn.push({ series: one, role: 'mean' })
        }
        /* a null stands for all of a gap: without this it would end at the next instant of another series */
        const nulls = tables.map((table) => table.map(() => NULL_EXPAND))
        const data = tables.length > 0 ? uPlot.join(tables, nulls) : ([[this.range.from, this.range.to]] as uPlot.AlignedData)
        this.instants = tables.length > 0 ? (data[0] as number[]) : (this.lanes()[0]?.columns.at ?? [])
        const shape = JSON.stringify([
            drawn.map((d) => [d.series.key, d.role, d.series.shape, d.series.colour, d.series.unit, d.series.columns.everyMs > 0]),
            this.lanes().length,
            this.width < 500,
        ])
        if (this.plot && shape === this.shape) {
            if (this.plot.width !== this.width || this.plot.height !== this.height) this.plot.setSize({ width: this.width, height: this.height })
            this.plot.setData(data, false)
            this.plot.setScale('x', { min: this.range.from, max: this.range.to })
        } else {
            this.shape = shape
            this.make(data, drawn)
        }
        this.showCursor()
    }

    private make(data: uPlot.AlignedData, drawn: { series: Series; role: 'mean' | 'max' | 'min' }[]): void {
        this.plot?.destroy()
        const { colours } = this
        const font = `11px ${colours.font}`
        const lanesHeight = this.lanes().length * LANE_PITCH
        this.axisSizes = this.axes.map(() => 0)
        const scales: uPlot.Scales = { x: { time: true, range: () => [this.range.from, this.range.to] } }
        for (const axis of this.axes) scales[axis.scale] = { range: () => this.boundsOf(axis.unit) }
        const bands: uPlot.Band[] = []
        const series: uPlot.Series[] = [{}]
        const banded = drawn.filter((one) => one.role === 'max').length
        drawn.forEach(({ series: one, role }, i) => {
            const colour = seriesColour(colours, one.colour)
            const isStepped = one.shape === 'steps'
            const paths = isStepped ? uPlot.paths.stepped?.({ align: 1 }) : uPlot.paths.linear?.()
            const common: uPlot.Series = { scale: `y:${one.unit}`, points: { show: false }, ...(paths ? { paths } : {}) }
            if (role === 'mean') {
                series.push({
                    ...common,
                    stroke: one.isBefore ? thin(colour, 0.75) : colour,
                    width: one.isBefore ? 1.25 : 1.75,
                    ...(one.isBefore ? { dash: [5, 4] } : dashOf(one.colour).pattern.length > 0 ? { dash: [...dashOf(one.colour).pattern] } : {}),
                    points: {
                        show: one.columns.everyMs === 0 && !one.isBefore ? (u, s, from, to) => this.isSparse(u, s, from, to) : false,
                        size: 4,
                        fill: colour,
                        stroke: colour,
                    },
                })
            } else series.push({ ...common, stroke: 'transparent', width: 0 })
            if (role === 'min')
                bands.push({ series: [i, i + 1], fill: thin(colour, banded > 1 ? 0.06 : 0.2) }) /* uPlot counts from 1: the one before is its max */
        })
        const labelled = (axis: UnitAxis, i: number): uPlot.Axis => ({
            scale: axis.scale,
            side: axis.side,
            show: axis.isShown,
            stroke: colours.dim,
            font,
            gap: 6,
            ticks: { show: false },
            grid: { show: i === 0, stroke: colours.grid, width: 1 },
            space: 36,
            values: (_u, splits, _axis, _space, step) => splits.map((v) => tickNumber(v, step, this.options.language)),
            size: (u, values) => {
                /* only grows: the plot does not jump while it is panned */
                u.ctx.save()
                u.ctx.font = font
                const widest = (values ?? []).reduce((most, text) => Math.max(most, u.ctx.measureText(text).width), 0)
                u.ctx.restore()
                this.axisSizes[i] = Math.max(this.axisSizes[i] ?? 0, Math.ceil(widest / 4) * 4 + 16, i === 0 ? 44 : 36)
                return this.axisSizes[i] as number
            },
        })
        this.plot = new uPlot(
            {
                width: this.width,
                height: Math.max(this.height, PLOT_LEAST),
                ms: 1,
                padding: [TOP, this.axes.length > 1 ? 4 : RIGHT, 0, this.axes.length > 0 ? 0 : RIGHT],
                tzDate: (at) => uPlot.tzDate(new Date(at), this.options.zone),
                scales,
                series,
                bands,
                legend: { show: false },
                cursor: { show: false },
                axes: [
                    {
                        scale: 'x',
                        stroke: colours.dim,
                        font,
                        gap: 6 + lanesHeight,
                        size: TIME_HEIGHT + lanesHeight,
                        space: this.width < 500 ? 64 : 84,
                        ticks: { show: false },
                        grid: { stroke: colours.grid, width: 1 },
                        values: (_u, splits, _axis, _space, step) => timeTicks(splits, step, this.options.language, this.options.zone),
                    },
                    ...this.axes.map(labelled),
                ],
                hooks: { draw: [(u) => this.paint(u)] },
            },
            data,
            this.host,
        )
        this.plot.root.setAttribute('aria-hidden', 'true')
        this.host.append(this.line, this.select, ...this.dots)
    }

    /* Each reading is a dot when there are few of them. */
    private isSparse(u: uPlot, index: number, from: number, to: number): boolean {
        const values = u.data[index]
        if (!values) return false
        let count = 0
        const most = u.bbox.width / uPlot.pxRatio / 24
        for (let i = from; i <= to; i++) if (values[i] !== null && values[i] !== undefined && ++count > most) return false
        return true
    }

    /* What is in sight of a unit, with what is held from before and what the line runs to. */
    private boundsOf(unit: string): [number, number] {
        let min: number | null = null
        let max: number | null = null
        for (const one of this.lines()) {
            if (one.unit !== unit) continue
            const { columns } = one
            const first = Math.max(indexAt(columns.at, this.range.from), 0)
            const last = Math.min(indexAt(columns.at, this.range.to) + 1, columns.at.length - 1)
            const lows = one.isBefore ? columns.value : (columns.min ?? columns.value)
            const highs = one.isBefore ? columns.value : (columns.max ?? columns.value)
            for (let i = first; i <= last; i++) {
                const low = lows[i] ?? null
                const high = highs[i] ?? null
                if (low !== null && (min === null || low < min)) min = low
                if (high !== null && (max === null || high > max)) max = high
            }
        }
        return valueBounds(min, max)
    }

    private canvas(u: uPlot): Canvas {
        const ratio = uPlot.pxRatio
        return { context: u.ctx, ratio, left: u.bbox.left / ratio, width: u.bbox.width / ratio, range: this.range, colours: this.colours }
    }

    private paint(u: uPlot): void {
        const canvas = this.canvas(u)
        const ratio = uPlot.pxRatio
        const top = u.bbox.top / ratio
        const bottom = top + u.bbox.height / ratio
        this.paintUnits(canvas, top)
        drawMarkers(canvas, this.markers, top - MARKS_HEIGHT, bottom)
        drawDoubts(canvas, this.lines(), bottom)
        this.lanes().forEach((lane, i) => {
            drawLane(canvas, lane, bottom + 6 + i * LANE_PITCH)
        })
    }

    /* Above each axis its unit, and the colours of the lines that are read there. */
    private paintUnits(canvas: Canvas, top: number): void {
        const { context: c, ratio, colours } = canvas
        let right = canvas.left + canvas.width
        c.save()
        c.scale(ratio, ratio)
        c.font = `600 11px ${colours.font}`
        c.textBaseline = 'alphabetic'
        this.axes.forEach((axis, i) => {
            if (!axis.isShown) return
            const size = this.axisSizes[i] ?? 0
            const x = axis.side === 3 ? canvas.left - size + 4 : right + 6
            if (axis.side === 1) right += size
            c.fillStyle = colours.dim
            c.textAlign = 'left'
            c.fillText(axis.unit, x, top - 17)
            if (this.axes.length < 2) return
            const mine = this.lines().filter((s) => s.unit === axis.unit && !s.isBefore)
            mine.slice(0, 4).forEach((one, k) => {
                c.fillStyle = seriesColour(colours, one.colour)
                c.fillRect(x + k * 8, top - 13, 6, 3)
            })
        })
        c.restore()
    }

    private showSelect(from: number | null, to: number | null): void {
        this.select.hidden = from === null || to === null
        if (from === null || to === null || !this.plot) return
        const ratio = uPlot.pxRatio
        const { left, top, width, height } = this.plot.bbox
        const a = Math.min(Math.max(from, 0), 1)
        const b = Math.min(Math.max(to, 0), 1)
        this.select.style.transform = `translate(${(left + a * width) / ratio}px, ${top / ratio}px)`
        this.select.style.width = `${((b - a) * width) / ratio}px`
        this.select.style.height = `${height / ratio + this.lanes().length * LANE_PITCH}px`
    }

    private moveCursor(at: number | null, isByKeys: boolean): void {
        this.cursorAt = at
        this.showCursor()
        this.options.onCursor(at === null ? null : this.cursorOf(at), isByKeys)
    }

    private cursorOf(at: number): Cursor {
        const slack = (MARKER_SLACK / Math.max(this.getPlotWidth(), 1)) * span(this.range)
        return { at, readings: this.series.map((one) => readingAt(one, at)), markers: markersAt(this.markers, at, slack) }
    }

    /* To the next reading that lies at least a few pixels away. */
    private stepCursor(steps: number): void {
        const { range } = this
        if (steps === Number.NEGATIVE_INFINITY || steps === Number.POSITIVE_INFINITY) {
            const inside = this.instants.filter((at) => at >= range.from && at <= range.to)
            const end = steps < 0 ? inside[0] : inside[inside.length - 1]
            this.moveCursor(end ?? (steps < 0 ? range.from : range.to), true)
            return
        }
        const least = span(range) / 200
        const now = this.cursorAt ?? (range.from + range.to) / 2
        let next: number
        if (steps > 0) {
            const i = indexAt(this.instants, now + least) + 1
            next = Math.min(this.instants[i] ?? now + least, range.to)
        } else {
            const i = indexAt(this.instants, now - least)
            next = Math.max(this.instants[i] ?? now - least, range.from)
        }
        this.moveCursor(Math.min(Math.max(next, range.from), range.to), true)
    }

    private showCursor(): void {
        const { plot, cursorAt } = this
        const isSeen = plot !== null && cursorAt !== null && cursorAt >= this.range.from && cursorAt <= this.range.to
        this.line.hidden = !isSeen
        if (!isSeen) {
            for (const dot of this.dots) dot.hidden = true
            return
        }
        const ratio = uPlot.pxRatio
        const { left, top, width, height } = plot.bbox
        const x = left / ratio + (((cursorAt - this.range.from) / span(this.range)) * width) / ratio
        this.line.style.transform = `translate(${Math.round(x)}px, ${top / ratio}px)`
        this.line.style.height = `${height / ratio + this.lanes().length * LANE_PITCH}px`
        const lines = this.lines()
        while (this.dots.length < lines.length) this.dots.push(this.part('bp-chart-dot'))
        this.dots.forEach((dot, i) => {
            const one = lines[i]
            const reading = one ? readingAt(one, cursorAt) : null
            const scale = one ? plot.scales[`y:${one.unit}`] : undefined
            dot.hidden = !one || !reading || reading.value === null || scale?.min == null || scale?.max == null
            if (dot.hidden || !one || reading?.value == null) return
            const y = plot.valToPos(reading.value, `y:${one.unit}`) + top / ratio
            dot.style.transform = `translate(${x}px, ${y}px)`
            dot.style.background = seriesColour(this.colours, one.colour)
        })
    }
}
