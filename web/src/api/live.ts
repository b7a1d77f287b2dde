/* The one WebSocket: values as they change, what else has changed, and how the site's parts are.
 *
 *     const value = useLiveValue(site, point)          one point, of a row
 *     const values = useLiveValues(site, points)       many, of a chart
 *     const link = useConnection()                     is it there, and since when not
 *
 * A site has one watch with all points that anybody shows; it is sent again, with where it stood, after each break.
 * Where points are shown that it had not, it begins anew under another number, so that all of them are told, and what
 * is still on its way for the one before cannot be taken for that. What nobody shows is forgotten. */
import { useCallback, useMemo, useRef, useSyncExternalStore } from 'react'

export type Quality = 'good' | 'uncertain' | 'bad'
export type LiveValue = { value: number | string | boolean | null; quality: Quality; at: number; text?: string; reason?: string }
export type SiteState = { roles: Record<string, string>; database: boolean; broker: boolean }
export type Connection = { state: 'idle' | 'connecting' | 'open' | 'lost'; heardAt: number; sites: Record<string, SiteState> }

export type Socket = Pick<WebSocket, 'send' | 'close' | 'readyState' | 'onopen' | 'onmessage' | 'onclose' | 'onerror'>
type Told = { onChanged(nouns: string[], site: string): void; onEnded(): void; onResync(): void }

const GATHER_MS = 60
const SILENT_MS = 45_000

type Watch = {
    number: number
    counts: Map<number, number> /* by point: how many show it */
    values: Map<number, LiveValue>
    asked: Set<number> /* the points that the server has been asked for under this number: those that the cursor speaks of */
    cursor: string | undefined
    sent: string | undefined /* the points, as this connection knows them; undefined: it knows nothing of the watch */
}

export class Live {
    #open: () => Socket
    #told: Told
    #socket: Socket | undefined
    #watches = new Map<string, Watch>()
    #listeners = new Map<string, Set<() => void>>()
    #all = new Set<() => void>()
    #connection: Connection = { state: 'idle', heardAt: 0, sites: {} }
    #tries = 0
    #gather: ReturnType<typeof setTimeout> | undefined
    #again: ReturnType<typeof setTimeout> | undefined
    #silent: ReturnType<typeof setTimeout> | undefined
    #numbers = 0
    #wanted = false

    constructor(open: () => Socket, told: Told) {
        this.#open = open
        this.#told = told
    }

    /* From the login on; until stop(). */
    start(): void {
        this.#wanted = true
        if (!this.#socket && !this.#again) this.#connect()
    }

    stop(): void {
        this.#wanted = false
        clearTimeout(this.#again)
        clearTimeout(this.#silent)
        this.#again = undefined
        const socket = this.#socket
        this.#socket = undefined
        socket?.close()
        for (const watch of this.#watches.values()) {
            watch.values.clear()
            Object.assign(watch, { cursor: undefined, sent: undefined })
        }
        this.#say({ state: 'idle', sites: {} })
    }

    connection = (): Connection => this.#connection

    /* Whoever waits for its next try has it now. */
    retry(): void {
        if (!this.#again) return
        clearTimeout(this.#again)
        this.#again = undefined
        this.#connect()
    }

    value(site: string, point: number): LiveValue | undefined {
        return this.#watches.get(site)?.values.get(point)
    }

    subscribeConnection = (listener: () => void): (() => void) => {
        this.#all.add(listener)
        return () => this.#all.delete(listener)
    }

    /* Shows a point from now on: its values come, and the listener is told of each. */
    subscribe(site: string, point: number, listener: () => void): () => void {
        const key = `${site} ${point}`
        const listeners = this.#listeners.get(key) ?? new Set()
        this.#listeners.set(key, listeners.add(listener))
        const watch = this.#watches.get(site) ?? this.#begin(site)
        watch.counts.set(point, (watch.counts.get(point) ?? 0) + 1)
        this.#later()
        return () => {
            listeners.delete(listener)
            if (listeners.size === 0) this.#listeners.delete(key)
            const left = (watch.counts.get(point) ?? 1) - 1
            if (left > 0) watch.counts.set(point, left)
            else watch.counts.delete(point)
            this.#later()
        }
    }

    #begin(site: string): Watch {
        const watch: Watch = { number: 0, counts: new Map(), values: new Map(), asked: new Set(), cursor: undefined, sent: undefined }
        this.#watches.set(site, watch)
        return watch
    }

    #say(change: Partial<Connection>): void {
        this.#connection = { ...this.#connection, ...change }
        for (const listener of this.#all) listener()
    }

    #later(): void {
        this.#gather ??= setTimeout(() => {
            this.#gather = undefined
            this.#sendWatches()
        }, GATHER_MS)
    }

    #sendWatches(): void {
        if (this.#connection.state !== 'open') return
        for (const [site, watch] of this.#watches) {
            const points = [...watch.counts.keys()].sort((a, b) => a - b)
            const sent = points.join(',')
            if (sent === watch.sent) continue
            for (const point of watch.values.keys()) if (!watch.counts.has(point)) watch.values.delete(point)
            const isKnown = points.length > 0 && points.every((point) => watch.asked.has(point))
            if (!isKnown) {
                if (watch.sent) this.#send({ unwatch: watch.number })
                watch.number = ++this.#numbers
                watch.cursor = undefined
            }
            watch.asked = new Set(points)
            if (points.length > 0) this.#send({ watch: watch.number, site, points, ...(watch.cursor ? { since: watch.cursor } : {}) })
            watch.sent = sent
        }
    }

    #send(message: unknown): void {
        if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(message))
    }

    #connect(): void {
        this.#say({ state: this.#tries === 0 ? 'connecting' : 'lost' })
        const socket = this.#open()
        this.#socket = socket
        socket.onopen = () => {
            if (socket !== this.#socket) return
            this.#tries = 0
            for (const watch of this.#watches.values()) watch.sent = undefined
            this.#heard()
            this.#say({ state: 'open' })
            this.#sendWatches()
        }
        socket.onmessage = (event: MessageEvent) => {
            if (socket !== this.#socket) return
            this.#heard()
            this.#take(String(event.data))
        }
        socket.onerror = () => undefined
        socket.onclose = (event: CloseEvent) => {
            if (socket !== this.#socket) return
            this.#socket = undefined
            this.#closed(event.code)
        }
    }

    /* A connection that a cable took away says nothing, and the server says something every 15 s: after a while it is made anew. */
    #heard(): void {
        this.#connection = { ...this.#connection, heardAt: Date.now() }
        clearTimeout(this.#silent)
        this.#silent = setTimeout(() => {
            const socket = this.#socket
            this.#socket = undefined
            socket?.close()
            this.#closed(0)
        }, SILENT_MS)
    }

    #closed(code: number): void {
        clearTimeout(this.#silent)
        if (code === 4401) {
            this.stop()
            this.#told.onEnded()
            return
        }
        if (!this.#wanted) return
        const wait = code === 4429 ? 30_000 : Math.min(500 * 2 ** this.#tries, 10_000)
        this.#tries += 1
        this.#say({ state: 'lost' })
        this.#again = setTimeout(() => {
            this.#again = undefined
            this.#connect()
        }, wait)
    }

    #take(text: string): void {
        let read: unknown
        try {
            read = JSON.parse(text)
        } catch {
            return
        }
        if (typeof read !== 'object' || read === null) return
        const message = read as Record<string, unknown>
        if (Array.isArray(message.values)) this.#takeValues(message)
        else if (Array.isArray(message.changed)) this.#told.onChanged(message.changed as string[], String(message.site))
        else if (message.resync) this.#told.onResync()
        else if (typeof message.roles === 'object' && message.roles !== null) {
            const state = { roles: message.roles as Record<string, string>, database: message.database !== false, broker: message.broker !== false }
            this.#say({ sites: { ...this.#connection.sites, [String(message.site)]: state } })
        }
    }

    #takeValues(message: Record<string, unknown>): void {
        const entry = [...this.#watches].find(([, watch]) => watch.number === message.watch)
        if (!entry) return
        const [site, watch] = entry
        if (typeof message.cursor === 'string') watch.cursor = message.cursor
        const told = new Set<() => void>()
        for (const [point, value, quality, at, text, reason] of message.values as [number, LiveValue['value'], Quality, number, string?, string?][]) {
            if (!watch.asked.has(point)) continue // it has just been let go of
            const key = `${site} ${point}`
            watch.values.set(point, { value, quality, at, ...(text ? { text } : {}), ...(reason ? { reason } : {}) })
            for (const listener of this.#listeners.get(key) ?? []) told.add(listener)
        }
        for (const listener of told) listener()
    }
}

// ---- the page's own, and its hooks ----

let told: Told = { onChanged: () => undefined, onEnded: () => undefined, onResync: () => undefined }
export function onLive(listeners: Told): void {
    told = listeners
}

export const live = new Live(() => new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v1/live`), {
    onChanged: (nouns, site) => told.onChanged(nouns, site),
    onEnded: () => told.onEnded(),
    onResync: () => told.onResync(),
})

export function useConnection(): Connection {
    return useSyncExternalStore(live.subscribeConnection, live.connection)
}

/* The value of one point as it changes; undefined until the first is told. */
export function useLiveValue(site: string, point: number): LiveValue | undefined {
    const subscribe = useCallback((listener: () => void) => live.subscribe(site, point, listener), [site, point])
    return useSyncExternalStore(subscribe, () => live.value(site, point))
}

/* The values of many points: a new map each time some have changed, at most one a frame. */
export function useLiveValues(site: string, points: readonly number[]): ReadonlyMap<number, LiveValue> {
    const key = points.join(',')
    const shown = useRef<ReadonlyMap<number, LiveValue>>(new Map())
    const shownOf = useRef('')
    const stale = useRef(true)
    const numbers = useMemo(() => (key === '' ? [] : key.split(',').map(Number)), [key])
    const subscribe = useCallback(
        (listener: () => void) => {
            stale.current = true
            let frame = 0
            const ends = numbers.map((point) =>
                live.subscribe(site, point, () => {
                    frame ||= requestAnimationFrame(() => {
                        frame = 0
                        stale.current = true
                        listener()
                    })
                }),
            )
            return () => {
                cancelAnimationFrame(frame)
                for (const end of ends) end()
            }
        },
        [site, numbers],
    )
    return useSyncExternalStore(subscribe, () => {
        if (stale.current || shownOf.current !== `${site} ${key}`) {
            stale.current = false
            shownOf.current = `${site} ${key}`
            const map = new Map<number, LiveValue>()
            for (const point of numbers) {
                const value = live.value(site, point)
                if (value) map.set(point, value)
            }
            shown.current = map
        }
        return shown.current
    })
}
