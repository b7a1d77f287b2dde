/* What is held and by whom, what was asked for and how it ended, and the record of it all; and what one’s role does not let one do. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { addUser, end, isThere, PATIENCE_MS, pointOf, serious, settled, shoot, siteOf, visit } from './harness.ts'

before(() => {
    addUser('rosa', 'operator')
    addUser('egon', 'engineer')
    addUser('vito', 'viewer')
})
after(end)

/* A value that is held, by the API: what one of these tests looks at, and not how it came to be. */
async function hold(page: Page, site: string, search: string, value: number, reason: string): Promise<string> {
    const { csrf } = (await (await page.request.get('/api/v1/session')).json()) as { csrf: string }
    const answer = await page.request.post(`/api/v1/sites/${site}/commands`, {
        headers: { 'X-CSRF-Token': csrf },
        data: { point: await pointOf(page, site, search), value, priority: 8, release_after_s: 7200, reason },
    })
    assert.equal(answer.status(), 202, await answer.text())
    const { id } = (await answer.json()) as { id: string }
    const until = Date.now() + PATIENCE_MS
    for (;;) {
        const { status } = (await (await page.request.get(`/api/v1/sites/${site}/commands/${id}`)).json()) as { status: string }
        if (status === 'completed') return id
        assert.ok((status === 'pending' || status === 'executing') && Date.now() < until, status)
        await page.waitForTimeout(200)
    }
}

test('overrides: found, one is let go of by its point, many by their ticks, all by keys; they leave the list by themselves', async () => {
    const { page, complaints, close } = await visit({ as: 'rosa' })
    const site = await siteOf(page)
    for (const [search, value] of [
        ['VAV-1-01/HTG-SP', 19],
        ['VAV-1-02/HTG-SP', 19.5],
        ['VAV-1-03/HTG-SP', 20],
    ] as const)
        await hold(page, site, search, value, 'Set back for the holidays')
    await page.goto(`/sites/${site}/overrides`)
    await settled(page)
    const rows = page.locator('[role="row"][data-index]')
    const ours = rows.filter({ hasText: 'Set back for the holidays' })
    await isThere(ours.nth(2))
    await isThere(ours.filter({ hasText: 'rosa' }).filter({ hasText: '19.5' }))
    await shoot(page, 'overrides.held')
    assert.deepEqual(await serious(page), [])

    // Found by words; the address keeps them.
    await page.getByRole('textbox', { name: 'Find' }).fill('1-02 holidays')
    await page.waitForURL(/search=1-02/)
    await rows.nth(1).waitFor({ state: 'detached', timeout: PATIENCE_MS })
    await page.getByRole('textbox', { name: 'Find' }).fill('')
    await isThere(ours.nth(2))

    // One.
    await page.getByRole('checkbox', { name: /^Choose .*VAV-1-02\/HTG-SP$/ }).check()
    await page.getByRole('button', { name: 'Release 1', exact: true }).click()
    const dialog = page.getByRole('dialog', { name: /^Release 1 override/ })
    await isThere(dialog.getByText('HTG-SP'))
    await dialog.getByRole('button', { name: 'Release 1', exact: true }).click()
    await isThere(page.getByText('1 release asked for'))
    await ours.nth(2).waitFor({ state: 'detached', timeout: PATIENCE_MS })

    // Many, by keys.
    await page.getByRole('button', { name: /^Choose the \d+ that I hold$/ }).focus()
    await page.keyboard.press('Enter')
    await page
        .locator('#content')
        .getByRole('button', { name: /^Release \d+$/ })
        .focus()
    await page.keyboard.press('Enter')
    await isThere(page.getByRole('dialog', { name: /^Release \d+ overrides/ }))
    await shoot(page, 'overrides.release')
    await page.waitForFunction(() => document.activeElement?.textContent === 'Cancel')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await ours.first().waitFor({ state: 'detached', timeout: PATIENCE_MS })
    assert.deepEqual(complaints, [])
    await close()
})

test('commands: each with who asked and how it ended; the address opens one; a refusal stands there, too', async () => {
    const { page, complaints, close } = await visit({ as: 'egon' })
    const site = await siteOf(page)
    const id = await hold(page, site, 'VAV-1-04/HTG-SP', 19, 'Tried by egon')
    await page.goto(`/sites/${site}/commands`)
    await settled(page)
    const rows = page.locator('[role="row"][data-index]')
    await isThere(rows.filter({ hasText: 'egon' }).filter({ hasText: '19 °C' }))
    // By keys: into the list, opened, closed, and the row has the focus again.
    await rows.first().focus()
    await page.keyboard.press('Enter')
    await page.waitForURL(/command=/)
    const drawer = page.getByRole('dialog', { name: 'Commands' })
    await isThere(drawer.getByText('Tried by egon'))
    await isThere(drawer.getByText(/egon/))
    await settled(page)
    await shoot(page, 'commands.one')
    assert.deepEqual(await serious(page), [])
    await page.keyboard.press('Escape')
    await drawer.waitFor({ state: 'detached', timeout: PATIENCE_MS })

    await page.goto(`/sites/${site}/commands?command=${id}`)
    await isThere(page.getByRole('dialog', { name: 'Commands' }).getByText(id))
    await page.keyboard.press('Escape')
    await page.getByText('Refused', { exact: true }).click()
    await page.waitForURL(/state=refused/)
    await isThere(page.getByText('No such commands').or(rows.first()))
    assert.deepEqual(complaints, [])
    await close()
})

test('audit: who did what, filtered, with what was and what is; whether all of it is there', async () => {
    const { page, complaints, close } = await visit({ as: 'egon' })
    const site = await siteOf(page)
    await page.goto(`/sites/${site}/audit`)
    await settled(page)
    const rows = page.locator('[role="row"][data-index]')
    await isThere(rows.filter({ hasText: 'HTG-SP' }))
    await page.getByRole('textbox', { name: 'By' }).fill('egon')
    await page.waitForURL(/person=egon/)
    await rows.filter({ hasText: 'rosa' }).first().waitFor({ state: 'detached', timeout: PATIENCE_MS })
    await page
        .getByRole('combobox', { name: 'What' })
        .or(page.getByRole('textbox', { name: 'What' }))
        .first()
        .click()
    await page.getByRole('option', { name: 'Commands', exact: true }).click()
    await page.waitForURL(/kind=command/)
    await isThere(rows.filter({ hasText: 'egon' }))
    await rows.filter({ hasText: 'egon' }).first().focus()
    await page.keyboard.press('Enter')
    const drawer = page.getByRole('dialog', { name: 'Audit' })
    await isThere(drawer.getByText('egon'))
    await settled(page)
    await shoot(page, 'audit.one')
    assert.deepEqual(await serious(page), [])
    await page.keyboard.press('Escape')
    await drawer.waitFor({ state: 'detached', timeout: PATIENCE_MS })

    await page.getByRole('button', { name: 'Check that nothing was changed' }).click()
    await isThere(page.getByText('The record is whole'))
    await isThere(page.getByText(/\d+ entries followed/))
    await shoot(page, 'audit.proof')
    assert.deepEqual(await serious(page), [])
    assert.deepEqual(complaints, [])
    await close()
})

test('a viewer sees what is held and lets go of nothing', async () => {
    const { page, complaints, close } = await visit({ as: 'vito' })
    const site = await siteOf(page)
    await page.goto(`/sites/${site}/overrides`)
    await isThere(page.locator('[role="row"][data-index]').filter({ hasText: 'Tried by egon' }))
    assert.equal(await page.getByRole('checkbox').count(), 0)
    assert.equal(await page.getByRole('button', { name: /Release|that I hold/ }).count(), 0)
    // What is hidden is refused, too: an address alone opens nothing.
    await page.goto(`/sites/${site}/audit`)
    await isThere(page.getByText(/may not|not allowed|read_audit|There is no such page/i))
    assert.deepEqual(complaints, [])
    await close()
})

test('the building says how it is: figures, zones as a picture, and each leads to where it comes from', async () => {
    const { page, complaints, close } = await visit({ as: 'rosa' })
    const site = await siteOf(page)
    await page.goto(`/sites/${site}/building`)
    await settled(page)
    await isThere(page.getByRole('status').filter({ hasText: /All is well|attention|wrong/ }))
    const zones = page.getByRole('region', { name: 'Zones' }).getByRole('link')
    await isThere(zones)
    assert.match((await zones.first().textContent()) ?? '', /\d/)
    await zones.first().focus()
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/points\/\d+/)
    await isThere(page.getByRole('heading', { level: 1 }).filter({ hasText: 'ZN-T' }))
    await page.goBack()
    await page
        .getByRole('link', { name: /^\d+ ?$/ })
        .or(page.getByRole('definition').getByRole('link'))
        .first()
        .click()
    await page.waitForURL(/\/(points|overrides)/)
    assert.deepEqual(complaints, [])
    await close()
})
