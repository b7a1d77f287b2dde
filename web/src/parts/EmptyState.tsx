/* Where there is nothing yet: says what would be here, and what brings it. */
import { Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'

type Icon = React.ComponentType<{ size?: number | string; stroke?: number | string }>

export function EmptyState({ icon: Icon, title, children, action }: { icon?: Icon; title: string; children?: ReactNode; action?: ReactNode }) {
    return (
        <Stack align="center" gap="sm" py={48} px="lg" ta="center">
            {Icon && (
                <span style={{ color: 'var(--mantine-color-dimmed)' }} aria-hidden>
                    <Icon size={32} stroke={1.5} />
                </span>
            )}
            <Text fw={600}>{title}</Text>
            {children && (
                <Text c="dimmed" maw={440}>
                    {children}
                </Text>
            )}
            {action}
        </Stack>
    )
}
