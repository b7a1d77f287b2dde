/* A table of any length: only what is on the screen is drawn, so 100,000 rows scroll as 10 do.
 *
 *     <DataTable label={t.users} columns={columns} count={rows.length} rowAt={(i) => rows[i]} keyOf={(row) => row.id} onOpen={edit} />
 *
 * rowAt may answer undefined for what has not come yet (drawn as an outline); onRange says what is on the screen. Arrow keys go from row
 * to row, Enter opens one. On a phone, `compact` draws a row instead of its cells. */
import { useMediaQuery } from '@mantine/hooks'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from 'react'
import { useStrings } from '../strings'
import classes from './DataTable.module.css'
import { IconSortDown, IconSortUp } from './icons'
import { strings } from './strings'

export type Column<T> = {
    key: string
    header: ReactNode
    cell: (row: T, index: number) => ReactNode
    /* Of CSS grid: "120px", "minmax(160px, 2fr)". */
    width?: string
    align?: 'start' | 'end'
    /* It can be sorted by: the name that onSort gets. */
    sort?: string
}

type Props<T> = {
    label: string
    columns: readonly Column<T>[]
    count: number
    rowAt: (index: number) => T | undefined
    keyOf?: (row: T, index: number) => string | number
    onOpen?: (row: T) => void
    onRange?: (first: number, last: number) => void
    /* "name", or "-name" for downwards. */
    sort?: string | undefined
    onSort?: (sort: string) => void
    compact?: (row: T) => ReactNode
    isSelected?: (row: T) => boolean
    rowHeight?: number
    compactHeight?: number
    /* "fill": as high as what it stands in; else CSS, at most: "480px". Short tables are as high as their rows. */
    height?: string
    /* Another value scrolls to the top: what was asked for has changed. */
    resetKey?: string
}

export function DataTable<T>(props: Props<T>) {
    const { label, columns, count, rowAt, keyOf, onOpen, onRange, sort, onSort, compact, isSelected, height = 'auto', resetKey } = props
    const isPhone = useMediaQuery('(max-width: 40em)', false, { getInitialValueInEffect: false }) && compact !== undefined
    const rowHeight = isPhone ? (props.compactHeight ?? 64) : (props.rowHeight ?? 40)
    const scroller = useRef<HTMLDivElement>(null)
    const t = useStrings(strings)
    const virtual = useVirtualizer({ count, getScrollElement: () => scroller.current, estimateSize: () => rowHeight, overscan: 8 })
    // biome-ignore lint/correctness/useExhaustiveDependencies: another height or question is what it is for
    useEffect(() => {
        virtual.measure()
    }, [rowHeight, virtual])
    // biome-ignore lint/correctness/useExhaustiveDependencies: as above
    useEffect(() => {
        scroller.current?.scrollTo({ top: 0 })
    }, [resetKey])
    const items = virtual.getVirtualItems()
    const first = items[0]?.index ?? 0
    const last = items.at(-1)?.index ?? 0
    useEffect(() => {
        if (count > 0) onRange?.(first, last)
    }, [first, last, count, onRange])

    const move = (event: KeyboardEvent<HTMLDivElement>) => {
        const row = (event.target as HTMLElement).closest<HTMLElement>('[data-index]')
        if (!row || row !== event.target) return
        const index = Number(row.dataset.index)
        const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 400) / rowHeight) - 1)
        const to = { ArrowDown: index + 1, ArrowUp: index - 1, PageDown: index + page, PageUp: index - page, Home: 0, End: count - 1 }[event.key]
        if (to !== undefined) {
            event.preventDefault()
            const next = Math.min(count - 1, Math.max(0, to))
            virtual.scrollToIndex(next)
            requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-index="${next}"]`)?.focus())
        } else if (event.key === 'Enter' && onOpen) {
            const opened = rowAt(index)
            if (opened !== undefined) onOpen(opened)
        }
    }
    const template = columns.map((column) => column.width ?? 'minmax(96px, 1fr)').join(' ')

    return (
        <div
            ref={scroller}
            className={classes.scroller}
            style={{
                height: height === 'fill' ? '100%' : undefined,
                maxHeight: height === 'fill' || height === 'auto' ? undefined : height,
                ['--columns' as string]: template,
            }}
            role="table"
            aria-label={label}
            aria-rowcount={count + 1}
            data-fill={height === 'fill' || undefined}
        >
            {!isPhone && (
                <div className={classes.head} role="row" aria-rowindex={1} tabIndex={-1}>
                    {columns.map((column) => {
                        const by = column.sort
                        const up = by !== undefined && sort === by
                        const down = by !== undefined && sort === `-${by}`
                        return (
                            <div
                                key={column.key}
                                role="columnheader"
                                tabIndex={-1}
                                className={classes.cell}
                                data-align={column.align}
                                aria-sort={up ? 'ascending' : down ? 'descending' : undefined}
                            >
                                {by !== undefined && onSort ? (
                                    <button type="button" className={classes.sort} onClick={() => onSort(up ? `-${by}` : by)}>
                                        {column.header}
                                        {up && <IconSortUp size={14} aria-label={t.sortUp} />}
                                        {down && <IconSortDown size={14} aria-label={t.sortDown} />}
                                    </button>
                                ) : (
                                    column.header
                                )}
                            </div>
                        )
                    })}
                </div>
            )}
            <div role="rowgroup" className={classes.body} style={{ height: virtual.getTotalSize() }} onKeyDown={move}>
                {items.map((item) => {
                    const row = rowAt(item.index)
                    const key = row !== undefined && keyOf ? keyOf(row, item.index) : `row ${item.index}`
                    return (
                        // biome-ignore lint/a11y/useKeyWithClickEvents: the group above takes the keys of all rows
                        <div
                            key={key}
                            role="row"
                            aria-rowindex={item.index + 2}
                            data-index={item.index}
                            data-selected={row !== undefined && isSelected?.(row) ? true : undefined}
                            data-open={onOpen ? true : undefined}
                            className={isPhone ? classes.compact : classes.row}
                            tabIndex={onOpen ? 0 : -1}
                            style={{ height: rowHeight, transform: `translateY(${item.start}px)` }}
                            onClick={onOpen && row !== undefined ? () => onOpen(row) : undefined}
                        >
                            {row === undefined ? (
                                <div role="cell" className={classes.cell}>
                                    <span className={classes.outline} />
                                </div>
                            ) : isPhone ? (
                                <div role="cell" className={classes.whole}>
                                    {compact(row)}
                                </div>
                            ) : (
                                columns.map((column) => (
                                    <div key={column.key} role="cell" className={classes.cell} data-align={column.align}>
                                        {column.cell(row, item.index)}
                                    </div>
                                ))
                            )}
                        </div>
                    )
                })}
            </div>
        </div>
    )
}
