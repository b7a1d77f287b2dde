import { useNavigate, useSearch } from '@tanstack/react-router'
import { useStrings } from '../../strings'
import { LoginForm } from './LoginForm'
import { Outside } from './Outside'
import { strings } from './strings'

export function Screen() {
    const t = useStrings(strings)
    const { back } = useSearch({ from: '/login' })
    const navigate = useNavigate()
    return (
        <Outside title={t.title}>
            <LoginForm onDone={() => void navigate({ href: back ?? '/', replace: true })} />
        </Outside>
    )
}
