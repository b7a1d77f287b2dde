/* What went wrong, as the server says it (RFC 9457), or why it could not be asked. `detail` is a sentence for people. */
export class Problem extends Error {
    /* "not-found", "refused", ...; "unreachable" where no server answered. docs: /api/docs */
    readonly kind: string
    readonly status: number
    readonly title: string
    readonly detail: string
    /* Seconds after which another try may be made; of 429 and 503. */
    readonly retryAfterS: number | undefined
    /* What else the server said: `rule`, `field`, `current`, ... */
    readonly fields: Record<string, unknown>

    constructor(kind: string, status: number, title: string, detail: string, retryAfterS?: number, fields: Record<string, unknown> = {}) {
        super(detail || title)
        this.name = 'Problem'
        this.kind = kind
        this.status = status
        this.title = title
        this.detail = detail
        this.retryAfterS = retryAfterS
        this.fields = fields
    }

    /* Nobody answered, or somebody in between did: another try may help. */
    get isPassing(): boolean {
        return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504 || this.status === 429
    }
}

export function isProblem(error: unknown, kind?: string): error is Problem {
    return error instanceof Problem && (kind === undefined || error.kind === kind)
}

export async function problemOf(response: Response): Promise<Problem> {
    let body: Record<string, unknown> = {}
    try {
        const read: unknown = await response.json()
        if (typeof read === 'object' && read !== null) body = read as Record<string, unknown>
    } catch {
        // not one of ours: a proxy's page
    }
    const { type, title, detail, status: _status, ...fields } = body
    const word = (value: unknown) => (typeof value === 'string' ? value : '')
    const after = Number(response.headers.get('retry-after'))
    return new Problem(
        word(type).replace(/^.*#/, '') || `status-${response.status}`,
        response.status,
        word(title) || response.statusText,
        word(detail),
        Number.isFinite(after) && after > 0 ? after : undefined,
        fields,
    )
}
