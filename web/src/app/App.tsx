/* Joins what every screen stands on: colours and words as this person wants them, the cache, the router. */
import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { setNonce } from 'get-nonce'
import { useEffect, useMemo } from 'react'
import { onSessionEnded } from '../api/client'
import { queries } from '../api/query'
import { useStrings } from '../strings'
import { localeOf } from '../strings/catalog'
import { common } from '../strings/common'
import { useLanguage, useMotion, useTheme } from './preferences'
import { router } from './router'
import { endSession } from './session'
import { themeWith, variables } from './theme'

/* Styles that are made while the page runs carry the nonce that the server drew for it (Content-Security-Policy). */
const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? ''
setNonce(nonce)
onSessionEnded(endSession)

/* Of Mantine's own memory of light and dark nothing is used: preferences.ts has it. */
const noMemory = { get: () => 'auto' as const, set: () => undefined, subscribe: () => undefined, unsubscribe: () => undefined, clear: () => undefined }

export function App() {
    const language = useLanguage()
    const wish = useTheme()
    const motion = useMotion()
    const { close } = useStrings(common)
    const theme = useMemo(() => themeWith({ close }), [close])
    useEffect(() => {
        document.documentElement.lang = localeOf(language)
    }, [language])
    useEffect(() => {
        if (motion === 'system') document.documentElement.removeAttribute('data-motion')
        else document.documentElement.setAttribute('data-motion', motion)
    }, [motion])
    return (
        <MantineProvider
            theme={theme}
            cssVariablesResolver={variables}
            colorSchemeManager={noMemory}
            defaultColorScheme="auto"
            {...(wish === 'system' ? {} : { forceColorScheme: wish })}
            getStyleNonce={() => nonce}
        >
            <QueryClientProvider client={queries}>
                <RouterProvider router={router} />
            </QueryClientProvider>
        </MantineProvider>
    )
}
