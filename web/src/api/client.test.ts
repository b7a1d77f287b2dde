import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { addressOf, api, newKey, onSessionEnded, setCsrf } from './client'
import { isProblem, Problem } from './problem'

const fetched = vi.fn<(address: string, options: RequestInit) => Promise<Response>>()
beforeEach(() => {
    vi.stubGlobal('fetch', fetched)
    setCsrf(undefined)
})
afterEach(() => {
    fetched.mockReset()
    vi.unstubAllGlobals()
})
const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
    new Response(JSON.stringify(body), { status, headers: { 'content-type': status < 400 ? 'application/json' : 'application/problem+json', ...headers } })

test('addresses are filled in and cannot be broken out of', () => {
    expect(addressOf('/sites/{site}/points/{point}', { path: { site: 'demo', point: 41 } })).toBe('/api/v1/sites/demo/points/41')
    expect(addressOf('/sites/{site}', { path: { site: '../me?x=1#y' } })).toBe('/api/v1/sites/..%2Fme%3Fx%3D1%23y')
    expect(addressOf('/sites/{site}/points', { path: { site: 'a' }, query: { search: 'a&b', limit: 5, tag: undefined, type: '' } })).toBe(
        '/api/v1/sites/a/points?search=a%26b&limit=5',
    )
    expect(addressOf('/bacnet/write')).toBe('/api/bacnet/write')
})

test('what changes something brings the token and the version, what reads does not', async () => {
    setCsrf('secret')
    fetched.mockImplementation(async () => json({}, 200, { etag: '"8"' }))
    const { etag } = await api.answer('get', '/me')
    expect(etag).toBe('"8"')
    await api.patch('/sites/{site}/points/{point}', { path: { site: 'demo', point: 1 }, ifMatch: 7, body: { description: 'x' } })
    const [read, changed] = fetched.mock.calls.map(([, options]) => options.headers as Record<string, string>)
    expect(read?.['x-csrf-token']).toBeUndefined()
    expect(changed).toMatchObject({ 'x-csrf-token': 'secret', 'if-match': '"7"', 'content-type': 'application/json' })
})

test('a problem is thrown with the server’s own sentence', async () => {
    fetched.mockImplementation(async () =>
        json({ type: '/api/docs#refused', title: 'The gate refuses it', status: 422, detail: 'At most 26.', rule: 'range' }, 422),
    )
    const problem = await api.get('/me').catch((error: unknown) => error)
    expect(problem).toBeInstanceOf(Problem)
    expect(problem).toMatchObject({ kind: 'refused', status: 422, message: 'At most 26.', fields: { rule: 'range' } })
    expect(isProblem(problem, 'refused')).toBe(true)
})

test('a proxy’s page, a broken network and an abort are told apart', async () => {
    fetched.mockImplementation(
        async () => new Response('<html>Bad gateway</html>', { status: 502, statusText: 'Bad Gateway', headers: { 'retry-after': '7' } }),
    )
    expect(await api.get('/me').catch((error: unknown) => error)).toMatchObject({ kind: 'status-502', retryAfterS: 7, isPassing: true })
    fetched.mockImplementation(async () => {
        throw new TypeError('Failed to fetch')
    })
    expect(await api.get('/me').catch((error: unknown) => error)).toMatchObject({ kind: 'unreachable', status: 0 })
    const controller = new AbortController()
    fetched.mockImplementation(async () => {
        controller.abort()
        throw new DOMException('aborted', 'AbortError')
    })
    expect(await api.get('/me', { signal: controller.signal }).catch((error: unknown) => error)).toMatchObject({ name: 'AbortError' })
})

test('a session that has ended is told once, and a wrong password is not that', async () => {
    const ended = vi.fn()
    onSessionEnded(ended)
    fetched.mockImplementation(async () => json({ type: '/api/docs#wrong-credentials', status: 401 }, 401))
    await api.post('/session', { body: { name: 'a', password: 'b' } }).catch(() => undefined)
    expect(ended).not.toHaveBeenCalled()
    fetched.mockImplementation(async () => json({ type: '/api/docs#not-logged-in', status: 401 }, 401))
    await api.get('/me').catch(() => undefined)
    expect(ended).toHaveBeenCalledOnce()
})

test('204 has no body, and keys differ', async () => {
    fetched.mockImplementation(async () => new Response(null, { status: 204 }))
    expect(await api.delete('/session')).toBeUndefined()
    expect(newKey()).toMatch(/^[0-9a-f]{32}$/)
    expect(newKey()).not.toBe(newKey())
})
