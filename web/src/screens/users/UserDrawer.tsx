/* One user: roles, a link for a password, sessions, and the end of it. */
import { Button, Code, Drawer, Group, Stack, Switch, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { api } from '../../api/client'
import { isProblem } from '../../api/problem'
import type { Role, User } from '../../api/shapes'
import { useSession } from '../../app/session'
import { Confirm } from '../../parts/Confirm'
import { CopyText } from '../../parts/CopyText'
import { IconLink } from '../../parts/icons'
import { ProblemNotice } from '../../parts/Problem'
import { Time } from '../../parts/Time'
import { toast } from '../../parts/toast'
import { useStrings } from '../../strings'
import { common } from '../../strings/common'
import { GrantFields, type Place } from './GrantFields'
import { usersQuery } from './queries'
import { strings } from './strings'

export function UserDrawer({ user, onClose }: { user: User | undefined; onClose: () => void }) {
    return (
        <Drawer opened={user !== undefined} onClose={onClose} position="right" title={user?.full_name || user?.name} size="md">
            {user && <Body key={user.id} user={user} onClose={onClose} />}
        </Drawer>
    )
}

type Edit = { full_name?: string; enabled?: boolean; totp?: false }

function Body({ user, onClose }: { user: User; onClose: () => void }) {
    const t = useStrings(strings)
    const c = useStrings(common)
    const cache = useQueryClient()
    const { person } = useSession()
    const isMe = user.id === person.id
    const [fullName, setFullName] = useState(user.full_name)
    const [asks, setAsks] = useState<'sessions' | 'totp' | 'remove'>()
    useEffect(() => setFullName(user.full_name), [user.full_name])

    const put = (now: User) => cache.setQueryData(usersQuery.queryKey, (users) => users?.map((one) => (one.id === now.id ? now : one)))
    const anew = () => cache.invalidateQueries({ queryKey: usersQuery.queryKey })
    const edit = useMutation({
        mutationFn: (body: Edit) => api.patch('/users/{user}', { path: { user: user.id }, ifMatch: user.version, body }),
        onSuccess: (now) => {
            put(now)
            toast(t.saved)
        },
        onError: (error) => {
            if (isProblem(error, 'changed')) void anew()
        },
    })
    const grant = useMutation({
        mutationFn: ({ place, role }: { place: Place; role: Role | null }) =>
            role
                ? api.put('/users/{user}/grants', { path: { user: user.id }, body: { ...place, role } })
                : api.delete('/users/{user}/grants', {
                      path: { user: user.id },
                      query: place.group !== undefined ? { group: place.group } : place.site === null ? {} : { site: place.site },
                  }),
        onSuccess: (now) => {
            put(now)
            toast(t.saved)
        },
    })
    const link = useMutation({ mutationFn: () => api.post('/users/{user}/link', { path: { user: user.id } }) })
    const whole = link.data && new URL(link.data.link, location.origin).href
    const error = edit.error ?? grant.error ?? link.error

    return (
        <Stack gap="xl">
            {isProblem(error, 'changed') ? <Text role="alert">{t.changedMeanwhile}</Text> : error && <ProblemNotice error={error} />}
            <Stack gap="md">
                <Text c="dimmed">{user.name}</Text>
                <form
                    onSubmit={(event) => {
                        event.preventDefault()
                        edit.mutate({ full_name: fullName.trim() })
                    }}
                >
                    <Group align="flex-end" wrap="nowrap">
                        <TextInput label={t.fullName} flex={1} maxLength={200} value={fullName} onChange={(event) => setFullName(event.currentTarget.value)} />
                        {fullName.trim() !== user.full_name && (
                            <Button type="submit" loading={edit.isPending}>
                                {c.save}
                            </Button>
                        )}
                    </Group>
                </form>
                <Switch
                    label={t.enabled}
                    checked={user.enabled}
                    disabled={isMe || edit.isPending}
                    onChange={(event) => edit.mutate({ enabled: event.currentTarget.checked })}
                />
            </Stack>
            <Stack gap="sm">
                <Text fw={600}>{t.roles}</Text>
                <GrantFields grants={user.grants} disabled={grant.isPending} onChange={(place, role) => grant.mutate({ place, role })} />
            </Stack>
            <Stack gap="sm" align="flex-start">
                <Text fw={600}>{c.password}</Text>
                {whole && link.data ? (
                    <>
                        <Text>
                            {t.linkMade(user.full_name || user.name)}. {t.linkText}
                        </Text>
                        <Code block w="100%" style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>
                            {whole}
                        </Code>
                        <Group>
                            <CopyText text={whole} />
                            <Text size="sm" c="dimmed" component="div">
                                {t.linkUntil} <Time at={link.data.expires_at} />
                            </Text>
                        </Group>
                    </>
                ) : (
                    <Button variant="default" leftSection={<IconLink size={16} />} loading={link.isPending} onClick={() => link.mutate()}>
                        {t.link}
                    </Button>
                )}
            </Stack>
            <Stack gap="sm" align="flex-start">
                {user.sessions !== undefined && <Text c="dimmed">{t.sessions(user.sessions)}</Text>}
                <Button variant="default" onClick={() => setAsks('sessions')}>
                    {t.endSessions}
                </Button>
                {user.totp && (
                    <Button variant="default" onClick={() => setAsks('totp')}>
                        {t.takeTotp}
                    </Button>
                )}
                {!isMe && (
                    <Button variant="light" color="red" onClick={() => setAsks('remove')}>
                        {t.remove(user.name)}
                    </Button>
                )}
            </Stack>
            <Confirm
                opened={asks === 'sessions'}
                title={t.endSessions}
                deed={t.endSessions}
                onConfirm={async () => {
                    await api.delete('/users/{user}/sessions', { path: { user: user.id } })
                    await anew()
                }}
                onClose={() => setAsks(undefined)}
            >
                {t.endSessionsText(user.full_name || user.name)}
            </Confirm>
            <Confirm
                opened={asks === 'totp'}
                title={t.takeTotp}
                deed={t.takeTotp}
                isDangerous
                onConfirm={async () => put(await api.patch('/users/{user}', { path: { user: user.id }, ifMatch: user.version, body: { totp: false } }))}
                onClose={() => setAsks(undefined)}
            >
                {t.takeTotpText}
            </Confirm>
            <Confirm
                opened={asks === 'remove'}
                title={t.remove(user.name)}
                deed={t.remove(user.name)}
                isDangerous
                onConfirm={async () => {
                    await api.delete('/users/{user}', { path: { user: user.id } })
                    onClose()
                    await anew()
                }}
                onClose={() => setAsks(undefined)}
            >
                {t.removeText}
            </Confirm>
        </Stack>
    )
}
