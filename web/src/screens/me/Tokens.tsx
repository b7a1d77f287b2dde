import { Button, Code, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api } from '../../api/client'
import type { Role, Token } from '../../api/shapes'
import { useSession } from '../../app/session'
import { Confirm } from '../../parts/Confirm'
import { CopyText } from '../../parts/CopyText'
import { IconAdd } from '../../parts/icons'
import { Loaded } from '../../parts/Loading'
import { ProblemNotice } from '../../parts/Problem'
import { Section } from '../../parts/Section'
import { Time } from '../../parts/Time'
import { useStrings } from '../../strings'
import { common } from '../../strings/common'
import { roles, useRoleWords } from '../users/roles'
import { tokensQuery } from './queries'
import { strings } from './strings'

export function Tokens() {
    const t = useStrings(strings)
    const cache = useQueryClient()
    const { person } = useSession()
    const query = useQuery(tokensQuery)
    const words = useRoleWords()
    const [isMaking, setMaking] = useState(false)
    const [ending, setEnding] = useState<Token>()
    return (
        <Section title={t.tokens} about={t.tokensAbout}>
            <Stack gap="md">
                <Loaded query={query} rows={2}>
                    {(all) => {
                        const tokens = all.filter((token) => token.owner === person.name)
                        if (tokens.length === 0) return <Text c="dimmed">{t.noTokens}</Text>
                        return tokens.map((token) => (
                            <Group key={token.id} justify="space-between" wrap="nowrap">
                                <div style={{ minWidth: 0 }}>
                                    <Group gap="sm">
                                        <Text fw={500}>{token.name}</Text>
                                        <Code>{token.prefix}…</Code>
                                    </Group>
                                    <Text size="sm" c="dimmed" component="div">
                                        {words[token.role]}
                                        {token.expires_at && (
                                            <>
                                                {' '}
                                                · {t.until} <Time at={token.expires_at} form="date" />
                                            </>
                                        )}{' '}
                                        ·{' '}
                                        {token.last_used_at ? (
                                            <>
                                                {t.lastUsed} <Time at={token.last_used_at} form="ago" />
                                            </>
                                        ) : (
                                            t.neverUsed
                                        )}
                                    </Text>
                                </div>
                                <Button variant="default" size="xs" onClick={() => setEnding(token)}>
                                    {t.end}
                                </Button>
                            </Group>
                        ))
                    }}
                </Loaded>
                <Group>
                    <Button variant="default" leftSection={<IconAdd size={16} />} onClick={() => setMaking(true)}>
                        {t.newToken}
                    </Button>
                </Group>
            </Stack>
            {isMaking && <NewToken onClose={() => setMaking(false)} />}
            <Confirm
                opened={ending !== undefined}
                title={t.endToken(ending?.name ?? '')}
                deed={t.end}
                isDangerous
                onConfirm={async () => {
                    if (ending) await api.delete('/tokens/{token}', { path: { token: ending.id } })
                    await cache.invalidateQueries({ queryKey: tokensQuery.queryKey })
                }}
                onClose={() => setEnding(undefined)}
            >
                {t.endTokenText}
            </Confirm>
        </Section>
    )
}

function NewToken({ onClose }: { onClose: () => void }) {
    const t = useStrings(strings)
    const c = useStrings(common)
    const cache = useQueryClient()
    const words = useRoleWords()
    const { sites } = useSession()
    const [name, setName] = useState('')
    const [role, setRole] = useState<Role>('viewer')
    const [days, setDays] = useState('90')
    const most = Math.max(0, ...sites.map((site) => roles.indexOf(site.role)))
    const make = useMutation({
        mutationFn: () =>
            api.post('/tokens', { body: { name: name.trim(), role, expires_at: new Date(Date.now() + Number(days) * 86_400_000).toISOString() } }),
        onSuccess: () => cache.invalidateQueries({ queryKey: tokensQuery.queryKey }),
    })
    const submit = (event: FormEvent) => {
        event.preventDefault()
        make.mutate()
    }
    if (make.data)
        return (
            <Modal opened onClose={onClose} title={t.tokenMade} closeOnClickOutside={false}>
                <Stack gap="lg">
                    <Text>{t.tokenOnce}</Text>
                    <Code block style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>
                        {make.data.token}
                    </Code>
                    <Group justify="flex-end">
                        <CopyText text={make.data.token} />
                        <Button onClick={onClose}>{t.done}</Button>
                    </Group>
                </Stack>
            </Modal>
        )
    return (
        <Modal opened onClose={onClose} title={t.newToken}>
            <form onSubmit={submit}>
                <Stack gap="lg">
                    {make.error && <ProblemNotice error={make.error} />}
                    <TextInput
                        label={t.tokenName}
                        data-autofocus
                        required
                        withAsterisk={false}
                        maxLength={100}
                        value={name}
                        onChange={(event) => setName(event.currentTarget.value)}
                    />
                    <Select
                        label={t.tokenRole}
                        value={role}
                        onChange={(value) => setRole(value as Role)}
                        data={roles.slice(0, most + 1).map((value) => ({ value, label: words[value] }))}
                    />
                    <Select
                        label={t.tokenDays}
                        value={days}
                        onChange={(value) => setDays(value ?? '90')}
                        data={[7, 30, 90, 365].map((count) => ({ value: String(count), label: t.days(count) }))}
                    />
                    <Group justify="flex-end">
                        <Button variant="default" onClick={onClose}>
                            {c.cancel}
                        </Button>
                        <Button type="submit" loading={make.isPending} disabled={name.trim() === ''}>
                            {t.make}
                        </Button>
                    </Group>
                </Stack>
            </form>
        </Modal>
    )
}
