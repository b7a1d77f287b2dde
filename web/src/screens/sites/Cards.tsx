/* The cards of any number of sites: only the lines on the screen, and a few around them, are drawn. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { type RefObject, useLayoutEffect, useRef, useState } from 'react'
import type { Site } from '../../api/shapes'
import { Card } from './Card'
import classes from './sites.module.css'

/* As sites.module.css has them. */
const WIDTH = 272
const GAP = 16
/* Of a card with all that a site that is well says: a line that has been drawn is measured. */
const HEIGHT = 248

export function Cards({ sites, onManage }: { sites: Site[]; onManage?: (site: string) => void }) {
    const list = useRef<HTMLUListElement>(null)
    const { columns, above } = usePlace(list)
    const lines = Math.ceil(sites.length / columns)
    const virtual = useVirtualizer({
        count: lines,
        getScrollElement: () => list.current?.closest('main') ?? null,
        estimateSize: () => HEIGHT,
        scrollMargin: above,
        gap: GAP,
        overscan: 3,
    })
    // biome-ignore lint/correctness/useExhaustiveDependencies: lines of other cards have other heights
    useLayoutEffect(() => virtual.measure(), [columns, virtual])
    const shown = virtual.getVirtualItems()
    const first = shown[0]
    const last = shown.at(-1)
    const from = (first?.index ?? 0) * columns
    const to = ((last?.index ?? -1) + 1) * columns
    return (
        <ul
            ref={list}
            className={classes.cards}
            style={{
                gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
                paddingTop: first ? first.start - above : 0,
                paddingBottom: last ? virtual.getTotalSize() + above - last.end : 0,
            }}
        >
            {sites.slice(from, to).map((site, i) => (
                <li
                    key={site.id}
                    aria-setsize={sites.length}
                    aria-posinset={from + i + 1}
                    // All cards of a line are as high as the highest: the first stands for it.
                    {...(i % columns === 0 ? { ref: virtual.measureElement, 'data-index': (from + i) / columns } : {})}
                >
                    <Card site={site} {...(onManage ? { onManage } : {})} />
                </li>
            ))}
        </ul>
    )
}

/* How many cards stand side by side, and how far below the top of what scrolls they begin: what stands above may grow. */
function usePlace(list: RefObject<HTMLUListElement | null>): { columns: number; above: number } {
    const [place, setPlace] = useState({ columns: 1, above: 0 })
    useLayoutEffect(() => {
        const ul = list.current
        const scroller = ul?.closest('main')
        if (!ul || !scroller) return
        const look = () => {
            const box = ul.getBoundingClientRect()
            const columns = Math.max(1, Math.floor((box.width + GAP) / (WIDTH + GAP)))
            const above = Math.round(box.top - scroller.getBoundingClientRect().top + scroller.scrollTop)
            setPlace((was) => (was.columns === columns && was.above === above ? was : { columns, above }))
        }
        look()
        const watch = new ResizeObserver(look)
        for (const one of scroller.children) watch.observe(one) // of which one has the list in it
        return () => watch.disconnect()
    }, [list])
    return place
}
