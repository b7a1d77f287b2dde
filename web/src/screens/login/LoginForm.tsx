/* Name, password, and the code where the server asks for one. Used by the login and where a session has ended. */
import { Alert, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { api } from '../../api/client'
import { isProblem, type Problem } from '../../api/problem'
import { logIn } from '../../app/session'
import { ProblemNotice } from '../../parts/Problem'
import { useFormat, useStrings } from '../../strings'
import { common } from '../../strings/common'
import { strings } from './strings'

export function LoginForm({ name: fixed, onDone }: { name?: string; onDone?: () => void }) {
    const t = useStrings(strings)
    const c = useStrings(common)
    const [name, setName] = useState(fixed ?? '')
    const [password, setPassword] = useState('')
    const [code, setCode] = useState('')
    const [needsCode, setNeedsCode] = useState(false)
    const [busy, setBusy] = useState(false)
    const [error, setError] = useState<unknown>()
    const codeField = useRef<HTMLInputElement>(null)
    useEffect(() => {
        if (needsCode) codeField.current?.focus()
    }, [needsCode])

    const submit = async (event: FormEvent) => {
        event.preventDefault()
        if (busy) return
        setBusy(true)
        setError(undefined)
        try {
            logIn(await api.post('/session', { body: { name: name.trim(), password, ...(needsCode ? { code: code.replaceAll(' ', '') } : {}) } }))
            onDone?.()
        } catch (problem) {
            if (isProblem(problem, 'code-needed')) setNeedsCode(true)
            else setError(problem)
            if (isProblem(problem, 'wrong-code')) setCode('')
        } finally {
            setBusy(false)
        }
    }

    return (
        <form onSubmit={(event) => void submit(event)}>
            <Stack gap="lg">
                {error !== undefined && <WhyNot error={error} />}
                {fixed === undefined && (
                    <TextInput
                        label={c.name}
                        name="username"
                        autoComplete="username"
                        autoCapitalize="none"
                        spellCheck={false}
                        required
                        withAsterisk={false}
                        data-autofocus
                        autoFocus
                        value={name}
                        onChange={(event) => setName(event.currentTarget.value)}
                    />
                )}
                {fixed !== undefined && <input type="hidden" name="username" autoComplete="username" value={fixed} />}
                <PasswordInput
                    size="md"
                    label={c.password}
                    name="password"
                    autoComplete="current-password"
                    required
                    withAsterisk={false}
                    {...(fixed === undefined ? {} : { 'data-autofocus': true, autoFocus: true })}
                    value={password}
                    onChange={(event) => setPassword(event.currentTarget.value)}
                />
                {needsCode && (
                    <TextInput
                        ref={codeField}
                        label={t.code}
                        description={t.codeHelp}
                        name="code"
                        autoComplete="one-time-code"
                        inputMode="text"
                        required
                        withAsterisk={false}
                        value={code}
                        onChange={(event) => setCode(event.currentTarget.value)}
                    />
                )}
                <Button type="submit" size="md" loading={busy} fullWidth>
                    {t.logIn}
                </Button>
                {location.protocol === 'http:' && !/^(localhost|127\.|\[::1\])/.test(location.hostname) && (
                    <Text size="sm" c="dimmed">
                        {t.insecure}
                    </Text>
                )}
            </Stack>
        </form>
    )
}

function WhyNot({ error }: { error: unknown }) {
    const t = useStrings(strings)
    const format = useFormat()
    if (!isProblem(error)) return <ProblemNotice error={error} />
    const words = wordsOf(error, t, (seconds) => format.span(seconds))
    if (!words) return <ProblemNotice error={error} />
    return (
        <Alert role="alert" color="red" variant="light" title={words[0]}>
            {words[1]}
        </Alert>
    )
}

function wordsOf(error: Problem, t: (typeof strings)['en'], span: (seconds: number) => string): [string, string?] | undefined {
    switch (error.kind) {
        case 'wrong-credentials':
            return [t.wrong, t.wrongText]
        case 'wrong-code':
            return [t.codeWrong]
        case 'too-many-tries':
            return [t.tooMany, error.retryAfterS ? t.tooManyText(span(error.retryAfterS)) : error.detail]
        default:
            return undefined
    }
}
