/* The ground of what is shown before the login: one card in the middle, and the language. */
import { NativeSelect, Paper, Stack, Text, Title } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'
import { Mark } from '../../app/Mark'
import { takePreferences, useLanguage } from '../../app/preferences'
import classes from './Outside.module.css'

export const languageNames = { en: 'English', 'zh-Hant': '繁體中文', pt: 'Português' } as const

export function Outside({ title, about, children }: { title: string; about?: ReactNode; children: ReactNode }) {
    const language = useLanguage()
    useEffect(() => {
        document.title = `${title} · BacPipes`
    }, [title])
    return (
        <div className={classes.ground}>
            <main className={classes.card}>
                <Stack gap="xl">
                    <div className={classes.brand}>
                        <Mark size={32} />
                        <span>BacPipes</span>
                    </div>
                    <Paper p="xl" radius="lg" shadow="xs">
                        <Stack gap="lg">
                            <div>
                                <Title order={1}>{title}</Title>
                                {about && <Text c="dimmed">{about}</Text>}
                            </div>
                            {children}
                        </Stack>
                    </Paper>
                    <NativeSelect
                        aria-label="Language · 語言 · Língua"
                        size="xs"
                        variant="unstyled"
                        className={classes.language}
                        value={language === 'pseudo' ? 'en' : language}
                        onChange={(event) => takePreferences({ language: event.currentTarget.value })}
                        data={Object.entries(languageNames).map(([value, label]) => ({ value, label }))}
                    />
                </Stack>
            </main>
        </div>
    )
}
