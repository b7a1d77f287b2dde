/* Readings as words: in the legend, in the table, to those who hear the chart. */
import type { Format } from '../../strings'
import { valueText } from './axes'
import { stateName } from './lanes'
import { BAD, type Reading, type Series, UNCERTAIN } from './types'

interface Words {
    share: (percent: string) => string
    mixed: string
    uncertain: string
    bad: string
    noReading: string
}

/* "21.4 °C", "on", "35 % on" of a span in which a binary was both. */
export function readingText(series: Series, reading: Reading, format: Format, t: Words): string {
    const { value } = reading
    if (value === null) return reading.quality === BAD ? t.bad : t.noReading
    const doubt = reading.quality === BAD ? ` (${t.bad})` : reading.quality === UNCERTAIN ? ` (${t.uncertain})` : ''
    if (series.shape !== 'states') return numberText(series, value, format) + doubt
    const isMixed = reading.min !== undefined && reading.max !== undefined && reading.min !== reading.max
    if (!isMixed) return stateName(series, value) + doubt
    if ((series.states?.length ?? 2) > 2) return t.mixed + doubt
    return t.share(`${format.number(value * 100, 0)} %`) + doubt
}

export function numberText(series: Pick<Series, 'unit'>, value: number, format: Format): string {
    return series.unit ? `${valueText(value, format.locale)} ${series.unit}` : valueText(value, format.locale)
}
