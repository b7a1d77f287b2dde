/* What was asked to be written, newest first, and what became of it. */
import { Anchor, Button, Drawer, Group, SegmentedControl, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { api } from '../../api/client'
import { queries } from '../../api/query'
import type { Command } from '../../api/shapes'
import { useSite } from '../../app/site'
import { strings as app } from '../../app/strings'
import { type Column, DataTable } from '../../parts/DataTable'
import { EmptyState } from '../../parts/EmptyState'
import { Facts } from '../../parts/Facts'
import { IconBad, IconCommands, IconGood, IconStale } from '../../parts/icons'
import { Loaded } from '../../parts/Loading'
import { PageHeader } from '../../parts/PageHeader'
import { Path } from '../../parts/Path'
import { usePages } from '../../parts/pages'
import { Time } from '../../parts/Time'
import { type Format, useFormat, useStrings } from '../../strings'
import { common } from '../../strings/common'
import classes from './commands.module.css'
import { states, statusesOf } from './search'
import { strings } from './strings'

function useWords() {
    const t = useStrings(strings)
    const format: Format = useFormat()
    const status = {
        pending: t.pending,
        executing: t.executing,
        completed: t.completedWord,
        failed: t.failedWord,
        expired: t.expired,
        cancelled: t.cancelled,
        refused: t.refusedWord,
    } satisfies Record<Command['status'], string>
    const value = (command: Command, number: number | null | undefined) =>
        number === null || number === undefined ? '–' : `${format.number(number)} ${command.unit_symbol ?? ''}`.trim()
    const what = (command: Command) =>
        command.command_type === 'release_priority' ? t.releases(command.priority) : t.writes(command.state ?? value(command, command.value), command.priority)
    return { t, status, value, what }
}

function Status({ command }: { command: Command }) {
    const { status } = useWords()
    const Icon = command.status === 'completed' ? IconGood : command.status === 'pending' || command.status === 'executing' ? IconStale : IconBad
    return (
        <span className={classes.status} data-status={command.status}>
            <Icon size={15} aria-hidden />
            {status[command.status]}
        </span>
    )
}

export function Screen() {
    const { t, what } = useWords()
    const c = useStrings(common)
    const site = useSite()
    const title = useStrings(app).commands
    const search = useSearch({ from: '/framed/sites/$site/commands' })
    const navigate = useNavigate({ from: '/sites/$site/commands' })
    const status = statusesOf[search.state ?? 'all']
    const { query, rows, count, onRange } = usePages<Command>(['commands', site.id, 'list', status, search.person, search.point], (after, signal) =>
        api.get('/sites/{site}/commands', {
            path: { site: site.id },
            query: {
                ...(status ? { status } : {}),
                ...(search.person ? { person: search.person } : {}),
                ...(search.point ? { point: search.point } : {}),
                ...(after ? { after } : {}),
                limit: 100,
            },
            signal,
        }),
    )
    const open = (command: string | undefined) => void navigate({ search: (old) => ({ ...old, command }) })
    const isFiltered = search.state !== undefined || search.person !== undefined || search.point !== undefined
    const columns: Column<Command>[] = [
        { key: 'asked', header: t.asked, width: '130px', cell: (command) => <Time at={command.created_at} /> },
        { key: 'point', header: c.point, width: 'minmax(180px, 2.5fr)', cell: (command) => <Path path={command.path} /> },
        { key: 'what', header: t.command, width: 'minmax(140px, 1.5fr)', cell: what },
        { key: 'by', header: t.person, width: 'minmax(110px, 1fr)', cell: (command) => <span className={classes.cut}>{command.created_by}</span> },
        { key: 'status', header: '', width: '120px', cell: (command) => <Status command={command} /> },
        { key: 'outcome', header: t.outcome, width: 'minmax(200px, 4fr)', cell: (command) => <span className={classes.cut}>{command.text ?? ''}</span> },
    ]
    return (
        <Stack gap={0}>
            <PageHeader title={title} about={t.about} />
            <Group gap="sm" mb="md">
                <SegmentedControl
                    aria-label={t.state}
                    data={states.map((one) => ({ value: one, label: t[one] }))}
                    value={search.state ?? 'all'}
                    onChange={(one) => void navigate({ search: (old) => ({ ...old, state: one as 'all' }), replace: true })}
                />
                {search.person && <Text size="sm">{t.onlyPerson(search.person)}</Text>}
                {search.point && <Text size="sm">{t.onlyPoint(rows[0]?.path ?? String(search.point))}</Text>}
                {(search.person || search.point) && (
                    <Button variant="subtle" onClick={() => void navigate({ search: {} })}>
                        {t.showAll}
                    </Button>
                )}
            </Group>
            <Loaded query={query}>
                {(commands) =>
                    commands.length === 0 ? (
                        <EmptyState icon={IconCommands} title={isFiltered ? t.noneTitle : t.emptyTitle}>
                            {isFiltered ? t.none : t.empty}
                        </EmptyState>
                    ) : (
                        <DataTable
                            label={title}
                            columns={columns}
                            count={count}
                            rowAt={(index) => rows[index]}
                            keyOf={(command) => command.id}
                            onOpen={(command) => open(command.id)}
                            onRange={onRange}
                            isSelected={(command) => command.id === search.command}
                            resetKey={`${status} ${search.person} ${search.point}`}
                            height="max(320px, calc(100dvh - 176px))"
                            compactHeight={84}
                            compact={(command) => (
                                <Stack gap={2}>
                                    <Group justify="space-between" wrap="nowrap">
                                        <Text fw={500} truncate>
                                            {command.path}
                                        </Text>
                                        <Status command={command} />
                                    </Group>
                                    <Text size="sm">{what(command)}</Text>
                                    <Text size="sm" c="dimmed" truncate>
                                        {command.created_by} · <Time at={command.created_at} />
                                    </Text>
                                </Stack>
                            )}
                        />
                    )
                }
            </Loaded>
            <Drawer opened={search.command !== undefined} onClose={() => open(undefined)} position="right" title={title} size="md">
                {search.command && <Details id={search.command} known={rows.find((command) => command.id === search.command)} />}
            </Drawer>
        </Stack>
    )
}

function Details({ id, known }: { id: string; known: Command | undefined }) {
    const { t, value, what } = useWords()
    const site = useSite()
    const query = useQuery({
        queryKey: ['commands', site.id, id],
        queryFn: ({ signal }) => api.get('/sites/{site}/commands/{command}', { path: { site: site.id, command: id }, signal }),
        ...(known ? { initialData: known, initialDataUpdatedAt: 0 } : {}),
    })
    const cancel = async () => {
        await api.delete('/sites/{site}/commands/{command}', { path: { site: site.id, command: id } })
        void queries.invalidateQueries({ queryKey: ['commands', site.id] })
    }
    return (
        <Loaded query={query}>
            {(command) => (
                <Stack gap="md">
                    <div>
                        <Anchor component={Link} to={`/sites/${site.id}/points/${command.point}` as '/'} fw={600}>
                            {command.path}
                        </Anchor>
                        <Text>{what(command)}</Text>
                    </div>
                    <Status command={command} />
                    {command.text && <Text>{command.text}</Text>}
                    {command.status === 'pending' && command.step && !command.handed_over_at && <Text c="dimmed">{t.waitsForSite}</Text>}
                    <Facts
                        items={[
                            [t.person, `${command.created_by} (${command.source})`],
                            [t.from, command.address],
                            [t.reason, command.reason],
                            [t.asked, <Time key="t" at={command.created_at} form="whole" />],
                            [t.handedOver, command.handed_over_at && <Time at={command.handed_over_at} form="whole" />],
                            [t.executed, command.executed_at && <Time at={command.executed_at} form="whole" />],
                            [t.ended, command.completed_at && <Time at={command.completed_at} form="whole" />],
                            [t.expires, command.status === 'pending' && <Time at={command.expires_at} form="whole" />],
                            [t.releasesAt, command.release_at && <Time at={command.release_at} form="whole" />],
                            [t.before, command.value_before !== null && command.value_before !== undefined && value(command, command.value_before)],
                            [t.shown, command.shown_value !== null && command.shown_value !== undefined && value(command, command.shown_value)],
                            [t.rule, command.rule],
                            [t.number, <code key="n">{command.id}</code>],
                        ]}
                    />
                    {command.status === 'pending' && site.may('command') && (
                        <Group>
                            <Button variant="default" onClick={() => void cancel()}>
                                {t.cancelIt}
                            </Button>
                        </Group>
                    )}
                </Stack>
            )}
        </Loaded>
    )
}
