import { Badge, Button, Group, Stack, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api } from '../../api/client'
import { Loaded } from '../../parts/Loading'
import { ProblemNotice } from '../../parts/Problem'
import { Section } from '../../parts/Section'
import { Time } from '../../parts/Time'
import { useStrings } from '../../strings'
import { browserOf } from './browser'
import { mySessionsQuery } from './queries'
import { strings } from './strings'

export function Sessions() {
    const t = useStrings(strings)
    const cache = useQueryClient()
    const query = useQuery(mySessionsQuery)
    const end = useMutation({
        mutationFn: (session: number) => api.delete('/me/sessions/{session}', { path: { session } }),
        onSettled: () => cache.invalidateQueries({ queryKey: mySessionsQuery.queryKey }),
    })
    return (
        <Section title={t.sessions} about={t.sessionsAbout}>
            {end.error && <ProblemNotice error={end.error} />}
            <Loaded query={query} rows={2}>
                {(sessions) => (
                    <Stack gap="md">
                        {sessions.map((session) => (
                            <Group key={session.id} justify="space-between" wrap="nowrap">
                                <div style={{ minWidth: 0 }}>
                                    <Group gap="sm">
                                        <Text fw={500}>{browserOf(session.browser)}</Text>
                                        {session.is_this && (
                                            <Badge variant="default" tt="none" fw={500}>
                                                {t.thisOne}
                                            </Badge>
                                        )}
                                    </Group>
                                    <Text size="sm" c="dimmed" component="div">
                                        {session.address} · {t.since} <Time at={session.created_at} /> · {t.lastUsed}{' '}
                                        <Time at={session.last_used_at} form="ago" />
                                    </Text>
                                </div>
                                {!session.is_this && (
                                    <Button
                                        variant="default"
                                        size="xs"
                                        loading={end.isPending && end.variables === session.id}
                                        onClick={() => end.mutate(session.id)}
                                    >
                                        {t.end}
                                    </Button>
                                )}
                            </Group>
                        ))}
                    </Stack>
                )}
            </Loaded>
        </Section>
    )
}
