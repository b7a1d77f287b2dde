/* A one-time link: its secret stands behind # in the address, which no server sees, and is taken out of the address at once. */
import { Alert, Button, PasswordInput, Stack, TextInput } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useEffect, useState } from 'react'
import { api } from '../../api/client'
import { isProblem } from '../../api/problem'
import { logIn } from '../../app/session'
import { ProblemNotice } from '../../parts/Problem'
import { useStrings } from '../../strings'
import { common } from '../../strings/common'
import { Outside } from '../login/Outside'
import { strings as login } from '../login/strings'
import { PASSWORD_MIN } from './password'
import { strings } from './strings'

const SECRET_MIN = 20

let secret: string | undefined
function takeSecret(): string {
    if (secret === undefined || location.hash.length > 1) {
        secret = decodeURIComponent(location.hash.slice(1))
        history.replaceState(history.state, '', location.pathname)
    }
    return secret
}

export function Screen() {
    const t = useStrings(strings)
    const c = useStrings(common)
    const l = useStrings(login)
    const navigate = useNavigate()
    const [taken] = useState(takeSecret)
    const [password, setPassword] = useState('')
    const [again, setAgain] = useState('')
    const [code, setCode] = useState('')
    const [needsCode, setNeedsCode] = useState(false)
    const [busy, setBusy] = useState(false)
    const [name, setName] = useState<string>()
    const [error, setError] = useState<unknown>()
    const missing = PASSWORD_MIN - [...password].length
    const differs = again !== '' && again !== password

    // A link that is of no use says so before a password is thought of: one of one letter sets nothing, and is refused only after the link was found,
    // with the name of whose it is.
    useEffect(() => {
        if (taken.length < SECRET_MIN) return
        const away = new AbortController()
        api.post('/link', { body: { secret: taken, password: '-' }, signal: away.signal }).catch((problem: unknown) => {
            if (isProblem(problem, 'link-used')) setError(problem)
            else if (isProblem(problem, 'invalid') && typeof problem.fields.name === 'string') setName(problem.fields.name)
        })
        return () => away.abort()
    }, [taken])

    const submit = async (event: FormEvent) => {
        event.preventDefault()
        if (busy || missing > 0 || again !== password) return
        setBusy(true)
        setError(undefined)
        try {
            logIn(await api.post('/link', { body: { secret: taken, password, ...(needsCode ? { code: code.replaceAll(' ', '') } : {}) } }))
            secret = undefined
            void navigate({ to: '/', replace: true })
        } catch (problem) {
            // Who has a second factor brings it here, too.
            if (isProblem(problem, 'code-needed')) setNeedsCode(true)
            else setError(problem)
            if (isProblem(problem, 'wrong-code')) setCode('')
            setBusy(false)
        }
    }

    if (taken.length < SECRET_MIN)
        return (
            <Outside title={t.noSecret}>
                <p style={{ margin: 0 }}>{t.noSecretText}</p>
            </Outside>
        )
    return (
        <Outside title={t.title} about={name ? `${t.whose(name)} ${t.about}` : t.about}>
            <form onSubmit={(event) => void submit(event)}>
                <Stack gap="lg">
                    {isProblem(error, 'link-used') ? (
                        <Alert role="alert" color="red" variant="light" title={t.usedTitle}>
                            {t.used}
                        </Alert>
                    ) : (
                        error !== undefined && <ProblemNotice error={error} />
                    )}
                    <PasswordInput
                        size="md"
                        label={c.password}
                        description={password !== '' && missing > 0 ? t.short(missing) : t.rule}
                        name="new-password"
                        autoComplete="new-password"
                        autoFocus
                        required
                        withAsterisk={false}
                        value={password}
                        onChange={(event) => setPassword(event.currentTarget.value)}
                    />
                    <PasswordInput
                        size="md"
                        label={t.repeat}
                        name="new-password-again"
                        autoComplete="new-password"
                        required
                        withAsterisk={false}
                        error={differs ? t.differs : undefined}
                        value={again}
                        onChange={(event) => setAgain(event.currentTarget.value)}
                    />
                    {needsCode && (
                        <TextInput
                            size="md"
                            label={l.code}
                            description={l.codeHelp}
                            name="code"
                            autoComplete="one-time-code"
                            autoFocus
                            required
                            withAsterisk={false}
                            value={code}
                            onChange={(event) => setCode(event.currentTarget.value)}
                        />
                    )}
                    <Button type="submit" size="md" fullWidth loading={busy} disabled={missing > 0 || again !== password}>
                        {t.go}
                    </Button>
                </Stack>
            </form>
        </Outside>
    )
}
