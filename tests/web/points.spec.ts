/* Points: found in a long list, edited in place and in bulk, by one person and by two; all of it by keys, too. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { addUser, end, isThere, PATIENCE_MS, pointOf, settled, siteOf, visit } from './harness.ts'

before(() => {
    addUser('pat', 'engineer')
    addUser('max', 'engineer')
    addUser('paula', 'viewer')
})
after(end)

const count = (page: Page) => page.getByTestId('count')
const rows = (page: Page) => page.locator('[role="row"][data-index]')

/* What the address says is on the screen: `count` is another than before. */
async function counted(page: Page, pattern: RegExp): Promise<void> {
    const until = Date.now() + PATIENCE_MS
    while (!pattern.test((await count(page).textContent()) ?? '') && Date.now() < until) await page.waitForTimeout(50)
    assert.match((await count(page).textContent()) ?? '', pattern)
}

/* The server tells what is changed when the database has told it: soon, and not at once. */
async function becomes<T>(read: () => Promise<T>, wanted: T): Promise<void> {
    const until = Date.now() + PATIENCE_MS
    while ((await read()) !== wanted && Date.now() < until) await new Promise((next) => setTimeout(next, 100))
    assert.equal(await read(), wanted)
}

test('a point is found as one types, and the address says what was asked for', async () => {
    const { page, complaints, close } = await visit({ as: 'pat' })
    const site = await siteOf(page)
    await page.goto(`/sites/${site}/points`)
    await isThere(rows(page))
    const all = await count(page).textContent()
    await page.keyboard.press('/')
    await page.keyboard.type('zn-t')
    await page.waitForURL(/search=zn-t/)
    const until = Date.now() + PATIENCE_MS
    while ((await count(page).textContent()) === all && Date.now() < until) await page.waitForTimeout(50)
    assert.notEqual(await count(page).textContent(), all)
    assert.match((await rows(page).first().textContent()) ?? '', /ZN-T/i)

    // The same address shows the same, in another page.
    const found = await count(page).textContent()
    await page.reload()
    await isThere(rows(page))
    assert.equal(await count(page).textContent(), found)
    assert.equal(await page.getByRole('searchbox').inputValue(), 'zn-t')

    // By keys alone: down into the list, down a row, opened, and back where one was.
    await page.getByRole('searchbox').focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await page.waitForFunction(() => document.activeElement?.getAttribute('data-index') === '1')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/points\/\d+$/)
    await page.goBack()
    await isThere(rows(page))
    assert.equal(await page.getByRole('searchbox').inputValue(), 'zn-t')
    assert.deepEqual(complaints, [])
    await close()
})

test('filters are chips that come, are changed and go; nothing found says so and offers a way back', async () => {
    const { page, complaints, close } = await visit({ as: 'pat' })
    const site = await siteOf(page)
    await page.goto(`/sites/${site}/points`)
    await isThere(rows(page))
    await page.getByRole('button', { name: 'Filter', exact: true }).click()
    await page.getByRole('menuitem', { name: 'Object type' }).click()
    await page.getByRole('button', { name: 'binary-output', exact: true }).click()
    await page.waitForURL(/type=binary-output/)
    await isThere(page.getByText('Object type: binary-output'))
    await page.getByRole('searchbox').fill('no point is called so')
    await isThere(page.getByText('No point matches'))
    await page.getByRole('button', { name: 'Clear all' }).click()
    await isThere(rows(page))
    assert.doesNotMatch(page.url(), /type=|search=/)
    assert.deepEqual(complaints, [])
    await close()
})

test('a list goes to its top when something else is asked for', async () => {
    const { page, close } = await visit({ as: 'pat' })
    const site = await siteOf(page)
    await page.goto(`/sites/${site}/points`)
    await isThere(rows(page))
    const table = page.getByRole('table', { name: 'Points' })
    await table.evaluate((element) => element.scrollTo({ top: element.scrollHeight }))
    await page.waitForFunction(() => !document.querySelector('[role="row"][data-index="0"]'))
    await page.getByRole('button', { name: 'Value', exact: true }).click()
    await page.waitForURL(/sort=value/)
    await isThere(page.locator('[role="row"][data-index="0"]'))
    await becomes(() => table.evaluate((element) => element.scrollTop), 0)
    await close()
})

test('a description is edited where it stands, by keys, and taken back', async () => {
    const { page, complaints, close } = await visit({ as: 'pat' })
    const site = await siteOf(page)
    const id = await pointOf(page, site, 'zn-t')
    const read = async () => ((await (await page.request.get(`/api/v1/sites/${site}/points/${id}`)).json()) as { description: string }).description
    const was = await read()
    await page.goto(`/sites/${site}/points?search=zn-t`)
    await isThere(rows(page))
    await rows(page).first().focus()
    await page.keyboard.press('F2')
    await page.keyboard.type('Told by the window')
    await page.keyboard.press('Enter')
    await isThere(page.getByText('1 point changed'))
    await becomes(read, 'Told by the window')
    await page.getByRole('button', { name: 'Undo' }).click()
    await isThere(page.getByText('Put back as it was'))
    await becomes(read, was)

    // Escape leaves it alone.
    await rows(page).first().focus()
    await page.keyboard.press('F2')
    await page.keyboard.type('not meant')
    await page.keyboard.press('Escape')
    assert.equal(await read(), was)
    assert.deepEqual(complaints, [])
    await close()
})

test('many are edited at once: a preview first, then all of them, then all of them back', async () => {
    const { page, complaints, close } = await visit({ as: 'pat' })
    const site = await siteOf(page)
    await page.goto(`/sites/${site}/points?search=zn-t`)
    await isThere(rows(page))
    await rows(page).first().focus()
    await page.keyboard.press('Space')
    await page.keyboard.press('ArrowDown')
    await page.waitForFunction(() => document.activeElement?.getAttribute('data-index') === '1')
    await page.keyboard.press('Space')
    await isThere(page.getByText('2 selected'))
    await page.getByRole('button', { name: 'Edit…' }).click()
    await page.getByLabel('Add tags').fill('tested')
    await page.getByRole('button', { name: 'Preview' }).click()
    await isThere(page.getByText('2 of 2 would change'))
    const tagged = async () => ((await (await page.request.get(`/api/v1/sites/${site}/points?tag=tested`)).json()) as { total: number }).total
    assert.equal(await tagged(), 0, 'a preview changes nothing')
    await page.getByRole('button', { name: 'Change 2 points' }).click()
    await isThere(page.getByText('2 points changed'))
    await becomes(tagged, 2)
    await page.getByRole('button', { name: 'Undo' }).click()
    await isThere(page.getByText('Put back as it was'))
    await becomes(tagged, 0)
    assert.deepEqual(complaints, [])
    await close()
})

test('two people edit one point: the slower one sees both and chooses, and nothing is lost unseen', async () => {
    const one = await visit({ as: 'pat' })
    const two = await visit({ as: 'max' })
    const site = await siteOf(one.page)
    const id = await pointOf(one.page, site, 'zn-t')
    const read = async () =>
        (await (await one.page.request.get(`/api/v1/sites/${site}/points/${id}`)).json()) as { description: string; poll_interval_s: number | null }
    const was = await read()
    for (const { page } of [one, two]) {
        await page.goto(`/sites/${site}/points/${id}?edit=true`)
        await isThere(page.getByRole('button', { name: 'Save' }))
    }
    await one.page.getByLabel('Description').fill('By Pat')
    await one.page.getByRole('button', { name: 'Save' }).click()
    await isThere(one.page.getByText('Saved'))

    await two.page.getByLabel('Description').fill('By Max')
    await two.page.getByLabel('Interval').fill('77')
    await two.page.getByRole('button', { name: 'Save' }).click()
    const conflict = two.page.getByTestId('conflict')
    await isThere(conflict.getByText('Somebody has changed this point meanwhile'))
    await isThere(conflict.getByText('Theirs: By Pat'))
    await isThere(conflict.getByText('Yours: By Max'))
    await becomes(async () => (await read()).description, 'By Pat') // nothing is overwritten before it was chosen

    // Theirs for what both changed; mine for what only I did.
    await conflict.getByText('Theirs: By Pat').click()
    await two.page.getByRole('button', { name: 'Save what is chosen' }).click()
    await conflict.waitFor({ state: 'detached', timeout: PATIENCE_MS })
    await becomes(async () => (await read()).poll_interval_s, 77)
    assert.equal((await read()).description, 'By Pat')

    await two.page.goto(`/sites/${site}/points/${id}?edit=true`)
    await two.page.getByLabel('Description').fill(was.description)
    await two.page.getByLabel('Interval').fill(was.poll_interval_s === null ? '' : String(was.poll_interval_s))
    await two.page.getByRole('button', { name: 'Save' }).click()
    await isThere(two.page.getByText('Saved'))
    assert.deepEqual([...one.complaints, ...two.complaints], [])
    await one.close()
    await two.close()
})

test('a viewer sees all of it and is offered nothing that would be refused', async () => {
    const { page, complaints, close } = await visit({ as: 'paula' })
    const site = await siteOf(page)
    const id = await pointOf(page, site, 'zn-t')
    await page.goto(`/sites/${site}/points`)
    await isThere(rows(page))
    await rows(page).first().focus()
    await page.keyboard.press('F2')
    await page.keyboard.press('Space')
    await isThere(page.getByText('1 selected'))
    assert.equal(await page.getByRole('button', { name: 'Edit…' }).count(), 0)
    assert.equal(await page.getByRole('textbox', { name: /^Edit/ }).count(), 0)
    await page.goto(`/sites/${site}/points/${id}?edit=true`)
    await settled(page)
    assert.equal(await page.getByRole('button', { name: /^(Edit|Save|Write…)$/ }).count(), 0)
    assert.deepEqual(complaints, [])
    await close()
})

test('a view keeps search, filters and columns under a name', async () => {
    const { page, complaints, close } = await visit({ as: 'pat' })
    const site = await siteOf(page)
    await page.goto(`/sites/${site}/points?search=zn-t&columns=name,value,tags&sort=-value`)
    await isThere(rows(page))
    await page.getByRole('button', { name: 'Views' }).click()
    await page.getByRole('menuitem', { name: 'Save this view…' }).click()
    await page.getByRole('dialog').getByLabel('Name').fill('Zones')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await isThere(page.getByText('Saved as “Zones”'))
    await page.goto(`/sites/${site}/points`)
    await isThere(rows(page))
    await page.getByRole('button', { name: 'Views' }).click()
    await page.getByRole('menuitem', { name: 'Zones' }).click()
    await page.waitForURL(/search=zn-t/)
    await isThere(page.getByRole('columnheader', { name: 'Tags' }))
    await counted(page, /point/)
    await page.getByRole('button', { name: 'Zones' }).click()
    await page.getByRole('menuitem', { name: 'Remove “Zones”' }).click()
    await isThere(page.getByText('“Zones” is removed'))
    assert.deepEqual(complaints, [])
    await close()
})

test('the CSV has what the list has', async () => {
    const { page, close } = await visit({ as: 'pat' })
    const site = await siteOf(page)
    await page.goto(`/sites/${site}/points?search=zn-t`)
    await isThere(rows(page))
    const total = Number(((await count(page).textContent()) ?? '').replace(/\D/g, ''))
    const address = await page.getByRole('link', { name: 'CSV' }).getAttribute('href')
    const text = await (await page.request.get(address ?? '')).text()
    assert.equal(text.trim().split('\n').length, total + 1)
    await close()
})

test('the list scrolls, and how smoothly', async () => {
    const { page, complaints, close } = await visit({ as: 'pat' })
    const site = await siteOf(page)
    await page.goto(`/sites/${site}/points`)
    await isThere(rows(page))
    const figures = await page.evaluate(async () => {
        const scroller = document.querySelector('[role="table"]') as HTMLElement
        const frames: number[] = []
        let last = performance.now()
        for (let i = 0; i < 120; i++) {
            scroller.scrollTop = ((i * 7919) % 1000) * 0.001 * scroller.scrollHeight
            const now = await new Promise<number>(requestAnimationFrame)
            frames.push(now - last)
            last = now
        }
        frames.sort((a, b) => a - b)
        return { median: frames[60] ?? 0, p95: frames[114] ?? 0, rows: scroller.getAttribute('aria-rowcount') }
    })
    // Figures for who reads them: a busy machine is not a broken list.
    console.log(`points: ${figures.rows} rows, ${figures.median.toFixed(1)} ms a frame, p95 ${figures.p95.toFixed(1)} ms`)
    await isThere(rows(page))
    assert.deepEqual(complaints, [])
    await close()
})
