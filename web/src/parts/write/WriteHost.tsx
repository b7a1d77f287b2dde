import { lazy, Suspense } from 'react'
import { closeWrite, useWriting } from './open'

const Dialog = lazy(() => import('./Dialog'))

/* Where the dialog stands: below the site's frame, so that it has the site. */
export function WriteHost() {
    const writing = useWriting()
    if (!writing) return null
    return (
        <Suspense fallback={null}>
            <Dialog key={`${writing.point.id} ${writing.release ?? ''}`} {...writing} onClose={closeWrite} />
        </Suspense>
    )
}
