/* What the address says: of whom, of what, since when. */
import { choiceIn, numberIn, textIn } from '../../app/search'

export const kinds = ['command', 'point', 'device', 'setting', 'user', 'session', 'alarm'] as const
export const spans = { day: 86_400, week: 604_800, month: 2_592_000 } as const
export type Search = { person?: string; point?: number; kind?: (typeof kinds)[number]; span?: keyof typeof spans }

/* What the server calls them: a command's steps are kinds of their own. */
export function kindsOf(kind: Search['kind']): string | undefined {
    if (kind === 'command') return 'command,command_event'
    if (kind === 'user') return 'user,grant,token,link'
    return kind
}

export function searchOf(raw: Record<string, unknown>): Search {
    const person = textIn(raw, 'person')
    const point = numberIn(raw, 'point')
    const kind = choiceIn(raw, 'kind', kinds)
    const span = choiceIn(raw, 'span', ['day', 'week', 'month'] as const)
    return { ...(person ? { person } : {}), ...(point ? { point } : {}), ...(kind ? { kind } : {}), ...(span ? { span } : {}) }
}
