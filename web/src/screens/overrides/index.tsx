/* Who holds what, since when and until when; and lets go of one or many. */
import { Anchor, Button, Checkbox, Group, SegmentedControl, Stack, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { api, newKey } from '../../api/client'
import { queries } from '../../api/query'
import type { HeldSlot } from '../../api/shapes'
import { useSession } from '../../app/session'
import { useSite } from '../../app/site'
import { strings as app } from '../../app/strings'
import { Confirm } from '../../parts/Confirm'
import { type Column, DataTable } from '../../parts/DataTable'
import { EmptyState } from '../../parts/EmptyState'
import { IconOverrides, IconSearch } from '../../parts/icons'
import { Loaded } from '../../parts/Loading'
import { PageHeader } from '../../parts/PageHeader'
import { Path } from '../../parts/Path'
import { Time } from '../../parts/Time'
import { toast, toastProblem } from '../../parts/toast'
import { Value } from '../../parts/Value'
import { useStrings } from '../../strings'
import { common } from '../../strings/common'
import classes from './overrides.module.css'
import { type Search, whose } from './search'
import { strings } from './strings'

const keyOf = (slot: Pick<HeldSlot, 'point' | 'priority'>) => `${slot.point} ${slot.priority}`

function matches(slot: HeldSlot, words: string, who: Search['whose']): boolean {
    if (who === 'ours' && !slot.is_ours) return false
    if (who === 'others' && slot.is_ours) return false
    const text = `${slot.path} ${slot.by ?? ''} ${slot.reason ?? ''}`.toLowerCase()
    return words
        .toLowerCase()
        .split(/\s+/)
        .every((word) => text.includes(word))
}

export function Screen() {
    const t = useStrings(strings)
    const c = useStrings(common)
    const title = useStrings(app).overrides
    const site = useSite()
    const session = useSession()
    const search = useSearch({ from: '/framed/sites/$site/overrides' })
    const navigate = useNavigate({ from: '/sites/$site/overrides' })
    const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
    const [isAsking, setAsking] = useState(false)
    const query = useQuery({
        queryKey: ['overrides', site.id],
        queryFn: async ({ signal }) => (await api.get('/sites/{site}/overrides', { path: { site: site.id }, signal })).items,
    })
    const rows = useMemo(() => (query.data ?? []).filter((slot) => matches(slot, search.search ?? '', search.whose)), [query.data, search.search, search.whose])
    const picked = rows.filter((slot) => chosen.has(keyOf(slot)))
    const mayRelease = site.may('release')
    const choose = (slots: readonly HeldSlot[], isChosen: boolean) => {
        const next = new Set(chosen)
        for (const slot of slots) isChosen ? next.add(keyOf(slot)) : next.delete(keyOf(slot))
        setChosen(next)
    }
    const release = async () => {
        const { items } = await api.post('/sites/{site}/overrides/release', {
            path: { site: site.id },
            body: { items: picked.map(({ point, priority }) => ({ point, priority })) },
            idempotencyKey: newKey(),
        })
        const refused = items.filter((item) => item.problem)
        setChosen(new Set())
        void queries.invalidateQueries({ queryKey: ['overrides', site.id] })
        toast(t.asked(items.length - refused.length))
        if (refused[0]) toastProblem({ title: t.refused(refused.length), detail: refused.map((item) => item.problem).join('\n') })
    }

    const tick: Column<HeldSlot> = {
        key: 'tick',
        width: '40px',
        header: (
            <Checkbox
                aria-label={t.selectAll}
                checked={rows.length > 0 && picked.length === rows.length}
                indeterminate={picked.length > 0 && picked.length < rows.length}
                onChange={(event) => choose(rows, event.currentTarget.checked)}
            />
        ),
        cell: (slot) => (
            <Checkbox aria-label={t.select(slot.path)} checked={chosen.has(keyOf(slot))} onChange={(event) => choose([slot], event.currentTarget.checked)} />
        ),
    }
    const columns: Column<HeldSlot>[] = [
        ...(mayRelease ? [tick] : []),
        {
            key: 'path',
            header: c.point,
            width: 'minmax(200px, 3fr)',
            cell: (slot) => (
                <Anchor component={Link} to={`/sites/${site.id}/points/${slot.point}` as '/'} className={classes.path} size="sm">
                    <Path path={slot.path} />
                </Anchor>
            ),
        },
        {
            key: 'value',
            header: t.value,
            width: 'minmax(96px, 1fr)',
            align: 'end',
            cell: (slot) => <Value value={slot.value} text={slot.text} unit={slot.unit_symbol} />,
        },
        {
            key: 'priority',
            header: t.priority,
            width: 'minmax(80px, 1fr)',
            cell: (slot) => (
                <span>
                    {slot.priority}
                    {!slot.is_holding && (
                        <Text span c="dimmed" size="sm">
                            {' '}
                            ({t.behind})
                        </Text>
                    )}
                </span>
            ),
        },
        {
            key: 'who',
            header: t.who,
            width: 'minmax(120px, 1fr)',
            cell: (slot) =>
                slot.by ?? (
                    <Text span c="dimmed" size="sm">
                        {t.somebody}
                    </Text>
                ),
        },
        { key: 'since', header: t.since, width: '110px', cell: (slot) => <Time at={slot.since} form="ago" /> },
        {
            key: 'until',
            header: t.until,
            width: '110px',
            cell: (slot) => (slot.until ? <Time at={slot.until} /> : <span className={classes.noEnd}>{t.noEnd}</span>),
        },
        { key: 'reason', header: t.reason, width: 'minmax(120px, 2fr)', cell: (slot) => slot.reason ?? '' },
    ]
    const mine = rows.filter((slot) => slot.is_ours && slot.by === session.person.name)

    return (
        <Stack gap={0} className={classes.screen}>
            <PageHeader title={title} about={t.about}>
                {mayRelease && mine.length > 0 && picked.length === 0 && (
                    <Button variant="default" onClick={() => choose(mine, true)}>
                        {t.mineAll(mine.length)}
                    </Button>
                )}
                {mayRelease && picked.length > 0 && <Button onClick={() => setAsking(true)}>{t.releaseMany(picked.length)}</Button>}
            </PageHeader>
            <Loaded query={query}>
                {(all) =>
                    all.length === 0 ? (
                        <EmptyState icon={IconOverrides} title={t.emptyTitle}>
                            {t.empty}
                        </EmptyState>
                    ) : (
                        <>
                            <Group gap="sm" mb="md">
                                <SegmentedControl
                                    aria-label={t.who}
                                    data={whose.map((one) => ({ value: one, label: t[one] }))}
                                    value={search.whose ?? 'all'}
                                    onChange={(one) => void navigate({ search: (old) => ({ ...old, whose: one as 'all' }), replace: true })}
                                />
                                <TextInput
                                    aria-label={t.findHere}
                                    placeholder={t.findHere}
                                    leftSection={<IconSearch size={16} aria-hidden />}
                                    value={search.search ?? ''}
                                    onChange={(event) => {
                                        const words = event.currentTarget.value
                                        void navigate({ search: (old) => ({ ...old, search: words }), replace: true })
                                    }}
                                />
                                <Text c="dimmed" size="sm" aria-live="polite">
                                    {rows.length} / {all.length}
                                </Text>
                            </Group>
                            {rows.length === 0 ? (
                                <EmptyState icon={IconSearch} title={t.emptyFilterTitle}>
                                    {t.emptyFilter}
                                </EmptyState>
                            ) : (
                                <DataTable
                                    label={title}
                                    columns={columns}
                                    count={rows.length}
                                    rowAt={(index) => rows[index]}
                                    keyOf={keyOf}
                                    isSelected={(slot) => chosen.has(keyOf(slot))}
                                    resetKey={`${search.whose} ${search.search}`}
                                    compactHeight={88}
                                    compact={(slot) => (
                                        <Group wrap="nowrap" gap="sm" align="flex-start">
                                            {mayRelease && tick.cell(slot, 0)}
                                            <Stack gap={2} style={{ minWidth: 0, flex: 1 }}>
                                                <Group justify="space-between" wrap="nowrap">
                                                    <Anchor component={Link} to={`/sites/${site.id}/points/${slot.point}` as '/'} className={classes.path}>
                                                        {slot.path}
                                                    </Anchor>
                                                    <Value value={slot.value} text={slot.text} unit={slot.unit_symbol} />
                                                </Group>
                                                <Text size="sm" c="dimmed">
                                                    {slot.priority} · {slot.by ?? t.somebody} · {slot.until ? <Time at={slot.until} /> : t.noEnd}
                                                </Text>
                                                {slot.reason && (
                                                    <Text size="sm" c="dimmed" truncate>
                                                        {slot.reason}
                                                    </Text>
                                                )}
                                            </Stack>
                                        </Group>
                                    )}
                                />
                            )}
                        </>
                    )
                }
            </Loaded>
            <Confirm
                opened={isAsking}
                title={t.releaseTitle(picked.length)}
                deed={t.releaseMany(picked.length)}
                onConfirm={release}
                onClose={() => setAsking(false)}
            >
                <Stack gap="sm">
                    <Text>{t.releaseText}</Text>
                    {picked.some((slot) => !slot.is_ours) && <Text fw={500}>{t.notOurs(picked.filter((slot) => !slot.is_ours).length)}</Text>}
                    <ul className={classes.list}>
                        {picked.slice(0, 8).map((slot) => (
                            <li key={keyOf(slot)}>
                                {slot.path} ({slot.priority})
                            </li>
                        ))}
                        {picked.length > 8 && <li>…</li>}
                    </ul>
                </Stack>
            </Confirm>
        </Stack>
    )
}
