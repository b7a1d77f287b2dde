/* A strip above the screen that says what is away, and how old what one sees is. Nothing where all is well. */
import { Button } from '@mantine/core'
import { type ReactNode, useEffect, useState } from 'react'
import { live, useConnection } from '../api/live'
import { IconOffline, IconUncertain } from '../parts/icons'
import { useNow } from '../parts/Time'
import { useFormat, useStrings } from '../strings'
import classes from './Banner.module.css'
import { useNavigationSite } from './navigation'
import { strings } from './strings'

/* A connection that is back within this is not worth a word. */
const PATIENCE_MS = 2000

export function Banner() {
    const t = useStrings(strings)
    const format = useFormat()
    const connection = useConnection()
    const site = useNavigationSite()
    const isAway = connection.state === 'lost'
    const [isLost, setLost] = useState(false)
    useEffect(() => {
        if (!isAway) {
            setLost(false)
            return
        }
        const timer = setTimeout(() => setLost(true), PATIENCE_MS)
        return () => clearTimeout(timer)
    }, [isAway])
    const now = useNow(1000)

    let words: string | undefined
    let action: ReactNode
    if (isLost) {
        words = connection.heardAt > 0 ? t.lost(format.span((now - connection.heardAt) / 1000)) : t.lostNow
        action = (
            <Button size="compact-sm" variant="default" onClick={() => live.retry()}>
                {t.tryNow}
            </Button>
        )
    } else if (!isAway && site !== undefined) {
        const state = connection.sites[site]
        if (state && !state.database) words = t.databaseAway
        else if (state && !state.broker) words = t.brokerAway
        else if (state?.roles.collect === 'offline') words = t.collectAway
        else if (state?.roles.ingest === 'offline') words = t.ingestAway
    }
    return (
        <div role="status" aria-live="polite">
            {words && (
                <div className={classes.banner} data-lost={isLost || undefined}>
                    {isLost ? <IconOffline size={18} aria-hidden /> : <IconUncertain size={18} aria-hidden />}
                    <span className={classes.words} aria-live={isLost ? 'off' : undefined}>
                        {words}
                    </span>
                    {action}
                </div>
            )}
        </div>
    )
}
