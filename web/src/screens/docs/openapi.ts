/* What the page shows of openapi.yaml: operations by tag, problems, shapes. */
import { load } from 'js-yaml'

export type Schema = {
    $ref?: string
    type?: string | string[]
    format?: string
    description?: string
    enum?: unknown[]
    const?: unknown
    items?: Schema
    properties?: Record<string, Schema>
    additionalProperties?: boolean | Schema
    required?: string[]
    allOf?: Schema[]
    oneOf?: Schema[]
    minimum?: number
    maximum?: number
    default?: unknown
}
export type Parameter = { name: string; in: string; required?: boolean; description?: string; schema?: Schema; example?: unknown }
export type Operation = {
    id: string
    method: string
    path: string
    tag: string
    summary: string
    description: string
    right: string
    parameters: Parameter[]
    body: Schema | undefined
    example: unknown
    answers: { status: string; description: string; schema: Schema | undefined }[]
}
export type Described = {
    description: string
    tags: { name: string; description?: string }[]
    operations: Operation[]
    problems: { name: string; status: number; title: string; meaning: string }[]
    shapes: [string, Schema][]
}

type Loose = Record<string, unknown>
const isObject = (value: unknown): value is Loose => typeof value === 'object' && value !== null && !Array.isArray(value)
const object = (value: unknown): Loose => (isObject(value) ? value : {})
const text = (value: unknown): string => (typeof value === 'string' ? value.trim() : '')

export function describe(yaml: string): Described {
    const root = object(load(yaml))
    const resolve = (value: unknown): Loose => {
        const ref = object(value).$ref
        if (typeof ref !== 'string') return object(value)
        return object(
            ref
                .replace(/^#\//, '')
                .split('/')
                .reduce<unknown>((at, name) => object(at)[name], root),
        )
    }
    const schemaOf = (holder: unknown): Schema | undefined => {
        const media = Object.values(object(resolve(holder).content))[0]
        return object(media).schema as Schema | undefined
    }
    const exampleOf = (holder: unknown): unknown => {
        const media = object(Object.values(object(resolve(holder).content))[0])
        return media.example ?? object(Object.values(object(media.examples))[0]).value
    }
    const operations: Operation[] = []
    for (const [path, item] of Object.entries(object(root.paths)))
        for (const method of ['get', 'post', 'put', 'patch', 'delete']) {
            const it = object(item)[method]
            if (!isObject(it)) continue
            const shared = (object(item).parameters as unknown[] | undefined) ?? []
            const base = path.startsWith('/bacnet/') ? '/api' : '/api/v1'
            operations.push({
                id: text(it.operationId),
                method: method.toUpperCase(),
                path: base + path,
                tag: text((it.tags as unknown[] | undefined)?.[0]),
                summary: text(it.summary),
                description: text(it.description),
                right: text(it['x-right']) || 'login',
                parameters: [...shared, ...((it.parameters as unknown[] | undefined) ?? [])].map((one) => resolve(one) as unknown as Parameter),
                body: it.requestBody ? schemaOf(it.requestBody) : undefined,
                example: it.requestBody ? exampleOf(it.requestBody) : undefined,
                answers: Object.entries(object(it.responses))
                    .filter(([status]) => status !== 'default')
                    .map(([status, answer]) => ({ status, description: text(resolve(answer).description), schema: schemaOf(answer) })),
            })
        }
    return {
        description: text(object(root.info).description),
        tags: (root.tags as Described['tags'] | undefined) ?? [],
        operations,
        problems: Object.entries(object(object(root.info)['x-problems'])).map(([name, one]) => ({
            name,
            status: Number(object(one).status),
            title: text(object(one).title),
            meaning: text(object(one).meaning),
        })),
        shapes: Object.entries(object(object(root.components).schemas)) as [string, Schema][],
    }
}

/* "array of Point", "number or null", "one of a, b": what a schema is, in a few words; `shape` is the name of one that is described by itself. */
export function wordsOf(schema: Schema | undefined): { words: string; shape?: string } {
    if (!schema) return { words: '' }
    if (schema.$ref) {
        const shape = schema.$ref.replace(/^.*\//, '')
        return { words: shape, shape }
    }
    if (schema.const !== undefined) return { words: JSON.stringify(schema.const) }
    if (schema.enum) return { words: schema.enum.join(' | ') }
    if (schema.oneOf) return { words: schema.oneOf.map((one) => wordsOf(one).words).join(' or ') }
    if (schema.allOf) return { words: schema.allOf.map((one) => wordsOf(one).words).join(' + ') }
    const type = Array.isArray(schema.type) ? schema.type.join(' or ') : (schema.type ?? 'object')
    if (schema.items) {
        const of = wordsOf(schema.items)
        return { words: `${type} of ${of.words}`, ...(of.shape ? { shape: of.shape } : {}) }
    }
    const range = schema.minimum !== undefined && schema.maximum !== undefined ? `, ${schema.minimum} to ${schema.maximum}` : ''
    return { words: (schema.format ? `${type} (${schema.format})` : type) + range }
}
