/* Rows of a list that is too long to have: pages of it, loaded when they come into sight. What is scrolled past is not asked for: a page is asked for when the list has stood for
 * a moment, and let go of when it is gone again before it came. */

export const PAGE_ROWS = 100
const WAIT_MS = 100
const PAGES_MAX = 100 /* kept: 10,000 rows */

export type Page<T> = { items: T[]; total: number }
type Load<T> = (skip: number, limit: number, signal: AbortSignal) => Promise<Page<T>>

export class Pages<T> {
    readonly #load: Load<T>
    readonly #tell: () => void
    readonly #pages = new Map<number, T[]>() /* in the order in which they were last wanted */
    readonly #asked = new Map<number, AbortController>()
    readonly #stale = new Set<number>() /* shown, but to be asked for again */
    #timer: ReturnType<typeof setTimeout> | undefined
    #first = 0
    #last = 0
    #total = 0
    #error: unknown
    #isKnown = false
    #isClosed = false

    constructor(load: Load<T>, tell: () => void) {
        this.#load = load
        this.#tell = tell
    }

    get total(): number {
        return this.#total
    }
    /* The first answer is there. */
    get isKnown(): boolean {
        return this.#isKnown
    }
    get error(): unknown {
        return this.#error
    }
    get isLoading(): boolean {
        return this.#asked.size > 0
    }

    at(index: number): T | undefined {
        return this.#pages.get(Math.floor(index / PAGE_ROWS))?.[index % PAGE_ROWS]
    }
    /* Of all rows that are here: the first for which it holds. */
    find(holds: (row: T) => boolean): T | undefined {
        for (const page of this.#pages.values()) {
            const found = page.find(holds)
            if (found !== undefined) return found
        }
        return undefined
    }

    /* At once: the beginning. */
    start(): void {
        this.#ask(0)
    }

    /* Rows first to last are in sight. */
    show(first: number, last: number): void {
        this.#first = Math.floor(first / PAGE_ROWS)
        this.#last = Math.floor(last / PAGE_ROWS)
        for (const [page, controller] of this.#asked) {
            if (page < this.#first || page > this.#last) {
                controller.abort()
                this.#asked.delete(page)
            }
        }
        clearTimeout(this.#timer)
        this.#timer = setTimeout(() => this.#askSeen(), WAIT_MS)
    }

    /* Something has changed on the server: what is in sight is asked for again, and stays until it comes; the rest is forgotten. */
    refresh(): void {
        for (const page of [...this.#pages.keys()]) {
            if (page >= this.#first && page <= this.#last) this.#stale.add(page)
            else this.#pages.delete(page)
        }
        this.#error = undefined
        this.#askSeen()
    }

    /* A row as it is now, known from elsewhere (it was edited). */
    replace(isIt: (row: T) => boolean, change: (row: T) => T): void {
        for (const [page, rows] of this.#pages) {
            if (!rows.some(isIt)) continue
            this.#pages.set(
                page,
                rows.map((row) => (isIt(row) ? change(row) : row)),
            )
        }
        this.#tell()
    }

    close(): void {
        this.#isClosed = true
        clearTimeout(this.#timer)
        for (const controller of this.#asked.values()) controller.abort()
        this.#asked.clear()
    }

    #askSeen(): void {
        for (let page = this.#first; page <= this.#last; page++) {
            if (this.#isKnown && page > 0 && page * PAGE_ROWS >= this.#total) break
            if (!this.#asked.has(page) && (!this.#pages.has(page) || this.#stale.has(page))) this.#ask(page)
        }
    }

    #ask(page: number): void {
        if (this.#isClosed) return
        const controller = new AbortController()
        this.#asked.set(page, controller)
        this.#load(page * PAGE_ROWS, PAGE_ROWS, controller.signal).then(
            (answer) => {
                if (this.#isClosed || this.#asked.get(page) !== controller) return
                this.#asked.delete(page)
                this.#keep(page, answer)
                this.#tell()
            },
            (error: unknown) => {
                if (this.#isClosed || this.#asked.get(page) !== controller) return
                this.#asked.delete(page)
                if (controller.signal.aborted) return
                this.#error = error
                this.#tell()
            },
        )
    }

    #keep(page: number, answer: Page<T>): void {
        this.#stale.delete(page)
        this.#pages.delete(page)
        this.#pages.set(page, answer.items)
        if (this.#isKnown && answer.total !== this.#total) for (const other of this.#pages.keys()) if (other !== page) this.#stale.add(other)
        this.#total = answer.total
        this.#isKnown = true
        this.#error = undefined
        for (const old of this.#pages.keys()) {
            if (this.#pages.size <= PAGES_MAX) break
            if (old < this.#first || old > this.#last) this.#pages.delete(old)
        }
    }
}
