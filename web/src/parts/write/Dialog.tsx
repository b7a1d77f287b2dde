/* Writing a point: what is wanted, what would happen and what stands in the way, then each step to the verdict. */
import { Button, Group, Modal, SegmentedControl, Select, Stack, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { skipToken, useQuery } from '@tanstack/react-query'
import { type FormEvent, useRef, useState } from 'react'
import { api, newKey } from '../../api/client'
import { useLiveValue } from '../../api/live'
import { isProblem } from '../../api/problem'
import { queries } from '../../api/query'
import type { Command, Point } from '../../api/shapes'
import { useSite } from '../../app/site'
import { useFormat, useStrings } from '../../strings'
import { common } from '../../strings/common'
import { IconBad, IconGood, IconHeld, IconUncertain } from '../icons'
import { NumberField } from '../NumberField'
import { ProblemNotice } from '../Problem'
import { Time } from '../Time'
import { Value } from '../Value'
import { defaultDuration, durations, durationsFor, limitsOf, newest, prioritiesFor, stateValue } from './ask'
import classes from './Dialog.module.css'
import { Outcome } from './Outcome'
import { strings } from './strings'

type Props = { point: Point; release?: number; onClose: () => void }

/* An answer to "what would happen": the gate's sentence, whichever it is. */
type Judged = {
    allowed: boolean
    text: string
    release_at?: string | null
    in_the_way?: { priority: number; value: number | null; text: string | null; by: string | null }[]
}

export default function Dialog({ point, release, onClose }: Props) {
    const t = useStrings(strings)
    const [asked, setAsked] = useState<{ command: Command; isRelease: boolean }>()
    const [mode, setMode] = useState<'write' | 'release'>(release === undefined ? 'write' : 'release')
    const [slot, setSlot] = useState(release ?? point.overridden?.priority ?? 8)
    const site = useSite().id
    const live = useLiveValue(site, point.id)
    // What was read back is newer than what was read before it; the next reading comes in its turn.
    const { data: outcome } = useQuery<Command>({ queryKey: ['commands', site, asked?.command.id], queryFn: skipToken })
    const now = newest(live ?? point.value, outcome)
    return (
        <Modal opened onClose={onClose} title={(mode === 'release' ? t.release : t.write)(point.path)} size="md">
            <Stack gap="lg">
                <Group justify="space-between" wrap="nowrap" className={classes.now}>
                    <Text c="dimmed" size="sm">
                        {t.now}
                    </Text>
                    <Value
                        value={now.value}
                        text={now.text}
                        unit={point.unit_symbol}
                        quality={now.quality}
                        reason={now.reason}
                        at={now.at}
                        overridden={point.overridden}
                        withWords
                    />
                </Group>
                {asked ? (
                    <Outcome
                        point={point}
                        first={asked.command}
                        isRelease={asked.isRelease}
                        onClose={onClose}
                        onAgain={() => {
                            setMode('write')
                            setAsked(undefined)
                        }}
                        onRelease={() => {
                            setSlot(asked.command.priority) // what was written just now, and not what is in its way
                            setMode('release')
                            setAsked(undefined)
                        }}
                    />
                ) : mode === 'release' ? (
                    <ReleaseForm point={point} priority={slot} onClose={onClose} onAsked={(command) => setAsked({ command, isRelease: true })} />
                ) : (
                    <WriteForm point={point} onClose={onClose} onAsked={(command) => setAsked({ command, isRelease: false })} />
                )}
            </Stack>
        </Modal>
    )
}

type Wish = { point: number; value: number | null; priority: number; release_after_s?: number | null; reason?: string }

/* Asks for a command, once for each wish: its key stays until the server has refused it, so that who presses again because no answer came does not write twice. */
function useAsk(onAsked: (command: Command) => void) {
    const site = useSite()
    const [busy, setBusy] = useState(false)
    const [error, setError] = useState<unknown>()
    const kept = useRef({ wish: '', key: '' })
    const ask = async (body: Wish) => {
        const wish = JSON.stringify(body)
        if (kept.current.wish !== wish) kept.current = { wish, key: newKey() }
        setBusy(true)
        setError(undefined)
        try {
            const command = await api.post('/sites/{site}/commands', { path: { site: site.id }, body, idempotencyKey: kept.current.key })
            void queries.invalidateQueries({ queryKey: ['commands', site.id] })
            onAsked(command as Command)
        } catch (problem) {
            if (isProblem(problem) && problem.status < 500 && !problem.isPassing) kept.current = { wish: '', key: '' }
            setError(problem)
        } finally {
            setBusy(false)
        }
    }
    return { ask, busy, error }
}

function WriteForm({ point, onClose, onAsked }: { point: Point; onClose: () => void; onAsked: (command: Command) => void }) {
    const t = useStrings(strings)
    const c = useStrings(common)
    const format = useFormat()
    const site = useSite()
    const mayFreely = site.may('command_freely')
    const [value, setValue] = useState<number | undefined>(undefined)
    const [priority, setPriority] = useState(8)
    const [duration, setDuration] = useState(defaultDuration)
    const [reason, setReason] = useState('')
    const { ask, busy, error } = useAsk(onAsked)
    const seconds = durations.find((one) => one.key === duration)?.seconds ?? null
    const body = value === undefined ? undefined : { point: point.id, value, priority, release_after_s: seconds }
    const now = body ? JSON.stringify(body) : ''

    // What would happen is asked when typing pauses; the words that stood there stay until then.
    const [shown] = useDebouncedValue(now, 250)
    const { data: judged, isPlaceholderData } = useQuery({
        queryKey: ['judged', site.id, shown],
        queryFn: async ({ signal }): Promise<Judged> => {
            try {
                return (await api.post('/sites/{site}/commands', {
                    path: { site: site.id },
                    query: { dry_run: true },
                    body: JSON.parse(shown) as NonNullable<typeof body>,
                    signal,
                })) as unknown as Judged
            } catch (problem) {
                if (isProblem(problem, 'refused') || isProblem(problem, 'invalid')) return { allowed: false, text: problem.detail }
                throw problem
            }
        },
        enabled: shown !== '',
        staleTime: 0,
        gcTime: 0,
    })

    const isRefused = judged?.allowed === false && shown === now && !isPlaceholderData
    const Sign = !judged?.allowed ? IconBad : judged.in_the_way?.length ? IconUncertain : IconGood
    const says = (number: number | null | undefined, text?: string | null) =>
        text ??
        (point.states[point.type.startsWith('binary') ? (number ?? 0) : (number ?? 1) - 1] || `${format.number(number ?? 0, 12)} ${point.unit_symbol}`.trim()) // every digit: it is what will be written
    const submit = (event: FormEvent) => {
        event.preventDefault()
        if (body) void ask({ ...body, ...(reason ? { reason } : {}) })
    }
    return (
        <form onSubmit={submit}>
            <Stack gap="md">
                <ValueField point={point} value={value} onChange={setValue} />
                <Select
                    label={t.duration}
                    description={t.durationAbout}
                    allowDeselect={false}
                    value={duration}
                    onChange={(chosen) => setDuration(chosen ?? defaultDuration)}
                    data={durationsFor(mayFreely).map((one) => ({ value: one.key, label: t[`d${one.key}` as 'd2h'] }))}
                />
                <TextInput
                    label={t.reason}
                    description={t.reasonAbout}
                    maxLength={1000}
                    value={reason}
                    onChange={(event) => setReason(event.currentTarget.value)}
                />
                <Select
                    label={t.priority}
                    allowDeselect={false}
                    value={String(priority)}
                    onChange={(chosen) => setPriority(Number(chosen ?? 8))}
                    data={prioritiesFor(mayFreely).map((one) => ({
                        value: String(one),
                        label: one === 8 ? t.priority8 : one === 5 ? t.priority5 : one === 16 ? t.priority16 : t.priorityOther(one),
                    }))}
                />
                <div
                    className={judged && value !== undefined ? classes.judged : undefined}
                    role="status"
                    data-refused={judged && !judged.allowed ? true : undefined}
                >
                    {judged && value !== undefined && (
                        <>
                            <span className={classes.line}>
                                <Sign size={18} aria-hidden />
                                <span>
                                    {judged.text}
                                    {judged.allowed && judged.release_at && (
                                        <>
                                            {' '}
                                            {t.endsAt} <Time at={judged.release_at} />
                                            {c.stop}
                                        </>
                                    )}
                                </span>
                            </span>
                            {judged.in_the_way?.map((slot) => (
                                <span key={slot.priority} className={classes.line}>
                                    <IconHeld size={18} aria-hidden />
                                    <span>{t.inTheWay(slot.priority, says(slot.value, slot.text), slot.by ?? '')}</span>
                                </span>
                            ))}
                        </>
                    )}
                </div>
                {error !== undefined && <ProblemNotice error={error} />}
                <Group justify="flex-end" gap="sm">
                    <Button variant="default" onClick={onClose}>
                        {c.cancel}
                    </Button>
                    <Button type="submit" loading={busy} disabled={value === undefined || isRefused}>
                        {value === undefined ? t.doWriteNothing : t.doWrite(says(value))}
                    </Button>
                </Group>
            </Stack>
        </form>
    )
}

/* A dialog gives the focus to what says so, and the control has no way to say it. */
function focusFirst(control: HTMLElement | null): void {
    control?.querySelector('input')?.setAttribute('data-autofocus', '')
}

function ValueField({ point, value, onChange }: { point: Point; value: number | undefined; onChange: (value: number | undefined) => void }) {
    const t = useStrings(strings)
    const format = useFormat()
    if (point.states.length > 0) {
        const data = point.states.map((state, index) => ({ value: String(stateValue(point, index)), label: state || String(stateValue(point, index)) }))
        if (data.length > 4)
            return (
                <Select
                    label={t.state}
                    data={data}
                    value={value === undefined ? null : String(value)}
                    onChange={(chosen) => onChange(chosen === null ? undefined : Number(chosen))}
                    data-autofocus
                    searchable
                />
            )
        return (
            <div ref={focusFirst}>
                <Text size="sm" fw={500} mb={4} id="write-state">
                    {t.state}
                </Text>
                <SegmentedControl
                    fullWidth
                    aria-labelledby="write-state"
                    data={data}
                    value={value === undefined ? '' : String(value)}
                    onChange={(chosen) => onChange(Number(chosen))}
                />
            </div>
        )
    }
    const { min, max } = limitsOf(point)
    const withUnit = (number: number) => `${format.number(number)} ${point.unit_symbol}`.trim()
    const about =
        min !== undefined && max !== undefined
            ? t.range(format.number(min), withUnit(max))
            : min !== undefined
              ? t.atLeast(withUnit(min))
              : max !== undefined
                ? t.atMost(withUnit(max))
                : undefined
    return <NumberField label={t.value} description={about} value={value} onChange={onChange} unit={point.unit_symbol} data-autofocus />
}

function ReleaseForm({ point, priority, onClose, onAsked }: { point: Point; priority: number; onClose: () => void; onAsked: (command: Command) => void }) {
    const t = useStrings(strings)
    const c = useStrings(common)
    const [reason, setReason] = useState('')
    const { ask, busy, error } = useAsk(onAsked)
    const submit = (event: FormEvent) => {
        event.preventDefault()
        void ask({ point: point.id, value: null, priority, ...(reason ? { reason } : {}) })
    }
    return (
        <form onSubmit={submit}>
            <Stack gap="md">
                <Text>{t.releaseAbout(priority)}</Text>
                <TextInput label={t.reason} maxLength={1000} value={reason} onChange={(event) => setReason(event.currentTarget.value)} data-autofocus />
                {error !== undefined && <ProblemNotice error={error} />}
                <Group justify="flex-end" gap="sm">
                    <Button variant="default" onClick={onClose}>
                        {c.cancel}
                    </Button>
                    <Button type="submit" loading={busy}>
                        {t.doRelease}
                    </Button>
                </Group>
            </Stack>
        </form>
    )
}
