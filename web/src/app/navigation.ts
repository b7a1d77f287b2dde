/* Which site the side bar, the palette and the banner are about. */
import { useParams } from '@tanstack/react-router'
import { keptIn } from './kept'
import { CENTRAL, useSession } from './session'

/* The site of the address, or, on screens of no site, the one that was shown last. */
export function useNavigationSite(): string | undefined {
    const session = useSession()
    const params = useParams({ strict: false }) as { site?: string }
    const last = keptIn('site')
    const building = session.sites.find((site) => site.site !== CENTRAL)
    return params.site ?? session.sites.find((site) => site.site === last)?.site ?? (building ?? session.sites[0])?.site
}
