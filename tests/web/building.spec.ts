/* The building's screen says what is true, and an address that leads nowhere a way on. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { addUser, end, isThere, settled, siteOf, visit } from './harness.ts'

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
    await section.getByRole('button', { name: 'Look for devices' }).click()
    await isThere(section.getByText('Waiting for the site'))
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
