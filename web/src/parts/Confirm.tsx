/* Before what cannot be undone: says what will happen, and names the deed on its button ("Remove bob", not "OK"). */
import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useStrings } from '../strings'
import { common } from '../strings/common'
import { ProblemNotice } from './Problem'

type Props = { opened: boolean; title: string; children: ReactNode; deed: string; isDangerous?: boolean; onConfirm: () => unknown; onClose: () => void }

export function Confirm({ opened, title, children, deed, isDangerous, onConfirm, onClose }: Props) {
    const t = useStrings(common)
    const [busy, setBusy] = useState(false)
    const [error, setError] = useState<unknown>()
    const close = () => {
        setError(undefined)
        onClose()
    }
    const confirm = async () => {
        setBusy(true)
        setError(undefined)
        try {
            await onConfirm()
            close()
        } catch (problem) {
            setError(problem)
        } finally {
            setBusy(false)
        }
    }
    return (
        <Modal opened={opened} onClose={close} title={title} size="sm">
            <Stack gap="lg">
                <Text component="div">{children}</Text>
                {error !== undefined && <ProblemNotice error={error} />}
                <Group justify="flex-end" gap="sm">
                    <Button variant="default" onClick={close} data-autofocus>
                        {t.cancel}
                    </Button>
                    <Button color={isDangerous ? 'red' : 'accent'} loading={busy} onClick={() => void confirm()}>
                        {deed}
                    </Button>
                </Group>
            </Stack>
        </Modal>
    )
}
