/* Which span a chart shows: presets up to now, steps to either side, closer and wider, or from when to when by hand. */
import { ActionIcon, Button, Group, Popover, SegmentedControl, Select, Stack, Text, TextInput, Tooltip } from '@mantine/core'
import { useState } from 'react'
import { useFormat, useStrings } from '../../strings'
import { IconDown, IconLeft, IconRight, IconZoomIn, IconZoomOut } from '../icons'
import { instantText } from './axes'
import { clampRange, instantAt, PRESETS, type Preset, pan, SPAN_MAX, span, zoneOffset, zoom } from './range'
import classes from './rangebar.module.css'
import { strings } from './rangeStrings'
import type { Range } from './types'

type Props = {
    range: Range
    preset: Preset | undefined
    isLive: boolean
    onPreset: (preset: Preset) => void
    onRange: (range: Range) => void
    presets?: readonly Preset[]
}

export function RangeBar({ range, preset, isLive, onPreset, onRange, presets = PRESETS }: Props) {
    const t = useStrings(strings)
    const move = (to: Range) => onRange(clampRange(to, Date.now() + span(to) * 0.05))
    const middle = (range.from + range.to) / 2
    return (
        <Group gap="sm">
            <Select
                className={classes.phone}
                size="sm"
                w={112}
                aria-label={t.range}
                value={isLive ? (preset ?? null) : null}
                placeholder="–"
                data={presets.map((one) => ({ value: one, label: t[`p_${one}`] }))}
                onChange={(value) => (value ? onPreset(value as Preset) : undefined)}
            />
            <SegmentedControl
                className={classes.presets}
                aria-label={t.range}
                size="xs"
                value={isLive ? (preset ?? '') : ''}
                onChange={(value) => onPreset(value as Preset)}
                data={presets.map((one) => ({ value: one, label: t[`p_${one}`] }))}
            />
            <Group gap={0} wrap="nowrap">
                <Step label={t.earlier} icon={<IconLeft size={18} />} onClick={() => move(pan(range, -span(range) / 2))} />
                <Step label={t.later} icon={<IconRight size={18} />} onClick={() => move(pan(range, span(range) / 2))} isOff={isLive} />
                <Step label={t.closer} icon={<IconZoomIn size={18} />} onClick={() => move(zoom(range, 0.5, isLive ? range.to : middle))} />
                <Step label={t.wider} icon={<IconZoomOut size={18} />} onClick={() => move(zoom(range, 2, isLive ? range.to : middle))} />
            </Group>
        </Group>
    )
}

function Step({ label, icon, onClick, isOff }: { label: string; icon: React.ReactNode; onClick: () => void; isOff?: boolean }) {
    return (
        <Tooltip label={label}>
            <ActionIcon
                variant="subtle"
                color="gray"
                size={32}
                aria-label={label}
                onClick={onClick}
                disabled={isOff ?? false}
                bg={isOff ? 'transparent' : undefined}
            >
                {icon}
            </ActionIcon>
        </Tooltip>
    )
}

/* "2026-11-27T13:20" of the zone's clock, as <input type="datetime-local"> has it. */
export function localText(at: number, zone: string): string {
    return new Date(at + zoneOffset(at, zone)).toISOString().slice(0, 16)
}
export function localInstant(text: string, zone: string): number {
    const local = Date.parse(`${text}Z`)
    return Number.isFinite(local) ? instantAt(local, zone) : Number.NaN
}

/* From when to when: says it, and takes another by hand. */
export function RangeSpan({ range, onRange }: { range: Range; onRange: (range: Range) => void }) {
    const t = useStrings(strings)
    const format = useFormat()
    const [isOpen, setOpen] = useState(false)
    const [from, setFrom] = useState('')
    const [to, setTo] = useState('')
    const open = () => {
        setFrom(localText(range.from, format.zone))
        setTo(localText(range.to, format.zone))
        setOpen(!isOpen)
    }
    const chosen = { from: localInstant(from, format.zone), to: localInstant(to, format.zone) }
    const isGood = Number.isFinite(chosen.from) && chosen.to > chosen.from && span(chosen) <= SPAN_MAX
    const text = (at: number) => instantText(at, span(range), format.locale, format.zone)
    return (
        <span className={classes.spanAndZone}>
            <Popover opened={isOpen} onChange={setOpen} position="bottom-start" trapFocus>
                <Popover.Target>
                    <Button
                        size="xs"
                        variant="subtle"
                        color="gray"
                        className={classes.span}
                        rightSection={<IconDown size={14} />}
                        onClick={open}
                        aria-label={`${t.custom}: ${text(range.from)} – ${text(range.to)}`}
                    >
                        {`${text(range.from)} – ${text(range.to)}`}
                    </Button>
                </Popover.Target>
                <Popover.Dropdown>
                    <form
                        onSubmit={(event) => {
                            event.preventDefault()
                            if (!isGood) return
                            setOpen(false)
                            onRange(chosen)
                        }}
                    >
                        <Stack gap="sm">
                            <TextInput
                                type="datetime-local"
                                label={t.customFrom}
                                value={from}
                                onChange={(event) => setFrom(event.currentTarget.value)}
                                data-autofocus
                            />
                            <TextInput
                                type="datetime-local"
                                label={t.customTo}
                                value={to}
                                onChange={(event) => setTo(event.currentTarget.value)}
                                error={isGood ? undefined : t.customBad}
                            />
                            <Text size="xs" c="dimmed">
                                {t.zone(format.zone)}
                            </Text>
                            <Button type="submit" disabled={!isGood}>
                                {t.show}
                            </Button>
                        </Stack>
                    </form>
                </Popover.Dropdown>
            </Popover>
            <Text span size="xs" c="dimmed" data-testid="zone">
                {format.zone}
            </Text>
        </span>
    )
}
