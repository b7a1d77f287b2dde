/* What becomes of a command, step by step, until its verdict. */
import { Button, Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { api } from '../../api/client'
import { queries } from '../../api/query'
import type { Command, Point } from '../../api/shapes'
import { useSite } from '../../app/site'
import { useStrings } from '../../strings'
import { common } from '../../strings/common'
import { IconBad, IconGood, IconStale } from '../icons'
import { ProblemNotice } from '../Problem'
import { Time } from '../Time'
import { toastProblem } from '../toast'
import { hasEnded, stepsOf } from './ask'
import classes from './Dialog.module.css'
import { strings } from './strings'

const ASK_EVERY_MS = 1000

/* It stands in its slot, in front or behind. */
const isThere = (command: Command) => command.status === 'completed' || command.verdict === 'outranked' || command.verdict === 'not-shown'

/* A command as it is now: told by the live connection, and asked for besides, since that may be away. */
export function useCommand(site: string, first: Command) {
    return useQuery({
        queryKey: ['commands', site, first.id],
        queryFn: ({ signal }) => api.get('/sites/{site}/commands/{command}', { path: { site, command: first.id }, signal }),
        initialData: first,
        staleTime: 0,
        refetchInterval: (query) => (query.state.data && hasEnded(query.state.data) ? false : ASK_EVERY_MS),
    })
}

type Props = { point: Point; first: Command; isRelease: boolean; onClose: () => void; onAgain: () => void; onRelease: () => void }

export function Outcome({ point, first, isRelease, onClose, onAgain, onRelease }: Props) {
    const t = useStrings(strings)
    const c = useStrings(common)
    const site = useSite()
    const { data: command, error } = useCommand(site.id, first)
    const isOver = hasEnded(command)
    // The form that had the focus is gone.
    const doneButton = useRef<HTMLButtonElement>(null)
    useEffect(() => doneButton.current?.focus(), [])
    // What is behind the dialog shows what the command did, also where the live connection is away.
    useEffect(() => {
        if (isOver) for (const noun of ['points', 'overrides', 'commands']) void queries.invalidateQueries({ queryKey: [noun, site.id] })
    }, [isOver, site.id])
    const cancel = async () => {
        try {
            await api.delete('/sites/{site}/commands/{command}', { path: { site: site.id, command: command.id } })
        } catch (problem) {
            toastProblem({ title: point.path, detail: problem instanceof Error ? problem.message : '' })
        }
        void queries.invalidateQueries({ queryKey: ['commands', site.id] })
    }
    return (
        <Stack gap="md">
            <ol className={classes.steps} aria-live="polite">
                {stepsOf(command).map(({ step, state }) => (
                    <li key={step} data-state={state}>
                        {state === 'done' ? (
                            <IconGood size={18} aria-hidden />
                        ) : state === 'failed' ? (
                            <IconBad size={18} aria-hidden />
                        ) : (
                            <IconStale size={18} aria-hidden />
                        )}
                        <span>
                            {step !== 'handed' || state === 'done' ? t[step] : t.waitsForSite}
                            {step === 'handed' && state === 'done' && command.handed_over_at && (
                                <>
                                    {' '}
                                    <Time at={command.handed_over_at} />
                                </>
                            )}
                        </span>
                    </li>
                ))}
            </ol>
            {command.text && (
                <Text fw={500} className={classes.verdict} data-state={command.status} data-testid="verdict">
                    {command.text}
                </Text>
            )}
            {command.cancel_asked_at && !isOver && (
                <Text size="sm" c="dimmed">
                    {t.askedBack}
                </Text>
            )}
            {command.release_at && isOver && command.verdict === 'held' && !isRelease && (
                <Text size="sm" c="dimmed">
                    {t.heldUntil} <Time at={command.release_at} />
                    {c.stop}
                </Text>
            )}
            {error ? <ProblemNotice error={error} /> : null}
            <Group justify="flex-end" gap="sm">
                {command.status === 'pending' && !command.cancel_asked_at && (
                    <Button variant="default" onClick={() => void cancel()}>
                        {command.handed_over_at ? t.askBack : t.cancelIt}
                    </Button>
                )}
                {isOver && !isRelease && isThere(command) && (
                    <Button variant="default" onClick={onRelease}>
                        {t.releaseNow}
                    </Button>
                )}
                {isOver && (
                    <Button variant="default" onClick={onAgain}>
                        {t.writeAgain}
                    </Button>
                )}
                <Button ref={doneButton} onClick={onClose}>
                    {t.done}
                </Button>
            </Group>
        </Stack>
    )
}
