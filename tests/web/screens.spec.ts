/* Every screen: as pictures (light, dark, phone), for axe, on 390 px, and with words that are 40 % longer. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { addUser, end, pointOf, serious, settled, shoot, siteOf, type Visit, visit } from './harness.ts'

before(() => addUser('sam', 'admin'))
after(end)

const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true }

type Screen = [name: string, path: string, then?: (page: Page) => Promise<void>]

async function screensOf(page: Page): Promise<Screen[]> {
    const site = await siteOf(page)
    const point = await pointOf(page, site, 'zn-t')
    return [
        ['building', `/sites/${site}/building`],
        ['points', `/sites/${site}/points`],
        ['point', `/sites/${site}/points/${point}`],
        ['trends', `/sites/${site}/trends?points=${point}`],
        ['overrides', `/sites/${site}/overrides`],
        ['commands', `/sites/${site}/commands`],
        ['audit', `/sites/${site}/audit`],
        ['settings', `/sites/${site}/settings?name=poll.interval`],
        ['me', '/me'],
        ['users', '/users'],
        ['about', '/about'],
        ['docs', '/api/docs'],
        [
            'palette',
            `/sites/${site}/building`,
            async (at) => {
                await at.keyboard.press('Control+k')
                await at.getByRole('dialog').getByRole('combobox').fill('zn')
                await at.getByRole('option').first().waitFor()
                await at.waitForTimeout(300)
            },
        ],
    ]
}

async function each(visited: Visit, what: (name: string, page: Page) => Promise<void>): Promise<void> {
    for (const [name, path, then] of await screensOf(visited.page)) {
        await visited.page.goto(path)
        await settled(visited.page)
        await then?.(visited.page)
        await what(name, visited.page)
    }
}

for (const colorScheme of ['light', 'dark'] as const)
    test(`axe finds nothing serious, and the browser nothing to complain of: ${colorScheme}`, async () => {
        const outside = await visit({ colorScheme })
        for (const [name, path] of [
            ['login', '/login'],
            ['link', `/link#${'x'.repeat(43)}`],
        ] as const) {
            await outside.page.goto(path)
            await settled(outside.page)
            await shoot(outside.page, `${name}.${colorScheme}`)
            assert.deepEqual(await serious(outside.page), [], name)
        }
        await outside.close()
        const visited = await visit({ as: 'sam', colorScheme })
        // Of the dark only the colours are others.
        const rules = colorScheme === 'dark' ? ['color-contrast'] : undefined
        const found: Record<string, string[]> = {}
        await each(visited, async (name, page) => {
            await shoot(page, `${name}.${colorScheme}`)
            const wrong = await serious(page, rules)
            if (wrong.length > 0) found[name] = wrong
        })
        assert.deepEqual(found, {})
        assert.deepEqual(visited.complaints, [])
        await visited.close()
    })

/* What is wider than the screen, without a scroller of its own. */
const tooWide = (page: Page) =>
    page.evaluate(() => {
        const width = document.documentElement.clientWidth
        const found: string[] = []
        if (document.documentElement.scrollWidth > width) found.push(`the page scrolls sideways: ${document.documentElement.scrollWidth} px`)
        const content = document.querySelector('main')
        if (content && content.scrollWidth > content.clientWidth + 1) {
            const wide = [...content.querySelectorAll('*')].find((one) => one.getBoundingClientRect().right > width + 1)
            found.push(`the content is ${content.scrollWidth} px wide of ${content.clientWidth}: ${wide?.outerHTML.slice(0, 160)}`)
        }
        return found
    })

test('on a phone nothing is wider than the screen', async () => {
    const outside = await visit(phone)
    await outside.page.goto('/login')
    await settled(outside.page)
    await shoot(outside.page, 'login.phone')
    await outside.close()
    const visited = await visit({ as: 'sam', ...phone })
    const found: Record<string, string[]> = {}
    await each(visited, async (name, page) => {
        await shoot(page, `${name}.phone`)
        const wide = await tooWide(page)
        if (wide.length > 0) found[name] = wide
    })
    assert.deepEqual(found, {})
    assert.deepEqual(visited.complaints, [])
    await visited.close()
})

test('words that are 40 % longer fit, and each is of a catalog', async () => {
    const visited = await visit({ as: 'sam' })
    const found: Record<string, string[]> = {}
    for (const [name, path] of (await screensOf(visited.page)).slice(0, -1)) {
        await visited.page.goto(`${path}${path.includes('?') ? '&' : '?'}language=pseudo`)
        await settled(visited.page)
        await shoot(visited.page, `${name}.long`)
        const wrong = await tooWide(visited.page)
        wrong.push(
            ...(await visited.page.evaluate(() =>
                [...document.querySelectorAll<HTMLElement>('button, h1, h2, label, [role="columnheader"]')]
                    .filter(
                        (one) =>
                            one.offsetParent !== null &&
                            one.scrollWidth > one.clientWidth + 2 &&
                            getComputedStyle(one).textOverflow !== 'ellipsis' &&
                            getComputedStyle(one).overflowX === 'hidden',
                    )
                    .map((one) => `cut off: ${one.textContent}`),
            )),
        )
        const title = (await visited.page.locator('h1').first().textContent()) ?? ''
        if (!title.startsWith('[') && !['building', 'point', 'docs'].includes(name)) wrong.push(`of no catalog: ${title}`)
        if (wrong.length > 0) found[name] = wrong
    }
    assert.deepEqual(found, {})
    await visited.close()
})

test('Chinese stands where English does: nothing is too wide, and each title is of the catalog', async () => {
    const visited = await visit({ as: 'sam' })
    const found: Record<string, string[]> = {}
    for (const [name, path] of (await screensOf(visited.page)).slice(0, -1)) {
        await visited.page.goto(`${path}${path.includes('?') ? '&' : '?'}language=zh-Hant`)
        await settled(visited.page)
        await shoot(visited.page, `${name}.zh-Hant`)
        const wrong = await tooWide(visited.page)
        const title = (await visited.page.locator('h1').first().textContent()) ?? ''
        if (!/\p{Script=Han}/u.test(title) && !['building', 'point', 'docs', 'about'].includes(name)) wrong.push(`of no catalog: ${title}`)
        if (wrong.length > 0) found[name] = wrong
    }
    assert.deepEqual(found, {})
    await visited.close()
})
