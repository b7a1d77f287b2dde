import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import './app/global.css'
import './app/mantine.css'
import '@mantine/notifications/styles.css'
import { App } from './app/App'
import { takeAskedLanguage } from './app/preferences'

takeAskedLanguage(location.search)

const root = document.getElementById('root')
if (root)
    createRoot(root).render(
        <StrictMode>
            <App />
        </StrictMode>,
    )
