import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { PAGE_ROWS, Pages } from './pages'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

type Asked = { skip: number; signal: AbortSignal; answer: (total?: number) => void; fail: (error: unknown) => void }
function server(total: number) {
    const asked: Asked[] = []
    const told = vi.fn()
    const pages = new Pages<number>(
        (skip, limit, signal) =>
            new Promise((answer, fail) => {
                asked.push({
                    skip,
                    signal,
                    fail,
                    answer: (now = total) =>
                        answer({ total: now, items: Array.from({ length: Math.max(0, Math.min(limit, now - skip)) }, (_, i) => skip + i) }),
                })
                signal.addEventListener('abort', () => fail(signal.reason))
            }),
        told,
    )
    return { asked, told, pages }
}
const settle = () => vi.advanceTimersByTimeAsync(0)

test('the beginning comes at once, and says how many there are', async () => {
    const { asked, pages } = server(100_000)
    pages.start()
    expect(asked.map((a) => a.skip)).toEqual([0])
    asked[0]?.answer()
    await settle()
    expect(pages.total).toBe(100_000)
    expect(pages.at(99)).toBe(99)
    expect(pages.at(100)).toBeUndefined()
})

test('what is scrolled past is never asked for', async () => {
    const { asked, pages } = server(100_000)
    pages.start()
    asked[0]?.answer()
    await settle()
    for (let row = 0; row < 50_000; row += 500) {
        pages.show(row, row + 30)
        await vi.advanceTimersByTimeAsync(16)
    }
    await vi.advanceTimersByTimeAsync(100)
    expect(asked.length).toBe(2)
    expect(asked[1]?.skip).toBe(49_500)
})

test('a page that is gone before it came is let go of, and asked for again when it is back', async () => {
    const { asked, pages } = server(100_000)
    pages.start()
    asked[0]?.answer()
    await settle()
    pages.show(5000, 5030)
    await vi.advanceTimersByTimeAsync(100)
    expect(asked[1]?.skip).toBe(5000)
    pages.show(9000, 9030)
    expect(asked[1]?.signal.aborted).toBe(true)
    await vi.advanceTimersByTimeAsync(100)
    pages.show(5000, 5030)
    await vi.advanceTimersByTimeAsync(100)
    expect(asked.map((a) => a.skip)).toEqual([0, 5000, 9000, 5000])
    expect(pages.error).toBeUndefined()
})

test('pages that are here are not asked for again; two are asked for where both are in sight', async () => {
    const { asked, pages } = server(1000)
    pages.start()
    asked[0]?.answer()
    await settle()
    pages.show(PAGE_ROWS - 10, PAGE_ROWS + 10)
    await vi.advanceTimersByTimeAsync(100)
    expect(asked.map((a) => a.skip)).toEqual([0, PAGE_ROWS])
})

test('refreshed rows stay until the new ones come', async () => {
    const { asked, pages } = server(50)
    pages.start()
    asked[0]?.answer()
    await settle()
    pages.refresh()
    expect(pages.at(3)).toBe(3)
    expect(asked.length).toBe(2)
    asked[1]?.answer(2)
    await settle()
    expect(pages.total).toBe(2)
    expect(pages.at(3)).toBeUndefined()
})

test('what fails is told, and the rows stay', async () => {
    const { asked, pages, told } = server(50)
    pages.start()
    asked[0]?.answer()
    await settle()
    pages.refresh()
    asked[1]?.fail(new Error('away'))
    await settle()
    expect(pages.error).toBeInstanceOf(Error)
    expect(pages.at(0)).toBe(0)
    expect(told).toHaveBeenCalledTimes(2)
})

test('only so many pages are kept', async () => {
    const { asked, pages } = server(100_000)
    pages.start()
    for (let page = 0; page < 150; page++) {
        pages.show(page * PAGE_ROWS, page * PAGE_ROWS + 30)
        await vi.advanceTimersByTimeAsync(100)
        asked.at(-1)?.answer()
        await settle()
    }
    expect(pages.at(149 * PAGE_ROWS)).toBe(149 * PAGE_ROWS)
    expect(pages.at(PAGE_ROWS)).toBeUndefined()
})

test('once closed nothing is told', async () => {
    const { asked, pages, told } = server(50)
    pages.start()
    pages.close()
    expect(asked[0]?.signal.aborted).toBe(true)
    await settle()
    expect(told).not.toHaveBeenCalled()
})
