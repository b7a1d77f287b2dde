/* Saved views of a screen: names for what its address says behind "?". One's own, and those that are shared. */
import { Button, Group, Menu, Modal, Stack, Switch, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client'
import { isProblem } from '../../api/problem'
import { queries } from '../../api/query'
import type { View } from '../../api/shapes'
import { useSite } from '../../app/site'
import { useStrings } from '../../strings'
import { common } from '../../strings/common'
import { IconDown, IconStar } from '../icons'
import { ProblemNotice } from '../Problem'
import { toast, toastProblem } from '../toast'
import { strings } from './strings'

type Props = { screen: 'points' | 'trends'; query: string; onOpen: (query: string) => void }

export function Views({ screen, query, onOpen }: Props) {
    const t = useStrings(strings)
    const site = useSite()
    const [isSaving, setSaving] = useState(false)
    const key = ['views', site.id]
    const all = useQuery({ queryKey: key, queryFn: ({ signal }) => api.get('/sites/{site}/views', { path: { site: site.id }, signal }) })
    const views = (all.data?.items ?? []).filter((view) => view.screen === screen)
    const current = views.find((view) => isSame(view.query, query))
    const [opened, setOpened] = useState<number>()
    const edited = views.find((view) => view.id === opened && view.is_mine && !isSame(view.query, query))
    const again = () => queries.invalidateQueries({ queryKey: key })

    const failed = (error: unknown) => {
        const isOld = isProblem(error) && error.status === 412
        toastProblem({ title: t.notSaved, detail: isOld ? t.changedElsewhere : error instanceof Error ? error.message : String(error) })
        void again()
    }
    const update = async (view: View) => {
        await api.put('/sites/{site}/views/{view}', {
            path: { site: site.id, view: view.id },
            ifMatch: view.version,
            body: { name: view.name, screen, query, shared: view.shared },
        })
        toast(t.saved(view.name))
        await again()
    }
    const remove = async (view: View) => {
        await api.delete('/sites/{site}/views/{view}', { path: { site: site.id, view: view.id } })
        toast(t.removed(view.name))
        await again()
    }
    const item = (view: View) => (
        <Menu.Item
            key={view.id}
            onClick={() => {
                setOpened(view.id)
                onOpen(view.query)
            }}
            aria-current={view === current || undefined}
            fw={view === current ? 600 : undefined}
            rightSection={
                view.is_mine ? undefined : (
                    <Text size="xs" c="dimmed">
                        {t.by(view.owner)}
                    </Text>
                )
            }
        >
            {view.name}
        </Menu.Item>
    )
    const mine = views.filter((view) => view.is_mine)
    const shared = views.filter((view) => !view.is_mine)
    return (
        <>
            <Menu width={280}>
                <Menu.Target>
                    <Button variant="default" leftSection={<IconStar size={16} />} rightSection={<IconDown size={14} />}>
                        {current?.name ?? t.views}
                    </Button>
                </Menu.Target>
                <Menu.Dropdown mah={420} style={{ overflowY: 'auto' }}>
                    {views.length === 0 ? (
                        <Text size="sm" c="dimmed" p="sm">
                            {t.none}
                        </Text>
                    ) : null}
                    {mine.length > 0 ? <Menu.Label>{t.mine}</Menu.Label> : null}
                    {mine.map(item)}
                    {shared.length > 0 ? <Menu.Label>{t.shared}</Menu.Label> : null}
                    {shared.map(item)}
                    <Menu.Divider />
                    <Menu.Item onClick={() => setSaving(true)}>{t.saveAs}</Menu.Item>
                    {edited ? <Menu.Item onClick={() => void update(edited).catch(failed)}>{t.update(edited.name)}</Menu.Item> : null}
                    {current?.is_mine ? (
                        <Menu.Item color="red" onClick={() => void remove(current).catch(failed)}>
                            {t.remove(current.name)}
                        </Menu.Item>
                    ) : null}
                </Menu.Dropdown>
            </Menu>
            <SaveView
                opened={isSaving}
                mayShare={site.may('edit_points')}
                onClose={() => setSaving(false)}
                onSave={async (name, isShared) => {
                    await api.post('/sites/{site}/views', { path: { site: site.id }, body: { name, screen, query, shared: isShared } })
                    toast(t.saved(name))
                    await again()
                }}
            />
        </>
    )
}

/* The words of an address say the same in any order. */
function isSame(one: string, other: string): boolean {
    const sorted = (query: string) => query.split('&').sort().join('&')
    return sorted(one) === sorted(other)
}

function SaveView({
    opened,
    mayShare,
    onClose,
    onSave,
}: {
    opened: boolean
    mayShare: boolean
    onClose: () => void
    onSave: (name: string, isShared: boolean) => Promise<void>
}) {
    const t = useStrings(strings)
    const c = useStrings(common)
    const [name, setName] = useState('')
    const [isShared, setShared] = useState(false)
    const [isBusy, setBusy] = useState(false)
    const [error, setError] = useState<unknown>()
    const save = async () => {
        setBusy(true)
        setError(undefined)
        try {
            await onSave(name.trim(), isShared)
            setName('')
            onClose()
        } catch (problem) {
            setError(problem)
        } finally {
            setBusy(false)
        }
    }
    return (
        <Modal opened={opened} onClose={onClose} title={t.title} closeButtonProps={{ 'aria-label': c.close }} size="sm">
            <form
                onSubmit={(event) => {
                    event.preventDefault()
                    void save()
                }}
            >
                <Stack>
                    <TextInput label={t.name} value={name} onChange={(event) => setName(event.currentTarget.value)} maxLength={100} required data-autofocus />
                    {mayShare ? <Switch label={t.share} checked={isShared} onChange={(event) => setShared(event.currentTarget.checked)} /> : null}
                    {error !== undefined ? <ProblemNotice error={error} /> : null}
                    <Group justify="flex-end" gap="sm">
                        <Button variant="default" onClick={onClose}>
                            {c.cancel}
                        </Button>
                        <Button type="submit" loading={isBusy} disabled={name.trim() === ''}>
                            {c.save}
                        </Button>
                    </Group>
                </Stack>
            </form>
        </Modal>
    )
}
