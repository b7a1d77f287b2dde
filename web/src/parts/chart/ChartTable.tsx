/* The chart as a table, for those who rather read, or hear it read: a row an instant, at most ROWS_MAX of them. */
import { Table, Text } from '@mantine/core'
import { useMemo } from 'react'
import { useFormat, useStrings } from '../../strings'
import { readingAt } from './columns'
import { strings } from './strings'
import type { Range, Series } from './types'
import { readingText } from './words'

const ROWS_MAX = 200

/* The instants of all series within the range, in order; of many, every n-th. */
export function tableInstants(series: readonly Series[], range: Range, most = ROWS_MAX): { at: number[]; total: number } {
    const all = new Set<number>()
    for (const one of series) for (const at of one.columns.at) if (at >= range.from && at <= range.to) all.add(at)
    const sorted = [...all].sort((a, b) => a - b)
    const every = Math.max(1, Math.ceil(sorted.length / most))
    return { at: sorted.filter((_, i) => i % every === 0), total: sorted.length }
}

export function ChartTable({ series, range }: { series: readonly Series[]; range: Range }) {
    const t = useStrings(strings)
    const format = useFormat()
    const rows = useMemo(() => tableInstants(series, range), [series, range])
    if (rows.total === 0) return <Text c="dimmed">{t.nothing}</Text>
    return (
        <>
            {rows.at.length < rows.total ? (
                <Text size="sm" c="dimmed" mb="sm">
                    {t.someRows(format.number(rows.at.length, 0), format.number(rows.total, 0))}
                </Text>
            ) : null}
            <Table.ScrollContainer minWidth={360} maxHeight={480} type="native" tabIndex={0} role="region" aria-label={t.table}>
                <Table stickyHeader fz="sm" style={{ fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' }}>
                    <Table.Thead>
                        <Table.Tr>
                            <Table.Th scope="col">{t.time}</Table.Th>
                            {series.map((one) => (
                                <Table.Th key={one.key} scope="col" ta="end">
                                    {one.label}
                                </Table.Th>
                            ))}
                        </Table.Tr>
                    </Table.Thead>
                    <Table.Tbody>
                        {rows.at.map((at) => (
                            <Table.Tr key={at}>
                                <Table.Th scope="row" fw={400} style={{ whiteSpace: 'nowrap' }}>
                                    {format.dateTime(at)}
                                </Table.Th>
                                {series.map((one) => (
                                    <Table.Td key={one.key} ta="end">
                                        {readingText(one, readingAt(one, at), format, t)}
                                    </Table.Td>
                                ))}
                            </Table.Tr>
                        ))}
                    </Table.Tbody>
                </Table>
            </Table.ScrollContainer>
        </>
    )
}
