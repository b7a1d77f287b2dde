/* The screens that one may go to, as lines of the side bar and of the bottom bar. */

import { Link } from '@tanstack/react-router'
import { Tip } from '../parts/Tip'
import { useStrings } from '../strings'
import classes from './Frame.module.css'
import { useNavigationSite } from './navigation'
import { centralScreens, commonScreens, portfolioScreens, type ScreenLine, siteScreens } from './screens'
import { CENTRAL, hasPortfolio, logOut, maySomewhere, useSession } from './session'
import { strings } from './strings'

export function useLines(): { site: string | undefined; ofAll: readonly ScreenLine[]; ofSite: readonly ScreenLine[]; common: readonly ScreenLine[] } {
    const session = useSession()
    const site = useNavigationSite()
    const grant = session.sites.find((one) => one.site === site)
    return {
        site,
        ofAll: hasPortfolio(session) ? portfolioScreens : [],
        ofSite:
            site === undefined
                ? []
                : siteScreens.filter(
                      (line: ScreenLine) => (!line.right || grant?.rights.includes(line.right)) && (site !== CENTRAL || centralScreens.includes(line.name)),
                  ),
        common: commonScreens.filter((line: ScreenLine) => !line.right || maySomewhere(session, line.right)),
    }
}

export function Line({ line, site, className, isBare }: { line: ScreenLine; site: string | undefined; className?: string | undefined; isBare?: boolean }) {
    const t = useStrings(strings)
    const word = t[line.name] as string
    const link = (
        // The lines' addresses are of the router's; which of them one is, the table does not say.
        <Link
            to={line.to as '/sites/$site/building'}
            params={{ site: site ?? '' }}
            className={className}
            activeOptions={{ exact: line.to === '/sites' }}
            activeProps={{ 'data-active': true, 'aria-current': 'page' } as object}
            aria-label={isBare ? word : undefined}
        >
            <line.Icon size={20} stroke={1.6} aria-hidden />
            {!isBare && <span className={classes.word}>{word}</span>}
        </Link>
    )
    return isBare ? (
        <Tip label={word} position="right">
            {link}
        </Tip>
    ) : (
        link
    )
}

export async function leave(): Promise<void> {
    await logOut().catch(() => undefined)
    location.assign('/login')
}
