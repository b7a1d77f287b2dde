/* Which building needs a look? Those elsewhere that send to this central, the worst first; and any point of any of them. */
import { Button, Group, Select, Stack, Text, TextInput, Title } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { api } from '../../api/client'
import type { FoundPoint, Site } from '../../api/shapes'
import { CENTRAL, sitesQuery, useSession } from '../../app/session'
import { strings as app } from '../../app/strings'
import { type Column, DataTable } from '../../parts/DataTable'
import { EmptyState } from '../../parts/EmptyState'
import { IconAdd, IconSearch, IconSite } from '../../parts/icons'
import { Loaded } from '../../parts/Loading'
import { PageHeader } from '../../parts/PageHeader'
import { Value } from '../../parts/Value'
import { useFormat, useStrings } from '../../strings'
import { common } from '../../strings/common'
import { Cards } from './Cards'
import { countBy, hasJoined, inOrder, nameHas, needsALook, type Order, orders, words as states, type Word, wordOf } from './judge'
import { Invite, Manage } from './Manage'
import classes from './sites.module.css'
import { strings } from './strings'

const ASK_EVERY_MS = 10_000
const PAGE = 50

const remote = (sites: Site[]) => sites.filter((site) => site.is_remote)

export function Screen() {
    const t = useStrings(strings)
    const title = useStrings(app).sites
    const query = useQuery({ ...sitesQuery, select: remote, refetchInterval: ASK_EVERY_MS })
    const mayManage = useMayManage()
    const [isInviting, setInviting] = useState(false)
    return (
        <Loaded query={query} rows={8}>
            {(sites) => {
                const bad = sites.filter(needsALook).length
                const joined = sites.filter(hasJoined).length
                return (
                    <>
                        <PageHeader title={title} about={joined === 0 ? undefined : bad ? t.notWell(bad, joined) : t.allWell(joined)}>
                            {mayManage && (
                                <Button leftSection={<IconAdd size={16} />} onClick={() => setInviting(true)}>
                                    {t.invite}
                                </Button>
                            )}
                        </PageHeader>
                        {isInviting && <Invite onClose={() => setInviting(false)} />}
                        {sites.length === 0 ? (
                            <EmptyState
                                icon={IconSite}
                                title={t.emptyTitle}
                                action={
                                    mayManage ? (
                                        <Button variant="default" mt="xs" onClick={() => setInviting(true)}>
                                            {t.invite}
                                        </Button>
                                    ) : undefined
                                }
                            >
                                {t.empty} {!mayManage && t.emptyAsk}
                            </EmptyState>
                        ) : (
                            <Sites sites={sites} />
                        )}
                    </>
                )
            }}
        </Loaded>
    )
}

/* Who is admin of all sites has a role at central's own. */
function useMayManage(): boolean {
    const session = useSession()
    return session.sites.some((site) => site.site === CENTRAL && site.rights.includes('manage_sites'))
}

function Sites({ sites }: { sites: Site[] }) {
    const t = useStrings(strings)
    const navigate = useNavigate()
    const asks = useSearch({ from: '/framed/sites' })
    const { search = '', manage } = asks
    const [words, setWords] = useState(search)
    const [asked] = useDebouncedValue(words.trim(), 150)
    // The address has it, so that it can be kept; what is typed goes before what is in the address.
    useEffect(() => {
        void navigate({ to: '/sites', search: (was) => ({ ...was, search: asked || undefined }), replace: true })
    }, [asked, navigate])
    const mayManage = useMayManage()
    const setManaged = useCallback((site?: string) => void navigate({ to: '/sites', search: (was) => ({ ...was, manage: site }), replace: true }), [navigate])
    const managedSite = mayManage ? sites.find((site) => site.id === manage) : undefined
    const { is, group, zone, by } = asks
    const shown = useMemo(() => {
        const isMeant = (site: Site) =>
            nameHas(site, asked) &&
            (!is || (site.link && wordOf(site.link) === is)) &&
            (!group || site.link?.groups.includes(group)) &&
            (!zone || site.timezone === zone)
        return inOrder(sites.filter(isMeant), by)
    }, [sites, asked, is, group, zone, by])
    const groups = countBy(sites, (site) => site.link?.groups ?? [])
    const isNarrowed = is !== undefined || group !== undefined || zone !== undefined
    return (
        <Stack gap="lg">
            <TextInput
                value={words}
                onChange={(event) => setWords(event.currentTarget.value)}
                placeholder={t.find}
                aria-label={t.find}
                leftSection={<IconSearch size={18} stroke={1.6} aria-hidden />}
                maw={480}
                w="100%"
                autoComplete="off"
                spellCheck={false}
            />
            {sites.length > 1 && <Filters sites={sites} />}
            {(isNarrowed || asked !== '') && shown.length > 0 && (
                <Text size="sm" c="dimmed" role="status">
                    {t.shown(shown.length, sites.length)}
                </Text>
            )}
            {isNarrowed && shown.length === 0 && (
                <EmptyState
                    icon={IconSite}
                    title={t.noneSo}
                    action={
                        <Button
                            variant="default"
                            onClick={() =>
                                void navigate({ to: '/sites', search: (was) => ({ ...was, is: undefined, group: undefined, zone: undefined }), replace: true })
                            }
                        >
                            {t.allSites}
                        </Button>
                    }
                />
            )}
            {shown.length > 0 && <Cards sites={shown} {...(mayManage ? { onManage: setManaged } : {})} />}
            {managedSite && <Manage key={managedSite.id} site={managedSite} known={groups.map(([group]) => group)} onClose={() => setManaged()} />}
            {asked !== '' && <Found words={asked} sites={sites} hasSites={shown.length > 0} />}
        </Stack>
    )
}

/* Which sites, with how many there are of each kind. */
function Filters({ sites }: { sites: Site[] }) {
    const t = useStrings(strings)
    const navigate = useNavigate()
    const { is, group, zone, by } = useSearch({ from: '/framed/sites' })
    const set = (part: object) => void navigate({ to: '/sites', search: (was) => ({ ...was, ...part }), replace: true })
    const counted = (label: string, count: number) => `${label} (${count})`
    const present = countBy(sites, (site) => (site.link ? [wordOf(site.link)] : []))
    const groups = countBy(sites, (site) => site.link?.groups ?? [])
    const zones = countBy(sites, (site) => [site.timezone])
    const sorts: Record<Order, string> = { name: t.byName, heard: t.heard, lag: t.lag, availability: t.availability, failing: t.failing, month: t.month }
    return (
        <Group gap="sm" className={classes.filters}>
            <Select
                aria-label={t.state}
                placeholder={t.everyState}
                clearable
                value={is ?? null}
                onChange={(value) => set({ is: (value ?? undefined) as Word | undefined })}
                data={states.flatMap((word) =>
                    present.filter(([one]) => one === word).map(([, count]) => ({ value: word as string, label: counted(t[word], count) })),
                )}
            />
            {(groups.length > 0 || group !== undefined) && (
                <Select
                    aria-label={t.groups}
                    placeholder={t.everyGroup}
                    clearable
                    searchable
                    value={group ?? null}
                    onChange={(value) => set({ group: value ?? undefined })}
                    data={groups.map(([name, count]) => ({ value: name, label: counted(name, count) }))}
                />
            )}
            {(zones.length > 1 || zone !== undefined) && (
                <Select
                    aria-label={t.zone}
                    placeholder={t.everyZone}
                    clearable
                    searchable
                    value={zone ?? null}
                    onChange={(value) => set({ zone: value ?? undefined })}
                    data={zones.map(([name, count]) => ({ value: name, label: counted(name, count) }))}
                />
            )}
            <Select
                aria-label={t.order}
                value={by ?? 'worst'}
                allowDeselect={false}
                onChange={(value) => set({ by: value === 'worst' ? undefined : (value as Order) })}
                data={[{ value: 'worst', label: t.worstFirst }, ...orders.map((order) => ({ value: order as string, label: t.by(sorts[order]) }))]}
            />
        </Group>
    )
}

function Found({ words, sites, hasSites }: { words: string; sites: Site[]; hasSites: boolean }) {
    const t = useStrings(strings)
    const c = useStrings(common)
    const format = useFormat()
    const navigate = useNavigate()
    const query = useInfiniteQuery({
        queryKey: ['points', null, 'all', words],
        queryFn: ({ pageParam, signal }) => api.get('/points', { query: { search: words, limit: PAGE, ...(pageParam ? { after: pageParam } : {}) }, signal }),
        initialPageParam: '',
        getNextPageParam: (page) => page.next ?? undefined,
    })
    const nameOf = (id: string) => sites.find((site) => site.id === id)?.name ?? id
    const columns: Column<FoundPoint>[] = [
        { key: 'site', header: c.site, width: 'minmax(120px, 1fr)', cell: (point) => nameOf(point.site) },
        { key: 'point', header: c.point, width: 'minmax(160px, 2fr)', cell: (point) => point.path },
        {
            key: 'value',
            header: c.value,
            width: 'minmax(120px, 1fr)',
            align: 'end',
            cell: (point) => <PointValue point={point} />,
        },
    ]
    return (
        <Loaded query={query}>
            {({ pages }) => {
                const items = pages.flatMap((page) => page.items)
                const total = pages[0]?.total ?? 0
                if (total === 0) return hasSites ? null : <Text c="dimmed">{t.nothing(words)}</Text>
                return (
                    <section className={classes.found} aria-label={t.foundPoints}>
                        <Title order={2} size="h4" mb="sm">
                            {t.pointsFound(format.number(total, 0), total)}
                        </Title>
                        <DataTable
                            label={t.foundPoints}
                            columns={columns}
                            count={items.length}
                            rowAt={(i) => items[i]}
                            keyOf={(point) => `${point.site} ${point.id}`}
                            onOpen={(point) => void navigate({ to: '/sites/$site/points/$point', params: { site: point.site, point: String(point.id) } })}
                            compact={(point) => (
                                <Group justify="space-between" wrap="nowrap">
                                    <Stack gap={0} miw={0}>
                                        <Text size="sm" truncate>
                                            {point.path}
                                        </Text>
                                        <Text size="sm" c="dimmed" truncate>
                                            {nameOf(point.site)}
                                        </Text>
                                    </Stack>
                                    <PointValue point={point} />
                                </Group>
                            )}
                        />
                        {query.hasNextPage && (
                            <Button variant="default" mt="sm" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                                {t.more}
                            </Button>
                        )}
                    </section>
                )
            }}
        </Loaded>
    )
}

function PointValue({ point }: { point: FoundPoint }) {
    return (
        <Value
            value={point.value.value}
            text={point.value.text}
            unit={point.unit_symbol}
            quality={point.value.quality}
            reason={point.value.reason}
            at={point.value.at}
            overridden={point.overridden}
        />
    )
}
