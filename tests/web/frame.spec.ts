/* The frame: by keyboard alone, in every language, and with the connection away. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { addUser, end, isThere, PATIENCE_MS, password, settled, siteOf, visit } from './harness.ts'

before(() => addUser('kim', 'admin'))
after(end)

/* The palette, once letters go there. */
const palette = (page: Page) => page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'combobox')

/* What one chooses is seen at once, and on the server a little later: who leaves before has chosen nothing. */
async function kept(page: Page, choose: () => Promise<void>): Promise<void> {
    await Promise.all([page.waitForResponse((answer) => answer.url().endsWith('/api/v1/me') && answer.request().method() === 'PATCH' && answer.ok()), choose()])
}

test('all is reached by keyboard alone: login, palette, screens', async () => {
    const { page, complaints, close } = await visit()
    await page.goto('/login')
    await isThere(page.getByLabel('Name', { exact: true }))
    await page.keyboard.type('kim')
    await page.keyboard.press('Tab')
    await page.keyboard.type(password)
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/building/)
    await settled(page)

    await page.keyboard.press('Control+k')
    const field = page.getByRole('combobox', { name: 'Find a point or a screen' })
    await isThere(field)
    await palette(page)
    await page.keyboard.type('settin')
    await isThere(page.getByRole('option', { name: 'Settings' }))
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/settings/)

    // A point is found by a few letters and opened by Enter.
    await page.keyboard.press('Control+k')
    await isThere(field)
    await palette(page)
    await page.keyboard.type('zn-t')
    await isThere(page.getByRole('option', { name: /ZN-T/i }))
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/points\/\d+/)

    // Back, and the palette closes by Escape with the focus where it was.
    await page.goBack()
    await page.waitForURL(/\/settings/)
    await page.keyboard.press('Control+k')
    await isThere(field)
    await page.keyboard.press('Escape')
    await field.waitFor({ state: 'detached', timeout: PATIENCE_MS })

    // From the address bar the first Tab offers to skip the navigation.
    await page.reload()
    await settled(page)
    await page.keyboard.press('Tab')
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'To the content')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    assert.ok(await page.evaluate(() => document.querySelector('main')?.contains(document.activeElement) ?? false))
    assert.deepEqual(complaints, [])
    await close()
})

test('a word about what the pointer rests on or the keyboard reached, gone by Escape; what has the focus keeps it', async () => {
    const { page, complaints, close } = await visit({ as: 'kim' })
    await page.goto('/me')
    await settled(page)
    const button = page.getByRole('navigation').getByRole('button', { name: 'Log out' })
    const tip = page.getByRole('tooltip').filter({ hasText: 'Log out' })
    await button.hover()
    await isThere(tip)
    await page.mouse.move(600, 600)
    await tip.waitFor({ state: 'detached', timeout: PATIENCE_MS })
    await page
        .getByRole('navigation')
        .getByRole('button', { name: /side bar|narrow/i })
        .first()
        .focus()
    await page.keyboard.press('Tab')
    await isThere(tip)
    assert.equal(await button.evaluate((element) => document.activeElement === element), true)
    assert.equal(await button.evaluate((element) => document.getElementById(element.getAttribute('aria-describedby') ?? '')?.textContent), 'Log out')
    await page.keyboard.press('Escape')
    await tip.waitFor({ state: 'detached', timeout: PATIENCE_MS })
    assert.equal(await button.evaluate((element) => document.activeElement === element), true)
    assert.deepEqual(complaints, [])
    await close()
})

test('whatever has the focus shows it', async () => {
    const { page, close } = await visit({ as: 'kim' })
    await page.goto('/me')
    await settled(page)
    for (let i = 0; i < 30; i++) {
        await page.keyboard.press('Tab')
        const bare = await page.evaluate(() => {
            const has = document.activeElement
            if (!has || has === document.body) return ''
            const style = getComputedStyle(has)
            const isRinged = style.outlineStyle !== 'none' && style.outlineWidth !== '0px'
            // Fields show it by their border; a segmented control by a ring around the label of its hidden field.
            return isRinged || has.matches('input, textarea, select') ? '' : has.outerHTML.slice(0, 200)
        })
        assert.equal(bare, '')
    }
    await close()
})

test('a lost connection is said, with how old what one sees is, and comes back by itself', async () => {
    const { page, complaints, close } = await visit()
    let isOpen = true
    let hang: (() => void) | undefined
    await page.routeWebSocket(/\/api\/v1\/live/, (socket) => {
        if (!isOpen) {
            void socket.close({ code: 1013 })
            return
        }
        socket.connectToServer()
        hang = () => void socket.close({ code: 1013 })
    })
    await page.goto('/login')
    await page.getByLabel('Name', { exact: true }).fill('kim')
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.waitForURL(/\/building/)
    await settled(page)
    const until = Date.now() + PATIENCE_MS
    while (!hang && Date.now() < until) await page.waitForTimeout(100)
    assert.ok(hang, 'the page has a live connection')
    isOpen = false
    hang()
    await isThere(page.getByText(/Connection lost/))
    await isThere(page.getByText(/What you see is \d+ s old/))
    isOpen = true
    await page.getByRole('button', { name: 'Try now' }).click()
    await page.getByText(/Connection lost/).waitFor({ state: 'detached', timeout: PATIENCE_MS })
    assert.deepEqual(complaints, [])
    await close()
})

test('a person’s language and colours come with them to another browser', async () => {
    const first = await visit({ as: 'kim' })
    await first.page.goto('/me')
    await settled(first.page)
    await kept(first.page, () => first.page.getByText('Dark', { exact: true }).click())
    await first.page
        .getByRole('textbox', { name: 'Language' })
        .or(first.page.getByRole('combobox', { name: 'Language' }))
        .first()
        .click()
    await kept(first.page, () => first.page.getByRole('option', { name: 'Português' }).click())
    await isThere(first.page.getByRole('heading', { name: 'A minha conta' }))
    await first.close()

    const second = await visit({ as: 'kim', colorScheme: 'light' })
    await second.page.goto('/me')
    await isThere(second.page.getByRole('heading', { name: 'A minha conta' }))
    assert.equal(await second.page.evaluate(() => document.documentElement.dataset.mantineColorScheme), 'dark')
    assert.equal(await second.page.evaluate(() => document.documentElement.lang), 'pt-PT')
    await kept(second.page, () => second.page.getByText('Como o sistema', { exact: true }).first().click())
    await second.page
        .getByRole('textbox', { name: 'Língua' })
        .or(second.page.getByRole('combobox', { name: 'Língua' }))
        .first()
        .click()
    await kept(second.page, () => second.page.getByRole('option', { name: 'English' }).click())
    await isThere(second.page.getByRole('heading', { name: 'My account' }))
    assert.deepEqual(second.complaints, [])
    await second.close()
})

test('an address that leads nowhere says so, and the frame stays', async () => {
    const { page, complaints, close } = await visit({ as: 'kim' })
    const site = await siteOf(page)
    for (const path of ['/nowhere', '/sites/elsewhere/points', `/sites/${site}/nowhere`]) {
        await page.goto(path)
        await isThere(page.getByText('There is no such page'))
    }
    assert.deepEqual(complaints, [])
    await close()
})
