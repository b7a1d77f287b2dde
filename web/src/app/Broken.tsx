/* A screen that broke, and an address that leads nowhere: said where the screen would be, the frame stays. */
import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { isProblem } from '../api/problem'
import { EmptyState } from '../parts/EmptyState'
import { IconBad, IconSearch } from '../parts/icons'
import { ProblemNotice } from '../parts/Problem'
import { useStrings } from '../strings'
import { strings } from './strings'

export function Broken({ error, reset }: { error: unknown; reset?: () => void }) {
    const t = useStrings(strings)
    if (isProblem(error)) return <ProblemNotice error={error} {...(reset ? { onRetry: reset } : {})} />
    // A screen's file that is not there any more: the server has a newer interface than this page.
    const isOutdated = error instanceof TypeError && /import|module/i.test(error.message)
    return (
        <EmptyState
            icon={IconBad}
            title={isOutdated ? t.outdatedTitle : t.brokenTitle}
            action={
                <Button variant="default" onClick={() => location.reload()}>
                    {t.reload}
                </Button>
            }
        >
            {isOutdated ? t.outdated : `${t.broken} (${error instanceof Error ? error.message : String(error)})`}
        </EmptyState>
    )
}

export function Missing() {
    const t = useStrings(strings)
    return (
        <EmptyState
            icon={IconSearch}
            title={t.notFoundTitle}
            action={
                <Button component={Link} to="/" variant="default">
                    {t.toStart}
                </Button>
            }
        >
            {t.notFound}
        </EmptyState>
    )
}
