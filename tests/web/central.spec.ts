/* A central: its sites, and points of all of them. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { addUser, end, isThere, serious, settled, shoot, visit } from './harness.ts'

const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true }

before(() => {
    for (const [name, role] of [
        ['cora', 'admin'],
        ['vera', 'viewer'],
    ] as const)
        try {
            addUser(name, role)
        } catch {
            // another part of this file has made them
        }
})
after(end)

const tooWide = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth)

const MANY = 300

/* Runs in the page: how many sites are in the list, of which the cards on the screen are drawn. */
const inTheList = () => Number(document.querySelector('main li')?.getAttribute('aria-setsize') ?? 0)

test('empty: it says what would be here, and what brings it', async () => {
    const { page, complaints, close } = await visit({ as: 'cora' })
    await page.waitForURL((at) => at.pathname === '/sites')
    await settled(page)
    await isThere(page.getByText('No site has joined yet'))
    await shoot(page, 'sites.empty')
    assert.deepEqual(await serious(page), [])
    assert.deepEqual(complaints, [])
    await close()
})

test('sites: the worst stands first, and says why in words', async () => {
    const { page, complaints, close } = await visit({ as: 'cora' })
    await settled(page)
    const first = page.locator('[data-site]').first()
    await isThere(first)
    assert.match((await first.textContent()) ?? '', /Silent/)
    assert.equal(await page.evaluate(inTheList), 20)
    await shoot(page, 'sites.light')
    assert.deepEqual(await serious(page), [])
    // A site is found by its name, a point by its own, of whichever site.
    await page.getByRole('textbox', { name: 'Find a point or a site' }).fill('building 12')
    await page.waitForFunction(() => document.querySelectorAll('[data-site]').length === 1)
    await page.getByRole('textbox', { name: 'Find a point or a site' }).fill('zn-t-2')
    await isThere(page.getByRole('table', { name: 'Points' }))
    await page.waitForURL((at) => at.searchParams.get('search') === 'zn-t-2')
    await shoot(page, 'sites.search')
    assert.deepEqual(await serious(page), [])
    await page
        .getByRole('row', { name: /Building 3/ })
        .first()
        .click()
    await page.waitForURL((at) => at.pathname.startsWith('/sites/far003/points/'))
    await settled(page)
    assert.deepEqual(complaints, [])
    await close()
})

test('sites: another one by keys alone, and points of all by the palette', async () => {
    const { page, complaints, close } = await visit({ as: 'cora' })
    await page.goto('/sites/far001/building')
    await settled(page)
    await page.keyboard.press('Control+j')
    await page.getByRole('dialog').getByRole('combobox').fill('building 14')
    await isThere(page.getByRole('option', { name: 'Building 14' }))
    await shoot(page, 'sites.switcher')
    assert.deepEqual(await serious(page), [])
    await page.keyboard.press('Enter')
    await page.waitForURL((at) => at.pathname === '/sites/far014/building')
    await page.keyboard.press('Control+k')
    await page.getByRole('dialog').getByRole('combobox').fill('sat-c-3')
    await isThere(page.getByRole('option', { name: /SAT-C-3.*Building/ }))
    await page.keyboard.press('Escape')
    assert.deepEqual(complaints, [])
    await close()
})

test('sites: one that is silent says since when, and an edit waits for it until it is taken back', async () => {
    const { page, complaints, close } = await visit({ as: 'cora' })
    await page.goto('/sites/far007/settings?name=poll.interval')
    await settled(page)
    await isThere(page.getByText(/The site was heard \d/))
    const field = page.getByRole('textbox', { name: 'poll.interval' }).or(page.locator('form input')).first()
    await field.fill('45s')
    await page.locator('form button[type="submit"]').click()
    await isThere(page.getByText('1 change waits for the site'))
    await page.getByRole('button', { name: 'Show', exact: true }).click()
    await isThere(page.getByText('poll.interval = 45s'))
    await shoot(page, 'waiting.light')
    assert.deepEqual(await serious(page), [])
    await page.getByRole('button', { name: 'Take back' }).click()
    await isThere(page.getByText('Taken back'))
    assert.deepEqual(complaints, [])
    await close()
})

test('sites: of many those are shown that one asks for, in the order that one wants, and groups are made', async () => {
    const { page, complaints, close } = await visit({ as: 'cora' })
    await settled(page)
    const shown = async (count: number) => {
        await page.waitForFunction((wanted) => document.querySelector('main li')?.getAttribute('aria-setsize') === String(wanted), count)
        assert.equal(await page.evaluate(inTheList), count)
    }
    const choose = async (field: string, option: RegExp) => {
        await page
            .getByRole('combobox', { name: field, exact: true })
            .or(page.getByRole('textbox', { name: field, exact: true }))
            .first()
            .click()
        await page.getByRole('option', { name: option }).click()
    }
    await choose('State', /^Invited \(2\)$/)
    await shown(2)
    await page.waitForURL((at) => at.searchParams.get('is') === 'invited')
    await page.goto('/sites?by=name')
    await settled(page)
    const names = await page.locator('[data-site]').evaluateAll((all) => all.slice(0, 3).map((one) => one.getAttribute('data-site')))
    assert.deepEqual(names, ['far001', 'far002', 'far003'])
    await page.getByRole('button', { name: 'Manage Building 2', exact: true }).click()
    await page
        .getByRole('combobox', { name: 'Groups' })
        .or(page.getByRole('textbox', { name: 'Groups' }))
        .first()
        .fill('North, Hotels')
    await shoot(page, 'sites.manage')
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
    await page.waitForFunction(() => document.querySelector('dialog, [role="dialog"] button[type="submit"]:disabled'))
    await page.goto('/sites?group=North')
    await settled(page)
    await shown(1)
    await isThere(page.getByText('1 of 20 sites'))
    await shoot(page, 'sites.group')
    assert.deepEqual(await serious(page), [])
    await page.goto('/sites?group=North&is=retired')
    await settled(page)
    await page.getByRole('button', { name: 'Show all sites' }).click()
    await shown(20)
    assert.deepEqual(complaints, [])
    await close()
})

test('sites: of hundreds the cards on the screen are drawn alone, and each comes into sight', async () => {
    const { page, complaints, close } = await visit({ as: 'cora' })
    await page.route('**/api/v1/sites', async (route) => {
        const answer = await route.fetch()
        const body = (await answer.json()) as { items: { id: string; is_remote: boolean; name: string }[] }
        const one = body.items.find((site) => site.id === 'far001')
        body.items = Array.from({ length: MANY }, (_, i) => ({ ...one, id: `many${i + 1}`, name: `Tower ${i + 1}`, is_remote: true }))
        await route.fulfill({ response: answer, json: body })
    })
    for (const [width, columns] of [
        [1280, 3],
        [390, 1],
    ] as const) {
        await page.setViewportSize({ width, height: 800 })
        await page.goto('/sites?by=name')
        await settled(page)
        await page.waitForFunction(
            (wanted) => getComputedStyle(document.querySelector('main ul') as Element).gridTemplateColumns.split(' ').length === wanted,
            columns,
        )
        const seen = await page.evaluate(async () => {
            const main = document.querySelector('main') as HTMLElement
            const seen = new Set<string>()
            let most = 0
            let nodes = 0
            const frame = () => new Promise(requestAnimationFrame)
            main.scrollTop = 0
            for (let last = -1; main.scrollTop !== last; ) {
                last = main.scrollTop
                await frame()
                await frame()
                const box = main.getBoundingClientRect()
                const cards = [...main.querySelectorAll('[data-site]')]
                for (const card of cards) {
                    const at = card.getBoundingClientRect()
                    const id = card.getAttribute('data-site') ?? ''
                    if (at.bottom > box.top && at.top < box.bottom) seen.add(id)
                }
                most = Math.max(most, cards.length)
                nodes = Math.max(nodes, main.querySelectorAll('*').length)
                main.scrollTop += 500
            }
            return { seen: [...seen], most, nodes }
        })
        assert.deepEqual(
            seen.seen,
            Array.from({ length: MANY }, (_, i) => `many${i + 1}`),
        )
        assert.ok(seen.most <= 14 * columns, `${seen.most} cards are drawn at once`)
        assert.ok(seen.nodes < 2500, `${seen.nodes} elements are there at once`)
    }
    // The last of them stays where it is while the list is asked for again, and the keys go from card to card.
    await page.locator('[data-site="many300"]').focus()
    const before = await page.locator('[data-site="many300"]').boundingBox()
    await page.waitForResponse((answer) => answer.url().endsWith('/api/v1/sites'))
    await page.waitForFunction(() => document.activeElement?.getAttribute('data-site') === 'many300')
    assert.deepEqual(await page.locator('[data-site="many300"]').boundingBox(), before)
    assert.deepEqual(complaints, [])
    await close()
})

test('sites: one that was invited says until when its file is good, and what to do', async () => {
    const { page, complaints, close } = await visit({ as: 'cora' })
    await page.goto('/sites/far009/building')
    await settled(page)
    await isThere(page.getByText('Invited, and not joined yet'))
    await isThere(page.getByText('Its join file is good until'))
    await isThere(page.getByText('bacpipes site join far009.join'))
    await shoot(page, 'sites.invited')
    assert.deepEqual(await serious(page), [])
    await page.goto('/sites/far019/building')
    await settled(page)
    await isThere(page.getByText('Its join file was good until'))
    await page.getByRole('link', { name: 'Make a new join file' }).click()
    await isThere(page.getByRole('dialog', { name: 'Building 19' }))
    await isThere(page.getByText('It has not joined yet. A new join file makes the one before it void.'))
    await page.goto('/sites/far009/building?language=zh-Hant')
    await settled(page)
    await isThere(page.getByText(/其加入檔案的有效期限為.*。請以可信的途徑/))
    await page.goto('/sites/far008/building')
    await settled(page)
    await isThere(page.getByText('This site is retired'))
    assert.deepEqual(complaints, [])
    await close()
})

test('sites: a command waits for its site, and is taken back before it was handed over', async () => {
    const { page, complaints, close } = await visit({ as: 'cora' })
    await page.goto('/sites/far002/points/4')
    await settled(page)
    await page.getByRole('button', { name: 'Write…' }).click()
    await page.getByRole('dialog').getByRole('textbox', { name: 'Value' }).fill('21')
    await page
        .getByRole('dialog')
        .getByRole('button', { name: /^Write 21/ })
        .click()
    await isThere(page.getByText('Waiting for the site'))
    await shoot(page, 'write.far')
    assert.deepEqual(await serious(page), [])
    await page.getByRole('button', { name: 'Do not carry it out' }).click()
    await isThere(page.getByTestId('verdict'))
    assert.deepEqual(complaints, [])
    await close()
})

test('sites: in the dark, on a phone, in longer words and in Chinese', async () => {
    const dark = await visit({ as: 'cora', colorScheme: 'dark' })
    await settled(dark.page)
    await isThere(dark.page.locator('[data-site]'))
    await shoot(dark.page, 'sites.dark')
    assert.deepEqual(await serious(dark.page, ['color-contrast']), [])
    await dark.close()
    const small = await visit({ as: 'cora', ...phone })
    await settled(small.page)
    await isThere(small.page.locator('[data-site]'))
    await shoot(small.page, 'sites.phone')
    assert.equal(await tooWide(small.page), false)
    await small.close()
    const { page, close } = await visit({ as: 'cora' })
    for (const [language, name] of [
        ['pseudo', 'long'],
        ['zh-Hant', 'zh-Hant'],
        ['pt', 'pt'],
    ] as const) {
        await page.goto(`/sites?language=${language}`)
        await settled(page)
        await isThere(page.locator('[data-site]'))
        await shoot(page, `sites.${name}`)
        assert.equal(await tooWide(page), false, language)
    }
    await close()
})

test('sites: an admin has a join file made, and shuts a site out; who may not is not offered it', async () => {
    const { page, complaints, close } = await visit({ as: 'cora' })
    await settled(page)
    await page.getByRole('button', { name: 'Let a site join' }).click()
    await page.getByRole('textbox', { name: 'Its id' }).fill('lisboa')
    await page.getByRole('textbox', { name: 'Name' }).fill('Lisboa')
    await shoot(page, 'sites.invite')
    assert.deepEqual(await serious(page), [])
    await page.getByRole('button', { name: 'Make the join file' }).click()
    const saved = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download' }).click()
    assert.equal((await saved).suggestedFilename(), 'lisboa.join')
    await isThere(page.getByText('127.0.0.1 is this machine alone: a site elsewhere does not reach central there.'))
    await shoot(page, 'sites.given')
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click()
    await page.getByRole('dialog', { name: 'Let a site join' }).waitFor({ state: 'detached' })
    await page.goto('/sites?search=lisboa')
    await settled(page)
    await isThere(page.locator('[data-site="lisboa"]'))
    await page.getByRole('button', { name: 'Manage Lisboa' }).click()
    await page.getByRole('button', { name: 'Shut out' }).click()
    await page
        .getByRole('dialog', { name: /Shut out Lisboa/ })
        .getByRole('button', { name: 'Shut out' })
        .click()
    await isThere(page.locator('[data-site="lisboa"]').getByText('Revoked'))
    assert.deepEqual(complaints, [])
    await close()
    const other = await visit({ as: 'vera' })
    await settled(other.page)
    await isThere(other.page.locator('[data-site]'))
    assert.equal(await other.page.getByRole('button', { name: 'Let a site join' }).count(), 0)
    assert.equal(await other.page.getByRole('button', { name: /^Manage/ }).count(), 0)
    await other.close()
})
