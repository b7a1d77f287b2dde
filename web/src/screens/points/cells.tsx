/* The cells of the list: values as they come, and fields that are edited where they stand. */
import { Checkbox, Switch, Text } from '@mantine/core'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { useLiveValue } from '../../api/live'
import type { Point, PointSet } from '../../api/shapes'
import { useSite } from '../../app/site'
import { Time } from '../../parts/Time'
import { Value } from '../../parts/Value'
import { type Format, useFormat, useStrings } from '../../strings'
import classes from './points.module.css'
import type { ColumnName } from './search'
import { strings } from './strings'

/* As the collector told it last; before that, as the list said it. */
export function LiveCell({ point }: { point: Point }) {
    const live = useLiveValue(useSite().id, point.id)
    const value = live ?? point.value
    return (
        <Value
            value={value.value}
            text={value.text}
            unit={point.unit_symbol}
            quality={value.quality}
            reason={value.reason}
            at={value.at}
            overridden={point.overridden}
        />
    )
}

export function LiveTime({ point }: { point: Point }) {
    const live = useLiveValue(useSite().id, point.id)
    return <Time at={live?.at ?? point.value.at} form="ago" />
}

/* A cell that belongs to the row only by place: a click in it does not open the point. */
function Own({ children }: { children: React.ReactNode }) {
    return (
        // biome-ignore lint/a11y/noStaticElementInteractions: it only keeps a click to what is in it
        <span onClick={(event) => event.stopPropagation()} onKeyDown={(event) => event.stopPropagation()}>
            {children}
        </span>
    )
}

export function SelectCell({ point, isSelected, onSelect }: { point: Point; isSelected: boolean; onSelect: (isRange: boolean) => void }) {
    const t = useStrings(strings)
    return (
        <Own>
            <Checkbox
                size="xs"
                tabIndex={-1}
                aria-label={t.select(point.path)}
                checked={isSelected}
                onClick={(event) => onSelect(event.shiftKey)}
                onChange={() => undefined}
            />
        </Own>
    )
}

export type Editing = { id: number; column: ColumnName } | undefined
export const EDITABLE: readonly ColumnName[] = ['description', 'interval']

type EditProps = {
    point: Point
    column: 'description' | 'interval'
    mayEdit: boolean
    editing: Editing
    onEdit: (editing: Editing) => void
    onSave: (point: Point, set: PointSet) => void
    onMove: (point: Point, from: ColumnName, by: 1 | -1) => void
}

export function intervalText(point: Point, format: Format, asDevice: string): string {
    return point.poll_interval_s === null ? asDevice : format.span(point.poll_interval_s)
}

export function EditCell({ point, column, mayEdit, editing, onEdit, onSave, onMove }: EditProps) {
    const t = useStrings(strings)
    const format = useFormat()
    const text = column === 'description' ? point.description : intervalText(point, format, t.asDevice)
    const isDim = column === 'interval' && point.poll_interval_s === null
    if (!mayEdit)
        return (
            <Text span inherit c={isDim ? 'dimmed' : undefined}>
                {text}
            </Text>
        )
    if (editing?.id !== point.id || editing.column !== column)
        return (
            <Own>
                <button
                    type="button"
                    tabIndex={-1}
                    className={classes.editable}
                    aria-label={`${text} ${t.edit(point.path, t[`col_${column}`])}`}
                    onDoubleClick={() => onEdit({ id: point.id, column })}
                    onClick={(event) => (event.detail === 0 ? onEdit({ id: point.id, column }) : undefined)}
                >
                    <span className={isDim ? classes.dim : undefined}>{text || '\u00a0'}</span>
                </button>
            </Own>
        )
    const save = (typed: string) => {
        if (column === 'description') {
            if (typed !== point.description) onSave(point, { description: typed })
            return
        }
        const seconds = typed.trim() === '' ? null : Number(typed.replace(',', '.'))
        if (seconds !== point.poll_interval_s && (seconds === null || Number.isFinite(seconds))) onSave(point, { poll_interval_s: seconds })
    }
    return (
        <Own>
            <Field
                label={t.edit(point.path, t[`col_${column}`])}
                start={column === 'description' ? point.description : String(point.poll_interval_s ?? '')}
                isNumber={column === 'interval'}
                onDone={(typed, next) => {
                    if (typed !== undefined) save(typed)
                    if (next) onMove(point, column, next)
                    else onEdit(undefined)
                }}
            />
        </Own>
    )
}

/* Enter and leaving save, Escape does not, Tab goes on to the next. */
function Field({
    label,
    start,
    isNumber,
    onDone,
}: {
    label: string
    start: string
    isNumber: boolean
    onDone: (typed: string | undefined, next?: 1 | -1) => void
}) {
    const field = useRef<HTMLInputElement>(null)
    const [typed, setTyped] = useState(start)
    const isDone = useRef(false)
    useEffect(() => field.current?.select(), [])
    const done = (text: string | undefined, next?: 1 | -1) => {
        if (isDone.current) return
        isDone.current = true
        if (document.activeElement === field.current) field.current?.closest<HTMLElement>('[data-index]')?.focus() /* back to the row, whose keys go on */
        onDone(text, next)
    }
    const key = (event: KeyboardEvent) => {
        if (event.key === 'Enter') done(typed)
        else if (event.key === 'Escape') done(undefined)
        else if (event.key === 'Tab') {
            event.preventDefault()
            done(typed, event.shiftKey ? -1 : 1)
        }
    }
    return (
        <input
            ref={field}
            className={classes.field}
            aria-label={label}
            inputMode={isNumber ? 'decimal' : undefined}
            value={typed}
            maxLength={1000}
            onChange={(event) => setTyped(event.currentTarget.value)}
            onKeyDown={key}
            onBlur={() => done(typed)}
        />
    )
}

export function FlagCell({
    point,
    column,
    mayEdit,
    onSave,
}: {
    point: Point
    column: 'enabled' | 'writable'
    mayEdit: boolean
    onSave: (point: Point, set: PointSet) => void
}) {
    const t = useStrings(strings)
    if (!mayEdit) return <>{point[column] ? t[`${column}_true`] : <span className={classes.dim}>{t[`${column}_false`]}</span>}</>
    return (
        <Own>
            <Switch
                size="xs"
                tabIndex={-1}
                aria-label={t.edit(point.path, t[`col_${column}`])}
                checked={point[column]}
                onChange={(event) => onSave(point, { [column]: event.currentTarget.checked })}
            />
        </Own>
    )
}

export function limitsText(point: Point, format: Format): string {
    const low = point.write_min ?? point.device_min
    const high = point.write_max ?? point.device_max
    if (low === null && high === null) return ''
    return `${low === null ? '' : format.number(low)} – ${high === null ? '' : format.number(high)}`
}
