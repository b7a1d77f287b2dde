/* A field for a number: what is typed stays as it was typed, is read strictly (number.ts), and what is no number is said beside it. */
import { TextInput, type TextInputProps } from '@mantine/core'
import { useState } from 'react'
import { useFormat, useStrings } from '../strings'
import { decimalOf, isTwofold, numberText, readNumber } from './number'
import { strings } from './strings'

type Props = Omit<TextInputProps, 'value' | 'onChange' | 'defaultValue' | 'type'> & {
    value: number | null | undefined
    /* undefined: nothing, or nothing that is a number. */
    onChange: (value: number | undefined, isBad: boolean) => void
    unit?: string | undefined
}

export function NumberField({ value, onChange, unit, error, ...rest }: Props) {
    const t = useStrings(strings)
    const decimal = decimalOf(useFormat().locale)
    const [text, setText] = useState(() => numberText(value, decimal))
    const read = readNumber(text, decimal)
    // Set from elsewhere: a form that begins anew. What is being typed is told on, comes back as it was read, and stays as it was typed.
    const [told, setTold] = useState(value)
    if (value !== told) {
        setTold(value)
        if ((value ?? undefined) !== (read ?? undefined)) setText(numberText(value, decimal))
    }
    const example = numberText(17.5, decimal)
    const wrong = read !== undefined ? undefined : isTwofold(text, decimal) ? t.twofoldNumber(text.trim(), example) : t.badNumber(example)
    return (
        <TextInput
            {...rest}
            inputMode="decimal"
            autoComplete="off"
            value={text}
            error={wrong ?? error}
            onChange={(event) => {
                const typed = event.currentTarget.value
                const now = readNumber(typed, decimal)
                setText(typed)
                onChange(now ?? undefined, now === undefined)
            }}
            {...(unit ? { rightSection: <span>{unit}</span>, rightSectionWidth: 24 + 8 * unit.length, rightSectionPointerEvents: 'none' as const } : {})}
        />
    )
}
