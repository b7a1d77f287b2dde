/* Who may do what: people with their roles, and the table of what a role may. */
import { Badge, Button, Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import type { Grant, User } from '../../api/shapes'
import { maySomewhere, sitesQuery, useSession } from '../../app/session'
import { strings as app } from '../../app/strings'
import { type Column, DataTable } from '../../parts/DataTable'
import { IconAdd } from '../../parts/icons'
import { Loaded } from '../../parts/Loading'
import { PageHeader } from '../../parts/PageHeader'
import { Time } from '../../parts/Time'
import { useStrings } from '../../strings'
import { NewUser } from './NewUser'
import { usersQuery } from './queries'
import { Rights } from './Rights'
import { useRoleWords } from './roles'
import { strings } from './strings'
import { UserDrawer } from './UserDrawer'

export function Screen() {
    const t = useStrings(strings)
    const title = useStrings(app).users
    const navigate = useNavigate()
    const { user: open } = useSearch({ from: '/framed/users' })
    const query = useQuery(usersQuery)
    const [isAdding, setAdding] = useState(false)
    const session = useSession()
    const show = (user: number | undefined) => void navigate({ to: '/users', search: { user } })

    const columns: Column<User>[] = [
        { key: 'name', header: t.fullName, width: 'minmax(180px, 2fr)', cell: (user) => <Name user={user} /> },
        { key: 'roles', header: t.roles, width: 'minmax(180px, 2fr)', cell: (user) => <Grants grants={user.grants} /> },
        {
            key: 'login',
            header: t.lastLogin,
            width: 'minmax(120px, 1fr)',
            cell: (user) =>
                user.last_login_at ? (
                    <Time at={user.last_login_at} form="ago" />
                ) : (
                    <Text span size="sm" c="dimmed">
                        {t.never}
                    </Text>
                ),
        },
    ]
    return (
        <Stack gap="xl">
            <div>
                <PageHeader title={title} about={t.about}>
                    {maySomewhere(session, 'manage_users') && (
                        <Button leftSection={<IconAdd size={16} />} onClick={() => setAdding(true)}>
                            {t.add}
                        </Button>
                    )}
                </PageHeader>
                <Loaded query={query}>
                    {(users) => (
                        <>
                            <DataTable
                                label={title}
                                columns={columns}
                                count={users.length}
                                rowAt={(i) => users[i]}
                                keyOf={(user) => user.id}
                                onOpen={(user) => show(user.id)}
                                isSelected={(user) => user.id === open}
                                rowHeight={44}
                                compact={(user) => (
                                    <Stack gap={0}>
                                        <Name user={user} />
                                        <Text size="sm" c="dimmed" component="div" truncate>
                                            <Grants grants={user.grants} />
                                        </Text>
                                    </Stack>
                                )}
                            />
                            {isAdding && (
                                <NewUser
                                    onClose={(made) => {
                                        setAdding(false)
                                        if (made) show(made.id)
                                    }}
                                />
                            )}
                            <UserDrawer user={users.find((user) => user.id === open)} onClose={() => show(undefined)} />
                        </>
                    )}
                </Loaded>
            </div>
            <Rights />
        </Stack>
    )
}

function Name({ user }: { user: User }) {
    const t = useStrings(strings)
    const { person } = useSession()
    const notes = [user.id === person.id && t.you, !user.enabled && t.disabled, !user.has_password && t.noPassword, user.totp && t.totp].filter(
        (word) => word !== false,
    )
    return (
        <Group gap="sm" wrap="nowrap">
            <Text span size="sm" fw={500} c={user.enabled ? undefined : 'dimmed'}>
                {user.full_name || user.name}
            </Text>
            {user.full_name && (
                <Text span size="sm" c="dimmed">
                    {user.name}
                </Text>
            )}
            {notes.map((word) => (
                <Badge key={word} variant="default" size="sm" tt="none" fw={500} radius="xs">
                    {word}
                </Badge>
            ))}
        </Group>
    )
}

export function Grants({ grants }: { grants: Grant[] }) {
    const t = useStrings(strings)
    const words = useRoleWords()
    const { data: sites } = useQuery(sitesQuery)
    if (grants.length === 0) return <span style={{ color: 'var(--mantine-color-dimmed)' }}>{t.noRole}</span>
    return grants
        .map(
            (grant) =>
                `${words[grant.role]}: ${grant.group !== undefined ? t.group(grant.group) : grant.site === null ? t.everySite : (sites?.find((site) => site.id === grant.site)?.name ?? grant.site)}`,
        )
        .join(', ')
}
