/* A word about what the pointer rests on, or what has the focus. Shown by Mantine's Tooltip, which is fetched when the first is wanted: placing it takes more code than all
 * that the first screen shows. */
import { cloneElement, type FocusEvent, lazy, type PointerEvent, type ReactElement, type ReactNode, Suspense, useEffect, useId, useRef, useState } from 'react'

const TipShown = lazy(() => import('./TipShown'))
const REST_MS = 300

type Child = {
    onPointerEnter?: (event: PointerEvent<HTMLElement>) => void
    onPointerLeave?: (event: PointerEvent<HTMLElement>) => void
    onPointerDown?: (event: PointerEvent<HTMLElement>) => void
    onFocus?: (event: FocusEvent<HTMLElement>) => void
    onBlur?: (event: FocusEvent<HTMLElement>) => void
    'aria-describedby'?: string | undefined
}
type Props = { label: ReactNode; position?: 'top' | 'right'; children: ReactElement<Child> }

export function Tip({ label, position = 'top', children }: Props) {
    const [at, setAt] = useState<HTMLElement | null>(null)
    const timer = useRef(0)
    const id = useId()
    useEffect(() => () => window.clearTimeout(timer.current), [])
    useEffect(() => {
        if (!at) return
        const key = (event: KeyboardEvent) => (event.key === 'Escape' ? setAt(null) : undefined)
        window.addEventListener('keydown', key)
        return () => window.removeEventListener('keydown', key)
    }, [at])
    const hide = () => {
        window.clearTimeout(timer.current)
        setAt(null)
    }
    const { props } = children
    return (
        <>
            {cloneElement(children, {
                onPointerEnter: (event: PointerEvent<HTMLElement>) => {
                    props.onPointerEnter?.(event)
                    if (event.pointerType !== 'mouse') return
                    const { currentTarget } = event
                    window.clearTimeout(timer.current)
                    timer.current = window.setTimeout(() => setAt(currentTarget), REST_MS)
                },
                onPointerLeave: (event: PointerEvent<HTMLElement>) => {
                    props.onPointerLeave?.(event)
                    hide()
                },
                onPointerDown: (event: PointerEvent<HTMLElement>) => {
                    props.onPointerDown?.(event)
                    hide()
                },
                onFocus: (event: FocusEvent<HTMLElement>) => {
                    props.onFocus?.(event)
                    if (event.currentTarget.matches(':focus-visible')) setAt(event.currentTarget)
                },
                onBlur: (event: FocusEvent<HTMLElement>) => {
                    props.onBlur?.(event)
                    hide()
                },
                'aria-describedby': at ? id : props['aria-describedby'],
            })}
            {at && (
                <Suspense fallback={null}>
                    <TipShown id={id} at={at} label={label} position={position} />
                </Suspense>
            )}
        </>
    )
}
