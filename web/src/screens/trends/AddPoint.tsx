/* A point more on the chart: found by a few letters. */
import { Combobox, Group, Loader, Text, TextInput, useCombobox } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client'
import type { Point } from '../../api/shapes'
import { useSite } from '../../app/site'
import { IconAdd } from '../../parts/icons'
import { useStrings } from '../../strings'
import { POINTS_MAX } from './search'
import { strings } from './strings'

const FOUND_MAX = 12

export function AddPoint({ chosen, onAdd }: { chosen: readonly number[]; onAdd: (point: Point) => void }) {
    const t = useStrings(strings)
    const site = useSite().id
    const [typed, setTyped] = useState('')
    const [asked] = useDebouncedValue(typed.trim(), 100)
    const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption(), onDropdownOpen: () => combobox.selectFirstOption() })
    const found = useQuery({
        queryKey: ['points', site, 'add', asked],
        queryFn: ({ signal }) => api.get('/sites/{site}/points', { path: { site }, query: { search: asked, limit: FOUND_MAX + chosen.length }, signal }),
        enabled: asked !== '',
    })
    const items = asked === '' ? [] : (found.data?.items ?? []).filter((point) => !chosen.includes(point.id)).slice(0, FOUND_MAX)
    const isFull = chosen.length >= POINTS_MAX
    return (
        <Combobox
            store={combobox}
            onOptionSubmit={(value) => {
                const point = items.find((item) => String(item.id) === value)
                if (point) onAdd(point)
                setTyped('')
                combobox.closeDropdown()
            }}
        >
            <Combobox.Target>
                <TextInput
                    size="sm"
                    w={{ base: '100%', sm: 280 }}
                    aria-label={t.add}
                    placeholder={isFull ? t.addFull(POINTS_MAX) : t.add}
                    leftSection={<IconAdd size={16} />}
                    rightSection={found.isFetching && asked !== '' ? <Loader size={14} /> : null}
                    disabled={isFull}
                    value={typed}
                    maxLength={200}
                    onChange={(event) => {
                        setTyped(event.currentTarget.value)
                        combobox.openDropdown()
                        combobox.selectFirstOption()
                    }}
                    onFocus={() => combobox.openDropdown()}
                    onBlur={() => combobox.closeDropdown()}
                />
            </Combobox.Target>
            <Combobox.Dropdown hidden={asked === ''}>
                <Combobox.Options mah={320} style={{ overflowY: 'auto' }}>
                    {items.map((point) => (
                        <Combobox.Option value={String(point.id)} key={point.id}>
                            <Group justify="space-between" wrap="nowrap" gap="sm">
                                <Text size="md" truncate>
                                    {point.path}
                                </Text>
                                <Text size="sm" c="dimmed" truncate>
                                    {point.description || point.unit_symbol}
                                </Text>
                            </Group>
                        </Combobox.Option>
                    ))}
                    {items.length === 0 && !found.isFetching ? <Combobox.Empty>{t.addNone}</Combobox.Empty> : null}
                </Combobox.Options>
            </Combobox.Dropdown>
        </Combobox>
    )
}
