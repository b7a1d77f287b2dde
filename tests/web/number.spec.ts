/* Numbers that move something: typed key by key, as people do, by comma or point. What is no number is refused in words, never made another one. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { addUser, end, isThere, pointOf, settled, siteOf, visit } from './harness.ts'

before(() => addUser('nuno', 'engineer'))
after(end)

for (const [language, write, value, unit] of [
    ['en', 'Write…', 'Value', /^Write 17\.5 °C$/],
    ['pt', 'Escrever…', 'Valor', /^Escrever 17,5 °C$/],
] as const)
    test(`a setpoint with decimals, typed by keys: ${language}`, async () => {
        const { page, complaints, close } = await visit({ as: 'nuno' })
        const site = await siteOf(page)
        const { csrf } = (await (await page.request.get('/api/v1/session')).json()) as { csrf: string }
        const done = await page.request.patch('/api/v1/me', { headers: { 'X-CSRF-Token': csrf }, data: { language } })
        assert.equal(done.status(), 200, await done.text())
        await page.goto(`/sites/${site}/points/${await pointOf(page, site, 'AHU-1/SAT-C')}`)
        await settled(page)
        await page.getByRole('button', { name: write }).click()
        const dialog = page.getByRole('dialog')
        const field = dialog.getByLabel(value)
        for (const typed of ['17.5', '17,5', '+17.50']) {
            await field.press('Control+a')
            await field.press('Delete')
            await field.pressSequentially(typed)
            assert.equal(await field.inputValue(), typed, 'what was typed stays')
            await isThere(dialog.getByRole('button', { name: unit }))
        }
        // What is none stays, is named, and cannot be written.
        for (const typed of ['1e400', '17,5,5', '1 000', '17.', '17.5 °C', language === 'en' ? '1,000' : '1.000']) {
            await field.fill(typed)
            assert.equal(await field.inputValue(), typed)
            if (typed === '17.') await isThere(dialog.getByRole('button', { name: /17 °C/ }))
            else {
                assert.equal(await field.getAttribute('aria-invalid'), 'true', typed)
                assert.ok(await dialog.getByRole('button', { name: language === 'en' ? 'Write' : 'Escrever', exact: true }).isDisabled(), typed)
            }
        }
        assert.deepEqual(complaints, [])
        await close()
    })
