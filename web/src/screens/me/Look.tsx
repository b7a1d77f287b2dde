import { SegmentedControl, Select, Stack, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useId } from 'react'
import { api } from '../../api/client'
import type { Me } from '../../api/shapes'
import { takePreferences, useMotion, useTheme } from '../../app/preferences'
import { sessionQuery } from '../../app/session'
import { ProblemNotice } from '../../parts/Problem'
import { Section } from '../../parts/Section'
import { useStrings } from '../../strings'
import { languageNames } from '../login/Outside'
import { meQuery } from './queries'
import { strings } from './strings'

type Edit = { language?: Me['language']; theme?: Me['theme']; motion?: Me['motion'] }

export function Look({ me }: { me: Me }) {
    const t = useStrings(strings)
    const cache = useQueryClient()
    const theme = useTheme()
    const motion = useMotion()
    const save = useMutation({
        mutationFn: (edit: Edit) => api.patch('/me', { body: edit }),
        onMutate: (edit) => takePreferences(edit), // seen at once; where it cannot be kept, that is said
        onSuccess: (now) => {
            cache.setQueryData(meQuery.queryKey, now)
            cache.setQueryData(sessionQuery.queryKey, (session) => session && { ...session, person: { ...session.person, ...now } })
        },
    })
    return (
        <Section title={t.looks} about={t.looksAbout}>
            <Stack gap="lg">
                {save.error && <ProblemNotice error={save.error} />}
                <Select
                    label={t.language}
                    maw={280}
                    value={me.language ?? 'system'}
                    onChange={(value) => save.mutate({ language: value === 'system' ? null : (value as Me['language']) })}
                    data={[{ value: 'system', label: t.asBrowser }, ...Object.entries(languageNames).map(([value, label]) => ({ value, label }))]}
                />
                <Choice
                    label={t.theme}
                    value={theme}
                    onChange={(value) => save.mutate({ theme: value as Me['theme'] })}
                    data={[
                        { value: 'system', label: t.system },
                        { value: 'light', label: t.light },
                        { value: 'dark', label: t.dark },
                    ]}
                />
                <Choice
                    label={t.motion}
                    value={motion}
                    onChange={(value) => save.mutate({ motion: value as Me['motion'] })}
                    data={[
                        { value: 'system', label: t.system },
                        { value: 'full', label: t.full },
                        { value: 'reduced', label: t.reduced },
                    ]}
                />
            </Stack>
        </Section>
    )
}

function Choice(props: { label: string; value: string; onChange: (value: string) => void; data: { value: string; label: string }[] }) {
    const id = useId()
    return (
        <Stack gap={4} align="flex-start">
            <Text fw={500} id={id}>
                {props.label}
            </Text>
            <SegmentedControl aria-labelledby={id} value={props.value} onChange={props.onChange} data={props.data} withItemsBorders={false} />
        </Stack>
    )
}
