/* What was commanded last, by whom, and what became of it. */
import { Anchor, Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { api } from '../../api/client'
import type { Command, Point } from '../../api/shapes'
import { useSite } from '../../app/site'
import { Loaded } from '../../parts/Loading'
import { Time } from '../../parts/Time'
import { useFormat, useStrings } from '../../strings'
import classes from './point.module.css'
import { strings } from './strings'

const SHOWN = 5

export function latestCommands(site: string, point: number) {
    return {
        queryKey: ['commands', site, 'of', point],
        queryFn: ({ signal }: { signal: AbortSignal }) => api.get('/sites/{site}/commands', { path: { site }, query: { point, limit: SHOWN }, signal }),
        placeholderData: undefined,
    }
}

export function Commands({ point }: { point: Point }) {
    const t = useStrings(strings)
    const format = useFormat()
    const site = useSite().id
    const latest = useQuery(latestCommands(site, point.id))
    const what = (command: Command) => {
        if (command.command_type === 'release_priority' || command.value === null) return t.released(command.priority)
        const value = command.state ?? `${format.number(command.value)}${point.unit_symbol ? ` ${point.unit_symbol}` : ''}`
        return t.wrote(value, command.priority)
    }
    return (
        <section className={classes.panel} aria-labelledby="commands-title">
            <Group justify="space-between" mb="sm">
                <h2 id="commands-title">{t.commands}</h2>
                <Anchor component={Link} to={`/sites/${site}/commands?point=${point.id}`} size="sm">
                    {t.allCommands}
                </Anchor>
            </Group>
            <Loaded query={latest} rows={3}>
                {(known) =>
                    known.items.length === 0 ? (
                        <Text c="dimmed">{t.commandsNone}</Text>
                    ) : (
                        <ul className={classes.commands}>
                            {known.items.map((command) => (
                                <li key={command.id}>
                                    <Group justify="space-between" wrap="nowrap" gap="sm">
                                        <Text size="md" fw={500} truncate>
                                            {what(command)}
                                        </Text>
                                        <span className={classes.status} data-status={command.status}>
                                            {t[`s_${command.status}`]}
                                        </span>
                                    </Group>
                                    <Text size="sm" c="dimmed" component="div">
                                        {command.created_by} · <Time at={command.created_at} />
                                        {command.reason ? ` · ${command.reason}` : ''}
                                    </Text>
                                    {command.text ? <Text size="sm">{command.text}</Text> : null}
                                </li>
                            ))}
                        </ul>
                    )
                }
            </Loaded>
        </section>
    )
}
