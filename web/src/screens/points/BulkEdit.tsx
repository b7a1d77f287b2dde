/* Many points changed at once: what is to be, then each point before and after, and only then the deed. All of it or nothing. */
import { Button, Drawer, Fieldset, Group, SegmentedControl, Stack, Text, TextInput } from '@mantine/core'
import { useEffect, useState } from 'react'
import { isProblem } from '../../api/problem'
import type { Point } from '../../api/shapes'
import { useSite } from '../../app/site'
import { NumberField } from '../../parts/NumberField'
import { ProblemNotice } from '../../parts/Problem'
import { useFormat, useStrings } from '../../strings'
import { common } from '../../strings/common'
import { type Change, changesOf, fieldText, isEmptyPlan, type Plan } from './changes'
import classes from './points.module.css'
import { type Changed, changePoints } from './saving'
import { strings } from './strings'

const SHOWN_MAX = 200

type Props = { opened: boolean; points: ReadonlyMap<number, Point>; onClose: () => void; onDone: (done: Changed) => void }

export function BulkEdit({ opened, points, onClose, onDone }: Props) {
    const t = useStrings(strings)
    const c = useStrings(common)
    const format = useFormat()
    return (
        <Drawer
            opened={opened}
            onClose={onClose}
            closeButtonProps={{ 'aria-label': c.close }}
            position="right"
            size="lg"
            title={t.editTitle(format.number(points.size, 0), points.size)}
        >
            {opened ? <Form points={points} onClose={onClose} onDone={onDone} /> : null}
        </Drawer>
    )
}

function Form({ points, onClose, onDone }: Omit<Props, 'opened'>) {
    const t = useStrings(strings)
    const c = useStrings(common)
    const site = useSite().id
    const [plan, setPlan] = useState<Plan>({ replaceIn: 'name' })
    const [asked, setAsked] = useState<{ changes: Change[]; preview: Changed | undefined }>()
    const [isBusy, setBusy] = useState(false)
    const [error, setError] = useState<unknown>()
    // biome-ignore lint/correctness/useExhaustiveDependencies: another plan wants another preview
    useEffect(() => setAsked(undefined), [plan])
    const [bad, setBad] = useState<readonly string[]>([]) /* fields in which no number stands */
    const mark = (name: string, isBad: boolean) => setBad((was) => [...was.filter((one) => one !== name), ...(isBad ? [name] : [])])
    const set = (change: Partial<Plan>) => setPlan((was) => ({ ...was, ...change }))

    const preview = async (changes: Change[]) => {
        setBusy(true)
        setError(undefined)
        try {
            setAsked({ changes, preview: changes.length > 0 ? await changePoints(site, changes, true) : undefined })
        } catch (problem) {
            setError(problem)
        } finally {
            setBusy(false)
        }
    }
    const apply = async (changes: Change[]) => {
        setBusy(true)
        setError(undefined)
        try {
            onDone(await changePoints(site, changes, false))
        } catch (problem) {
            /* somebody was quicker with one of them: the answer says with which */
            if (isProblem(problem) && Array.isArray(problem.fields.items))
                setAsked({ changes, preview: { items: problem.fields.items as Changed['items'], change: null } })
            else setError(problem)
        } finally {
            setBusy(false)
        }
    }
    const flag = (name: 'enabled' | 'writable', label: string) => (
        <Group justify="space-between">
            <Text id={`bulk-${name}`}>{label}</Text>
            <SegmentedControl
                aria-labelledby={`bulk-${name}`}
                value={plan[name] === undefined ? 'leave' : String(plan[name])}
                onChange={(value) => set({ [name]: value === 'leave' ? undefined : value === 'true' })}
                data={[
                    { value: 'leave', label: t.leave },
                    { value: 'true', label: t.yes },
                    { value: 'false', label: t.no },
                ]}
            />
        </Group>
    )
    const interval = plan.poll_interval_s === undefined ? 'leave' : plan.poll_interval_s === null ? 'device' : 'set'
    const seconds = plan.poll_interval_s
    const isGoodInterval = typeof seconds !== 'number' || (Number.isInteger(seconds) && seconds >= 1 && seconds <= 86_400)
    const limit = (name: 'write_min' | 'write_max', label: string) => (
        <NumberField
            label={label}
            flex={1}
            value={plan[name]}
            onChange={(value, isBad) => {
                set({ [name]: value })
                mark(name, isBad)
            }}
        />
    )
    return (
        <Stack gap="lg">
            <Text c="dimmed">{t.editAbout}</Text>
            {flag('enabled', t.polled)}
            {flag('writable', t.commands)}
            <Group justify="space-between" align="flex-end">
                <Text id="bulk-interval">{t.interval}</Text>
                <Group gap="sm">
                    <SegmentedControl
                        aria-labelledby="bulk-interval"
                        value={interval}
                        onChange={(value) => {
                            mark('poll_interval_s', false)
                            set({ poll_interval_s: value === 'leave' ? undefined : value === 'device' ? null : 60 })
                        }}
                        data={[
                            { value: 'leave', label: t.leave },
                            { value: 'set', label: t.intervalSet },
                            { value: 'device', label: t.intervalDevice },
                        ]}
                    />
                    {interval === 'set' ? (
                        <NumberField
                            aria-label={t.interval}
                            w={104}
                            unit={t.seconds}
                            error={isGoodInterval ? undefined : t.intervalBounds}
                            value={plan.poll_interval_s}
                            onChange={(value, isBad) => {
                                if (value !== undefined) set({ poll_interval_s: value })
                                mark('poll_interval_s', isBad || value === undefined)
                            }}
                        />
                    ) : null}
                </Group>
            </Group>
            <Stack gap={4}>
                <Group>
                    {limit('write_min', t.lowest)}
                    {limit('write_max', t.highest)}
                </Group>
                <Text size="sm" c="dimmed">
                    {t.limitsAbout}
                </Text>
            </Stack>
            <Fieldset legend={t.replace} variant="unstyled">
                <Stack gap="sm">
                    <SegmentedControl
                        aria-label={t.replaceIn}
                        value={plan.replaceIn ?? 'name'}
                        onChange={(value) => set({ replaceIn: value as 'name' | 'description' })}
                        data={[
                            { value: 'name', label: t.inName },
                            { value: 'description', label: t.inDescription },
                        ]}
                    />
                    <Group>
                        <TextInput size="sm" label={t.find} flex={1} value={plan.find ?? ''} onChange={(event) => set({ find: event.currentTarget.value })} />
                        <TextInput
                            size="sm"
                            label={t.replaceBy}
                            flex={1}
                            value={plan.replaceBy ?? ''}
                            onChange={(event) => set({ replaceBy: event.currentTarget.value })}
                        />
                    </Group>
                </Stack>
            </Fieldset>
            <Group>
                <TextInput
                    size="sm"
                    label={t.addTags}
                    flex={1}
                    placeholder={t.tagHint}
                    value={plan.addTags ?? ''}
                    onChange={(event) => set({ addTags: event.currentTarget.value })}
                />
                <TextInput
                    size="sm"
                    label={t.removeTags}
                    flex={1}
                    value={plan.removeTags ?? ''}
                    onChange={(event) => set({ removeTags: event.currentTarget.value })}
                />
            </Group>
            {asked ? <Preview points={points} {...asked} onLeaveOut={(changes) => void preview(changes)} /> : null}
            {error !== undefined ? <ProblemNotice error={error} /> : null}
            <Group justify="flex-end" gap="sm">
                <Button variant="default" onClick={onClose}>
                    {c.cancel}
                </Button>
                {asked && asked.changes.length > 0 ? (
                    <ApplyButton
                        changes={asked.changes}
                        isBusy={isBusy}
                        isBlocked={asked.preview?.items.some((item) => item.problem) ?? false}
                        onApply={() => void apply(asked.changes)}
                    />
                ) : (
                    <Button
                        loading={isBusy}
                        disabled={isEmptyPlan(plan) || asked !== undefined || bad.length > 0 || !isGoodInterval}
                        onClick={() => void preview(changesOf([...points.values()], plan))}
                    >
                        {t.preview}
                    </Button>
                )}
            </Group>
        </Stack>
    )
}

function ApplyButton({ changes, isBusy, isBlocked, onApply }: { changes: Change[]; isBusy: boolean; isBlocked: boolean; onApply: () => void }) {
    const t = useStrings(strings)
    const format = useFormat()
    return (
        <Button loading={isBusy} disabled={isBlocked} onClick={onApply}>
            {t.apply(format.number(changes.length, 0), changes.length)}
        </Button>
    )
}

type PreviewProps = { points: ReadonlyMap<number, Point>; changes: Change[]; preview: Changed | undefined; onLeaveOut: (changes: Change[]) => void }

function Preview({ points, changes, preview, onLeaveOut }: PreviewProps) {
    const t = useStrings(strings)
    const c = useStrings(common)
    const format = useFormat()
    if (!preview) return <Text role="status">{t.nothingToChange}</Text>
    const broken = preview.items.filter((item) => item.problem)
    const shown = [...broken, ...preview.items.filter((item) => !item.problem)].slice(0, SHOWN_MAX)
    const words = { yes: c.yes, no: c.no, none: '–' }
    return (
        <Stack gap="sm">
            <Text role="status" fw={600}>
                {t.previewAbout(format.number(changes.length, 0), format.number(points.size, 0))}
            </Text>
            {broken.length > 0 ? (
                <Group justify="space-between" wrap="nowrap">
                    <Text style={{ color: 'var(--bp-bad)' }}>{t.previewProblems(format.number(broken.length, 0), broken.length)}</Text>
                    <Button variant="default" size="xs" onClick={() => onLeaveOut(changes.filter((change) => !broken.some((item) => item.id === change.id)))}>
                        {t.leaveOut}
                    </Button>
                </Group>
            ) : null}
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls by keys */}
            <ul className={classes.preview} tabIndex={0} aria-label={t.preview} style={{ margin: 0, padding: 0 }}>
                {shown.map((item) => (
                    <li key={item.id}>
                        <Text size="sm" fw={500}>
                            {item.path ?? points.get(item.id)?.path ?? item.id}
                        </Text>
                        {item.problem ? (
                            <Text size="sm" style={{ color: 'var(--bp-bad)' }}>
                                {item.problem}
                            </Text>
                        ) : null}
                        <div className={classes.diff}>
                            {Object.keys(item.after).map((field) => (
                                <Diff key={field} field={field} before={fieldText(item.before[field], words)} after={fieldText(item.after[field], words)} />
                            ))}
                        </div>
                    </li>
                ))}
            </ul>
        </Stack>
    )
}

function Diff({ field, before, after }: { field: string; before: string; after: string }) {
    const t = useStrings(strings)
    const name = (t as Record<string, unknown>)[`field_${field}`]
    return (
        <>
            <span className={classes.dim}>{typeof name === 'string' ? name : field}</span>
            <s>{before}</s>
            <span aria-hidden="true">→</span>
            <span>{after}</span>
        </>
    )
}
