/* A building elsewhere that was invited, and has not joined: what is left to do. */
import { Anchor, Stack, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { CENTRAL, useSession } from '../../app/session'
import { useSite } from '../../app/site'
import { strings as app } from '../../app/strings'
import { EmptyState } from '../../parts/EmptyState'
import { IconSite } from '../../parts/icons'
import { PageHeader } from '../../parts/PageHeader'
import { Time } from '../../parts/Time'
import { useStrings } from '../../strings'
import { common } from '../../strings/common'
import { strings } from './strings'

export function Invited() {
    const t = useStrings(strings)
    const c = useStrings(common)
    const site = useSite()
    const title = useStrings(app).building
    const until = site.about?.link?.invited_until
    const isOver = !until || Date.parse(until) < Date.now()
    return (
        <>
            <PageHeader title={site.name || title} />
            <EmptyState icon={IconSite} title={t.invited}>
                <Stack gap="sm">
                    <span>
                        {until ? (
                            <>
                                {isOver ? t.fileWasGood : t.fileIsGood} <Time at={until} />
                                {c.stop}
                            </>
                        ) : (
                            `${t.noFile} `
                        )}
                        {isOver ? t.fileAgain : t.bringIt}
                    </span>
                    {!isOver && (
                        <Text span ff="monospace" size="sm" c="var(--mantine-color-text)">
                            bacpipes site join {site.id}.join
                        </Text>
                    )}
                    <span>{isOver ? <Manage /> : t.invitedThen}</span>
                </Stack>
            </EmptyState>
        </>
    )
}

/* Where the file is made anew: of whom may. */
function Manage() {
    const t = useStrings(strings)
    const session = useSession()
    const site = useSite()
    if (!session.sites.some((one) => one.site === CENTRAL && one.rights.includes('manage_sites'))) return t.askAdmin
    return (
        <Anchor component={Link} to="/sites" search={{ manage: site.id } as never}>
            {t.newFile}
        </Anchor>
    )
}
