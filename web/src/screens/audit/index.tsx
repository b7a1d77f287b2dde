/* Who did what: the record, newest first, with what was and what is; and whether all of it is there. */
import { Anchor, Button, Drawer, Group, Paper, Select, Stack, Text, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { api } from '../../api/client'
import type { AuditEntry } from '../../api/shapes'
import { useSite } from '../../app/site'
import { strings as app } from '../../app/strings'
import { type Column, DataTable } from '../../parts/DataTable'
import { EmptyState } from '../../parts/EmptyState'
import { Facts } from '../../parts/Facts'
import { IconAudit, IconBad, IconGood } from '../../parts/icons'
import { Loaded } from '../../parts/Loading'
import { PageHeader } from '../../parts/PageHeader'
import { ProblemNotice } from '../../parts/Problem'
import { usePages } from '../../parts/pages'
import { Time } from '../../parts/Time'
import { useFormat, useStrings } from '../../strings'
import classes from './audit.module.css'
import { kinds, kindsOf, type Search, spans } from './search'
import { strings } from './strings'

export function Screen() {
    const t = useStrings(strings)
    const site = useSite()
    const title = useStrings(app).audit
    const search = useSearch({ from: '/framed/sites/$site/audit' })
    const navigate = useNavigate({ from: '/sites/$site/audit' })
    const [shown, setShown] = useState<AuditEntry>()
    const [isProving, setProving] = useState(false)
    // Rounded, so that the question stays the same while the screen is looked at.
    const [openedAt] = useState(() => Math.floor(Date.now() / 60_000) * 60_000)
    const from = search.span ? new Date(openedAt - spans[search.span] * 1000).toISOString() : undefined
    const kind = kindsOf(search.kind)
    const { query, rows, count, onRange } = usePages<AuditEntry>(['audit', site.id, kind, search.person, search.point, from], (after, signal) =>
        api.get('/sites/{site}/audit', {
            path: { site: site.id },
            query: {
                ...(kind ? { kind } : {}),
                ...(search.person ? { person: search.person } : {}),
                ...(search.point ? { point: search.point } : {}),
                ...(from ? { from } : {}),
                ...(after ? { after } : {}),
                limit: 100,
            },
            signal,
        }),
    )
    const set = (change: Partial<Search>) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
    const setPerson = useDebouncedCallback((person: string) => set({ person }), 250)
    const isFiltered = Object.keys(search).length > 0
    const columns: Column<AuditEntry>[] = [
        { key: 'at', header: t.time, width: '176px', cell: (entry) => <Time at={entry.at} form="whole" /> },
        {
            key: 'person',
            header: t.person,
            width: 'minmax(110px, 1fr)',
            cell: (entry) => (
                <span className={classes.cut}>
                    {entry.person ?? (
                        <Text span c="dimmed" size="sm">
                            {t.nobody}
                        </Text>
                    )}
                </span>
            ),
        },
        { key: 'text', header: t.happened, width: 'minmax(240px, 6fr)', cell: (entry) => <span className={classes.cut}>{entry.text}</span> },
        { key: 'address', header: t.from, width: 'minmax(100px, 1fr)', cell: (entry) => <span className={classes.cut}>{entry.address ?? ''}</span> },
    ]
    return (
        <Stack gap={0}>
            <PageHeader title={title} about={t.about}>
                <Button variant="default" onClick={() => setProving(true)} aria-expanded={isProving}>
                    {t.whole}
                </Button>
            </PageHeader>
            {isProving && <Proof />}
            <Group gap="sm" mb="md">
                <Select
                    aria-label={t.kind}
                    data={[{ value: '', label: t.everything }, ...kinds.map((one) => ({ value: one, label: t[`kind_${one}`] }))]}
                    value={search.kind ?? ''}
                    allowDeselect={false}
                    onChange={(one) => set({ kind: (one || undefined) as Search['kind'] } as Partial<Search>)}
                    w={150}
                />
                <Select
                    aria-label={t.when}
                    data={[{ value: '', label: t.always }, ...(['day', 'week', 'month'] as const).map((one) => ({ value: one, label: t[one] }))]}
                    value={search.span ?? ''}
                    allowDeselect={false}
                    onChange={(one) => set({ span: (one || undefined) as Search['span'] } as Partial<Search>)}
                    w={150}
                />
                <TextInput
                    aria-label={t.person}
                    placeholder={t.anybody}
                    defaultValue={search.person ?? ''}
                    onChange={(event) => setPerson(event.currentTarget.value)}
                />
                {search.point && (
                    <Button variant="subtle" onClick={() => void navigate({ search: {} })}>
                        {t.onlyPoint} · {t.showAll}
                    </Button>
                )}
            </Group>
            <Loaded query={query}>
                {(entries) =>
                    entries.length === 0 ? (
                        <EmptyState icon={IconAudit} title={isFiltered ? t.noneTitle : t.emptyTitle}>
                            {isFiltered ? t.none : t.empty}
                        </EmptyState>
                    ) : (
                        <DataTable
                            label={title}
                            columns={columns}
                            count={count}
                            rowAt={(index) => rows[index]}
                            keyOf={(entry) => `${entry.epoch} ${entry.seq}`}
                            onOpen={setShown}
                            onRange={onRange}
                            resetKey={`${kind} ${search.person} ${search.point} ${from}`}
                            height="max(320px, calc(100dvh - 176px))"
                            compactHeight={72}
                            compact={(entry) => (
                                <Stack gap={2}>
                                    <Text lineClamp={2}>{entry.text}</Text>
                                    <Text size="sm" c="dimmed">
                                        {entry.person ?? t.nobody} · <Time at={entry.at} form="whole" />
                                    </Text>
                                </Stack>
                            )}
                        />
                    )
                }
            </Loaded>
            <Drawer opened={shown !== undefined} onClose={() => setShown(undefined)} position="right" title={title} size="md">
                {shown && <Details entry={shown} />}
            </Drawer>
        </Stack>
    )
}

const ASK_MS = 1000

function Proof() {
    const t = useStrings(strings)
    const format = useFormat()
    const site = useSite()
    const {
        data: answer,
        error,
        refetch,
    } = useQuery({
        queryKey: ['audit', site.id, 'proof'],
        queryFn: ({ signal }) => api.get('/sites/{site}/audit/proof', { path: { site: site.id }, signal }),
        staleTime: 0,
        /* a job, until it has been looked at */
        refetchInterval: (query) => (query.state.data && !('is_whole' in query.state.data) ? ASK_MS : false),
    })
    const data = answer && 'is_whole' in answer ? answer : undefined
    if (error) return <ProblemNotice error={error} onRetry={() => void refetch()} />
    const Icon = data?.is_whole === false ? IconBad : IconGood
    return (
        <Paper p="md" mb="md" role="status" className={classes.proof} data-broken={data?.is_whole === false || undefined}>
            {data ? (
                <Group gap="sm" wrap="nowrap" align="flex-start">
                    <Icon size={20} aria-hidden />
                    <div>
                        <Text fw={600}>{data.is_whole ? t.isWhole : t.isNotWhole}</Text>
                        <Text size="sm">{data.text}</Text>
                        <Text size="sm" c="dimmed">
                            {t.entries(format.number(data.entries, 0))} · <Time at={data.checked_at} form="whole" />
                        </Text>
                    </div>
                </Group>
            ) : (
                <Text c="dimmed">{t.checking}</Text>
            )}
        </Paper>
    )
}

function text(value: unknown): string {
    return typeof value === 'string' ? value : JSON.stringify(value)
}

function Details({ entry }: { entry: AuditEntry }) {
    const t = useStrings(strings)
    const site = useSite()
    const before = entry.before ?? {}
    const after = entry.after ?? {}
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => text(before[name]) !== text(after[name]))
    return (
        <Stack gap="md">
            <Text>{entry.text}</Text>
            <Facts
                items={[
                    [t.time, <Time key="t" at={entry.at} form="whole" />],
                    [t.person, entry.person ?? t.nobody],
                    [t.from, entry.address],
                    [t.source, entry.source],
                    [t.entry, `${entry.epoch} ${entry.seq}`],
                ]}
            />
            {names.length > 0 && (
                <table className={classes.changes}>
                    <thead>
                        <tr>
                            <td />
                            <th scope="col">{t.before}</th>
                            <th scope="col">{t.after}</th>
                        </tr>
                    </thead>
                    <tbody>
                        {names.map((name) => (
                            <tr key={name}>
                                <th scope="row">{name}</th>
                                <td>{before[name] === undefined ? '–' : text(before[name])}</td>
                                <td>{after[name] === undefined ? '–' : text(after[name])}</td>
                            </tr>
                        ))}
                    </tbody>
                </table>
            )}
            <Group gap="md">
                {entry.point && (
                    <Anchor component={Link} to={`/sites/${site.id}/points/${entry.point}` as '/'}>
                        {t.toPoint}
                    </Anchor>
                )}
                {entry.command && (
                    <Anchor component={Link} to={`/sites/${site.id}/commands` as '/'} search={{ command: entry.command } as never}>
                        {t.toCommand}
                    </Anchor>
                )}
            </Group>
        </Stack>
    )
}
