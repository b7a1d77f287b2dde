/* Wheel, pointer, fingers and keys become changes of the range. Knows nothing of what is drawn. */
import { pan, pinch, zoom } from './range'
import type { Range } from './types'

export interface GestureTarget {
    getRange(): Range
    setRange(range: Range): void /* at most once a frame is drawn, by who gets it */
    settle(): void /* the hand was lifted: now is the time to ask for more */
    select(from: number | null, to: number | null): void /* shares of the plot's width: a span being chosen; null: none */
    moveCursor(share: number | null): void
    stepCursor(steps: number): void
    reset(): void
    plot(): { left: number; width: number; top: number; height: number } /* in the client's pixels */
    needsControl: boolean /* a wheel alone scrolls the page, and zooms with Control held */
}

const WHEEL_STEP = 0.0015 /* of zoom for a pixel of wheel: a notch (100) is about 15 % */
const CLICK_PIXELS = 4
const KEY_PAN = 0.1
const KEY_ZOOM = 0.7

export function attachGestures(host: HTMLElement, target: GestureTarget): () => void {
    const pointers = new Map<number, number>() /* id -> share of the width */
    let mode: 'none' | 'select' | 'pan' | 'pinch' = 'none'
    let startRange: Range = target.getRange()
    let startShare = 0
    let startX = 0
    let pinchIds: [number, number] = [0, 0]
    let wheelEnds = 0

    const shareOf = (x: number): number => {
        const plot = target.plot()
        return (x - plot.left) / Math.max(plot.width, 1)
    }
    const isOnAxis = (event: PointerEvent): boolean => {
        const plot = target.plot()
        return event.clientY > plot.top + plot.height
    }

    const onWheel = (event: WheelEvent): void => {
        const isSideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)
        if (!isSideways && target.needsControl && !event.ctrlKey && !event.metaKey) return
        event.preventDefault()
        const unit = event.deltaMode === 1 ? 33 : event.deltaMode === 2 ? 400 : 1
        const range = target.getRange()
        if (isSideways) {
            const by = (event.deltaX || event.deltaY) * unit
            target.setRange(pan(range, (by / Math.max(target.plot().width, 1)) * (range.to - range.from)))
        } else {
            const share = Math.min(Math.max(shareOf(event.clientX), 0), 1)
            target.setRange(
                zoom(range, Math.exp(Math.max(-300, Math.min(300, event.deltaY * unit)) * WHEEL_STEP), range.from + share * (range.to - range.from)),
            )
        }
        window.clearTimeout(wheelEnds)
        wheelEnds = window.setTimeout(() => target.settle(), 120)
    }

    const beginPinch = (): void => {
        const ids = [...pointers.keys()]
        pinchIds = [ids[0] as number, ids[1] as number]
        if ((pointers.get(pinchIds[0]) as number) > (pointers.get(pinchIds[1]) as number)) pinchIds.reverse()
        startRange = target.getRange()
        pinchStart = [pointers.get(pinchIds[0]) as number, pointers.get(pinchIds[1]) as number]
        mode = 'pinch'
        target.select(null, null)
    }
    let pinchStart: [number, number] = [0, 1]

    const onDown = (event: PointerEvent): void => {
        if (event.pointerType === 'mouse' && event.button > 1) return
        if (event.target instanceof HTMLElement && event.target.closest('button')) return
        host.setPointerCapture(event.pointerId)
        pointers.set(event.pointerId, shareOf(event.clientX))
        if (pointers.size === 2) {
            beginPinch()
            return
        }
        startRange = target.getRange()
        startShare = shareOf(event.clientX)
        startX = event.clientX
        const pans = event.pointerType !== 'mouse' || event.button === 1 || event.shiftKey || isOnAxis(event)
        mode = pans ? 'pan' : 'select'
        if (event.button === 1) event.preventDefault()
    }

    const onMove = (event: PointerEvent): void => {
        const share = shareOf(event.clientX)
        if (!pointers.has(event.pointerId)) {
            if (event.pointerType === 'mouse') target.moveCursor(share >= 0 && share <= 1 ? share : null)
            return
        }
        pointers.set(event.pointerId, share)
        if (mode === 'pinch') {
            target.setRange(pinch(startRange, pinchStart[0], pinchStart[1], pointers.get(pinchIds[0]) ?? 0, pointers.get(pinchIds[1]) ?? 1))
        } else if (mode === 'pan') {
            target.setRange(pan(startRange, (startShare - share) * (startRange.to - startRange.from)))
            if (event.pointerType === 'mouse') target.moveCursor(share)
        } else if (mode === 'select') {
            target.moveCursor(share >= 0 && share <= 1 ? share : null)
            if (Math.abs(event.clientX - startX) > CLICK_PIXELS) target.select(Math.min(startShare, share), Math.max(startShare, share))
        }
    }

    const onUp = (event: PointerEvent): void => {
        if (!pointers.delete(event.pointerId)) return
        const share = shareOf(event.clientX)
        const moved = Math.abs(event.clientX - startX)
        if (mode === 'pinch') {
            mode = pointers.size > 0 ? 'pan' : 'none' /* the other finger goes on */
            const rest = [...pointers.values()][0]
            if (rest !== undefined) {
                startRange = target.getRange()
                startShare = rest
            }
            target.settle()
            return
        }
        if (mode === 'select' && moved > CLICK_PIXELS && event.type !== 'pointercancel') {
            const from = Math.max(0, Math.min(startShare, share))
            const to = Math.min(1, Math.max(startShare, share))
            const wide = startRange.to - startRange.from
            if (to > from) target.setRange({ from: Math.round(startRange.from + from * wide), to: Math.round(startRange.from + to * wide) })
            target.settle()
        } else if (mode === 'pan') {
            if (moved <= CLICK_PIXELS && event.pointerType !== 'mouse')
                target.moveCursor(share >= 0 && share <= 1 ? share : null) /* a tap puts the cursor there */
            else target.settle()
        }
        target.select(null, null)
        mode = 'none'
    }
    const onLeave = (event: PointerEvent): void => {
        if (event.pointerType === 'mouse' && pointers.size === 0) target.moveCursor(null)
    }
    const onDouble = (event: MouseEvent): void => {
        event.preventDefault()
        target.reset()
    }

    const onKey = (event: KeyboardEvent): void => {
        if (event.ctrlKey || event.metaKey || event.altKey || event.target !== host) return
        const range = target.getRange()
        const wide = range.to - range.from
        const middle = (range.from + range.to) / 2
        switch (event.key) {
            case 'ArrowLeft':
            case 'ArrowRight': {
                const sign = event.key === 'ArrowLeft' ? -1 : 1
                if (event.shiftKey) target.setRange(pan(range, sign * KEY_PAN * wide))
                else target.stepCursor(sign)
                break
            }
            case 'PageUp':
                target.setRange(pan(range, -wide))
                break
            case 'PageDown':
                target.setRange(pan(range, wide))
                break
            case '+':
            case '=':
                target.setRange(zoom(range, KEY_ZOOM, middle))
                break
            case '-':
            case '_':
                target.setRange(zoom(range, 1 / KEY_ZOOM, middle))
                break
            case 'Home':
                target.stepCursor(Number.NEGATIVE_INFINITY)
                break
            case 'End':
                target.stepCursor(Number.POSITIVE_INFINITY)
                break
            case '0':
                target.reset()
                break
            case 'Escape':
                target.moveCursor(null)
                target.select(null, null)
                mode = 'none'
                return
            default:
                return
        }
        event.preventDefault()
        target.settle()
    }

    host.addEventListener('wheel', onWheel, { passive: false })
    host.addEventListener('pointerdown', onDown)
    host.addEventListener('pointermove', onMove)
    host.addEventListener('pointerup', onUp)
    host.addEventListener('pointercancel', onUp)
    host.addEventListener('pointerleave', onLeave)
    host.addEventListener('dblclick', onDouble)
    host.addEventListener('keydown', onKey)
    return () => {
        window.clearTimeout(wheelEnds)
        host.removeEventListener('wheel', onWheel)
        host.removeEventListener('pointerdown', onDown)
        host.removeEventListener('pointermove', onMove)
        host.removeEventListener('pointerup', onUp)
        host.removeEventListener('pointercancel', onUp)
        host.removeEventListener('pointerleave', onLeave)
        host.removeEventListener('dblclick', onDouble)
        host.removeEventListener('keydown', onKey)
    }
}
