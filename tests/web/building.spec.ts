/* The building's screen says what is true, and an address that leads nowhere a way on. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { addUser, end, isThere, serious, settled, shoot, siteOf, visit } from './harness.ts'

before(() => addUser('berta', 'engineer'))
after(end)

type Summary = { troubles: unknown[]; troubles_total: number; counts: { overridden: number; devices_silent: number; points_bad: number } }

test('where nothing is wrong and something is held, it says that it is held', async () => {
    const { page, complaints, close } = await visit({ as: 'berta' })
    const site = await siteOf(page)
    for (const [held, words, absent] of [
        [2, '2 points are overridden.', 'nothing is held'],
        [0, 'nothing is held', 'overridden.'],
    ] as const) {
        await page.route('**/summary', async (route) => {
            const answer = await route.fetch()
            const summary = (await answer.json()) as Summary
            Object.assign(summary, { troubles: [], troubles_total: 0, counts: { ...summary.counts, overridden: held, devices_silent: 0, points_bad: 0 } })
            await route.fulfill({ response: answer, json: summary })
        })
        await page.goto(`/sites/${site}/building`)
        await settled(page)
        const section = page.getByRole('region', { name: 'What is wrong, worst first' })
        await isThere(section.getByText(words))
        assert.equal(await section.getByText(absent).count(), 0)
        await page.unrouteAll({ behavior: 'ignoreErrors' }) // of what is under way
    }
    // A finger finds each link.
    await page.setViewportSize({ width: 390, height: 844 })
    await settled(page)
    for (const link of await page.locator('main').getByRole('link').all()) {
        const box = await link.boundingBox()
        if (box) assert.ok(box.height >= 43.5, `${await link.textContent()}: ${box.height} px high`)
    }
    assert.deepEqual(complaints, [])
    await close()
})

test('devices are looked for, the network is looked at, and what came of it is told', async () => {
    const { page, complaints, close } = await visit({ as: 'berta' })
    const site = await siteOf(page)
    await page.goto(`/sites/${site}/building`)
    await settled(page)
    const section = page.getByRole('region', { name: 'Network' })
    await section.getByRole('button', { name: 'Look for devices' }).click()
    await isThere(section.getByText(/^\d+ devices? answers?:/))
    await section.getByRole('button', { name: 'Check the network' }).click()
    await isThere(section.getByText(/^(Nothing is wrong|\d+ things? (is|are) wrong)/))
    assert.ok((await section.getByRole('listitem').count()) > 0, 'the doctor finds something to say')
    // A site elsewhere has not got it yet: that is said.
    await page.route('**/api/v1/sites', async (route) => {
        const answer = await route.fetch()
        const sites = (await answer.json()) as { items: { is_remote: boolean }[] }
        for (const one of sites.items) one.is_remote = true
        await route.fulfill({ response: answer, json: sites })
    })
    await page.route('**/jobs/*', async (route) => {
        const answer = await route.fetch()
        await route.fulfill({ response: answer, json: { ...((await answer.json()) as object), status: 'pending', handed_over_at: null, result: null } })
    })
    await page.reload()
    await settled(page)
    await isThere(section.getByText('Waiting for the site').first())
    assert.deepEqual(complaints, [])
    await close()
})

test('who loads the page anew sees what is under way, how far it is, and how the last one ended', async () => {
    const { page, complaints, close } = await visit({ as: 'berta' })
    const site = await siteOf(page)
    // Of the server's own answers, at the time at which they are wanted: a search of so few devices is soon over.
    type Job = { status: string; progress: number; ended_at: string | null; expires_at: string; text: string | null; result?: unknown }
    let held: Partial<Job> | undefined
    const changed = (job: Job) => ({ ...job, ...held, ...('result' in job && held ? { result: null } : {}) })
    await page.route(/\/jobs(\?|\/)/, async (route) => {
        const answer = await route.fetch()
        const body = (await answer.json()) as Job & { items?: Job[] }
        const isList = body.items !== undefined
        await route.fulfill({ response: answer, json: isList ? { ...body, items: body.items?.map(changed) } : changed(body) })
    })
    const section = page.locator('[data-job="discover"]')
    await page.goto(`/sites/${site}/building`)
    await settled(page)
    const search = section.getByRole('button', { name: 'Look for devices' })
    const begun = page.waitForResponse((answer) => answer.request().method() === 'POST' && answer.url().endsWith('/jobs'))
    await search.click()
    await begun
    held = { status: 'executing', progress: 0.4, ended_at: null }
    await page.reload()
    await settled(page)
    await isThere(section.getByText(/^Under way since .* · asked for by berta$/))
    await isThere(section.locator('[role="progressbar"][aria-valuenow="40"]'))
    assert.equal(await search.isDisabled(), true, 'no other one is begun meanwhile')
    await shoot(page, 'network.underway')
    assert.deepEqual(await serious(page), [])
    held = undefined // it ends, and that is seen without anybody asking
    await isThere(section.getByText(/^\d+ devices? answers?:/))
    await isThere(section.getByText(/^Done .* · asked for by berta$/))
    assert.equal(await search.isEnabled(), true)
    held = { status: 'failed', text: 'the network is not there' }
    await page.reload()
    await settled(page)
    await isThere(section.getByText('the network is not there'))
    await isThere(section.getByText(/^Failed .* · asked for by berta$/))
    // One that nobody takes up, nor ends, holds up no other.
    held = { status: 'pending', ended_at: null, expires_at: new Date(Date.now() - 120_000).toISOString() }
    await page.reload()
    await settled(page)
    await isThere(section.getByText(/^Expired .* · asked for by berta$/))
    assert.equal(await search.isEnabled(), true)
    await page.unrouteAll({ behavior: 'wait' })
    assert.deepEqual(complaints, [])
    await close()
})

test('devices are looked for among some instances, and one is read out anew', async () => {
    const { page, complaints, close } = await visit({ as: 'berta' })
    const site = await siteOf(page)
    const asked: unknown[] = []
    page.on('request', (request) => {
        if (request.method() === 'POST' && request.url().endsWith('/jobs')) asked.push(request.postDataJSON())
    })
    const section = page.locator('[data-job="discover"]')
    const choose = async (field: string, option: string | RegExp) => {
        await section
            .getByRole('combobox', { name: field, exact: true })
            .or(section.getByRole('textbox', { name: field, exact: true }))
            .first()
            .click()
        await page.getByRole('option', { name: option }).first().click()
    }
    await page.goto(`/sites/${site}/building`)
    await settled(page)
    await choose('Where', 'Some instances')
    const search = section.getByRole('button', { name: 'Look for devices' })
    assert.equal(await search.isDisabled(), true, 'between which ones is not said yet')
    await section.getByRole('textbox', { name: 'From instance' }).fill('2000')
    await section.getByRole('textbox', { name: 'To instance' }).fill('1000')
    await isThere(section.getByText(/whole numbers from 0 to 4,194,302/))
    assert.equal(await search.isDisabled(), true)
    await shoot(page, 'network.instances')
    assert.deepEqual(await serious(page), [])
    await section.getByRole('textbox', { name: 'From instance' }).fill('0')
    await section.getByRole('textbox', { name: 'To instance' }).fill('4194302')
    await search.click()
    await isThere(section.getByText(/^Done .* · instances 0 to 4194302 · asked for by berta$/))
    await choose('Where', 'One device')
    const again = section.getByRole('button', { name: 'Read it out anew' })
    assert.equal(await again.isDisabled(), true)
    const answer = await page.request.get(`/api/v1/sites/${site}/devices`)
    const { items } = (await answer.json()) as { items: { id: number; instance: number; name: string }[] }
    const device = items[0]
    assert.ok(device)
    await choose('Device', `${device.name} · ${device.instance}`)
    await again.click()
    await isThere(section.getByText(new RegExp(`^Done .* · ${device.name} · asked for by berta$`)))
    await isThere(section.getByText(new RegExp(`^${device.instance} · .* points$`)))
    assert.deepEqual(asked, [
        { kind: 'discover', low: 0, high: 4194302 },
        { kind: 'discover', device: device.id },
    ])
    for (const [name, more, language] of [
        ['light', {}, 'en'],
        ['dark', { colorScheme: 'dark' }, 'en'],
        ['phone', { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true }, 'en'],
        ['zh-Hant', {}, 'zh-Hant'],
        ['pt', {}, 'pt'],
        ['long', {}, 'pseudo'],
    ] as const) {
        const look = await visit({ as: 'berta', ...more })
        await look.page.goto(`/sites/${site}/building?language=${language}`)
        await settled(look.page)
        const part = look.page.locator('section[aria-labelledby="network-title"]')
        await part.getByRole('progressbar').waitFor({ state: 'detached' })
        await part.scrollIntoViewIfNeeded()
        await shoot(look.page, `network.${name}`)
        assert.equal(await look.page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth), false, name)
        if (name === 'dark') assert.deepEqual(await serious(look.page, ['color-contrast']), [])
        await look.close()
    }
    assert.deepEqual(complaints, [])
    await page.unrouteAll({ behavior: 'ignoreErrors' })
    await close()
})

test('a point and a site that are not there offer a way on', async () => {
    const { page, close } = await visit({ as: 'berta' })
    const site = await siteOf(page)
    await page.goto(`/sites/${site}/points/99999999`)
    await page.getByRole('link', { name: 'All points' }).click()
    await page.waitForURL(new RegExp(`/sites/${site}/points$`))
    await page.goto('/sites/nowhere/points')
    await page.getByRole('link', { name: /start/i }).click()
    await page.waitForURL((at) => !at.pathname.includes('nowhere'))
    await close()
})
