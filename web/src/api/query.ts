/* The cache of what the server said. Keys are [noun, site, ...]; the nouns are those of `changed` of the live connection, so that a
 * change asks again for what is on the screen: ['points', site, filter], ['commands', site, ...], ['overrides', site], ['settings', site]. */
import { QueryClient } from '@tanstack/react-query'
import { isProblem } from './problem'

export const queries = new QueryClient({
    defaultOptions: {
        queries: {
            networkMode: 'always', // a site's own network may have no internet
            staleTime: 10_000,
            gcTime: 5 * 60_000,
            refetchOnWindowFocus: true,
            placeholderData: (previous: unknown) => previous, // old data stays until new arrives
            retry: (failures, error) => failures < 3 && isProblem(error) && error.isPassing && error.kind !== 'too-many-tries',
            retryDelay: (failures, error) => (isProblem(error) && error.retryAfterS ? error.retryAfterS * 1000 : Math.min(500 * 2 ** failures, 8000)),
        },
        mutations: { networkMode: 'always', retry: false },
    },
})
