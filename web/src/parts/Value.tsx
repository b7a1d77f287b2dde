/* What a point is or was, the same everywhere: the number with its unit or the state's name, and, where it is not to be trusted
 * or not its own, a shape and a word for it (never a colour alone). */

import { VisuallyHidden } from '@mantine/core'
import type { Override, Quality } from '../api/shapes'
import { useFormat, useStrings } from '../strings'
import { common } from '../strings/common'
import { IconBad, IconHeld, IconStale, IconUncertain } from './icons'
import { Tip } from './Tip'
import classes from './Value.module.css'

type Props = {
    value: number | string | boolean | null | undefined
    /* The state's name, of binary and multi-state points. */
    text?: string | null | undefined
    unit?: string | undefined
    quality?: Quality | undefined
    reason?: string | null | undefined
    /* When it was read: RFC 3339 or milliseconds. */
    at?: string | number | null | undefined
    /* It is older than it should be: nobody says what it is now. */
    isStale?: boolean
    overridden?: Override | null | undefined
    digits?: number
    /* `large` is for the figure that a screen is about. */
    size?: 'normal' | 'large'
    /* Words beside the shapes; where there is no room they are in the tooltip and for screen readers. */
    withWords?: boolean
}

export function Value({ value, text, unit, quality, reason, at, isStale, overridden, digits, size = 'normal', withWords }: Props) {
    const t = useStrings(common)
    const format = useFormat()
    const has = value !== null && value !== undefined
    const shown = text || (typeof value === 'number' ? format.number(value, digits) : has ? String(value) : '–')
    const marks: { key: string; Icon: typeof IconBad; word: string; more: string }[] = []
    if (quality === 'bad') marks.push({ key: 'bad', Icon: IconBad, word: t.bad, more: reason ?? '' })
    if (quality === 'uncertain') marks.push({ key: 'uncertain', Icon: IconUncertain, word: t.uncertain, more: reason ?? '' })
    if (isStale) marks.push({ key: 'stale', Icon: IconStale, word: t.stale, more: at ? t.staleSince(format.ago(at)) : '' })
    if (overridden) marks.push({ key: 'held', Icon: IconHeld, word: t.overridden, more: t.overriddenBy(overridden.priority, overridden.by ?? '') })

    const body = (
        <span className={classes.value} data-size={size} data-quality={quality} data-stale={isStale || undefined}>
            <span className={classes.number}>
                {has || text ? shown : <span aria-hidden>–</span>}
                {!has && !text && <VisuallyHidden>{t.noValue}</VisuallyHidden>}
                {has && unit && !text && <span className={classes.unit}>{unit}</span>}
            </span>
            {marks.map(({ key, Icon, word }) => (
                <span key={key} className={classes.mark} data-mark={key}>
                    <Icon size={size === 'large' ? 18 : 15} stroke={2} aria-hidden />
                    {withWords ? word : <VisuallyHidden>{word}</VisuallyHidden>}
                </span>
            ))}
        </span>
    )
    if (marks.length === 0) return body
    return <Tip label={marks.map(({ word, more }) => (more ? `${word}: ${more}` : word)).join(' · ')}>{body}</Tip>
}
