/* What stands around every screen: the side bar (a bottom bar on phones), the palette, the banner, and the question for the password
 * where the session has ended. */
import { ActionIcon, Badge, Button, UnstyledButton, VisuallyHidden } from '@mantine/core'
import { useHotkeys, useMediaQuery } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useParams, useRouterState } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from 'react'
import type { Right } from '../api/shapes'
import { EmptyState } from '../parts/EmptyState'
import { IconLogOut, IconNarrow, IconPerson, IconSearch, IconSite, IconSwitch, IconWide } from '../parts/icons'
import { Loading, useLate } from '../parts/Loading'
import { Tip } from '../parts/Tip'
import { WriteHost } from '../parts/write/WriteHost'
import { useStrings } from '../strings'
import { Banner } from './Banner'
import classes from './Frame.module.css'
import { keep, useKept } from './kept'
import { Line, leave, useLines } from './Lines'
import { Mark } from './Mark'
import { hasPortfolio, sessionQuery, sitesQuery, useSession } from './session'
import { type ShownSite, SiteContext } from './site'
import { strings } from './strings'

/* Not of the first view: on phones, when asked for, when something was done, when the session has ended. */
const BottomBar = lazy(() => import('./BottomBar'))
const Palette = lazy(() => import('./Palette'))
const Notices = lazy(() => import('./Notices'))
const Ended = lazy(() => import('./Ended'))
const Waiting = lazy(() => import('../parts/waiting'))
const LATER_MS = 1500

export function Frame() {
    const t = useStrings(strings)
    const { data: session } = useQuery(sessionQuery)
    const [palette, setPalette] = useState<'all' | 'sites' | undefined>()
    const isPhone = useMediaQuery('(max-width: 40em)', false, { getInitialValueInEffect: false })
    useHotkeys(
        [
            ['mod+K', () => setPalette('all')],
            ['/', () => setPalette('all')],
            ['mod+J', () => session && hasPortfolio(session) && setPalette('sites')],
        ],
        ['INPUT', 'TEXTAREA', 'SELECT'],
    )
    const path = useRouterState({ select: (state) => state.location.pathname })
    const isLater = useLate(LATER_MS)
    const content = useRef<HTMLElement>(null)
    const isFirst = useRef(true)
    // biome-ignore lint/correctness/useExhaustiveDependencies: another screen, and who listens to the page hears its title
    useEffect(() => {
        if (!isFirst.current) content.current?.focus({ preventScroll: true })
        isFirst.current = false
    }, [path])

    return (
        <div className={classes.frame}>
            <a href="#content" className={classes.skip}>
                {t.skip}
            </a>
            {isPhone ? (
                <Suspense fallback={<div className={classes.bottom} />}>
                    <BottomBar onFind={() => setPalette('all')} onSites={() => setPalette('sites')} />
                </Suspense>
            ) : (
                <SideBar onFind={() => setPalette('all')} onSites={() => setPalette('sites')} />
            )}
            <div className={classes.column}>
                <Banner />
                <main id="content" ref={content} tabIndex={-1} className={classes.content}>
                    <Outlet />
                </main>
            </div>
            {palette && (
                <Suspense fallback={null}>
                    <Palette only={palette} onClose={() => setPalette(undefined)} />
                </Suspense>
            )}
            <Suspense fallback={null}>
                {session === null && <Ended />}
                {isLater && <Notices />}
            </Suspense>
        </div>
    )
}

/* Below /sites/...: who is asked about the site, its zone and its rights. */
export function SiteFrame() {
    const t = useStrings(strings)
    const session = useSession()
    const { site: id } = useParams({ from: '/framed/sites/$site' })
    const grant = session.sites.find((one) => one.site === id)
    const { data: sites, error } = useQuery(sitesQuery)
    const about = sites?.find((one) => one.id === id)
    useEffect(() => {
        if (grant) keep('site', id)
    }, [id, grant])
    const shown = useMemo<ShownSite | null>(
        () =>
            grant
                ? {
                      id,
                      name: about?.name ?? grant.name ?? id,
                      zone: about?.timezone ?? 'UTC',
                      role: grant.role,
                      may: (right: Right) => grant.rights.includes(right),
                      about,
                  }
                : null,
        [id, grant, about],
    )
    if (!shown)
        return (
            <EmptyState
                icon={IconSite}
                title={t.notFoundTitle}
                action={
                    <Button component={Link} to="/" variant="default">
                        {t.toStart}
                    </Button>
                }
            >
                {t.notFound}
            </EmptyState>
        )
    // Times in the wrong zone would be worse than a moment of nothing.
    if (!about && !error) return <Loading />
    return (
        <SiteContext value={shown}>
            {about?.is_remote && (
                <Suspense fallback={null}>
                    <Waiting />
                </Suspense>
            )}
            <Outlet />
            <WriteHost />
        </SiteContext>
    )
}

/* Which building the screens below are about; Enter, or Ctrl J from anywhere, changes it. */
function Switcher({ name, isBare, onOpen }: { name: string | undefined; isBare: boolean; onOpen: () => void }) {
    const t = useStrings(strings)
    const button = (
        <UnstyledButton
            className={classes.switcher}
            onClick={onOpen}
            aria-label={`${t.otherSite}${name ? `: ${name}` : ''}`}
            aria-haspopup="dialog"
            aria-keyshortcuts="Control+J"
        >
            <IconSite size={20} stroke={1.6} aria-hidden />
            {!isBare && (
                <>
                    <span className={classes.word}>{name ?? t.otherSite}</span>
                    <IconSwitch size={16} stroke={1.6} aria-hidden />
                </>
            )}
        </UnstyledButton>
    )
    return isBare ? (
        <Tip label={`${name ?? ''} (Ctrl J)`} position="right">
            {button}
        </Tip>
    ) : (
        button
    )
}

function SideBar({ onFind, onSites }: { onFind: () => void; onSites: () => void }) {
    const t = useStrings(strings)
    const { site, ofAll, ofSite, common } = useLines()
    const { data: sites } = useQuery(sitesQuery)
    const session = useSession()
    const about = sites?.find((one) => one.id === site)
    const kept = useKept('sidebar')
    const isRoomy = useMediaQuery('(min-width: 75em)', true, { getInitialValueInEffect: false })
    const isNarrow = kept === null ? !isRoomy : kept === 'narrow'
    const find = (
        <UnstyledButton className={classes.find} onClick={onFind} aria-label={isNarrow ? t.find : undefined} aria-keyshortcuts="Control+K">
            <IconSearch size={18} stroke={1.8} aria-hidden />
            {!isNarrow && (
                <>
                    <span className={classes.word}>{t.findShort}</span>
                    <kbd className={classes.keys}>{t.findHint}</kbd>
                </>
            )}
        </UnstyledButton>
    )
    return (
        <nav className={classes.side} aria-label={t.navigation} data-narrow={isNarrow || undefined}>
            <Link to="/" className={classes.brand} aria-label={isNarrow ? 'BacPipes' : undefined}>
                <Mark />
                {!isNarrow && (
                    <span className={classes.site}>
                        <span>{ofAll.length > 0 ? 'BacPipes' : (about?.name ?? site ?? 'BacPipes')}</span>
                        {ofAll.length === 0 && about?.is_simulated && (
                            <Badge size="xs" variant="default" radius="xs" tt="none" fw={500}>
                                {t.simulated}
                            </Badge>
                        )}
                    </span>
                )}
            </Link>
            {isNarrow ? (
                <Tip label={`${t.find} (${t.findHint})`} position="right">
                    {find}
                </Tip>
            ) : (
                find
            )}
            {ofAll.length > 0 && (
                <div className={classes.lines}>
                    {ofAll.map((line) => (
                        <Line key={line.name} line={line} site={site} className={classes.line} isBare={isNarrow} />
                    ))}
                    <Switcher name={about?.name ?? site} isBare={isNarrow} onOpen={onSites} />
                </div>
            )}
            <div className={classes.lines}>
                {ofSite.map((line) => (
                    <Line key={line.name} line={line} site={site} className={classes.line} isBare={isNarrow} />
                ))}
            </div>
            <div className={classes.lines} data-end>
                {common.map((line) =>
                    line.name === 'me' && !isNarrow ? (
                        <Link key="me" to="/me" className={classes.line} activeProps={{ 'data-active': true, 'aria-current': 'page' } as object}>
                            <IconPerson size={20} stroke={1.6} aria-hidden />
                            <span className={classes.word}>
                                <VisuallyHidden>{t.me}: </VisuallyHidden>
                                {session.person.full_name || session.person.name}
                            </span>
                        </Link>
                    ) : (
                        <Line key={line.name} line={line} site={site} className={classes.line} isBare={isNarrow} />
                    ),
                )}
                <div className={classes.foot}>
                    <Tip label={isNarrow ? t.widen : t.narrow} position="right">
                        <ActionIcon
                            variant="subtle"
                            color="gray"
                            size="lg"
                            aria-label={isNarrow ? t.widen : t.narrow}
                            onClick={() => keep('sidebar', isNarrow ? 'wide' : 'narrow')}
                        >
                            {isNarrow ? <IconWide size={18} stroke={1.6} /> : <IconNarrow size={18} stroke={1.6} />}
                        </ActionIcon>
                    </Tip>
                    <Tip label={t.logOut} position="right">
                        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t.logOut} onClick={() => void leave()}>
                            <IconLogOut size={18} stroke={1.6} />
                        </ActionIcon>
                    </Tip>
                </div>
            </div>
        </nav>
    )
}
