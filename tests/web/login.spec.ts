/* Coming in, going out, and being put out. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { addUser, bacpipes, end, isThere, logIn, PATIENCE_MS, password, settled, siteOf, visit } from './harness.ts'

before(() => {
    addUser('lena', 'engineer')
    bacpipes('user', 'add', 'nina', '--role', 'viewer')
})
after(end)

test('a one-time link lets one choose a password, and works once', async () => {
    const link = bacpipes('user', 'link', 'nina', '--print').trim().split('\n').at(-1) ?? ''
    const secret = new URL(link).hash.slice(1)
    assert.ok(secret.length >= 20)
    const { page, complaints, close } = await visit()
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url() + (request.postData() ?? '')))
    await page.goto(link)
    await isThere(page.getByRole('heading', { name: 'Choose a password' }))
    await isThere(page.getByText('You will log in as nina.'))
    assert.ok(!page.url().includes(secret), 'the secret stays in no history')
    const field = page.getByLabel('Password', { exact: true })
    const button = page.getByRole('button', { name: /Set the password/ })
    await field.fill('short')
    await isThere(page.getByText('7 more to go.'))
    assert.ok(await button.isDisabled())
    await field.fill(password)
    await page.getByLabel('Once more').fill('another thing altogether')
    await isThere(page.getByText('The two are not the same.'))
    await page.getByLabel('Once more').fill(password)
    await button.click()
    await page.waitForURL(/\/sites\/[^/]+\/building/)
    assert.deepEqual(
        asked.filter((one) => one.includes(secret) && !one.includes('/api/v1/link')),
        [],
    )
    assert.deepEqual(complaints, [])
    await close()

    const again = await visit()
    await again.page.goto(link)
    await isThere(again.page.getByText('The link is of no more use')) // before a password is typed
    await again.close()
})

test('a wrong password is said, and a right one leads to where one wanted to go', async () => {
    const { page, complaints, close } = await visit()
    await page.goto('/me')
    await page.waitForURL(/\/login\?back=/)
    await page.getByLabel('Name', { exact: true }).fill('lena')
    await page.getByLabel('Password', { exact: true }).fill('not the right words')
    await page.getByRole('button', { name: 'Log in' }).click()
    await isThere(page.getByRole('alert').filter({ hasText: 'Name or password is wrong' }))
    // Another try waits a little, and longer each time: it is asked for until it is let in.
    const until = Date.now() + PATIENCE_MS
    for (;;) {
        await page.getByLabel('Password', { exact: true }).fill(password)
        const [answer] = await Promise.all([
            page.waitForResponse((one) => one.url().endsWith('/api/v1/session') && one.request().method() === 'POST'),
            page.getByRole('button', { name: 'Log in' }).click(),
        ])
        if (answer.ok() || Date.now() > until) break
        await page.waitForTimeout(1000)
    }
    await page.waitForURL(/\/me$/)
    await settled(page)
    assert.deepEqual(complaints, [])
    await close()
})

test('a session that ends asks for the password where one is, and goes on there', async () => {
    const mine = await visit({ as: 'lena' })
    const site = await siteOf(mine.page)
    await mine.page.goto(`/sites/${site}/settings?search=poll`)
    await settled(mine.page)
    const admin = await visit({ as: 'tester' })
    await admin.page.goto('/users')
    await settled(admin.page)
    await admin.page.getByRole('row', { name: /lena/ }).click()
    await admin.page.getByRole('button', { name: 'End all sessions' }).click()
    await admin.page.getByRole('dialog').getByRole('button', { name: 'End all sessions' }).last().click()
    const dialog = mine.page.getByRole('dialog', { name: 'Your session has ended' })
    await isThere(dialog)
    await dialog.getByLabel('Password', { exact: true }).fill(password)
    await dialog.getByRole('button', { name: 'Log in' }).click()
    await dialog.waitFor({ state: 'detached', timeout: PATIENCE_MS })
    assert.match(mine.page.url(), /settings\?search=poll$/)
    await settled(mine.page)
    assert.deepEqual([...mine.complaints, ...admin.complaints], [])
    await mine.close()
    await admin.close()
})

test('who logs out is out, and the address alone lets nobody in', async () => {
    const { page, close } = await visit({ as: 'lena' })
    const site = await siteOf(page)
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.waitForURL(/\/login/)
    await page.goto(`/sites/${site}/points`)
    await page.waitForURL(/\/login\?back=/)
    assert.equal((await page.request.get('/api/v1/sites')).status(), 401)
    await close()
})

test('what is not one’s to do is not offered', async () => {
    addUser('vera', 'viewer')
    const { page, complaints, close } = await visit()
    await logIn(page, 'vera')
    await settled(page)
    const nav = page.getByRole('navigation', { name: 'Screens' })
    await isThere(nav.getByRole('link', { name: 'Points', exact: true }))
    assert.equal(await nav.getByRole('link', { name: 'Users' }).count(), 0)
    assert.equal(await nav.getByRole('link', { name: 'Audit' }).count(), 0)
    assert.deepEqual(complaints, [])
    await close()
})
