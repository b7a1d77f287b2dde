/* What a point is, and changing it. Who is slower than somebody else sees both and chooses: nothing is overwritten unseen. */
import { Button, Group, SegmentedControl, Stack, Switch, Text, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import { api } from '../../api/client'
import { isProblem } from '../../api/problem'
import type { Point } from '../../api/shapes'
import { useSite } from '../../app/site'
import { decimalOf } from '../../parts/number'
import { ProblemNotice } from '../../parts/Problem'
import { toast } from '../../parts/toast'
import { useFormat, useStrings } from '../../strings'
import { common } from '../../strings/common'
import { badFields, changedFields, conflicts, type Draft, draftOf, type Field, merge, setOf } from './draft'
import classes from './point.module.css'
import { strings } from './strings'

type Props = { point: Point; onDone: (point: Point | undefined) => void }

export function Edit({ point, onDone }: Props) {
    const t = useStrings(strings)
    const c = useStrings(common)
    const format = useFormat()
    const site = useSite().id
    const [read, setRead] = useState(point) /* as it was when one began: what comes live meanwhile does not change the fields */
    const [draft, setDraft] = useState<Draft>(() => draftOf(point))
    const [theirs, setTheirs] = useState<Point>()
    const [chosen, setChosen] = useState<ReadonlyMap<Field, 'mine' | 'theirs'>>(new Map())
    const [isBusy, setBusy] = useState(false)
    const [error, setError] = useState<unknown>()
    const set = (change: Partial<Draft>) => setDraft((was) => ({ ...was, ...change }))
    const bad = badFields(draft, read, decimalOf(format.locale))
    const field = isProblem(error) ? error.fields.field : undefined

    const save = async (made: Draft, base: Point) => {
        const changed = changedFields(made, base)
        if (changed.length === 0) {
            onDone(base === point ? undefined : base)
            return
        }
        setBusy(true)
        setError(undefined)
        try {
            const { body } = await api.answer('patch', '/sites/{site}/points/{point}', {
                path: { site, point: point.id },
                ifMatch: base.version,
                body: setOf(made, base, changed),
            })
            toast(t.saved)
            onDone(body as Point)
        } catch (problem) {
            if (isProblem(problem) && problem.status === 412) await meet(made, base)
            else setError(problem)
        } finally {
            setBusy(false)
        }
    }
    /* Somebody was quicker. Where nothing of theirs meets mine it is saved on top of theirs; else both are shown. */
    const meet = async (made: Draft, base: Point) => {
        try {
            const now = await api.get('/sites/{site}/points/{point}', { path: { site, point: point.id } })
            setRead(base)
            setDraft(made)
            setTheirs(now)
            setChosen(new Map(conflicts(made, base, now).map((name): [Field, 'mine'] => [name, 'mine'])))
        } catch (problem) {
            setError(problem)
        }
    }

    if (theirs)
        return (
            <Conflict
                draft={draft}
                read={read}
                now={theirs}
                chosen={chosen}
                isBusy={isBusy}
                onChoose={(name, whose) => setChosen((was) => new Map(was).set(name, whose))}
                onSave={() => void save(merge(draft, read, theirs, chosen), theirs)}
                onDrop={() => onDone(theirs)}
            />
        )
    const text = (name: 'name' | 'description' | 'tags', label: string, more?: string) => (
        <TextInput
            size="sm"
            label={label}
            description={more}
            value={draft[name]}
            maxLength={1000}
            error={field === name}
            onChange={(event) => set({ [name]: event.currentTarget.value })}
        />
    )
    const number = (name: 'poll_interval_s' | 'write_min' | 'write_max', label: string, more?: string) => (
        <TextInput
            size="sm"
            flex={1}
            inputMode="decimal"
            label={label}
            description={more}
            value={draft[name]}
            error={bad.includes(name) ? t.badNumber : field === name}
            onChange={(event) => set({ [name]: event.currentTarget.value })}
        />
    )
    const isNumeric = point.states.length === 0
    return (
        <form
            onSubmit={(event) => {
                event.preventDefault()
                if (bad.length === 0) void save(draft, read)
            }}
        >
            <Stack>
                {text('name', t.name)}
                <Textarea
                    size="sm"
                    label={t.description}
                    value={draft.description}
                    maxLength={1000}
                    autosize
                    minRows={1}
                    maxRows={4}
                    error={field === 'description'}
                    onChange={(event) => set({ description: event.currentTarget.value })}
                />
                {text('tags', t.tags, t.tagsHint)}
                <Switch label={t.polled} checked={draft.enabled} onChange={(event) => set({ enabled: event.currentTarget.checked })} />
                {number('poll_interval_s', t.interval, t.intervalHint)}
                <Switch label={t.writable} checked={draft.writable} onChange={(event) => set({ writable: event.currentTarget.checked })} />
                {isNumeric ? (
                    <Stack gap={4}>
                        <Group align="flex-start">
                            {number('write_min', point.unit_symbol ? `${t.lowest} (${point.unit_symbol})` : t.lowest)}
                            {number('write_max', point.unit_symbol ? `${t.highest} (${point.unit_symbol})` : t.highest)}
                        </Group>
                        {point.device_min !== null && point.device_max !== null ? (
                            <Text size="xs" c="dimmed">
                                {t.deviceLimits(format.number(point.device_min), format.number(point.device_max))}
                            </Text>
                        ) : null}
                    </Stack>
                ) : null}
                {error !== undefined ? <ProblemNotice error={error} /> : null}
                <Group justify="flex-end" gap="sm">
                    <Button variant="default" onClick={() => onDone(undefined)}>
                        {c.cancel}
                    </Button>
                    <Button type="submit" loading={isBusy} disabled={bad.length > 0 || changedFields(draft, read).length === 0}>
                        {c.save}
                    </Button>
                </Group>
            </Stack>
        </form>
    )
}

type ConflictProps = {
    draft: Draft
    read: Point
    now: Point
    chosen: ReadonlyMap<Field, 'mine' | 'theirs'>
    isBusy: boolean
    onChoose: (field: Field, whose: 'mine' | 'theirs') => void
    onSave: () => void
    onDrop: () => void
}

function Conflict({ draft, read, now, chosen, isBusy, onChoose, onSave, onDrop }: ConflictProps) {
    const t = useStrings(strings)
    const c = useStrings(common)
    const theirs = draftOf(now)
    const words = (value: string | boolean) => (value === true ? c.yes : value === false ? c.no : value === '' ? '–' : value)
    const met = conflicts(draft, read, now)
    const plain = changedFields(theirs, read).filter((field) => !met.includes(field))
    return (
        <section className={classes.conflict} role="alert" aria-label={t.conflictTitle} data-testid="conflict">
            <Text fw={600}>{t.conflictTitle}</Text>
            <Text size="sm" c="dimmed">
                {t.conflictText}
            </Text>
            <dl className={classes.facts}>
                {plain.map((field) => (
                    <Fact key={field} name={fieldName(t, field)}>
                        {words(draftOf(read)[field])} → {words(theirs[field])}
                    </Fact>
                ))}
            </dl>
            {met.map((field) => (
                <Stack key={field} gap={4}>
                    <Text size="sm" fw={500} id={`conflict-${field}`}>
                        {fieldName(t, field)}
                    </Text>
                    <SegmentedControl
                        aria-labelledby={`conflict-${field}`}
                        fullWidth
                        orientation="vertical"
                        value={chosen.get(field) ?? 'mine'}
                        onChange={(whose) => onChoose(field, whose as 'mine' | 'theirs')}
                        data={[
                            { value: 'mine', label: `${t.mine}: ${words(draft[field])}` },
                            { value: 'theirs', label: `${t.theirs}: ${words(theirs[field])}` },
                        ]}
                    />
                </Stack>
            ))}
            <Group justify="flex-end" gap="sm">
                <Button variant="default" onClick={onDrop}>
                    {t.dropMine}
                </Button>
                <Button loading={isBusy} onClick={onSave} data-autofocus>
                    {t.saveChosen}
                </Button>
            </Group>
        </section>
    )
}

function fieldName(
    t: { name: string; description: string; polled: string; interval: string; writable: string; lowest: string; highest: string; tags: string },
    field: Field,
): string {
    return {
        name: t.name,
        description: t.description,
        enabled: t.polled,
        poll_interval_s: t.interval,
        writable: t.writable,
        write_min: t.lowest,
        write_max: t.highest,
        tags: t.tags,
    }[field]
}

export function Fact({ name, children }: { name: string; children: React.ReactNode }) {
    return (
        <div>
            <dt>{name}</dt>
            <dd>{children}</dd>
        </div>
    )
}
