/* How fast the interface is in a browser: bench/web_browser runs this on a demo. Prints `figure NAME VALUE UNIT`; what was seen on the way goes to stderr. */
import { addUser, browser, end, isThere, PATIENCE_MS, settled, siteOf, url, type Visit, visit } from './harness.ts'

type Page = Visit['page']
const isShort = process.env.BENCH_SHORT !== undefined
const ROUNDS = isShort ? 1 : 7
const FRAMES = isShort ? 20 : 180
const PERSON = 'meter'

const percentile = (values: readonly number[], share: number): number => {
    const sorted = [...values].sort((a, b) => a - b)
    return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? 0
}
const median = (values: readonly number[]): number => percentile(values, 0.5)
const figure = (name: string, value: number, unit: string, digits = 0): void => console.log(`figure ${name} ${value.toFixed(digits)} ${unit}`)
const note = (text: string): void => console.error(`  ${text}`)

/* What a page notes of itself from its first moment on. */
type Noted = { shift: number; shifted: string[]; answeredAt: number; inputs: Map<number, number> }
declare global {
    interface Window {
        noted: Noted
    }
}

/* Runs in the page: its answer is there when there is a title or a form, and nothing that is still outlined. */
function takeNotes(): void {
    window.noted = { shift: 0, shifted: [], answeredAt: 0, inputs: new Map() }
    const { noted } = window
    type Shift = PerformanceEntry & { value: number; hadRecentInput: boolean; sources: { node: Node | null }[] }
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as Shift[]) {
            if (entry.hadRecentInput) continue
            noted.shift += entry.value
            const [node] = entry.sources.map((source) => source.node)
            noted.shifted.push(`${entry.value.toFixed(3)} ${node instanceof Element ? `${node.tagName} ${node.className}` : node?.nodeName}`)
        }
    }).observe({ type: 'layout-shift', buffered: true })
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as (PerformanceEntry & { interactionId: number })[])
            if (entry.interactionId) noted.inputs.set(entry.interactionId, Math.max(noted.inputs.get(entry.interactionId) ?? 0, entry.duration))
    }).observe({ type: 'event', durationThreshold: 16, buffered: true } as PerformanceObserverInit)
    const look = () => {
        if (document.querySelector('main h1, main form, #root form') && !document.querySelector('[aria-busy="true"]')) {
            requestAnimationFrame(() => setTimeout(() => (noted.answeredAt = performance.now()))) // behind the frame that shows it
            return
        }
        requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
}

type Cookies = Awaited<ReturnType<ReturnType<Page['context']>['cookies']>>
type First = { paint: number; answer: number; scriptKb: number; scripts: string[] }

/* One look at an address by a browser that has kept nothing but who is logged in. */
async function firstView(path: string, cookies: Cookies): Promise<First> {
    const context = await (await browser()).newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', baseURL: url })
    await context.addCookies(cookies)
    await context.addInitScript(takeNotes)
    const page = await context.newPage()
    await page.goto(path)
    await page.waitForFunction(() => window.noted.answeredAt > 0, undefined, { timeout: PATIENCE_MS })
    const first = await page.evaluate(() => {
        const answer = window.noted.answeredAt
        const loaded = performance.getEntriesByType('resource') as PerformanceResourceTiming[]
        const scripts = loaded.filter((one) => /\.js$/.test(new URL(one.name).pathname) && one.startTime < answer)
        const paint = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? answer
        return {
            paint,
            answer: Math.max(answer, paint),
            scriptKb: scripts.reduce((sum, one) => sum + one.encodedBodySize, 0) / 1000,
            scripts: scripts.map((one) => `${new URL(one.name).pathname.replace(/.*\//, '')} ${(one.encodedBodySize / 1000).toFixed(1)}`),
        }
    })
    await context.close()
    return first
}

async function firstViews(page: Page, site: string): Promise<void> {
    const cookies = await page.context().cookies()
    const views: Record<string, { path: string; cookies: Cookies }> = {
        login: { path: '/login', cookies: [] },
        building: { path: `/sites/${site}/building`, cookies },
    }
    const worst = { answer: 0, scriptKb: 0 }
    await firstView('/login', []) // the first of all finds nothing in the server's memory, and a browser that is just begun
    for (const [name, { path, cookies }] of Object.entries(views)) {
        const firsts: First[] = []
        for (let i = 0; i < ROUNDS; i++) firsts.push(await firstView(path, cookies))
        const answer = median(firsts.map((one) => one.answer))
        figure(`web_${name}_paint_ms`, median(firsts.map((one) => one.paint)), 'ms')
        figure(`web_${name}_view_ms`, answer, 'ms')
        note(
            `${name}: quickest ${Math.min(...firsts.map((one) => one.answer)).toFixed(0)} ms, scripts ${firsts[0]?.scriptKb.toFixed(1)} kB (${firsts[0]?.scripts.join(', ')})`,
        )
        worst.answer = Math.max(worst.answer, answer)
        worst.scriptKb = Math.max(worst.scriptKb, ...firsts.map((one) => one.scriptKb))
    }
    figure('web_first_view_ms', worst.answer, 'ms')
    figure('web_script_kb', worst.scriptKb, 'kB', 1)
}

/* Every screen, loaded anew: how far what stood there moved, until a while after all of it had come. */
async function shifts(page: Page, site: string, points: readonly number[]): Promise<void> {
    const ofSite = ['building', 'points', `points/${points[0]}`, `trends?points=${points.join(',')}`, 'overrides', 'commands', 'audit', 'settings']
    let worst = 0
    for (const path of [...ofSite.map((one) => `/sites/${site}/${one}`), '/users', '/me', '/about', '/api/docs']) {
        await page.goto(path)
        await settled(page)
        await page.waitForTimeout(isShort ? 100 : 1500)
        const { shift, shifted } = await page.evaluate(() => window.noted)
        if (shift > 0.001) note(`${path}: ${shift.toFixed(3)} (${shifted.slice(0, 4).join('; ')})`)
        worst = Math.max(worst, shift)
    }
    figure('web_layout_shift', worst, 'of-the-window', 3)
}

/* From a key to the paint with it, in the search of points. What takes less than 16 ms the browser does not tell: it counts as 16. */
async function input(page: Page, site: string): Promise<void> {
    await page.goto(`/sites/${site}/points`)
    await settled(page)
    await page.getByRole('searchbox').first().focus()
    const words = isShort ? ['zn-t'] : ['zn-t', 'supply air', 'ahu', 'meter', 'valve 12', 'co2']
    let typed = 0
    for (const word of words) {
        await page.keyboard.type(word, { delay: 110 })
        await page.waitForTimeout(300)
        for (const _ of word) {
            await page.keyboard.press('Backspace')
            await page.waitForTimeout(60)
        }
        typed += 2 * word.length
        await page.waitForTimeout(300)
    }
    const told = await page.evaluate(() => [...window.noted.inputs.values()])
    const all = [...told, ...new Array(Math.max(typed - told.length, 0)).fill(16)]
    note(`${typed} keys: median ${median(all)} ms, the slowest ${Math.max(...all)} ms`)
    figure('web_input_ms', percentile(all, 0.95), 'ms')
}

/* Frames while something is moved, and what the page's own thread used for each, whatever else the machine does. */
async function frames(page: Page, move: (share: number) => Promise<void>): Promise<{ spans: number[]; cpu: number }> {
    const client = await page.context().newCDPSession(page)
    await client.send('Performance.enable', { timeDomain: 'threadTicks' })
    const used = async () => (await client.send('Performance.getMetrics')).metrics.find((one) => one.name === 'TaskDuration')?.value ?? 0
    const before = await used()
    const running = page.evaluate(
        (count) =>
            new Promise<number[]>((done) => {
                const spans: number[] = []
                let last = 0
                const frame = (now: number) => {
                    if (last > 0) spans.push(now - last)
                    last = now
                    if (spans.length < count) requestAnimationFrame(frame)
                    else done(spans)
                }
                requestAnimationFrame(frame)
            }),
        FRAMES,
    )
    let isOver = false
    void running.then(() => {
        isOver = true
    })
    for (let i = 0; !isOver; i++) {
        await move(i)
        await page.waitForTimeout(8)
    }
    const spans = await running
    const cpu = ((await used()) - before) * 1000
    await client.detach()
    return { spans, cpu: cpu / spans.length }
}

async function charts(page: Page, site: string, points: readonly number[]): Promise<void> {
    const chosen = points.join(',')
    let worst = 0
    for (const [name, words] of [
        ['year', 'last=1y'],
        ['raw', 'last=1d&raw=true'],
    ]) {
        await page.goto(`/sites/${site}/trends?points=${chosen}&${words}`)
        await settled(page)
        await isThere(page.locator('.bp-chart canvas'))
        const box = await page.getByRole('application').boundingBox()
        if (!box) throw new Error('there is no chart')
        const x = box.x + box.width / 2
        const y = box.y + box.height / 3
        const moves = {
            /* there and back again, a wave */
            pan: async (i: number) => page.mouse.move(x + 240 * Math.sin(i / 12), y),
            zoom: async (i: number) => page.mouse.wheel(0, i % 40 < 20 ? -60 : 60),
        }
        for (const [how, move] of Object.entries(moves)) {
            await page.mouse.move(x, y)
            if (how === 'pan') {
                await page.keyboard.down('Shift')
                await page.mouse.down()
            }
            const { spans, cpu } = await frames(page, move)
            if (how === 'pan') {
                await page.mouse.up()
                await page.keyboard.up('Shift')
            }
            const p95 = percentile(spans, 0.95)
            note(`${name}, ${how}: median ${median(spans).toFixed(1)} ms a frame, the longest ${Math.max(...spans).toFixed(0)} ms`)
            figure(`web_${name}_${how}_frame_ms`, p95, 'ms', 1)
            figure(`web_${name}_${how}_cpu_ms`, cpu, 'ms-a-frame', 1)
            worst = Math.max(worst, p95)
            await settled(page)
        }
    }
    figure('web_chart_frame_ms', worst, 'ms', 1)
}

try {
    addUser(PERSON, 'admin')
    const { page, complaints, close } = await visit({ as: PERSON })
    const site = await siteOf(page)
    await page.context().addInitScript(takeNotes)
    const answer = await page.request.get(`/api/v1/sites/${site}/points?limit=4&search=zn-t&type=analog-input`)
    const points = ((await answer.json()) as { items: { id: number }[] }).items.map((item) => item.id)
    const parts: Record<string, () => Promise<void>> = {
        first: () => firstViews(page, site),
        shift: () => shifts(page, site, points),
        input: () => input(page, site),
        charts: () => charts(page, site, points),
    }
    const asked = process.argv.slice(2)
    for (const [name, part] of Object.entries(parts)) if (asked.length === 0 || asked.includes(name)) await part()
    for (const complaint of complaints) note(`the page complained: ${complaint}`)
    await close()
} finally {
    await end()
}
