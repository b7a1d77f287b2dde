/* The one place of fetch. Paths, parameters, bodies and answers are typed by openapi.yaml (types.ts is made from it).
 *
 *     const page = await api.get('/sites/{site}/points', { path: { site }, query: { search }, signal })
 *     const { etag } = await api.answer('get', '/sites/{site}/points/{point}', { path: { site, point } })
 *     await api.patch('/sites/{site}/points/{point}', { path: { site, point }, ifMatch: etag, body: { description } })
 *
 * What fails is thrown as a Problem; what was aborted by its signal as the signal's reason. */
import { Problem, problemOf } from './problem'
import type { paths } from './types'

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'

type Has<M extends Method> = { [P in keyof paths]: paths[P] extends { [K in M]: { responses: unknown } } ? P : never }[keyof paths]
type OperationOf<P extends keyof paths, M extends Method> = paths[P] extends { [K in M]: infer O } ? O : never
type Json<T> = T extends { content: { 'application/json': infer Body } } ? Body : undefined
type AnswerOf<O> = O extends { responses: infer R } ? { [S in keyof R]: S extends 200 | 201 | 202 | 204 ? Json<R[S]> : never }[keyof R] : never
type PathOf<O> = O extends { parameters: { path: infer P } } ? { path: P } : { path?: undefined }
type QueryOf<O> = O extends { parameters: { query?: infer Q } } ? { query?: Partial<Q> } : { query?: undefined }
type BodyOf<O> = O extends { requestBody: { content: { 'application/json': infer B } } }
    ? { body: B }
    : O extends { requestBody?: { content: { 'application/json': infer B } } }
      ? { body?: B }
      : { body?: undefined }
type Asked<O> = PathOf<O> & QueryOf<O> & BodyOf<O> & { ifMatch?: string | number; idempotencyKey?: string; signal?: AbortSignal }
type Arguments<O> = Record<string, never> extends PathOf<O> & BodyOf<O> ? [asked?: Asked<O>] : [asked: Asked<O>]

export type Answer<T> = { body: T; etag: string | undefined; status: number }

type Loose = {
    path?: Record<string, unknown> | undefined
    query?: Record<string, unknown> | undefined
    body?: unknown
    ifMatch?: string | number
    idempotencyKey?: string
    signal?: AbortSignal
}

/* The token that changes have to bring (X-CSRF-Token); GET /session tells it. */
let csrf: string | undefined
export function setCsrf(token: string | undefined): void {
    csrf = token
}

/* Told when the server says that nobody is logged in. */
let onEnded: () => void = () => undefined
export function onSessionEnded(listener: () => void): void {
    onEnded = listener
}

export function addressOf(path: string, asked: Pick<Loose, 'path' | 'query'> = {}): string {
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(asked.path?.[name] ?? '')))
    const query = new URLSearchParams()
    for (const [name, value] of Object.entries(asked.query ?? {})) {
        if (value === undefined || value === null || value === '') continue
        query.set(name, Array.isArray(value) ? value.join(',') : String(value))
    }
    const text = query.toString()
    const root = path.startsWith('/bacnet/') ? '/api' : '/api/v1'
    return root + filled + (text && `?${text}`)
}

async function send(method: Method, path: string, asked: Loose): Promise<Answer<unknown>> {
    const headers: Record<string, string> = { accept: 'application/json' }
    if (asked.body !== undefined) headers['content-type'] = 'application/json'
    if (asked.ifMatch !== undefined) headers['if-match'] = /^(W\/)?"/.test(String(asked.ifMatch)) ? String(asked.ifMatch) : `"${asked.ifMatch}"`
    if (asked.idempotencyKey) headers['idempotency-key'] = asked.idempotencyKey
    if (method !== 'get' && csrf) headers['x-csrf-token'] = csrf
    let response: Response
    try {
        response = await fetch(addressOf(path, asked), {
            method: method.toUpperCase(),
            headers,
            credentials: 'same-origin',
            cache: 'no-cache',
            ...(asked.body === undefined ? {} : { body: JSON.stringify(asked.body) }),
            ...(asked.signal ? { signal: asked.signal } : {}),
        })
    } catch (error) {
        if (asked.signal?.aborted) throw error
        throw new Problem('unreachable', 0, 'The server does not answer', '')
    }
    if (!response.ok) {
        const problem = await problemOf(response)
        if (problem.kind === 'not-logged-in') onEnded()
        throw problem
    }
    const type = response.headers.get('content-type') ?? ''
    let body: unknown
    if (response.status !== 204) body = type.includes('json') ? await response.json() : await response.text()
    return { body, etag: response.headers.get('etag') ?? undefined, status: response.status }
}

function answer<M extends Method, P extends Has<M>>(
    method: M,
    path: P,
    ...[asked]: Arguments<OperationOf<P, M>>
): Promise<Answer<AnswerOf<OperationOf<P, M>>>> {
    return send(method, path, (asked ?? {}) as Loose) as Promise<Answer<AnswerOf<OperationOf<P, M>>>>
}

function bodyBy<M extends Method>(method: M) {
    return async <P extends Has<M>>(path: P, ...asked: Arguments<OperationOf<P, M>>): Promise<AnswerOf<OperationOf<P, M>>> =>
        (await answer(method, path, ...asked)).body
}

export const api = {
    answer,
    get: bodyBy('get'),
    post: bodyBy('post'),
    put: bodyBy('put'),
    patch: bodyBy('patch'),
    delete: bodyBy('delete'),
}

/* A file that is served beside the interface. */
export async function file(path: string, signal: AbortSignal): Promise<string> {
    const response = await fetch(path, { signal })
    if (!response.ok) throw await problemOf(response)
    return response.text()
}

/* A key for Idempotency-Key: made when a dialog opens, so that a double click is one command. (randomUUID wants a secure page.) */
export function newKey(): string {
    const octets = crypto.getRandomValues(new Uint8Array(16))
    return Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join('')
}
