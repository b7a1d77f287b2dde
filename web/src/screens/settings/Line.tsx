/* One setting: its value in a line; opened, its meaning, range and default, and a field to set it. */
import { Button, Group, Select, Stack, Switch, Text, TextInput, UnstyledButton } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useEffect, useId, useRef, useState } from 'react'
import { api } from '../../api/client'
import { isProblem } from '../../api/problem'
import type { Change, Setting } from '../../api/shapes'
import { useSite } from '../../app/site'
import { ProblemNotice } from '../../parts/Problem'
import { Words } from '../../parts/Prose'
import { Time } from '../../parts/Time'
import { toast } from '../../parts/toast'
import { waits } from '../../parts/waiting/changes'
import { useStrings } from '../../strings'
import { settingsQuery } from './queries'
import classes from './settings.module.css'
import { strings } from './strings'

export function Line({ setting, isOpen, onToggle }: { setting: Setting; isOpen: boolean; onToggle: () => void }) {
    const t = useStrings(strings)
    const id = useId()
    const line = useRef<HTMLDivElement>(null)
    const isNamed = useRef(isOpen)
    // An address that names a setting leads to it.
    useEffect(() => {
        if (isNamed.current) line.current?.scrollIntoView({ block: 'center' })
    }, [])
    return (
        <div ref={line} className={classes.line}>
            <UnstyledButton className={classes.head} onClick={onToggle} aria-expanded={isOpen} aria-controls={id}>
                <span className={classes.name}>
                    {setting.name}
                    {!isOpen && <span className={classes.meaning}>{setting.meaning.replaceAll('`', '')}</span>}
                </span>
                <span className={classes.value} data-empty={setting.value === '' || undefined}>
                    {setting.value || t.empty}
                </span>
                <span className={classes.from} data-from={setting.from}>
                    {{ default: t.isDefault, file: t.ofFile, site: t.ofSite }[setting.from]}
                </span>
            </UnstyledButton>
            <div id={id} className={classes.body} hidden={!isOpen}>
                {isOpen && <Open setting={setting} />}
            </div>
        </div>
    )
}

function Open({ setting }: { setting: Setting }) {
    const t = useStrings(strings)
    const site = useSite()
    const cache = useQueryClient()
    const [value, setValue] = useState(setting.value)
    const [isDirty, setDirty] = useState(false)
    // What somebody else has set is shown, but never over what was typed here.
    useEffect(() => {
        if (!isDirty) setValue(setting.value)
    }, [setting.value, isDirty])
    const put = (now: Setting | { waiting: Change }) => {
        setDirty(false)
        if ('waiting' in now) return waits(now.waiting)
        cache.setQueryData(settingsQuery(site.id).queryKey, (all) => all?.map((one) => (one.name === now.name ? now : one)))
    }
    const onError = (error: unknown) => {
        if (isProblem(error, 'changed')) void cache.invalidateQueries({ queryKey: settingsQuery(site.id).queryKey })
    }
    const path = { site: site.id, name: setting.name }
    const save = useMutation({
        mutationFn: () => api.put('/sites/{site}/settings/{name}', { path, ifMatch: setting.version, body: { value } }),
        onSuccess: (now) => {
            put(now)
            if (!('waiting' in now)) toast(t.saved(setting.name))
        },
        onError,
    })
    const unset = useMutation({
        mutationFn: () => api.delete('/sites/{site}/settings/{name}', { path, ifMatch: setting.version }),
        onSuccess: (now) => {
            put(now)
            if (!('waiting' in now)) toast(t.wasUnset(setting.name))
        },
        onError,
    })
    const error = save.error ?? unset.error
    const mayEdit = setting.editable && site.may('edit_settings')
    const least = setting.least ?? ''
    const most = setting.most ?? ''
    const range = least && most ? t.between(least, most) : least ? t.atLeast(least) : most ? t.atMost(most) : ''
    const change = (next: string) => {
        setDirty(true)
        setValue(next)
        save.reset()
    }
    const submit = (event: FormEvent) => {
        event.preventDefault()
        save.mutate()
    }
    const isFlag = setting.kind === 'bool'
    return (
        <form onSubmit={submit}>
            <Stack gap="md">
                <Text maw={680}>
                    <Words text={setting.meaning} />
                </Text>
                {error !== null &&
                    error !== undefined &&
                    (isProblem(error, 'changed') ? <Text role="alert">{t.changedMeanwhile}</Text> : <ProblemNotice error={error} />)}
                <Group align="flex-end" gap="sm">
                    {isFlag ? (
                        <Switch
                            label={setting.name}
                            checked={value === 'true' || value === 'yes' || value === 'on'}
                            disabled={!mayEdit}
                            onChange={(event) => change(event.currentTarget.checked ? 'true' : 'false')}
                        />
                    ) : setting.choices && setting.choices.length > 0 ? (
                        <Select label={t.value} data={setting.choices} value={value} disabled={!mayEdit} onChange={(next) => change(next ?? value)} w={240} />
                    ) : (
                        <TextInput
                            label={t.value}
                            description={range || undefined}
                            value={value}
                            disabled={!mayEdit}
                            spellCheck={false}
                            autoComplete="off"
                            w={320}
                            maw="100%"
                            onChange={(event) => change(event.currentTarget.value)}
                        />
                    )}
                    {mayEdit && isDirty && value !== setting.value && (
                        <Button type="submit" loading={save.isPending}>
                            {t.set}
                        </Button>
                    )}
                    {mayEdit && setting.from === 'site' && !isDirty && (
                        <Button variant="default" loading={unset.isPending} onClick={() => unset.mutate()}>
                            {t.unset}
                        </Button>
                    )}
                </Group>
                <Text size="sm" c="dimmed" component="div">
                    {t.defaultIs}: {setting.default || t.empty}
                    {setting.updated_at && setting.from === 'site' && (
                        <>
                            {' '}
                            · {t.setBy} {setting.updated_by ?? '–'}, <Time at={setting.updated_at} />
                        </>
                    )}
                    {!setting.editable && ` · ${t.fileOnly}`}
                </Text>
            </Stack>
        </form>
    )
}
