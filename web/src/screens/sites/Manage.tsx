/* Sites join, are called otherwise, and are shut out: of who is admin of all of them. A join file is told once, and kept nowhere. */
import { Alert, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { api } from '../../api/client'
import { queries } from '../../api/query'
import type { JoinFile, Site } from '../../api/shapes'
import { Confirm } from '../../parts/Confirm'
import { IconDownload } from '../../parts/icons'
import { ProblemNotice } from '../../parts/Problem'
import { Time } from '../../parts/Time'
import { useStrings } from '../../strings'
import { common } from '../../strings/common'
import { strings } from './strings'

const again = () => void queries.invalidateQueries({ queryKey: ['sites'] })

/* Something is asked of the server; what went wrong stands below. */
function useDeed(): { busy: boolean; error: unknown; run: (deed: () => Promise<unknown>) => Promise<void> } {
    const [busy, setBusy] = useState(false)
    const [error, setError] = useState<unknown>()
    return {
        busy,
        error,
        run: async (deed) => {
            setBusy(true)
            setError(undefined)
            try {
                await deed()
                again()
            } catch (problem) {
                setError(problem)
            } finally {
                setBusy(false)
            }
        },
    }
}

export function Invite({ onClose }: { onClose: () => void }) {
    const t = useStrings(strings)
    const c = useStrings(common)
    const [site, setSite] = useState('')
    const [name, setName] = useState('')
    const [file, setFile] = useState<JoinFile>()
    const { busy, error, run } = useDeed()
    return (
        <Modal opened onClose={onClose} title={t.invite}>
            {file ? (
                <Given file={file} onClose={onClose} />
            ) : (
                <form
                    onSubmit={(event) => {
                        event.preventDefault()
                        void run(async () => setFile(await api.post('/sites', { body: { site, ...(name ? { name } : {}) } })))
                    }}
                >
                    <Stack gap="md">
                        <TextInput
                            label={t.id}
                            description={t.idAbout}
                            value={site}
                            onChange={(event) => setSite(event.currentTarget.value)}
                            required
                            pattern="[a-z0-9_\-]+"
                            maxLength={63}
                            spellCheck={false}
                            autoComplete="off"
                            data-autofocus
                        />
                        <TextInput
                            label={c.name}
                            description={t.nameAbout}
                            value={name}
                            onChange={(event) => setName(event.currentTarget.value)}
                            maxLength={200}
                        />
                        {error !== undefined && <ProblemNotice error={error} />}
                        <Group justify="flex-end" gap="sm">
                            <Button variant="default" onClick={onClose}>
                                {c.cancel}
                            </Button>
                            <Button type="submit" loading={busy} disabled={site === ''}>
                                {t.makeFile}
                            </Button>
                        </Group>
                    </Stack>
                </form>
            )}
        </Modal>
    )
}

function Given({ file, onClose }: { file: JoinFile; onClose: () => void }) {
    const t = useStrings(strings)
    const c = useStrings(common)
    const save = () => {
        const address = URL.createObjectURL(new Blob([file.file], { type: 'application/json' }))
        const link = document.createElement('a')
        link.href = address
        link.download = `${file.site}.join`
        link.click()
        URL.revokeObjectURL(address)
    }
    return (
        <Stack gap="md">
            <Text>
                {t.given(file.name)} <Time at={file.until} />
                {c.stop}
            </Text>
            <Text c="dimmed" size="sm">
                {t.givenAbout}
            </Text>
            <Text ff="monospace" size="sm">
                bacpipes site join {file.site}.join
            </Text>
            {file.this_machine_alone && <Alert color="yellow">{t.hereAlone(file.host)}</Alert>}
            <Group justify="flex-end" gap="sm">
                <Button variant="default" onClick={onClose}>
                    {c.close}
                </Button>
                <Button leftSection={<IconDownload size={16} />} onClick={save} data-autofocus>
                    {t.download}
                </Button>
            </Group>
        </Stack>
    )
}

/* "North, Hotels" */
const groupsOf = (text: string) => [...new Set(text.split(/[,，、]/).map((group) => group.trim()))].filter((group) => group !== '').sort()

export function Manage({ site, known, onClose }: { site: Site; known: readonly string[]; onClose: () => void }) {
    const t = useStrings(strings)
    const c = useStrings(common)
    const [name, setName] = useState(site.name)
    const [groups, setGroups] = useState((site.link?.groups ?? []).join(', '))
    const [file, setFile] = useState<JoinFile>()
    const [asks, setAsks] = useState<'revoke' | 'retire'>()
    const { busy, error, run } = useDeed()
    const path = { site: site.id }
    const isRetired = site.link?.state === 'retired'
    return (
        <Modal opened onClose={onClose} title={site.name}>
            {file ? (
                <Given file={file} onClose={onClose} />
            ) : (
                <Stack gap="md">
                    <form
                        onSubmit={(event) => {
                            event.preventDefault()
                            void run(() => api.patch('/sites/{site}', { path, body: { name, groups: groupsOf(groups) } }))
                        }}
                    >
                        <Stack gap="sm">
                            <TextInput
                                label={c.name}
                                value={name}
                                onChange={(event) => setName(event.currentTarget.value)}
                                maxLength={200}
                                required
                                withAsterisk={false}
                            />
                            <TextInput
                                label={t.groups}
                                description={t.groupsAbout}
                                value={groups}
                                onChange={(event) => setGroups(event.currentTarget.value)}
                                autoComplete="off"
                                list={known.length > 0 ? 'groups' : undefined}
                            />
                            <datalist id="groups">
                                {known.map((group) => (
                                    <option key={group} value={group} />
                                ))}
                            </datalist>
                            <Group justify="flex-end">
                                <Button
                                    type="submit"
                                    variant="default"
                                    loading={busy}
                                    disabled={name.trim() === '' || (name === site.name && String(groupsOf(groups)) === String(site.link?.groups ?? []))}
                                >
                                    {c.save}
                                </Button>
                            </Group>
                        </Stack>
                    </form>
                    {!isRetired && (
                        <>
                            <Text size="sm" c="dimmed">
                                {site.link?.state === 'invited' ? t.againInvited : t.againAbout}
                            </Text>
                            <Group gap="sm">
                                <Button
                                    variant="default"
                                    onClick={() => void run(async () => setFile(await api.post('/sites/{site}/invitation', { path })))}
                                    loading={busy}
                                >
                                    {t.newFile}
                                </Button>
                                {site.link?.state !== 'revoked' && (
                                    <Button variant="default" onClick={() => setAsks('revoke')}>
                                        {t.revoke}
                                    </Button>
                                )}
                                <Button variant="default" onClick={() => setAsks('retire')}>
                                    {t.retire}
                                </Button>
                            </Group>
                        </>
                    )}
                    {error !== undefined && <ProblemNotice error={error} />}
                </Stack>
            )}
            <Confirm
                opened={asks !== undefined}
                title={asks === 'retire' ? t.retireTitle(site.name) : t.revokeTitle(site.name)}
                deed={asks === 'retire' ? t.retire : t.revoke}
                isDangerous
                onConfirm={async () => {
                    await api.delete('/sites/{site}', { path, query: { retire: asks === 'retire' } })
                    again()
                    onClose()
                }}
                onClose={() => setAsks(undefined)}
            >
                {asks === 'retire' ? t.retireAbout : t.revokeAbout}
            </Confirm>
        </Modal>
    )
}
