import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api } from '../../api/client'
import type { Grant, User } from '../../api/shapes'
import { sitesQuery } from '../../app/session'
import { ProblemNotice } from '../../parts/Problem'
import { useStrings } from '../../strings'
import { common } from '../../strings/common'
import { GrantFields, isAt } from './GrantFields'
import { usersQuery } from './queries'
import { strings } from './strings'

export function NewUser({ onClose }: { onClose: (made?: User) => void }) {
    const t = useStrings(strings)
    const c = useStrings(common)
    const cache = useQueryClient()
    const { data: sites } = useQuery(sitesQuery)
    const [name, setName] = useState('')
    const [fullName, setFullName] = useState('')
    const [chosen, setGrants] = useState<Grant[]>()
    // Most sites are alone: who is added may see it, unless told otherwise.
    const grants = chosen ?? (sites?.length === 1 && sites[0] ? [{ site: sites[0].id, role: 'viewer' as const }] : [])
    const add = useMutation({
        mutationFn: () => api.post('/users', { body: { name: name.trim(), full_name: fullName.trim(), grants } }),
        onSuccess: async (made) => {
            await cache.invalidateQueries({ queryKey: usersQuery.queryKey })
            onClose(made)
        },
    })
    const submit = (event: FormEvent) => {
        event.preventDefault()
        add.mutate()
    }
    return (
        <Modal opened onClose={() => onClose()} title={t.add}>
            <form onSubmit={submit}>
                <Stack gap="lg">
                    {add.error && <ProblemNotice error={add.error} />}
                    <TextInput
                        label={t.name}
                        data-autofocus
                        required
                        withAsterisk={false}
                        maxLength={100}
                        autoCapitalize="none"
                        spellCheck={false}
                        autoComplete="off"
                        value={name}
                        onChange={(event) => setName(event.currentTarget.value)}
                    />
                    <TextInput
                        label={t.fullName}
                        maxLength={200}
                        autoComplete="off"
                        value={fullName}
                        onChange={(event) => setFullName(event.currentTarget.value)}
                    />
                    <GrantFields
                        grants={grants}
                        onChange={(place, role) => setGrants([...grants.filter((grant) => !isAt(grant, place)), ...(role ? [{ ...place, role }] : [])])}
                    />
                    <Text size="sm" c="dimmed">
                        {t.makeHint}
                    </Text>
                    <Group justify="flex-end">
                        <Button variant="default" onClick={() => onClose()}>
                            {c.cancel}
                        </Button>
                        <Button type="submit" loading={add.isPending} disabled={name.trim() === ''}>
                            {t.make}
                        </Button>
                    </Group>
                </Stack>
            </form>
        </Modal>
    )
}
