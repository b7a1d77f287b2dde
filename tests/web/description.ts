// apps/web/openapi.yaml as a test has it: its operations, and for each answer whether it is as described. Schemas are closed first: a member that is
// answered and not described is as wrong as one that is missing.
import { readFileSync } from 'node:fs'
import Ajv2020 from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { parse } from 'yaml'

// biome-ignore lint/suspicious/noExplicitAny: a description is whatever it says
type Json = any

export type Parameter = { name: string; in: 'path' | 'query' | 'header'; required?: boolean; schema: Json; example?: Json }
export type Operation = {
    name: string
    method: string
    path: string // with what the server puts in front
    right: string
    parameters: Parameter[]
    body?: { schema: Json; example?: Json }
    responses: Record<string, { content?: Record<string, { schema: Json }>; headers?: Json }>
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete']

export class Description {
    readonly operations = new Map<string, Operation>()
    readonly problems: Record<string, { status: number; title: string }>
    private readonly whole: Json
    private readonly ajv = new Ajv2020({ strict: false, allErrors: true })
    private readonly checks = new Map<Json, (value: Json) => boolean>()

    constructor(file: string) {
        this.whole = parse(readFileSync(file, 'utf8'))
        this.problems = this.whole.info['x-problems']
        addFormats.default(this.ajv)
        for (const [path, item] of Object.entries<Json>(this.whole.paths)) {
            for (const method of METHODS.filter((name) => item[name])) {
                const operation = this.read(path, method, item)
                this.operations.set(operation.name, operation)
            }
        }
    }

    // What is wrong with an answer; empty: nothing.
    judge(operation: Operation, status: number, type: string, body: string): string[] {
        const response = operation.responses[status] ?? operation.responses.default
        if (!response || (status < 400 && !operation.responses[status])) return [`${status} is not described`]
        if (!response.content) return body ? [`${status} has a body: ${body.slice(0, 200)}`] : []
        const kind = type.split(';')[0]?.trim() ?? ''
        const content = response.content[kind]
        if (!content) return [`${status} is ${type || 'of no type'}, not ${Object.keys(response.content).join(' or ')}`]
        if (!kind.endsWith('json')) return []
        const value = JSON.parse(body)
        return [...this.against(content.schema, value), ...(status >= 400 ? this.judgeProblem(status, value) : [])]
    }

    schema(name: string): Json {
        return this.resolve({ $ref: `#/components/schemas/${name}` })
    }

    against(schema: Json, value: Json): string[] {
        let check = this.checks.get(schema)
        if (!check) {
            check = this.ajv.compile(close(schema))
            this.checks.set(schema, check)
        }
        if (check(value)) return []
        const { errors } = check as unknown as { errors: { instancePath: string; message: string; params: Json }[] }
        return errors.map((error) => `${error.instancePath || '/'} ${error.message} ${JSON.stringify(error.params)}`)
    }

    private judgeProblem(status: number, problem: Json): string[] {
        if (!problem.type || problem.type === 'about:blank') return [] // readiness says what is missing; the door refuses what it does not read
        const known = this.problems[problem.type.replace('/api/docs#', '')]
        if (!known) return [`problem ${problem.type} is not described`]
        const wrong = []
        if (known.status !== status || problem.status !== status) wrong.push(`${problem.type} is ${known.status}, not ${status}`)
        if (known.title !== problem.title) wrong.push(`${problem.type} has the title "${problem.title}"`)
        if (!problem.detail || /\(null\)|^\s*$/.test(problem.detail)) wrong.push(`${problem.type} says nothing: ${problem.detail}`)
        return wrong
    }

    private read(path: string, method: string, item: Json): Operation {
        const of = item[method]
        const body = of.requestBody && this.resolve(of.requestBody).content['application/json']
        return {
            name: of.operationId,
            method: method.toUpperCase(),
            path: (item.servers ?? this.whole.servers)[0].url + path,
            right: of['x-right'],
            parameters: [...(item.parameters ?? []), ...(of.parameters ?? [])].map((parameter) => this.resolve(parameter)),
            ...(body ? { body } : {}),
            responses: this.resolve(of.responses),
        }
    }

    // Without any $ref: none of our schemas is in itself.
    private resolve(part: Json): Json {
        if (Array.isArray(part)) return part.map((item) => this.resolve(item))
        if (!part || typeof part !== 'object') return part
        if (part.$ref) {
            const found = part.$ref
                .slice(2)
                .split('/')
                .reduce((at: Json, key: string) => at[key], this.whole)
            return this.resolve(found)
        }
        return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, this.resolve(value)]))
    }
}

// Objects have no members that are not described. What stands in allOf is one object with what stands beside it.
function close(schema: Json, inside = false): Json {
    if (Array.isArray(schema)) return schema.map((item) => close(item))
    if (!schema || typeof schema !== 'object') return schema
    const closed: Json = {}
    for (const [key, value] of Object.entries<Json>(schema)) {
        if (key === 'allOf') closed.allOf = value.map((part: Json) => close(part, true))
        else if (key === 'properties') closed.properties = Object.fromEntries(Object.entries(value).map(([name, of]) => [name, close(of)]))
        else if (['items', 'oneOf', 'anyOf', 'prefixItems', 'additionalProperties'].includes(key)) closed[key] = close(value)
        else closed[key] = value
    }
    const isOpen = !closed.properties || 'additionalProperties' in closed
    if (closed.allOf && !inside) closed.unevaluatedProperties = false
    else if (!isOpen && !inside) closed.additionalProperties = false
    return closed
}
