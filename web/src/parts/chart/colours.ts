/* The theme's colours as a canvas needs them: resolved. Asked anew when the theme changes. */
import { series } from '../../app/theme'

export interface Colours {
    readonly text: string
    readonly dim: string
    readonly grid: string
    readonly surface: string
    readonly held: string
    readonly warn: string
    readonly bad: string
    readonly font: string
    readonly series: readonly string[]
}

export const SERIES_COLOURS = series.light.length

export function isDark(): boolean {
    return document.documentElement.dataset.mantineColorScheme === 'dark'
}

export function readColours(element: Element): Colours {
    const style = getComputedStyle(element)
    const get = (name: string): string => style.getPropertyValue(name).trim() || style.color
    return {
        text: get('--mantine-color-text'),
        dim: get('--mantine-color-dimmed'),
        grid: get('--bp-line'),
        surface: get('--bp-surface'),
        held: get('--bp-held'),
        warn: get('--bp-warn'),
        bad: get('--bp-bad'),
        font: style.fontFamily || 'sans-serif',
        series: isDark() ? series.dark : series.light,
    }
}

export function seriesColour(colours: Pick<Colours, 'series'>, index: number): string {
    return colours.series[index % colours.series.length] as string
}

/* Of a colour of any notation, one that lets through. */
export function thin(colour: string, share: number): string {
    return `color-mix(in srgb, ${colour} ${Math.round(share * 100)}%, transparent)`
}

/* A line is told by more than its colour: each of the first five has a pattern of its own. What lies before has another, thinner one (view.ts). */
const dashes = [
    { name: 'whole', pattern: [] },
    { name: 'long', pattern: [12, 4] },
    { name: 'dots', pattern: [2, 3] },
    { name: 'mixed', pattern: [12, 4, 2, 4] },
    { name: 'twice', pattern: [8, 3, 2, 3, 2, 3] },
] as const
export function dashOf(index: number): { name: string; pattern: readonly number[] } {
    return dashes[index % dashes.length] ?? dashes[0]
}
