/* The session has ended while a screen was shown: the screen stays, and who logs in again goes on where they were. */
import { Modal, Stack, Text } from '@mantine/core'
import { queries } from '../api/query'
import { LoginForm } from '../screens/login/LoginForm'
import { useStrings } from '../strings'
import { useSession } from './session'
import { strings } from './strings'

export default function Ended() {
    const t = useStrings(strings)
    const { person } = useSession()
    return (
        <Modal opened onClose={() => location.assign('/login')} title={t.endedTitle} closeOnClickOutside={false} size="sm">
            <Stack gap="lg">
                <Text c="dimmed">{t.ended}</Text>
                <Text fw={600}>{person.full_name ? `${person.full_name} (${person.name})` : person.name}</Text>
                <LoginForm name={person.name} onDone={() => void queries.invalidateQueries()} />
            </Stack>
        </Modal>
    )
}
