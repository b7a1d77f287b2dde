/* The second factor: a secret as a QR code for an authenticator, confirmed by a code of it; then recovery codes, shown once. */
import { Button, Code, Group, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, lazy, Suspense, useState } from 'react'
import { api } from '../../api/client'
import { isProblem } from '../../api/problem'
import type { Me } from '../../api/shapes'
import { sessionQuery } from '../../app/session'
import { Confirm } from '../../parts/Confirm'
import { CopyText } from '../../parts/CopyText'
import { ProblemNotice } from '../../parts/Problem'
import { Section } from '../../parts/Section'
import { useStrings } from '../../strings'
import { meQuery } from './queries'
import { strings } from './strings'

const QrCode = lazy(() => import('./QrCode'))

export function Totp({ me }: { me: Me }) {
    const t = useStrings(strings)
    const cache = useQueryClient()
    const [code, setCode] = useState('')
    const [recovery, setRecovery] = useState<string[]>()
    const [asksOff, setAsksOff] = useState(false)
    const anew = () => {
        void cache.invalidateQueries({ queryKey: meQuery.queryKey })
        void cache.invalidateQueries({ queryKey: sessionQuery.queryKey })
    }
    const begin = useMutation({ mutationFn: () => api.post('/me/totp') })
    const confirm = useMutation({
        mutationFn: () => api.put('/me/totp', { body: { code: code.replaceAll(' ', '') } }),
        onSuccess: (made) => {
            setRecovery(made.recovery_codes)
            begin.reset()
            setCode('')
            void cache.invalidateQueries({ queryKey: meQuery.queryKey })
        },
        onError: () => setCode(''),
    })
    const submit = (event: FormEvent) => {
        event.preventDefault()
        confirm.mutate()
    }
    const isWrong = isProblem(confirm.error, 'wrong-code')

    let body: React.ReactNode
    if (recovery)
        body = (
            <Stack gap="md" align="flex-start">
                <Text fw={600}>{t.recoveryTitle}</Text>
                <Text>{t.recovery}</Text>
                <Code block style={{ columns: 2, fontSize: 'var(--mantine-font-size-md)' }}>
                    {recovery.join('\n')}
                </Code>
                <Group>
                    <CopyText text={recovery.join('\n')} />
                    <Button
                        onClick={() => {
                            setRecovery(undefined)
                            anew()
                        }}
                    >
                        {t.kept}
                    </Button>
                </Group>
            </Stack>
        )
    else if (begin.data)
        body = (
            <form onSubmit={submit}>
                <Stack gap="md" align="flex-start">
                    <Text>{t.scan}</Text>
                    <Suspense fallback={<div style={{ width: 200, height: 200 }} />}>
                        <QrCode text={begin.data.uri} label={t.qr} />
                    </Suspense>
                    <Text size="sm" c="dimmed">
                        {t.orType} <Code>{begin.data.secret.replace(/(.{4})(?=.)/g, '$1 ')}</Code>
                    </Text>
                    {confirm.error && !isWrong && <ProblemNotice error={confirm.error} />}
                    <TextInput
                        label={t.code}
                        w={200}
                        inputMode="numeric"
                        autoComplete="one-time-code"
                        autoFocus
                        error={isWrong ? t.codeWrong : undefined}
                        value={code}
                        onChange={(event) => setCode(event.currentTarget.value)}
                    />
                    <Button type="submit" loading={confirm.isPending} disabled={code.replaceAll(' ', '').length < 6}>
                        {t.confirm}
                    </Button>
                </Stack>
            </form>
        )
    else
        body = (
            <Group justify="space-between">
                <div>
                    <Text>{me.totp ? t.totpOn : t.totpOff}</Text>
                    {me.totp && (
                        <Text size="sm" c="dimmed">
                            {t.recoveryLeft(me.recovery_codes_left)}
                        </Text>
                    )}
                </div>
                {me.totp ? (
                    !me.must_totp && (
                        <Button variant="default" onClick={() => setAsksOff(true)}>
                            {t.turnOff}
                        </Button>
                    )
                ) : (
                    <Button variant="default" loading={begin.isPending} onClick={() => begin.mutate()}>
                        {t.setUp}
                    </Button>
                )}
            </Group>
        )
    return (
        <Section title={t.totp} about={t.totpAbout}>
            {begin.error && <ProblemNotice error={begin.error} />}
            {body}
            <Confirm
                opened={asksOff}
                title={t.totp}
                deed={t.turnOff}
                isDangerous
                onConfirm={async () => {
                    await api.delete('/me/totp', { body: { code: code.replaceAll(' ', '') } })
                    setCode('')
                    anew()
                }}
                onClose={() => setAsksOff(false)}
            >
                <Stack gap="md">
                    <Text>{t.turnOffSure}</Text>
                    <TextInput
                        label={t.code}
                        description={t.orRecovery}
                        autoComplete="one-time-code"
                        data-autofocus
                        value={code}
                        onChange={(event) => setCode(event.currentTarget.value)}
                    />
                </Stack>
            </Confirm>
        </Section>
    )
}
