/* On phones: the first screens, and a sheet with the others. */
import { Drawer, UnstyledButton } from '@mantine/core'
import { useRouterState } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { IconLogOut, IconMore, IconSearch, IconSite } from '../parts/icons'
import { useStrings } from '../strings'
import classes from './Frame.module.css'
import { Line, leave, useLines } from './Lines'
import { bottomScreens } from './screens'
import { strings } from './strings'

export default function BottomBar({ onFind, onSites }: { onFind: () => void; onSites: () => void }) {
    const t = useStrings(strings)
    const { site, ofAll, ofSite, common } = useLines()
    const first = [...ofAll, ...ofSite].slice(0, bottomScreens)
    const others = [...ofAll, ...ofSite].slice(bottomScreens)
    const [more, setMore] = useState(false)
    const path = useRouterState({ select: (state) => state.location.pathname })
    // biome-ignore lint/correctness/useExhaustiveDependencies: who went somewhere wants to see it
    useEffect(() => setMore(false), [path])
    return (
        <>
            <nav className={classes.bottom} aria-label={t.navigation}>
                {first.map((line) => (
                    <Line key={line.name} line={line} site={site} className={classes.tab} />
                ))}
                <UnstyledButton className={classes.tab} onClick={() => setMore(true)} aria-haspopup="dialog">
                    <IconMore size={20} stroke={1.6} aria-hidden />
                    <span className={classes.word}>{t.screens}</span>
                </UnstyledButton>
            </nav>
            <Drawer opened={more} onClose={() => setMore(false)} position="bottom" size="auto" title={t.screens}>
                <nav className={classes.sheet} aria-label={t.screens}>
                    <UnstyledButton
                        className={classes.line}
                        onClick={() => {
                            setMore(false)
                            onFind()
                        }}
                    >
                        <IconSearch size={20} stroke={1.6} aria-hidden />
                        <span className={classes.word}>{t.find}</span>
                    </UnstyledButton>
                    {ofAll.length > 0 && (
                        <UnstyledButton
                            className={classes.line}
                            onClick={() => {
                                setMore(false)
                                onSites()
                            }}
                        >
                            <IconSite size={20} stroke={1.6} aria-hidden />
                            <span className={classes.word}>{t.otherSite}</span>
                        </UnstyledButton>
                    )}
                    {[...others, ...common].map((line) => (
                        <Line key={line.name} line={line} site={site} className={classes.line} />
                    ))}
                    <UnstyledButton className={classes.line} onClick={() => void leave()}>
                        <IconLogOut size={20} stroke={1.6} aria-hidden />
                        <span className={classes.word}>{t.logOut}</span>
                    </UnstyledButton>
                </nav>
            </Drawer>
        </>
    )
}
