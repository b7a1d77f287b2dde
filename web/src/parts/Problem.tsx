/* What went wrong, in the server's own sentence: beside the thing that failed, with a way on. */
import { Button, Group, Paper, Stack, Text } from '@mantine/core'
import { isProblem } from '../api/problem'
import { useFormat, useStrings } from '../strings'
import { common } from '../strings/common'
import { IconBad } from './icons'
import { strings } from './strings'

export function useProblemWords(error: unknown): { title: string; detail: string } {
    const t = useStrings(strings)
    const format = useFormat()
    if (!isProblem(error)) return { title: t.failedTitle, detail: error instanceof Error ? error.message : String(error) }
    const wait = error.retryAfterS ? ` ${t.retryIn(format.span(error.retryAfterS))}.` : ''
    if (error.status === 0) return { title: t.unreachableTitle, detail: t.unreachable }
    if (error.kind === 'database-away') return { title: t.databaseAway, detail: t.databaseAwayText }
    if (error.status === 404) return { title: t.notFoundTitle, detail: error.detail || t.notFound }
    if (error.status === 403) return { title: t.notAllowedTitle, detail: error.detail }
    return { title: error.title || t.failedTitle, detail: error.detail + wait }
}

export function ProblemNotice({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
    const words = useProblemWords(error)
    const t = useStrings(common)
    const rule = isProblem(error) && typeof error.fields.rule === 'string' ? error.fields.rule : undefined
    const p = useStrings(strings)
    return (
        <Paper role="alert" p="md" style={{ background: 'var(--bp-bad-ground)', borderColor: 'var(--bp-bad)' }}>
            <Group align="flex-start" wrap="nowrap" gap="sm">
                <span style={{ color: 'var(--bp-bad)', flex: 'none', marginTop: 2 }} aria-hidden>
                    <IconBad size={18} />
                </span>
                <Stack gap={4} style={{ flex: 1, minWidth: 0 }}>
                    <Text fw={600} size="md">
                        {words.title}
                    </Text>
                    {words.detail && <Text size="md">{words.detail}</Text>}
                    {rule && (
                        <Text size="xs" c="dimmed">
                            {p.ruleOfGate}: {rule}
                        </Text>
                    )}
                    {onRetry && (
                        <Group mt={4}>
                            <Button size="xs" variant="default" onClick={onRetry}>
                                {t.again}
                            </Button>
                        </Group>
                    )}
                </Stack>
            </Group>
        </Paper>
    )
}
