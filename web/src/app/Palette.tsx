/* Ctrl-K: any point and any screen by a few letters. Arrow keys choose, Enter opens. */
import { Modal, VisuallyHidden } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type KeyboardEvent, type ReactNode, useEffect, useId, useMemo, useRef, useState } from 'react'
import { api } from '../api/client'
import type { FoundPoint } from '../api/shapes'
import { IconPoints, IconSearch, IconSite } from '../parts/icons'
import { Value } from '../parts/Value'
import { useStrings } from '../strings'
import { useNavigationSite } from './navigation'
import classes from './Palette.module.css'
import { centralScreens, commonScreens, portfolioScreens, type ScreenLine, siteScreens } from './screens'
import { CENTRAL, hasPortfolio, maySomewhere, sitesQuery, useSession } from './session'
import { strings } from './strings'

type Line = { key: string; group: string; icon: ReactNode; word: string; more?: string; end?: ReactNode; go: () => void }

type Found = Pick<FoundPoint, 'site' | 'id' | 'path' | 'description' | 'value' | 'unit_symbol' | 'overridden'>

/* More are found by their letters. */
const SITES_SHOWN = 50

/* Letters without case or accents: "tendencias" finds "Tendências". */
const fold = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()

export default function Palette({ only, onClose }: { only: 'all' | 'sites'; onClose: () => void }) {
    const t = useStrings(strings)
    const session = useSession()
    const site = useNavigationSite()
    const navigate = useNavigate()
    const [words, setWords] = useState('')
    const [chosen, setChosen] = useState(0)
    const [asked] = useDebouncedValue(words.trim(), 60)
    const list = useRef<HTMLDivElement>(null)
    const id = useId()
    const { data: sites } = useQuery(sitesQuery)
    const isMany = hasPortfolio(session)
    const found = useQuery({
        queryKey: ['points', isMany ? null : site, 'palette', asked],
        queryFn: async ({ signal }): Promise<Found[]> =>
            isMany
                ? (await api.get('/points', { query: { search: asked, limit: 12 }, signal })).items
                : (await api.get('/sites/{site}/points', { path: { site: site ?? '' }, query: { search: asked, limit: 12 }, signal })).items.map((point) => ({
                      ...point,
                      site: site ?? '',
                  })),
        enabled: site !== undefined && asked !== '' && only === 'all',
    })

    const lines = useMemo(() => {
        const wanted = fold(words.trim())
        const grant = session.sites.find((one) => one.site === site)
        const screens: Line[] = [
            ...(isMany ? portfolioScreens : []),
            ...siteScreens.filter(
                (line: ScreenLine) => grant && (!line.right || grant.rights.includes(line.right)) && (site !== CENTRAL || centralScreens.includes(line.name)),
            ),
            ...commonScreens.filter((line: ScreenLine) => !line.right || maySomewhere(session, line.right)),
        ]
            .filter((line) => fold(t[line.name]).includes(wanted))
            .map((line) => ({
                key: line.name,
                group: t.screens,
                icon: <line.Icon size={18} stroke={1.6} />,
                word: t[line.name],
                go: () => void navigate({ to: line.to as '/sites/$site/building', params: { site: site ?? '' } }),
            }))
        const points: Line[] =
            wanted === ''
                ? []
                : (found.data ?? []).map((point) => ({
                      key: `point ${point.site} ${point.id}`,
                      group: t.foundPoints,
                      icon: <IconPoints size={18} stroke={1.6} />,
                      word: point.path,
                      more: isMany ? (sites?.find((one) => one.id === point.site)?.name ?? point.site) : point.description,
                      end: (
                          <Value
                              value={point.value.value}
                              text={point.value.text}
                              unit={point.unit_symbol}
                              quality={point.value.quality}
                              reason={point.value.reason}
                              overridden={point.overridden}
                          />
                      ),
                      go: () => void navigate({ to: '/sites/$site/points/$point', params: { site: point.site, point: String(point.id) } }),
                  }))
        const others: Line[] =
            session.sites.length < 2
                ? []
                : (sites ?? [])
                      .filter((one) => one.id !== site && (fold(one.name).includes(wanted) || one.id.includes(wanted)))
                      .sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }))
                      .slice(0, only === 'sites' ? SITES_SHOWN : 8)
                      .map((one) => ({
                          key: `site ${one.id}`,
                          group: t.sites,
                          icon: <IconSite size={18} stroke={1.6} />,
                          word: one.name,
                          go: () => void navigate({ to: '/sites/$site', params: { site: one.id } }),
                      }))
        return only === 'sites' ? others : [...points, ...screens, ...others]
    }, [words, found.data, session, sites, site, t, navigate, isMany, only])

    // biome-ignore lint/correctness/useExhaustiveDependencies: other words begin at the top
    useEffect(() => setChosen(0), [words])
    useEffect(() => {
        list.current?.querySelector(`[data-line="${chosen}"]`)?.scrollIntoView({ block: 'nearest' })
    }, [chosen])

    const what = only === 'sites' ? t.otherSite : t.find
    const open = (line: Line | undefined) => {
        if (!line) return
        onClose()
        line.go()
    }
    const keys = (event: KeyboardEvent) => {
        if (event.nativeEvent.isComposing) return // Chinese letters being put together
        if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
            event.preventDefault()
            const step = event.key === 'ArrowDown' ? 1 : -1
            setChosen((line) => (lines.length === 0 ? 0 : (line + step + lines.length) % lines.length))
        } else if (event.key === 'Enter') {
            event.preventDefault()
            open(lines[chosen])
        }
    }

    return (
        <Modal.Root opened onClose={onClose} size={600} yOffset="12vh" centered={false} transitionProps={{ duration: 80 }}>
            <Modal.Overlay backgroundOpacity={0.3} />
            <Modal.Content aria-label={what} radius="lg">
                <div className={classes.ask}>
                    <IconSearch size={20} stroke={1.6} aria-hidden />
                    <input
                        className={classes.input}
                        data-autofocus
                        value={words}
                        onChange={(event) => setWords(event.currentTarget.value)}
                        onKeyDown={keys}
                        placeholder={what}
                        aria-label={what}
                        role="combobox"
                        aria-expanded="true"
                        aria-controls={`${id}list`}
                        aria-activedescendant={lines[chosen] ? `${id}${chosen}` : undefined}
                        autoComplete="off"
                        spellCheck={false}
                    />
                </div>
                <div ref={list} id={`${id}list`} role="listbox" aria-label={what} className={classes.list}>
                    {lines.map((line, i) => (
                        <div key={line.key} role="presentation">
                            {line.group !== lines[i - 1]?.group && (
                                <div className={classes.group} role="presentation">
                                    {line.group}
                                </div>
                            )}
                            {/* biome-ignore lint/a11y/useKeyWithClickEvents: the field above takes the keys */}
                            <div
                                id={`${id}${i}`}
                                role="option"
                                aria-selected={i === chosen}
                                tabIndex={-1}
                                data-line={i}
                                data-chosen={i === chosen || undefined}
                                className={classes.line}
                                onClick={() => open(line)}
                                onPointerMove={() => setChosen(i)}
                            >
                                <span className={classes.icon} aria-hidden>
                                    {line.icon}
                                </span>
                                <span className={classes.words}>
                                    {line.word}
                                    {line.more && <span className={classes.more}>{line.more}</span>}
                                </span>
                                {line.end}
                            </div>
                        </div>
                    ))}
                    {lines.length === 0 && !found.isFetching && <div className={classes.none}>{t.nothingFound(words.trim())}</div>}
                </div>
                <div className={classes.hint}>{t.keysHint}</div>
                <VisuallyHidden role="status">{lines.length}</VisuallyHidden>
            </Modal.Content>
        </Modal.Root>
    )
}
