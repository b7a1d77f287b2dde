import { Tooltip } from '@mantine/core'
import type { ReactNode } from 'react'

/* Which element it is about is known: it is placed beside it, and gone when Tip takes it away. */
export default function TipShown({ id, at, label, position }: { id: string; at: HTMLElement; label: ReactNode; position: 'top' | 'right' }) {
    return <Tooltip target={at} label={<span id={id}>{label}</span>} position={position} opened events={{ hover: false, focus: false, touch: false }} />
}
