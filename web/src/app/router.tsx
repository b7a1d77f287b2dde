/* Which address shows which screen. A screen is loaded when it is first shown; its address holds its whole state, which its
 * search.ts reads. To add one: a folder in screens/, its route here, and, where people go to it by themselves, its line in screens.ts. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router'
import { queries } from '../api/query'
import { Loading } from '../parts/Loading'
import { searchOf as auditSearch } from '../screens/audit/search'
import { searchOf as commandsSearch } from '../screens/commands/search'
import { searchOf as loginSearch } from '../screens/login/search'
import { searchOf as overridesSearch } from '../screens/overrides/search'
import { searchOf as pointSearch } from '../screens/point/search'
import { searchOf as pointsSearch } from '../screens/points/search'
import { searchOf as settingsSearch } from '../screens/settings/search'
import { searchOf as sitesSearch } from '../screens/sites/search'
import { searchOf as trendsSearch } from '../screens/trends/search'
import { searchOf as usersSearch } from '../screens/users/search'
import { Broken, Missing } from './Broken'
import { keptIn } from './kept'
import { parseSearch, writeSearch } from './search'
import { CENTRAL, hasPortfolio, sessionQuery } from './session'

const root = createRootRoute({ component: Outlet })

const login = createRoute({
    getParentRoute: () => root,
    path: '/login',
    validateSearch: loginSearch,
    component: lazyRouteComponent(() => import('../screens/login'), 'Screen'),
})
const link = createRoute({ getParentRoute: () => root, path: '/link', component: lazyRouteComponent(() => import('../screens/link'), 'Screen') })

/* Behind the login. */
const framed = createRoute({
    getParentRoute: () => root,
    id: 'framed',
    // Before the login nobody needs it, and the page for that is to be there at once.
    component: lazyRouteComponent(() => import('./Frame'), 'Frame'),
    beforeLoad: async ({ location }) => {
        const session = await queries.ensureQueryData(sessionQuery)
        if (!session) throw redirect({ to: '/login', search: location.href === '/' ? {} : { back: location.href } })
        if (session.must.length > 0 && location.pathname !== '/me') throw redirect({ to: '/me' })
        return { session }
    },
})
const start = createRoute({
    getParentRoute: () => framed,
    path: '/',
    beforeLoad: ({ context }) => {
        const sites = context.session.sites
        if (hasPortfolio(context.session)) throw redirect({ to: '/sites' })
        const site = sites.find((one) => one.site === keptIn('site')) ?? sites[0]
        throw redirect(site ? { to: '/sites/$site/building', params: { site: site.site } } : { to: '/me' })
    },
})
const me = createRoute({ getParentRoute: () => framed, path: '/me', component: lazyRouteComponent(() => import('../screens/me'), 'Screen') })
const users = createRoute({
    getParentRoute: () => framed,
    path: '/users',
    validateSearch: usersSearch,
    component: lazyRouteComponent(() => import('../screens/users'), 'Screen'),
})
const about = createRoute({ getParentRoute: () => framed, path: '/about', component: lazyRouteComponent(() => import('../screens/about'), 'Screen') })
const docs = createRoute({ getParentRoute: () => framed, path: '/api/docs', component: lazyRouteComponent(() => import('../screens/docs'), 'Screen') })

const site = createRoute({ getParentRoute: () => framed, path: '/sites/$site', component: lazyRouteComponent(() => import('./Frame'), 'SiteFrame') })
const sites = createRoute({
    getParentRoute: () => framed,
    path: '/sites',
    validateSearch: sitesSearch,
    component: lazyRouteComponent(() => import('../screens/sites'), 'Screen'),
})
const siteStart = createRoute({
    getParentRoute: () => site,
    path: '/',
    beforeLoad: ({ params }) => {
        throw redirect({ to: params.site === CENTRAL ? '/sites/$site/settings' : '/sites/$site/building', params })
    },
})
const building = createRoute({
    getParentRoute: () => site,
    path: '/building',
    component: lazyRouteComponent(() => import('../screens/building'), 'Screen'),
})
const points = createRoute({
    getParentRoute: () => site,
    path: '/points',
    validateSearch: pointsSearch,
    component: lazyRouteComponent(() => import('../screens/points'), 'Screen'),
})
const point = createRoute({
    getParentRoute: () => site,
    path: '/points/$point',
    validateSearch: pointSearch,
    component: lazyRouteComponent(() => import('../screens/point'), 'Screen'),
})
const trends = createRoute({
    getParentRoute: () => site,
    path: '/trends',
    validateSearch: trendsSearch,
    component: lazyRouteComponent(() => import('../screens/trends'), 'Screen'),
})
const overrides = createRoute({
    getParentRoute: () => site,
    path: '/overrides',
    validateSearch: overridesSearch,
    component: lazyRouteComponent(() => import('../screens/overrides'), 'Screen'),
})
const commands = createRoute({
    getParentRoute: () => site,
    path: '/commands',
    validateSearch: commandsSearch,
    component: lazyRouteComponent(() => import('../screens/commands'), 'Screen'),
})
const audit = createRoute({
    getParentRoute: () => site,
    path: '/audit',
    validateSearch: auditSearch,
    component: lazyRouteComponent(() => import('../screens/audit'), 'Screen'),
})
const settings = createRoute({
    getParentRoute: () => site,
    path: '/settings',
    validateSearch: settingsSearch,
    component: lazyRouteComponent(() => import('../screens/settings'), 'Screen'),
})

export const router = createRouter({
    routeTree: root.addChildren([
        login,
        link,
        framed.addChildren([
            start,
            me,
            users,
            about,
            docs,
            sites,
            site.addChildren([siteStart, building, points, point, trends, overrides, commands, audit, settings]),
        ]),
    ]),
    parseSearch,
    stringifySearch: writeSearch,
    defaultPreload: 'intent',
    defaultPendingMs: 300, // what is there sooner shows no outline first
    defaultPendingMinMs: 0,
    defaultPendingComponent: () => <Loading />,
    defaultErrorComponent: Broken,
    defaultNotFoundComponent: Missing,
    scrollRestoration: true,
    scrollToTopSelectors: ['#content'],
})

declare module '@tanstack/react-router' {
    interface Register {
        router: typeof router
    }
}
