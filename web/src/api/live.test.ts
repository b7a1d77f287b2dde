import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Live, type Socket } from './live'

class Fake {
    readyState = 0
    sent: Record<string, unknown>[] = []
    onopen: (() => void) | null = null
    onmessage: ((event: { data: string }) => void) | null = null
    onclose: ((event: { code: number }) => void) | null = null
    onerror: (() => void) | null = null
    send(text: string) {
        this.sent.push(JSON.parse(text))
    }
    close() {
        this.readyState = 3
    }
    opens() {
        this.readyState = 1
        this.onopen?.()
    }
    says(message: unknown) {
        this.onmessage?.({ data: typeof message === 'string' ? message : JSON.stringify(message) })
    }
    breaks(code = 1006) {
        this.readyState = 3
        this.onclose?.({ code })
    }
}

let sockets: Fake[]
const told = { onChanged: vi.fn(), onEnded: vi.fn(), onResync: vi.fn() }
const make = () =>
    new Live(() => {
        const fake = new Fake()
        sockets.push(fake)
        return fake as unknown as Socket
    }, told)
const socket = () => sockets.at(-1) as Fake

beforeEach(() => {
    vi.useFakeTimers()
    sockets = []
    for (const one of Object.values(told)) one.mockReset()
})
afterEach(() => vi.useRealTimers())

test('all points of a site are one watch, and a value is told to those who show it', () => {
    const live = make()
    live.start()
    socket().opens()
    const one = vi.fn()
    const two = vi.fn()
    const end = live.subscribe('demo', 2, two)
    live.subscribe('demo', 1, one)
    live.subscribe('demo', 1, () => undefined)
    vi.advanceTimersByTime(100)
    expect(socket().sent).toEqual([{ watch: 1, site: 'demo', points: [1, 2] }])
    socket().says({ watch: 1, values: [[1, 21.5, 'good', 1000]], cursor: 'c1' })
    expect(one).toHaveBeenCalledOnce()
    expect(two).not.toHaveBeenCalled()
    expect(live.value('demo', 1)).toEqual({ value: 21.5, quality: 'good', at: 1000 })
    end()
    vi.advanceTimersByTime(100)
    expect(socket().sent.at(-1)).toEqual({ watch: 1, site: 'demo', points: [1], since: 'c1' })
})

test('after a break it asks for what it missed, and waits longer each time', () => {
    const live = make()
    live.start()
    socket().opens()
    live.subscribe('demo', 1, () => undefined)
    vi.advanceTimersByTime(100)
    socket().says({ watch: 1, values: [], cursor: 'c7' })
    socket().breaks()
    expect(live.connection().state).toBe('lost')
    vi.advanceTimersByTime(500)
    expect(sockets).toHaveLength(2)
    socket().breaks()
    vi.advanceTimersByTime(900)
    expect(sockets).toHaveLength(2)
    vi.advanceTimersByTime(200)
    expect(sockets).toHaveLength(3)
    socket().opens()
    expect(socket().sent).toEqual([{ watch: 1, site: 'demo', points: [1], since: 'c7' }])
    expect(live.connection().state).toBe('open')
})

test('resync is told on: values are not missing, and are not asked for again', () => {
    const live = make()
    live.start()
    socket().opens()
    live.subscribe('demo', 1, () => undefined)
    vi.advanceTimersByTime(100)
    socket().says({ watch: 1, values: [], cursor: 'c7' })
    socket().says({ resync: 1 })
    vi.advanceTimersByTime(100)
    expect(socket().sent).toHaveLength(1)
    expect(told.onResync).toHaveBeenCalledOnce()
})

test('a session that has ended is not tried again', () => {
    const live = make()
    live.start()
    socket().opens()
    socket().breaks(4401)
    vi.advanceTimersByTime(120_000)
    expect(told.onEnded).toHaveBeenCalledOnce()
    expect(sockets).toHaveLength(1)
})

test('45 s without a word are a lost connection', () => {
    const live = make()
    live.start()
    socket().opens()
    vi.advanceTimersByTime(40_000)
    socket().says({})
    vi.advanceTimersByTime(40_000)
    expect(live.connection().state).toBe('open')
    vi.advanceTimersByTime(6_000)
    expect(live.connection().state).toBe('lost')
    vi.advanceTimersByTime(1_000)
    expect(sockets).toHaveLength(2)
})

test('news of the site are told on, and nonsense harms nobody', () => {
    const live = make()
    live.start()
    socket().opens()
    for (const nonsense of ['', '{', '[]', 'null', '7', '{"values":1}', '{"watch":9,"values":[[1,2,"good",3]]}'])
        expect(() => socket().says(nonsense)).not.toThrow()
    socket().says({ changed: ['points'], site: 'demo' })
    expect(told.onChanged).toHaveBeenCalledWith(['points'], 'demo')
    socket().says({ site: 'demo', roles: { collect: 'offline' }, database: false, broker: true })
    expect(live.connection().sites.demo).toEqual({ roles: { collect: 'offline' }, database: false, broker: true })
})

const nobody = () => undefined
const gathers = () => vi.advanceTimersByTime(100)
/* What the server answers to the watch that it was sent last: all values, or those since its cursor. */
const answers = (values: unknown[], cursor: string) => socket().says({ watch: socket().sent.at(-1)?.watch, values, cursor })

test('a point that was let go of, as the last, and is shown again is told anew, never as it was', () => {
    const live = make()
    live.start()
    socket().opens()
    const end26 = live.subscribe('demo', 26, nobody)
    gathers()
    answers([[26, 1, 'good', 1000]], 'c1')
    const end23 = live.subscribe('demo', 23, nobody)
    gathers()
    expect(socket().sent.at(-1)).toEqual({ watch: 2, site: 'demo', points: [23, 26] })
    const both = [
        [23, 5, 'good', 1000],
        [26, 1, 'good', 1000],
    ]
    answers(both, 'c2')
    end26()
    gathers()
    expect(live.value('demo', 26)).toBeUndefined()
    answers([], 'c3')
    end23()
    gathers()
    expect(socket().sent.at(-1)).toEqual({ unwatch: 2 })
    live.subscribe('demo', 26, nobody)
    gathers()
    expect(live.value('demo', 26)).toBeUndefined()
    expect(socket().sent.at(-1)).toEqual({ watch: 4, site: 'demo', points: [26] })
})

test('a point first shown while the connection is lost is told whole when it is back', () => {
    const live = make()
    live.start()
    socket().opens()
    live.subscribe('demo', 1, nobody)
    gathers()
    answers([[1, 1, 'good', 1000]], 'c1')
    socket().breaks()
    live.subscribe('demo', 2, nobody)
    vi.advanceTimersByTime(600)
    socket().opens()
    expect(live.value('demo', 1)).toEqual({ value: 1, quality: 'good', at: 1000 })
    expect(socket().sent).toEqual([{ watch: 2, site: 'demo', points: [1, 2] }])
})

test('what is on its way for a watch before is not where a wider one stands', () => {
    const live = make()
    live.start()
    socket().opens()
    live.subscribe('demo', 1, nobody)
    gathers()
    live.subscribe('demo', 2, nobody)
    gathers()
    expect(socket().sent.slice(1)).toEqual([{ unwatch: 1 }, { watch: 2, site: 'demo', points: [1, 2] }])
    socket().says({ watch: 1, values: [[1, 1, 'good', 1000]], cursor: 'c1' })
    socket().breaks()
    vi.advanceTimersByTime(600)
    socket().opens()
    expect(socket().sent).toEqual([{ watch: 2, site: 'demo', points: [1, 2] }])
})

test('a point let go of and shown again at once keeps its value, and needs no word', () => {
    const live = make()
    live.start()
    socket().opens()
    const end = live.subscribe('demo', 1, nobody)
    gathers()
    answers([[1, 1, 'good', 1000]], 'c1')
    end()
    live.subscribe('demo', 1, nobody)
    gathers()
    expect(live.value('demo', 1)?.value).toBe(1)
    expect(socket().sent).toHaveLength(1)
})
