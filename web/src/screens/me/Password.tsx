import { Button, Group, PasswordInput, Stack } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api } from '../../api/client'
import { isProblem } from '../../api/problem'
import { sessionQuery, useSession } from '../../app/session'
import { ProblemNotice } from '../../parts/Problem'
import { Section } from '../../parts/Section'
import { toast } from '../../parts/toast'
import { useStrings } from '../../strings'
import { PASSWORD_MIN } from '../link/password'
import { mySessionsQuery } from './queries'
import { strings } from './strings'

export function Password() {
    const t = useStrings(strings)
    const cache = useQueryClient()
    const { person } = useSession()
    const [old, setOld] = useState('')
    const [next, setNext] = useState('')
    const [again, setAgain] = useState('')
    const save = useMutation({
        mutationFn: () => api.post('/me/password', { body: { old, new: next } }),
        onSuccess: () => {
            setOld('')
            setNext('')
            setAgain('')
            toast(t.changed)
            void cache.invalidateQueries({ queryKey: mySessionsQuery.queryKey })
            void cache.invalidateQueries({ queryKey: sessionQuery.queryKey })
        },
    })
    const isWrong = isProblem(save.error, 'wrong-credentials')
    const isReady = old !== '' && [...next].length >= PASSWORD_MIN && next === again
    const submit = (event: FormEvent) => {
        event.preventDefault()
        if (isReady) save.mutate()
    }
    return (
        <Section title={t.password} about={t.passwordAbout}>
            <form onSubmit={submit}>
                <Stack gap="md" maw={400}>
                    {save.error && !isWrong && <ProblemNotice error={save.error} />}
                    <input type="hidden" name="username" autoComplete="username" value={person.name} />
                    <PasswordInput
                        label={t.old}
                        autoComplete="current-password"
                        error={isWrong ? t.wrongOld : undefined}
                        value={old}
                        onChange={(event) => setOld(event.currentTarget.value)}
                    />
                    <PasswordInput
                        label={t.next}
                        description={t.rule}
                        autoComplete="new-password"
                        value={next}
                        onChange={(event) => setNext(event.currentTarget.value)}
                    />
                    <PasswordInput
                        label={t.again}
                        autoComplete="new-password"
                        error={again !== '' && again !== next ? t.differs : undefined}
                        value={again}
                        onChange={(event) => setAgain(event.currentTarget.value)}
                    />
                    <Group>
                        <Button type="submit" loading={save.isPending} disabled={!isReady}>
                            {t.change}
                        </Button>
                    </Group>
                </Stack>
            </form>
        </Section>
    )
}
