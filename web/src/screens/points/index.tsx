/* Which points are there, and how are they? A list of any length: searched as one types, filtered, sorted, edited where it stands. */
import { Button, Menu, TextInput, VisuallyHidden } from '@mantine/core'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { addressOf } from '../../api/client'
import type { Point, PointSet } from '../../api/shapes'
import { parseSearch, writeSearch } from '../../app/search'
import { useSite } from '../../app/site'
import { type Column, DataTable } from '../../parts/DataTable'
import { EmptyState } from '../../parts/EmptyState'
import { IconClose, IconColumns, IconDownload, IconPoints, IconSearch, IconTrends } from '../../parts/icons'
import { Loading } from '../../parts/Loading'
import { PageHeader } from '../../parts/PageHeader'
import { ProblemNotice } from '../../parts/Problem'
import { toast, toastProblem } from '../../parts/toast'
import { Views } from '../../parts/views'
import { useFormat, useStrings } from '../../strings'
import { BulkEdit } from './BulkEdit'
import { EDITABLE, EditCell, type Editing, FlagCell, LiveCell, LiveTime, limitsText, SelectCell } from './cells'
import { Filters } from './Filters'
import classes from './points.module.css'
import { changePoints, useChanged } from './saving'
import { COLUMNS, type ColumnName, columnsOf, columnsText, hasFilters, type PointsSearch, queryOf, type Sort, searchOf } from './search'
import { strings } from './strings'
import { gather, usePages } from './usePages'

const SEARCH_WAIT_MS = 120
const EDITED_MAX = 10_000
const CHARTED_MAX = 20

export function Screen() {
    const t = useStrings(strings)
    const format = useFormat()
    const site = useSite()
    const search = useSearch({ from: '/framed/sites/$site/points' })
    const navigate = useNavigate()
    const set = useCallback(
        (change: Partial<PointsSearch>, replace = false) =>
            void navigate({ to: '/sites/$site/points', params: { site: site.id }, search: (was: PointsSearch) => ({ ...was, ...change }), replace }),
        [navigate, site.id],
    )
    const mayEdit = site.may('edit_points')
    const { pages, key, isOld } = usePages(site.id, queryOf(search))
    const total = pages?.total ?? 0

    const [selected, setSelected] = useState<ReadonlyMap<number, Point>>(new Map())
    const anchor = useRef<number>(undefined)
    const [editing, setEditing] = useState<Editing>()
    const [isBulk, setBulk] = useState(false)
    const [isGathering, setGathering] = useState(false)
    const changed = useChanged(() => pages?.refresh())

    const save = useCallback(
        async (point: Point, set: PointSet) => {
            pages?.replace(
                (row) => row.id === point.id,
                (row) => ({ ...row, ...set }) as Point,
            )
            try {
                const done = await changePoints(site.id, [{ id: point.id, version: point.version, set }], false)
                const version = done.items[0]?.version
                pages?.replace(
                    (row) => row.id === point.id,
                    (row) => ({ ...row, ...(version ? { version } : {}) }),
                )
                changed(done)
            } catch (error) {
                pages?.refresh()
                const items = (error as { fields?: { items?: { problem?: string }[] } }).fields?.items
                toastProblem({
                    title: `${t.notChanged}: ${point.path}`,
                    detail: items?.[0]?.problem ?? (error instanceof Error ? error.message : String(error)),
                })
            }
        },
        [pages, site.id, changed, t],
    )

    const columns = columnsOf(search)
    const move = useCallback(
        (point: Point, from: ColumnName, by: 1 | -1) => {
            const editable = columnsOf(search).filter((name) => EDITABLE.includes(name))
            const next = editable[editable.indexOf(from) + by]
            setEditing(next ? { id: point.id, column: next } : undefined)
        },
        [search],
    )

    const select = (point: Point, index: number, isRange: boolean) => {
        setSelected((was) => {
            const now = new Map(was)
            if (isRange && anchor.current !== undefined) {
                for (let i = Math.min(anchor.current, index); i <= Math.max(anchor.current, index); i++) {
                    const row = pages?.at(i)
                    if (row) now.set(row.id, row)
                }
            } else if (!now.delete(point.id)) now.set(point.id, point)
            return now
        })
        anchor.current = index
    }
    const selectAll = async () => {
        setGathering(true)
        try {
            const found = await gather(site.id, queryOf(search), EDITED_MAX)
            setSelected(new Map(found.map((point) => [point.id, point])))
            if (found.length < total) toast(t.mostEdited(format.number(EDITED_MAX, 0)))
        } catch (error) {
            toastProblem({ title: t.notChanged, detail: error instanceof Error ? error.message : String(error) })
        } finally {
            setGathering(false)
        }
    }

    const table = useMemo((): Column<Point>[] => {
        const made: Record<ColumnName, Column<Point>> = {
            name: {
                key: 'name',
                header: t.col_name,
                sort: 'path',
                width: 'minmax(200px, 2fr)',
                cell: (point) => <span className={classes.name}>{point.path}</span>,
            },
            value: { key: 'value', header: t.col_value, sort: 'value', align: 'end', width: 'minmax(128px, 1fr)', cell: (point) => <LiveCell point={point} /> },
            device: { key: 'device', header: t.col_device, sort: 'device', width: 'minmax(112px, 1fr)', cell: (point) => point.device_name },
            description: {
                key: 'description',
                header: t.col_description,
                width: 'minmax(160px, 2fr)',
                cell: (point) => (
                    <EditCell
                        point={point}
                        column="description"
                        mayEdit={mayEdit}
                        editing={editing}
                        onEdit={setEditing}
                        onSave={(row, change) => void save(row, change)}
                        onMove={move}
                    />
                ),
            },
            at: { key: 'at', header: t.col_at, sort: 'at', width: 'minmax(104px, 1fr)', cell: (point) => <LiveTime point={point} /> },
            type: {
                key: 'type',
                header: t.col_type,
                sort: 'type',
                width: 'minmax(144px, 1fr)',
                cell: (point) => <span className={classes.dim}>{point.object}</span>,
            },
            units: { key: 'units', header: t.col_units, width: 'minmax(120px, 1fr)', cell: (point) => point.unit_symbol || point.units },
            interval: {
                key: 'interval',
                header: t.col_interval,
                align: 'end',
                width: 'minmax(128px, 1fr)',
                cell: (point) => (
                    <EditCell
                        point={point}
                        column="interval"
                        mayEdit={mayEdit}
                        editing={editing}
                        onEdit={setEditing}
                        onSave={(row, change) => void save(row, change)}
                        onMove={move}
                    />
                ),
            },
            writable: {
                key: 'writable',
                header: t.col_writable,
                width: '104px',
                cell: (point) => <FlagCell point={point} column="writable" mayEdit={mayEdit} onSave={(row, change) => void save(row, change)} />,
            },
            limits: { key: 'limits', header: t.col_limits, align: 'end', width: 'minmax(120px, 1fr)', cell: (point) => limitsText(point, format) },
            tags: {
                key: 'tags',
                header: t.col_tags,
                width: 'minmax(160px, 2fr)',
                cell: (point) => <span className={classes.dim}>{Object.keys(point.tags).join(' ')}</span>,
            },
            enabled: {
                key: 'enabled',
                header: t.col_enabled,
                width: '88px',
                cell: (point) => <FlagCell point={point} column="enabled" mayEdit={mayEdit} onSave={(row, change) => void save(row, change)} />,
            },
        }
        return columns.map((name) => made[name])
    }, [t, format, columns, mayEdit, editing, move, save])
    const withSelect: Column<Point>[] = [
        {
            key: 'select',
            header: <VisuallyHidden>{t.selected('')}</VisuallyHidden>,
            width: '40px',
            cell: (point, index) => <SelectCell point={point} isSelected={selected.has(point.id)} onSelect={(isRange) => select(point, index, isRange)} />,
        },
        ...table,
    ]

    const searchField = useRef<HTMLInputElement>(null)
    const list = useRef<HTMLDivElement>(null)
    useEffect(() => {
        /* "/" is the search of all points and screens elsewhere; here it is this one's */
        const key = (event: globalThis.KeyboardEvent) => {
            if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return
            if (event.target instanceof Element && event.target.closest('input, textarea, select, [role="dialog"]')) return
            event.preventDefault()
            event.stopImmediatePropagation()
            searchField.current?.focus()
        }
        window.addEventListener('keydown', key, true)
        return () => window.removeEventListener('keydown', key, true)
    }, [])
    const focusRow = () => list.current?.querySelector<HTMLElement>('[data-index]')?.focus()
    const rowKey = (event: KeyboardEvent) => {
        const target = event.target as HTMLElement
        if (target.dataset.index === undefined) return
        const index = Number(target.dataset.index)
        const point = pages?.at(index)
        if (!point) return
        if (event.key === ' ') {
            event.preventDefault()
            select(point, index, event.shiftKey)
        } else if (event.key === 'F2' && mayEdit) {
            const first = columns.find((name) => EDITABLE.includes(name))
            if (first) setEditing({ id: point.id, column: first })
        } else if (event.key === 'Escape') setSelected(new Map())
        else if (event.key === 'ArrowUp' && index === 0) searchField.current?.focus()
    }

    const open = (point: Point) => void navigate({ to: '/sites/$site/points/$point', params: { site: site.id, point: String(point.id) } })
    const chart = () => void navigate({ to: '/sites/$site/trends', params: { site: site.id }, search: { points: [...selected.keys()].slice(0, CHARTED_MAX) } })
    const csv = addressOf('/sites/{site}/points.csv', { path: { site: site.id }, query: queryOf(search) as never })
    const onRange = useCallback((first: number, last: number) => pages?.show(first, last), [pages])

    return (
        <div className={classes.screen}>
            <PageHeader title={t.title}>
                <Views
                    screen="points"
                    query={writeSearch(search).slice(1)}
                    onOpen={(query) => void navigate({ to: '/sites/$site/points', params: { site: site.id }, search: searchOf(parseSearch(query)) })}
                />
                <Menu closeOnItemClick={false} width={220}>
                    <Menu.Target>
                        <Button variant="default" leftSection={<IconColumns size={16} />} visibleFrom="sm">
                            {t.columns}
                        </Button>
                    </Menu.Target>
                    <Menu.Dropdown>
                        {COLUMNS.filter((name) => name !== 'name').map((name) => (
                            <Menu.CheckboxItem
                                key={name}
                                checked={columns.includes(name)}
                                onChange={(isShown) =>
                                    set({ columns: columnsText(isShown ? [...columns, name] : columns.filter((one) => one !== name)) }, true)
                                }
                            >
                                {t[`col_${name}`]}
                            </Menu.CheckboxItem>
                        ))}
                        <Menu.Divider />
                        <Menu.Item onClick={() => set({ columns: undefined }, true)}>{t.usualColumns}</Menu.Item>
                    </Menu.Dropdown>
                </Menu>
                <Button component="a" href={csv} download variant="default" leftSection={<IconDownload size={16} />}>
                    {t.csv}
                </Button>
            </PageHeader>
            <div className={classes.bar}>
                <SearchField field={searchField} value={search.search ?? ''} onChange={(text) => set({ search: text || undefined }, true)} onDown={focusRow} />
                <Filters search={search} onChange={(change) => set(change)} />
                <span className={classes.count} aria-live="polite" data-testid="count">
                    {pages?.isKnown ? t.found(format.number(total, 0), total) : ''}
                </span>
            </div>
            {pages?.error ? <ProblemNotice error={pages.error} onRetry={() => pages.refresh()} /> : null}
            {/* biome-ignore lint/a11y/noStaticElementInteractions: keys of the rows within */}
            <div ref={list} className={classes.list} data-old={isOld || undefined} onKeyDown={rowKey}>
                {!pages ? (
                    <Loading rows={12} />
                ) : total === 0 && pages.isKnown ? (
                    hasFilters(search) ? (
                        <EmptyState
                            icon={IconSearch}
                            title={t.nothingFound}
                            action={
                                <Button
                                    variant="default"
                                    onClick={() =>
                                        void navigate({
                                            to: '/sites/$site/points',
                                            params: { site: site.id },
                                            search: { sort: search.sort, columns: search.columns },
                                        })
                                    }
                                >
                                    {t.clearFilters}
                                </Button>
                            }
                        >
                            {t.nothingFoundText}
                        </EmptyState>
                    ) : (
                        <EmptyState icon={IconPoints} title={t.noPoints}>
                            {t.noPointsText}
                        </EmptyState>
                    )
                ) : (
                    <DataTable<Point>
                        label={t.title}
                        columns={withSelect}
                        count={total}
                        rowAt={(index) => pages.at(index)}
                        keyOf={(point) => point.id}
                        onOpen={open}
                        onRange={onRange}
                        sort={search.sort ?? 'path'}
                        onSort={(sort) => set({ sort: sort === 'path' ? undefined : (sort as Sort) })}
                        isSelected={(point) => selected.has(point.id)}
                        compact={(point) => <Card point={point} />}
                        compactHeight={64}
                        height="fill"
                        resetKey={key}
                    />
                )}
                {selected.size > 0 ? (
                    <section className={classes.selection} aria-label={t.selected(format.number(selected.size, 0))}>
                        <span aria-live="polite">{t.selected(format.number(selected.size, 0))}</span>
                        {selected.size < Math.min(total, EDITED_MAX) ? (
                            <Button variant="subtle" size="xs" loading={isGathering} onClick={() => void selectAll()}>
                                {t.selectAll(format.number(total, 0))}
                            </Button>
                        ) : null}
                        <Button
                            size="xs"
                            variant="default"
                            leftSection={<IconTrends size={16} />}
                            disabled={selected.size > CHARTED_MAX}
                            title={selected.size > CHARTED_MAX ? t.tooManyToChart : undefined}
                            onClick={chart}
                        >
                            {t.chart}
                        </Button>
                        {mayEdit ? (
                            <Button size="xs" onClick={() => setBulk(true)}>
                                {t.editMany}
                            </Button>
                        ) : null}
                        <Button variant="subtle" size="xs" px={6} aria-label={t.clearSelection} onClick={() => setSelected(new Map())}>
                            <IconClose size={16} />
                        </Button>
                    </section>
                ) : null}
            </div>
            <VisuallyHidden>{t.keys}</VisuallyHidden>
            <BulkEdit
                opened={isBulk}
                points={selected}
                onClose={() => setBulk(false)}
                onDone={(done) => {
                    setBulk(false)
                    setSelected(new Map())
                    pages?.refresh()
                    changed(done)
                }}
            />
        </div>
    )
}

/* What is typed stands there at once; it is asked for when the hand has paused. */
function SearchField({
    field,
    value,
    onChange,
    onDown,
}: {
    field: React.RefObject<HTMLInputElement | null>
    value: string
    onChange: (text: string) => void
    onDown: () => void
}) {
    const t = useStrings(strings)
    const [typed, setTyped] = useState(value)
    const told = useRef(value)
    useEffect(() => {
        if (value !== told.current) setTyped(value) /* the address changed by other means */
        told.current = value
    }, [value])
    useEffect(() => {
        if (typed === told.current) return
        const timer = window.setTimeout(() => {
            told.current = typed
            onChange(typed)
        }, SEARCH_WAIT_MS)
        return () => window.clearTimeout(timer)
    }, [typed, onChange])
    return (
        <TextInput
            ref={field}
            className={classes.search}
            type="search"
            size="sm"
            aria-label={t.searchLabel}
            placeholder={t.searchHint}
            leftSection={<IconSearch size={16} />}
            value={typed}
            maxLength={200}
            onChange={(event) => setTyped(event.currentTarget.value)}
            onKeyDown={(event) => {
                if (event.key === 'ArrowDown') {
                    event.preventDefault()
                    onDown()
                } else if (event.key === 'Escape') setTyped('')
            }}
        />
    )
}

function Card({ point }: { point: Point }) {
    return (
        <div className={classes.card}>
            <div className={classes.cardText}>
                <div className={classes.name}>{point.path}</div>
                <div>{point.description || point.device_name}</div>
            </div>
            <LiveCell point={point} />
        </div>
    )
}
