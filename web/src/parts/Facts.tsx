/* What is known of one thing, line by line: what has nothing is left out. */
import type { ReactNode } from 'react'
import classes from './Facts.module.css'

export function Facts({ items }: { items: readonly (readonly [term: string, value: ReactNode])[] }) {
    return (
        <dl className={classes.facts}>
            {items
                .filter(([, value]) => value !== null && value !== undefined && value !== false && value !== '')
                .map(([term, value]) => (
                    <div key={term}>
                        <dt>{term}</dt>
                        <dd>{value}</dd>
                    </div>
                ))}
        </dl>
    )
}
