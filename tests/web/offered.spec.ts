/* What is offered is what one may do, whole to read, and large enough for a finger. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { addUser, end, isThere, settled, siteOf, visit } from './harness.ts'

before(() => {
    addUser('ofelia', 'operator')
    addUser('ada', 'admin')
})
after(end)

test('who may not add a user is not offered it', async () => {
    for (const [name, offered] of [
        ['ofelia', 0],
        ['ada', 1],
    ] as const) {
        const { page, close } = await visit({ as: name })
        await page.goto('/users')
        await settled(page)
        assert.equal(await page.getByRole('button', { name: 'Add a user' }).count(), offered, name)
        await close()
    }
})

test('the record says the second; what settings mean is whole to read', async () => {
    const { page, close } = await visit({ as: 'ada' })
    const site = await siteOf(page)
    await page.goto(`/sites/${site}/audit`)
    await settled(page)
    const time = page.locator('[role="row"][data-index] time').first()
    await isThere(time)
    assert.match((await time.textContent()) ?? '', /\d\d:\d\d:\d\d/)
    await isThere(page.getByRole('button', { name: 'Check that nothing was changed' }))
    await page.goto(`/sites/${site}/settings`)
    await settled(page)
    const cut = await page
        .locator('main button[aria-expanded] span span')
        .evaluateAll((all) => all.filter((one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflow === 'hidden').length)
    assert.equal(cut, 0)
    await close()
})

test('on a phone buttons and fields have 44 px', async () => {
    const { page, close } = await visit({ as: 'ada', viewport: { width: 390, height: 844 } })
    const site = await siteOf(page)
    for (const path of ['points', 'trends', 'overrides', 'commands', 'audit', 'settings']) {
        await page.goto(`/sites/${site}/${path}`)
        await settled(page)
        const small = await page
            .locator('main .mantine-Button-root:visible, main input.mantine-Input-input:visible, main .mantine-ActionIcon-root:visible')
            .evaluateAll((all) => all.filter((one) => one.getBoundingClientRect().height < 43.5).map((one) => one.outerHTML.slice(0, 160)))
        assert.deepEqual(small, [], path)
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
        assert.ok(wide <= 0, `${path} is ${wide} px too wide`)
    }
    await close()
})
