/* Servers that die while somebody looks: the strip above the screen says what is away and how old what one sees is; what can be looked at
 * can be looked at; and all of it comes back by itself. UP is the process of `bacpipes up`, which stands still meanwhile. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { addUser, end, isThere, PATIENCE_MS, pointOf, settled, shoot, siteOf, visit } from './harness.ts'

const up = Number(process.env.UP_PID)
before(() => addUser('wanda', 'operator'))
after(async () => {
    process.kill(up, 'SIGCONT')
    await end()
})

/* The process that `up` started under this name. */
function part(name: string): number {
    for (const task of readdirSync(`/proc/${up}/task`))
        for (const child of readFileSync(`/proc/${up}/task/${task}/children`, 'utf8').trim().split(' ')) {
            const program = child && readFileSync(`/proc/${child}/cmdline`, 'utf8').split('\0')[0]
            if (program && program.split('/').at(-1) === name) return Number(child)
        }
    throw new Error(`up has no ${name}`)
}

const victims = [
    ['web', /Connection lost\. What you see is .* old/],
    ['postgres', /The database is away/],
    ['mosquitto', /the message broker is away|Live values are held up/],
    ['collect', /The collector is away/],
] as const

for (const [name, words] of victims)
    test(`${name} is killed: it is said, the screen stays, and all comes back by itself`, async () => {
        const { page, close } = await visit({ as: 'wanda' })
        const site = await siteOf(page)
        const point = await pointOf(page, site, 'VAV-1-01/ZN-T')
        await page.goto(`/sites/${site}/points/${point}`)
        await settled(page)
        const figure = page.getByRole('region', { name: 'Now' })
        await isThere(figure.getByText(/°C/))
        const banner = page.getByRole('status').filter({ hasText: words })
        process.kill(up, 'SIGSTOP')
        try {
            process.kill(part(name), 'SIGKILL')
            await isThere(banner)
            await shoot(page, `away.${name}`)
            await isThere(figure.getByText(/°C/))
        } finally {
            process.kill(up, 'SIGCONT')
        }
        await banner.waitFor({ state: 'detached', timeout: PATIENCE_MS })
        // It is live again: what was read last is of after that.
        const back = Date.now()
        const at = async () => Date.parse((await figure.locator('time').first().getAttribute('datetime')) ?? '')
        const until = Date.now() + PATIENCE_MS
        while ((await at()) < back && Date.now() < until) await page.waitForTimeout(200)
        assert.ok((await at()) >= back, 'a value is read again')
        // And history, without anybody loading the page anew.
        await page.getByRole('link', { name: 'Commands', exact: true }).first().click()
        await settled(page)
        assert.equal(await page.getByRole('alert').count(), 0)
        await close()
    })
