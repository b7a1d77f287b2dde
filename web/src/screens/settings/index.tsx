/* How the site is run: every setting with the words of docs/configuration.md, and where its value is from. */
import { Group, Stack, Switch, Text, TextInput, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import type { Setting } from '../../api/shapes'
import { useSite } from '../../app/site'
import { strings as app } from '../../app/strings'
import { EmptyState } from '../../parts/EmptyState'
import { IconSearch } from '../../parts/icons'
import { Loaded } from '../../parts/Loading'
import { PageHeader } from '../../parts/PageHeader'
import { useStrings } from '../../strings'
import { Line } from './Line'
import { settingsQuery } from './queries'
import classes from './settings.module.css'
import { strings } from './strings'

const groupOf = (setting: Setting) => setting.group ?? setting.name.split('.')[0] ?? ''

export function Screen() {
    const t = useStrings(strings)
    const title = useStrings(app).settings
    const site = useSite()
    const navigate = useNavigate()
    const search = useSearch({ from: '/framed/sites/$site/settings' })
    const query = useQuery(settingsQuery(site.id))
    const go = (change: Partial<typeof search>) =>
        void navigate({ to: '/sites/$site/settings', params: { site: site.id }, search: { ...search, ...change }, replace: true })
    const words = (search.search ?? '').toLowerCase().split(/\s+/).filter(Boolean)

    return (
        <>
            <PageHeader title={title} about={t.about} />
            <Group mb="lg" gap="lg">
                <TextInput
                    aria-label={t.find}
                    placeholder={t.find}
                    leftSection={<IconSearch size={16} />}
                    w={320}
                    maw="100%"
                    value={search.search ?? ''}
                    onChange={(event) => go({ search: event.currentTarget.value || undefined })}
                />
                <Switch
                    label={t.onlyChanged}
                    checked={search.only === 'changed'}
                    onChange={(event) => go({ only: event.currentTarget.checked ? 'changed' : undefined })}
                />
            </Group>
            <Loaded query={query} rows={10}>
                {(all) => {
                    const shown = all.filter(
                        (setting) =>
                            (search.only !== 'changed' || setting.from !== 'default') &&
                            words.every((word) => `${setting.name} ${setting.meaning}`.toLowerCase().includes(word)),
                    )
                    if (shown.length === 0) return <EmptyState title={search.only === 'changed' && words.length === 0 ? t.noneChanged : t.none} />
                    const groups = [...new Set(shown.map(groupOf))]
                    return (
                        <Stack gap="xl" maw={960}>
                            {groups.map((group) => (
                                <section key={group} aria-label={group}>
                                    <Title order={2} mb="sm">
                                        {group}
                                    </Title>
                                    <div className={classes.list}>
                                        {shown
                                            .filter((setting) => groupOf(setting) === group)
                                            .map((setting) => (
                                                <Line
                                                    key={setting.name}
                                                    setting={setting}
                                                    isOpen={setting.name === search.name}
                                                    onToggle={() => go({ name: setting.name === search.name ? undefined : setting.name })}
                                                />
                                            ))}
                                    </div>
                                </section>
                            ))}
                            {!site.may('edit_settings') && (
                                <Text c="dimmed" size="sm">
                                    {t.mayNot}
                                </Text>
                            )}
                        </Stack>
                    )
                }}
            </Loaded>
        </>
    )
}
