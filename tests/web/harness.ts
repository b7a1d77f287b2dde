/* What tests in a browser share: Debian's Chromium, people who are logged in, and a look at what the page complains of. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core'

export const url = process.env.WEB_URL ?? 'http://127.0.0.1:8080'
export const screenshots = process.env.SCREENSHOTS ?? join(import.meta.dirname, '../../build/screenshots')
export const password = 'the first of all words'
/* The machine may be busy: nothing here is waited for by the clock alone, and all of it for long. */
export const PATIENCE_MS = Number(process.env.PATIENCE_MS ?? 120_000)

/* bacpipes ARGUMENT..., of this site. */
export function bacpipes(...words: string[]): string {
    return execFileSync(process.env.BACPIPES ?? 'bacpipes', words, { encoding: 'utf8', timeout: PATIENCE_MS })
}

/* A user with the tests' password. */
export function addUser(name: string, role: string): void {
    const folder = mkdtempSync(join(tmpdir(), 'bacpipes-user.'))
    const file = join(folder, 'password')
    writeFileSync(file, `${password}\n`, { mode: 0o600 })
    try {
        bacpipes('user', 'add', name, '--role', role, '--password-file', file)
    } finally {
        rmSync(folder, { recursive: true })
    }
}

let started: Promise<Browser> | undefined
export function browser(): Promise<Browser> {
    started ??= chromium.launch({
        executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
        args: process.getuid?.() === 0 ? ['--no-sandbox'] : [], // Chromium's sandbox is for other users than root
    })
    return started
}
export async function end(): Promise<void> {
    await (await started)?.close()
    started = undefined
}

export type Visit = {
    page: Page
    /* What the page complained of: errors, and what the Content-Security-Policy held back. */
    complaints: string[]
    close(): Promise<void>
}

/* What browsers say of each answer that is an error, which a test may well have asked for; and of connections that end. */
const expected = [/status of (401|403|404|409|412|422|429|503)/, /WebSocket connection to .* failed/, /net::ERR_/]

export async function visit(options: BrowserContextOptions & { as?: string } = {}): Promise<Visit> {
    const { as, ...rest } = options
    const context = await (await browser()).newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', baseURL: url, ...rest })
    context.setDefaultTimeout(PATIENCE_MS)
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(`${error.name}: ${error.message}`))
    page.on('console', (message) => {
        if (message.type() === 'error' && !expected.some((one) => one.test(message.text()))) complaints.push(message.text())
    })
    if (as !== undefined) await logIn(page, as)
    return { page, complaints, close: () => context.close() }
}

export async function logIn(page: Page, name: string, word = password): Promise<void> {
    await page.goto('/login')
    await page.getByLabel('Name', { exact: true }).fill(name)
    await page.getByLabel('Password', { exact: true }).fill(word)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.waitForURL((at) => !at.pathname.startsWith('/login'))
}

/* The site's name in addresses: of a demo there is one. */
export async function siteOf(page: Page): Promise<string> {
    const answer = await page.request.get('/api/v1/sites')
    const { items } = (await answer.json()) as { items: { id: string }[] }
    const first = items[0]
    if (!first) throw new Error('there is no site')
    return first.id
}

/* A point whose name contains the words. */
export async function pointOf(page: Page, site: string, search: string): Promise<number> {
    const answer = await page.request.get(`/api/v1/sites/${site}/points?limit=1&search=${encodeURIComponent(search)}`)
    const { items } = (await answer.json()) as { items: { id: number }[] }
    const first = items[0]
    if (!first) throw new Error(`no point is called ${search}`)
    return first.id
}

/* The screen is there: its title, and nothing that is still outlined. */
export async function settled(page: Page): Promise<void> {
    await page.locator('h1').first().waitFor()
    await page.waitForFunction(() => !document.querySelector('[aria-busy="true"]'), undefined, { timeout: PATIENCE_MS })
    await page.evaluate(() => document.fonts.ready)
    await page.waitForTimeout(300) // what moves has arrived
}

export async function shoot(page: Page, name: string): Promise<void> {
    mkdirSync(screenshots, { recursive: true })
    await page.screenshot({ path: join(screenshots, `${name}.png`) })
}

export async function isThere(locator: Locator): Promise<void> {
    try {
        await locator.first().waitFor({ state: 'visible', timeout: PATIENCE_MS })
    } catch (error) {
        const page = locator.page()
        // A dialog stands behind all else in the document, and would be cut off.
        const dialog = page.getByRole('dialog').last()
        const shown = await ((await dialog.count()) > 0 ? dialog : page.locator('body')).ariaSnapshot({ timeout: 5000 }).catch(String)
        throw new Error(`${error instanceof Error ? error.message : String(error)}\n${page.url()} shows: ${shown.slice(0, 2000)}`, { cause: error })
    }
}

/* What axe finds that is serious, of the page as it is; of all its rules, or of these. */
export async function serious(page: Page, rules?: string[]): Promise<string[]> {
    const axe = new AxeBuilder({ page })
    const { violations } = await (rules ? axe.withRules(rules) : axe).analyze()
    return violations
        .filter((one) => one.impact === 'serious' || one.impact === 'critical')
        .map((one) => `${one.id}: ${one.help}: ${one.nodes.map((node) => node.target.join(' ')).join(' | ')}`)
}
