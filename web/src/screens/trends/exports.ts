/* What leaves the screen: the series as they are drawn, as CSV, and files of any kind. */
import type { Range, Series } from '../../parts/chart'

/* A spreadsheet would take it for a formula: a ' in front. */
export function csvField(text: string): string {
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

const QUALITIES = ['good', 'uncertain', 'bad']

/* A line each reading or span that is shown, by series and time; numbers as they are. */
export function csvOf(series: readonly Series[], range: Range): string {
    const lines = ['time,point,value,min,max,units,quality']
    for (const one of series) {
        const { at, value, min, max, quality, everyMs } = one.columns
        for (let i = 0; i < at.length; i++) {
            const instant = at[i] as number
            if (instant > range.to || instant + everyMs < range.from) continue
            const own = new Date(instant - (one.shiftMs ?? 0)).toISOString()
            const number = (n: number | null | undefined) => (n === null || n === undefined ? '' : String(n))
            lines.push(
                [own, csvField(one.label), number(value[i]), number(min?.[i]), number(max?.[i]), csvField(one.unit), QUALITIES[quality?.[i] ?? 0]].join(','),
            )
        }
    }
    return `${lines.join('\r\n')}\r\n`
}

export function download(content: Blob, name: string): void {
    const link = document.createElement('a')
    link.href = URL.createObjectURL(content)
    link.download = name
    link.click()
    window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}

/* A name that every file system takes. */
export function fileName(words: string, range: Range, ending: string): string {
    const day = (at: number) => new Date(at).toISOString().slice(0, 16).replace(/[-:]/g, '').replace('T', '-')
    return `${words.replace(/[^\p{L}\p{N}_-]+/gu, '_').slice(0, 60)}_${day(range.from)}_${day(range.to)}.${ending}`
}
