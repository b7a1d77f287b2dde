/* Filters as chips: those that hold stand there and can be changed or taken away; the others come from the menu. */
import { Button, CloseButton, Menu, Popover, Stack, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client'
import { useSite } from '../../app/site'
import { IconFilter } from '../../parts/icons'
import { useStrings } from '../../strings'
import { common } from '../../strings/common'
import classes from './points.module.css'
import { FILTERS, type FilterName, type PointsSearch } from './search'
import { strings } from './strings'

const TYPES = [
    'analog-input',
    'analog-output',
    'analog-value',
    'binary-input',
    'binary-output',
    'binary-value',
    'multi-state-input',
    'multi-state-output',
    'multi-state-value',
]

type Option = { value: string; label: string }
type Props = { search: PointsSearch; onChange: (change: Partial<PointsSearch>) => void }

export function useFilterWords(): {
    name: (filter: FilterName) => string
    options: (filter: FilterName) => Option[]
    value: (filter: FilterName, value: string) => string
} {
    const t = useStrings(strings)
    const c = useStrings(common)
    const site = useSite().id
    const devices = useQuery({
        queryKey: ['devices', site],
        queryFn: ({ signal }) => api.get('/sites/{site}/devices', { path: { site }, signal }),
        staleTime: 60_000,
    })
    const options = (filter: FilterName): Option[] => {
        switch (filter) {
            case 'device':
                return (devices.data?.items ?? []).map((device) => ({ value: String(device.id), label: device.name || String(device.instance) }))
            case 'type':
                return TYPES.map((type) => ({ value: type, label: type }))
            case 'quality':
                return [
                    { value: 'bad', label: c.bad },
                    { value: 'uncertain', label: c.uncertain },
                    { value: 'good', label: c.good },
                    { value: 'none', label: t.noValue },
                ]
            case 'overridden':
                return [
                    { value: 'true', label: c.yes },
                    { value: 'false', label: c.no },
                ]
            case 'writable':
                return [
                    { value: 'true', label: t.writable_true },
                    { value: 'false', label: t.writable_false },
                ]
            case 'enabled':
                return [
                    { value: 'true', label: t.enabled_true },
                    { value: 'false', label: t.enabled_false },
                ]
            case 'tag':
                return []
        }
    }
    return {
        name: (filter) => t[`f_${filter}`],
        options,
        value: (filter, value) => options(filter).find((option) => option.value === value)?.label ?? value,
    }
}

export function Filters({ search, onChange }: Props) {
    const t = useStrings(strings)
    const words = useFilterWords()
    const [opened, setOpened] = useState<FilterName>()
    const holding = FILTERS.filter((name) => search[name] !== undefined || name === opened)
    const set = (name: FilterName, value: string | undefined) => {
        setOpened(undefined)
        onChange({ [name]: name === 'device' && value !== undefined ? Number(value) : value })
    }
    return (
        <>
            {holding.map((name) => (
                <Chip
                    key={name}
                    name={name}
                    value={search[name] === undefined ? undefined : String(search[name])}
                    isNew={name === opened}
                    words={words}
                    onSet={(value) => set(name, value)}
                    onClosed={() => setOpened(undefined)}
                />
            ))}
            <Menu width={200} position="bottom-start">
                <Menu.Target>
                    <Button variant="default" leftSection={<IconFilter size={16} />}>
                        {t.filter}
                    </Button>
                </Menu.Target>
                <Menu.Dropdown>
                    {FILTERS.filter((name) => !holding.includes(name)).map((name) => (
                        <Menu.Item key={name} onClick={() => setOpened(name)}>
                            {words.name(name)}
                        </Menu.Item>
                    ))}
                    {holding.length > 0 ? (
                        <>
                            <Menu.Divider />
                            <Menu.Item onClick={() => onChange(Object.fromEntries(FILTERS.map((name) => [name, undefined])))}>{t.clearFilters}</Menu.Item>
                        </>
                    ) : null}
                </Menu.Dropdown>
            </Menu>
        </>
    )
}

type ChipProps = {
    name: FilterName
    value: string | undefined
    isNew: boolean
    words: ReturnType<typeof useFilterWords>
    onSet: (value: string | undefined) => void
    onClosed: () => void
}

function Chip({ name, value, isNew, words, onSet, onClosed }: ChipProps) {
    const t = useStrings(strings)
    const [isOpen, setOpen] = useState(isNew)
    const [typed, setTyped] = useState('')
    const close = () => {
        setOpen(false)
        onClosed()
    }
    const all = words.options(name)
    const options = all.filter((option) => option.label.toLowerCase().includes(typed.toLowerCase()))
    const label = value === undefined ? words.name(name) : `${words.name(name)}: ${words.value(name, value)}`
    return (
        <Popover opened={isOpen} onChange={(now) => (now ? setOpen(true) : close())} position="bottom-start" trapFocus width={240}>
            <span className={classes.chip}>
                <Popover.Target>
                    <button type="button" className={classes.chipText} onClick={() => setOpen(!isOpen)}>
                        {label}
                    </button>
                </Popover.Target>
                <CloseButton size="xs" aria-label={t.removeFilter(label)} onClick={() => onSet(undefined)} />
            </span>
            <Popover.Dropdown p="xs" aria-label={words.name(name)}>
                {name === 'tag' ? (
                    <form
                        onSubmit={(event) => {
                            event.preventDefault()
                            setOpen(false)
                            onSet(
                                typed
                                    .split(/[\s,]+/)
                                    .filter(Boolean)
                                    .join(',') || undefined,
                            )
                        }}
                    >
                        <TextInput
                            label={words.name(name)}
                            placeholder={t.tagHint}
                            value={typed || (value ?? '')}
                            onChange={(event) => setTyped(event.currentTarget.value)}
                            data-autofocus
                        />
                    </form>
                ) : (
                    <Stack gap={0}>
                        {all.length > 8 ? (
                            <TextInput
                                aria-label={words.name(name)}
                                value={typed}
                                onChange={(event) => setTyped(event.currentTarget.value)}
                                mb="xs"
                                data-autofocus
                            />
                        ) : null}
                        <div className={classes.options}>
                            {options.map((option) => (
                                <button
                                    key={option.value}
                                    type="button"
                                    className={classes.option}
                                    aria-pressed={option.value === value}
                                    onClick={() => {
                                        setOpen(false)
                                        onSet(option.value)
                                    }}
                                >
                                    {option.label}
                                </button>
                            ))}
                        </div>
                    </Stack>
                )}
            </Popover.Dropdown>
        </Popover>
    )
}
