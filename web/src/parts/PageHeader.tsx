/* The head of every screen: what it is, a line about it, and what can be done. Names the page's title, too. */
import { Group, Text, Title } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'
import { useSiteOrNone } from '../app/site'

export function PageHeader({ title, about, children }: { title: string; about?: ReactNode; children?: ReactNode }) {
    const site = useSiteOrNone()
    useEffect(() => {
        document.title = [title, site?.name, 'BacPipes'].filter(Boolean).join(' · ')
    }, [title, site?.name])
    return (
        <Group justify="space-between" align="flex-end" gap="md" mb="lg" wrap="wrap">
            <div style={{ minWidth: 0 }}>
                <Title order={1} id="page-title" tabIndex={-1} style={{ overflowWrap: 'anywhere' }}>
                    {title}
                </Title>
                {about && (
                    <Text c="dimmed" component="div" size="md">
                        {about}
                    </Text>
                )}
            </div>
            {children && <Group gap="sm">{children}</Group>}
        </Group>
    )
}
