// Every operation of a running server, and its errors, held against apps/web/openapi.yaml:
//   script/node tests/web/contract.ts http://127.0.0.1:8080 demo CREDENTIALS.json
// CREDENTIALS.json: {"viewer": "bp_...", "operator": ..., "engineer": ..., "admin": ...}, tokens of four people, and {"admin_name", "admin_password"}.
// Says what is wrong, a line each, and ends with 1.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Description, type Operation } from './description.ts'

// biome-ignore lint/suspicious/noExplicitAny: what a server answers is looked at, not typed
type Json = any
type Role = 'nobody' | 'viewer' | 'operator' | 'engineer' | 'admin'
type Asked = {
    path?: Record<string, string | number>
    query?: Record<string, string | number>
    body?: Json
    headers?: Record<string, string>
    raw?: string
    as?: Role
}
type Answer = { status: number; type: string; text: string; json: Json; headers: Headers }

const [at = '', site = '', credentialsFile = ''] = process.argv.slice(2)
const root = join(dirname(process.argv[1] ?? ''), '../..')
const description = new Description(join(root, 'apps/web/openapi.yaml'))
const credentials = JSON.parse(readFileSync(credentialsFile, 'utf8'))
const served = new Set(
    [...readFileSync(join(root, 'apps/web/operations.def'), 'utf8').matchAll(/^OPERATION\(\w+, "[^"]*", (\w+),/gm)].map((match) => match[1] ?? ''),
)
const succeeded = new Set<string>()
const wrong: string[] = []
let asked = 0

const ROLES: Role[] = ['viewer', 'operator', 'engineer', 'admin']
const ROLE_OF = new Map(
    [...readFileSync(join(root, 'lib/model/rights.def'), 'utf8').matchAll(/^RIGHT\(\w+, "(\w+)", (\w+),/gm)].map((match) => [
        match[1] ?? '',
        (match[2] ?? '').toLowerCase() as Role,
    ]),
)
const PATHS: Record<string, string | number> = {
    site,
    point: 1,
    device: 1,
    user: 999999999,
    session: 999999999,
    token: 999999999,
    view: 999999999,
    change: 999999999,
    job: 999999999,
    command: '00000000-0000-4000-8000-000000000000',
    name: 'poll.interval',
}

function url(operation: Operation, to: Asked): string {
    const path = operation.path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(to.path?.[name] ?? PATHS[name])))
    const query = new URLSearchParams(Object.entries(to.query ?? {}).map(([name, value]) => [name, String(value)])).toString()
    return at + path + (query ? `?${query}` : '')
}

function need(name: string): Operation {
    const operation = description.operations.get(name)
    if (!operation) throw new Error(`openapi.yaml has no ${name}`)
    return operation
}

// One request, whose answer is as described and has this status; of a problem, this type.
async function ask(name: string, to: Asked, status: number | number[], problem?: string): Promise<Answer> {
    const operation = need(name)
    const as = to.as ?? 'admin'
    const headers: Record<string, string> = { ...to.headers }
    if (as !== 'nobody') headers.authorization ??= `Bearer ${credentials[as]}`
    const body = to.raw ?? (to.body === undefined ? undefined : JSON.stringify(to.body))
    if (body !== undefined) headers['content-type'] ??= 'application/json'
    const response = await fetch(url(operation, to), {
        method: operation.method,
        headers,
        ...(body === undefined ? {} : { body }),
        signal: AbortSignal.timeout(60_000),
    })
    const text = operation.name === 'stream_values' && response.ok ? await firstEvent(response) : await response.text()
    const type = response.headers.get('content-type') ?? ''
    asked++
    const where = `${operation.method} ${url(operation, to).slice(at.length)} (${name}, as ${as}${to.raw === undefined && to.body === undefined ? '' : `, ${body?.slice(0, 120)}`})`
    const say = (what: string) => wrong.push(`${where}: ${what}`)
    for (const what of description.judge(operation, response.status, type, text)) say(`${response.status}: ${what}`)
    const json = type.includes('json') && text ? JSON.parse(text) : undefined
    if (![status].flat().includes(response.status)) say(`answers ${response.status}, not ${status}: ${text.slice(0, 300)}`)
    else if (problem && json?.type !== `/api/docs#${problem}`) say(`is ${json?.type}, not ${problem}: ${json?.detail}`)
    if (response.status < 400) succeeded.add(name)
    return { status: response.status, type, text, json, headers: response.headers }
}

async function firstEvent(response: Response): Promise<string> {
    const reader = response.body?.getReader()
    let text = ''
    while (reader && !/\n\n/.test(text.replace(/^(:.*\n)*\n*/, ''))) {
        const { value, done } = await reader.read()
        if (done) break
        text += new TextDecoder().decode(value)
    }
    await reader?.cancel()
    return text
}

// ---- what holds of every operation ----

const isStream = (name: string) => name === 'live'

async function nobodyIsLetIn(operation: Operation) {
    if (operation.right !== 'none') await ask(operation.name, { as: 'nobody', ...sample(operation) }, 401, 'not-logged-in')
    if (operation.right !== 'none')
        await ask(operation.name, { as: 'nobody', headers: { authorization: 'Bearer bp_never' }, ...sample(operation) }, 401, 'not-logged-in')
}

async function rolesAreAskedFor(operation: Operation) {
    const least = ROLE_OF.get(operation.right)
    if (!least) return
    for (const role of ROLES.slice(0, ROLES.indexOf(least))) await ask(operation.name, { as: role, ...sample(operation) }, 403, 'not-allowed')
}

async function sitesAreLookedFor(operation: Operation) {
    if (!operation.path.includes('{site}')) return
    await ask(operation.name, { ...sample(operation), path: { site: 'nowhere' } }, 404, 'not-found')
    await ask(operation.name, { ...sample(operation), path: { site: '../x' } }, [400, 404])
}

// What stands before the body: what is named is not there, or its version is asked for, or a token may not do this.
function before(operation: Operation): number[] {
    const hasVersion = operation.parameters.some((parameter) => parameter.name === 'If-Match')
    const isPersonal = /^\/api\/v1\/(me|tokens|session|link|users)/.test(operation.path)
    return [...(/\{(?!site)/.test(operation.path) ? [404] : []), ...(hasVersion ? [404, 412, 428] : []), ...(isPersonal ? [401, 403] : [])]
}

async function bodiesAreUnderstood(operation: Operation) {
    const isWrong = [400, 422, ...before(operation)]
    if (!operation.body) {
        if (operation.method !== 'GET') await ask(operation.name, { body: { unheard: 1 } }, isWrong)
        return
    }
    await ask(operation.name, { raw: '{"broken": ' }, 400, 'bad-request')
    await ask(operation.name, { raw: '[1]' }, 400, 'bad-request')
    await ask(operation.name, { raw: '{"a": "\\u0000"}' }, 400, 'bad-request')
    await ask(operation.name, { raw: '' }, [400, 415])
    await ask(operation.name, { raw: '{}', headers: { 'content-type': 'text/plain' } }, 415, 'wrong-type')
    await ask(operation.name, { body: { ...example(operation), unheard_of: 1 } }, isWrong)
    await ask(operation.name, { raw: `{"name": "${'x'.repeat(1100 * 1024)}"}` }, 413)
    for (const name of operation.body.schema.required ?? []) {
        const { [name]: _, ...rest } = example(operation)
        await ask(operation.name, { body: rest }, isWrong)
    }
    for (const [name, value] of Object.entries<Json>(example(operation))) {
        await ask(operation.name, { body: { ...example(operation), [name]: typeof value === 'object' ? 7 : { a: 1 } } }, isWrong)
    }
}

async function parametersAreUnderstood(operation: Operation) {
    const inQuery = operation.parameters.filter((parameter) => parameter.in === 'query')
    if (inQuery.length) await ask(operation.name, { ...sample(operation), query: { ...sample(operation).query, unheard_of: 1 } }, [400, ...before(operation)])
    for (const parameter of inQuery) {
        for (const value of badValues(parameter.schema))
            await ask(operation.name, { ...sample(operation), query: { ...sample(operation).query, [parameter.name]: value } }, 400, 'bad-request')
        if (parameter.required) await ask(operation.name, { ...sample(operation), query: {} }, 400, 'bad-request')
    }
    for (const parameter of operation.parameters.filter((one) => one.in === 'path' && one.schema.type === 'integer')) {
        for (const value of [0, -1, 'x', '1.5', '99999999999999999999', '%00'])
            await ask(operation.name, { ...sample(operation), path: { [parameter.name]: value } }, [400, 404, ...before(operation)])
    }
}

function badValues(schema: Json): string[] {
    if (schema.type === 'integer')
        return [
            'x',
            ...(schema.default === undefined ? [] : ['']),
            '1.5',
            '99999999999999999999',
            ...(schema.minimum === undefined ? [] : [String(schema.minimum - 1)]),
            ...(schema.maximum === undefined || schema.maximum > 100000 ? [] : [String(schema.maximum + 1)]),
        ]
    if (schema.type === 'boolean') return ['maybe']
    if (schema.format === 'date-time') return ['yesterday', '2026-13-01T00:00:00Z', '2026-11-27T00:00:00']
    if (schema.enum) return ['nothing-like-it', `${schema.enum[0]}'`]
    if (schema.pattern?.startsWith('^[1-9]')) return ['x', '1,', '1;2', "1' or 1=1", '1,,2', '0']
    return []
}

function example(operation: Operation): Json {
    const body = operation.body as Json
    return body?.example ?? Object.values<Json>(body?.examples ?? {})[0]?.value ?? EXAMPLES[operation.name] ?? {}
}

const EXAMPLES: Record<string, Json> = {
    use_link: { secret: 'x'.repeat(43), password: 'correct horse battery staple' },
    change_my_password: { old: 'wrong horse battery staple', new: 'correct horse battery staple' },
    confirm_totp: { code: '000000' },
    end_totp: { code: '000000' },
    edit_user: { full_name: 'Somebody' },
    edit_view: { name: 'Another', screen: 'points', query: '' },
}

function sample(operation: Operation): Asked {
    const query = Object.fromEntries(
        operation.parameters
            .filter((parameter) => parameter.in === 'query' && parameter.required)
            .map((parameter) => [parameter.name, parameter.name === 'points' ? 1 : (parameter.example ?? 1)]),
    )
    return { query, ...(operation.body ? { body: example(operation) } : {}) }
}

// ---- each operation, as it is meant ----

const has = (name: string) => served.has(name)

async function server() {
    await ask('get_health', { as: 'nobody' }, 200)
    await ask('get_ready', { as: 'nobody' }, 200)
    await ask('get_openapi', { as: 'nobody' }, 200)
    await ask('get_about', {}, 200)
}

async function points() {
    if (!has('list_points')) return
    await ask('list_sites', {}, 200)
    await ask('get_site', {}, 200)
    const devices = await ask('list_devices', {}, 200)
    await ask('get_device', { path: { device: devices.json.items[0].id } }, 200)
    await ask('get_device', { path: { device: 987654 } }, 404, 'not-found')
    const page = await ask('list_points', { query: { limit: 2 } }, 200)
    await ask('list_points', { query: { limit: 2, after: page.json.next } }, 200)
    await ask('list_points', { query: { after: 'nonsense' } }, 400, 'bad-request')
    await ask('list_points', { query: { search: "'; drop table point; --", tag: 'zone', sort: '-value', quality: 'bad' } }, 200)
    const etag = page.headers.get('etag')
    if (etag) await ask('list_points', { query: { limit: 2 }, headers: { 'if-none-match': etag } }, 304)
    const found = await ask('find_points', { query: { limit: 2, search: 'a', site } }, 200)
    await ask('find_points', { query: { limit: 2, search: 'a', after: found.json.next } }, 200)
    for (const after of ['nonsense', `${site}.`, `${site}.12`]) await ask('find_points', { query: { after } }, 400, 'bad-request')
    await ask('find_points', { query: { device: 1 } }, 400, 'bad-request')
    await ask('export_points', {}, 200)
    await ask('export_audit', {}, 200)
    const point = page.json.items[0]
    const got = await ask('get_point', { path: { point: point.id } }, 200)
    await ask('get_point', { path: { point: 987654 } }, 404, 'not-found')
    if (has('edit_point')) await editing(point.id, got.headers.get('etag') ?? '')
}

async function editing(id: number, etag: string) {
    const path = { point: id }
    await ask('edit_point', { path, body: { poll_interval_s: 30 } }, 428, 'version-needed')
    await ask('edit_point', { path, body: { poll_interval_s: 30 }, headers: { 'if-match': '"never"' } }, [400, 412])
    await ask('edit_point', { path, body: { poll_interval_s: 30 }, headers: { 'if-match': etag } }, 200)
    await ask('edit_point', { path, body: { poll_interval_s: 60 }, headers: { 'if-match': etag } }, 412, 'changed')
    const now = await ask('get_point', { path }, 200)
    await ask('edit_point', { path, body: { poll_interval_s: 0 }, headers: { 'if-match': now.headers.get('etag') ?? '' } }, [400, 422])
    const points = [{ id, version: now.json.version, set: { description: 'as the contract has it' } }]
    await ask('change_points', { body: { points, dry_run: true } }, 200)
    const changed = await ask('change_points', { body: { points } }, 200)
    await ask('change_points', { body: { points } }, [409, 422])
    await ask('undo_change', { path: { change: changed.json.change } }, 200)
    await ask('undo_change', { path: { change: 987654 } }, 404, 'not-found')
    const view = await ask('add_view', { body: { name: 'Supply', screen: 'points', query: 'search=SAT' } }, 201)
    await ask('add_view', { body: { name: 'Supply', screen: 'points', query: 'search=SAT' } }, 409, 'conflict')
    await ask('list_views', {}, 200)
    await ask('list_changes', { query: { open: 'true' } }, 200)
    await ask('get_change', {}, 404, 'not-found')
    await ask('cancel_change', {}, 404, 'not-found')
    await ask(
        'edit_view',
        { path: { view: view.json.id }, body: { name: 'Return', screen: 'points', query: 'search=RAT' }, headers: { 'if-match': `"${view.json.version}"` } },
        200,
    )
    await ask('remove_view', { path: { view: view.json.id } }, 204)
    await ask('remove_view', { path: { view: view.json.id } }, 404, 'not-found')
}

async function values() {
    if (!has('get_values')) return
    await ask('get_values', { query: { points: '1,2,3' } }, 200)
    await ask('get_values', { query: { points: '987654' } }, [200, 404])
    await ask('stream_values', { query: { points: '1,2,3' } }, 200)
    if (has('live')) await live()
}

async function live() {
    const told = description.schema('LiveTold')
    const address = `${at.replace(/^http/, 'ws')}/api/v1/live`
    const socket = new WebSocket(address, { headers: { authorization: `Bearer ${credentials.viewer}` } } as unknown as string[])
    const texts: string[] = []
    await new Promise<void>((resolve) => {
        const end = setTimeout(() => socket.close(), 30_000)
        socket.addEventListener('open', () => socket.send(JSON.stringify({ watch: 1, site, points: [1, 2, 3] })))
        socket.addEventListener('message', (event) => {
            texts.push(String(event.data))
            if (texts.some((text) => JSON.parse(text).values)) socket.close()
        })
        socket.addEventListener('error', () => wrong.push(`${address}: is refused`))
        socket.addEventListener('close', () => {
            clearTimeout(end)
            resolve()
        })
    })
    for (const text of texts) for (const what of description.against(told, JSON.parse(text))) wrong.push(`${address}: ${text.slice(0, 200)}: ${what}`)
    if (texts.some((text) => JSON.parse(text).values)) succeeded.add('live')
    asked++
}

async function readings() {
    if (!has('get_readings')) return
    const points = '1,2,3'
    for (const kind of ['auto', 'raw', '5min', 'hourly'])
        await ask('get_readings', { query: { points, kind, from: '2026-01-01T00:00:00Z', markers: 'true' } }, 200)
    await ask('get_readings', { query: { points, width: 50 } }, 200)
    await ask('get_readings', { query: { points, kind: 'raw', limit: 1 } }, 200)
    await ask('get_readings', { query: { points: '1,1' } }, 400, 'bad-request')
    await ask('get_readings', { query: { points: Array.from({ length: 21 }, (_, i) => i + 1).join(',') } }, 400, 'bad-request')
    await ask('get_readings', { query: { points: '987654' } }, 404, 'not-found')
    await ask('get_readings', { query: { points, from: '2026-11-27T00:00:00Z', to: '2026-11-26T00:00:00Z' } }, 400, 'bad-request')
    await ask('get_readings', { query: { points, from: '1990-01-01T00:00:00Z' } }, 400, 'bad-request')
    await ask('get_readings', { query: { points, kind: 'raw', after: 'x' } }, 400, 'bad-request')
    const csv = await ask('export_readings', { query: { points } }, 200)
    if (!csv.text.startsWith('time,point,device,value,text,units,quality,reason\n')) wrong.push(`readings.csv begins with ${csv.text.slice(0, 100)}`)
    const spans = await ask('export_readings', { query: { points, kind: 'hourly', from: '2026-01-01T00:00:00Z' } }, 200)
    if (!spans.text.startsWith('time,point,device,min,mean,max,last,count,bad,units\n')) wrong.push(`readings.csv begins with ${spans.text.slice(0, 100)}`)
    await ask('get_summary', {}, 200)
}

async function commands() {
    if (!has('ask_command')) return
    const writable = (await ask('list_points', { query: { writable: 'true', limit: 1 } }, 200)).json.items[0]
    const point = writable?.id ?? 1
    const key = { 'idempotency-key': `contract-${process.pid}` }
    await ask('ask_command', { query: { dry_run: 'true' }, body: { point, value: 21, release_after_s: 60 } }, 200)
    await ask('ask_command', { body: { point, value: 1e9, release_after_s: 60 } }, 422, 'refused')
    const made = await ask('ask_command', { body: { point, value: 21, release_after_s: 600 }, headers: key }, 202)
    const again = await ask('ask_command', { body: { point, value: 21, release_after_s: 600 }, headers: key }, 202)
    if (made.json?.id !== again.json?.id) wrong.push(`the same Idempotency-Key made ${made.json?.id} and ${again.json?.id}`)
    await ask('ask_command', { body: { point, value: 22, release_after_s: 600 }, headers: key }, 409, 'conflict')
    const later = await ask('ask_command', { body: { point, value: 21, release_after_s: 60, execute_at: new Date(Date.now() + 3600_000).toISOString() } }, 202)
    await ask('cancel_command', { path: { command: later.json.id } }, 200)
    await ask('cancel_command', { path: { command: later.json.id } }, 409, 'conflict')
    await ask('get_command', { path: { command: made.json.id } }, 200)
    await ask('get_command', {}, 404, 'not-found')
    await ask('get_command', { path: { command: 'no-uuid' } }, [400, 404])
    const page = await ask('list_commands', { query: { limit: 1 } }, 200)
    if (page.json.next) await ask('list_commands', { query: { limit: 1, after: page.json.next } }, 200)
    await ask('list_commands', { query: { after: 'nonsense' } }, 400, 'bad-request')
    await ask('bacnet_write', { body: { site, point, value: 21, release_after_s: 60 } }, 202)
    await ask('get_slots', { path: { point } }, 200)
    const job = await ask('ask_job', { body: { kind: 'read-slots', points: [point] } }, 202)
    await ask('get_job', { path: { job: job.json.id } }, 200)
    const search = await ask('ask_job', { body: { kind: 'discover', low: 0, high: 4194302 } }, 202)
    await ask('ask_job', { body: { kind: 'discover', low: 0, high: 9 } }, 409, 'conflict')
    const doctor = await ask('ask_job', { body: { kind: 'doctor' } }, 202)
    for (const job of [search.json.id, doctor.json.id]) {
        let asked = await ask('get_job', { path: { job } }, 200)
        for (let tries = 0; ['pending', 'executing'].includes(asked.json.status) && tries < 300; tries++) {
            await new Promise((resolve) => setTimeout(resolve, 200))
            asked = await ask('get_job', { path: { job } }, 200)
        }
        if (asked.json.status !== 'completed') wrong.push(`job ${asked.json.kind} is ${asked.json.status}: ${asked.json.text}`)
    }
    await ask('get_job', {}, 404, 'not-found')
    const jobs = await ask('list_jobs', { query: { limit: 1 } }, 200)
    await ask('list_jobs', { query: { limit: 1, after: jobs.json.next } }, 200)
    await ask('list_jobs', { query: { kind: 'discover', open: 'false' } }, 200)
    await ask('list_jobs', { query: { kind: 'dance' } }, 400, 'bad-request')
    if (has('cancel_job'))
        await ask('cancel_job', { path: { job: (await ask('ask_job', { body: { kind: 'read-point', points: [point] } }, 202)).json.id } }, [200, 204, 409])
    await ask('list_overrides', {}, 200)
    await ask('release_overrides', { body: { items: [{ point, priority: 8 }] } }, 202)
    if (has('list_audit')) await ask('list_audit', { query: { limit: 5 } }, 200)
    let proof = await ask('get_audit_proof', {}, [200, 202])
    for (let tries = 0; proof.status === 202 && tries < 300; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 200))
        proof = await ask('get_audit_proof', {}, [200, 202])
    }
    if (proof.status !== 200) wrong.push('get_audit_proof: a minute has not been enough')
    await settings()
}

async function settings() {
    const all = await ask('list_settings', {}, 200)
    const one = all.json.items.find((setting: Json) => setting.name === 'poll.interval')
    const path = { name: 'poll.interval' }
    const set = await ask('set_setting', { path, body: { value: '20s' }, headers: { 'if-match': `"${one.version}"` } }, 200)
    await ask('set_setting', { path, body: { value: '25s' }, headers: { 'if-match': `"${one.version}"` } }, 412, 'changed')
    await ask('set_setting', { path, body: { value: 'soon' }, headers: { 'if-match': `"${set.json.version}"` } }, 422, 'invalid')
    await ask('set_setting', { path: { name: 'no.such' }, body: { value: '1' }, headers: { 'if-match': '"1"' } }, [404, 422])
    await ask('unset_setting', { path, headers: { 'if-match': `"${set.json.version}"` } }, 200)
}

async function people() {
    if (!has('log_in')) return
    const login = { name: credentials.admin_name, password: credentials.admin_password }
    const session = await ask('log_in', { as: 'nobody', body: login }, 200)
    await ask('log_in', { as: 'nobody', body: { ...login, password: 'wrong horse battery staple' } }, 401, 'wrong-credentials')
    const cookie = (session.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
    const own = { cookie, origin: at, 'x-csrf-token': session.json.csrf }
    await ask('get_session', { as: 'nobody', headers: { cookie } }, 200)
    await ask('get_session', {}, 200)
    await ask('get_me', { as: 'nobody', headers: { cookie } }, 200)
    await ask('edit_me', { as: 'nobody', headers: own, body: { language: 'pt', theme: 'dark', motion: 'reduced' } }, 200)
    await ask('edit_me', { as: 'nobody', headers: { ...own, 'x-csrf-token': 'wrong' }, body: { theme: 'dark' } }, 403, 'foreign-origin')
    await ask('edit_me', { as: 'nobody', headers: { ...own, origin: 'http://evil.example' }, body: { theme: 'dark' } }, 403, 'foreign-origin')
    await ask('begin_totp', { as: 'nobody', headers: own }, 200)
    await ask('confirm_totp', { as: 'nobody', headers: own, body: { code: '000000' } }, 401, 'wrong-code')
    await ask('list_my_sessions', { as: 'nobody', headers: { cookie } }, 200)
    await ask('end_my_session', { as: 'nobody', headers: own }, 404, 'not-found')
    await ask('use_link', { as: 'nobody', body: { secret: 'x'.repeat(43), password: 'correct horse battery staple' } }, 401, 'link-used')
    await ask('list_rights', {}, 200)
    await users(own)
    await ask(
        'change_my_password',
        { as: 'nobody', headers: own, body: { old: 'wrong horse battery staple', new: 'correct horse battery staple' } },
        401,
        'wrong-credentials',
    )
    await ask('log_out', { as: 'nobody', headers: own }, 204)
    await ask('get_session', { as: 'nobody', headers: { cookie } }, 401, 'not-logged-in')
}

async function users(own: Record<string, string>) {
    const as = { as: 'nobody' as Role, headers: own }
    const user = await ask('add_user', { ...as, body: { name: 'contract', full_name: 'Con Tract', grants: [{ site, role: 'viewer' }] } }, 201)
    const path = { user: user.json.id }
    await ask('add_user', { ...as, body: { name: 'contract' } }, 409, 'conflict')
    await ask('list_users', as, 200)
    const got = await ask('get_user', { ...as, path }, 200)
    await ask('get_user', { ...as, path: { user: 987654 } }, 404, 'not-found')
    await ask('edit_user', { ...as, path, body: { full_name: 'Contra Ct' }, headers: { ...own, 'if-match': `"${got.json.version}"` } }, 200)
    await ask('edit_user', { ...as, path, body: { full_name: 'C' }, headers: { ...own, 'if-match': `"${got.json.version}"` } }, 412, 'changed')
    await ask('grant_role', { ...as, path, body: { site, role: 'operator' } }, 200)
    await ask('take_role', { ...as, path, query: { site } }, 200)
    const link = await ask('make_link', { ...as, path }, 201)
    await ask('use_link', { as: 'nobody', body: { secret: link.json.link.split('#')[1], password: 'correct horse battery staple' } }, 200)
    await ask('end_user_sessions', { ...as, path }, 204)
    const token = await ask(
        'add_token',
        { ...as, body: { name: 'report', role: 'viewer', sites: [site], expires_at: new Date(Date.now() + 86400_000).toISOString() } },
        201,
    )
    await ask('list_tokens', as, 200)
    await ask('end_token', { ...as, path: { token: token.json.id } }, 204)
    await ask('end_token', { ...as, path: { token: token.json.id } }, 404, 'not-found')
    await ask('remove_user', { ...as, path }, 204)
}

// ---- all of it ----

for (const part of [server, points, values, readings, commands, people]) {
    try {
        await part()
    } catch (error) {
        wrong.push(`${part.name}: ${error instanceof Error ? error.stack : error}`)
    }
}
for (const operation of description.operations.values()) {
    if (!served.has(operation.name) || isStream(operation.name)) continue
    for (const rule of [nobodyIsLetIn, rolesAreAskedFor, sitesAreLookedFor, parametersAreUnderstood, bodiesAreUnderstood]) await rule(operation)
}
// A code of an authenticator, a password of one's own, another session, a job that nobody took yet what waits for a site elsewhere and sites that join: other tests have them (tests/flow/web_*.bats).
const ELSEWHERE = [
    'end_my_session',
    'confirm_totp',
    'end_totp',
    'change_my_password',
    'cancel_job',
    'get_change',
    'cancel_change',
    'add_site',
    'invite_site',
    'rename_site',
    'remove_site',
]
for (const name of served) if (!succeeded.has(name) && !ELSEWHERE.includes(name)) wrong.push(`${name}: no answer of success was looked at`)
for (const what of wrong) console.log(what)
console.log(`${asked} answers of ${served.size} operations (${description.operations.size} are described): ${wrong.length} things are wrong`)
process.exit(wrong.length ? 1 : 0)
