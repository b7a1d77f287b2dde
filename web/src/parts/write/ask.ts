/* What a person may ask for, and the words of a command. */
import type { LiveValue } from '../../api/live'
import type { Command, Point } from '../../api/shapes'

export type Duration = { key: string; seconds: number | null }

/* null: it holds until somebody lets go of it. */
export const durations: readonly Duration[] = [
    { key: '30min', seconds: 1800 },
    { key: '1h', seconds: 3600 },
    { key: '2h', seconds: 7200 },
    { key: '4h', seconds: 14_400 },
    { key: '8h', seconds: 28_800 },
    { key: '1d', seconds: 86_400 },
    { key: '7d', seconds: 604_800 },
    { key: 'open', seconds: null },
]

export const defaultDuration = '2h'

/* An operator's value ends by itself, and within a day where the site's setting says no other (then the gate's sentence has the last word). */
export function durationsFor(mayFreely: boolean): Duration[] {
    return durations.filter(({ seconds }) => mayFreely || (seconds !== null && seconds <= 86_400))
}

type Shown = LiveValue | Point['value']

/* A value as it was read, or as a command has just read it back: whichever is newer. */
export function newest(read: Shown, command: Pick<Command, 'completed_at' | 'shown_value' | 'shown_state'> | undefined): Shown {
    if (!command?.completed_at || typeof command.shown_value !== 'number') return read
    const readAt = read.at === null ? 0 : new Date(read.at).getTime()
    if (readAt >= Date.parse(command.completed_at)) return read
    return { value: command.shown_value, text: command.shown_state ?? null, quality: 'good', reason: null, at: command.completed_at }
}

/* Highest slots that a person may write at: 1 and 2 are for life safety, 6 is the device's own (minimum on and off times). */
export function prioritiesFor(mayFreely: boolean): number[] {
    const from = mayFreely ? 3 : 8
    return Array.from({ length: 17 - from }, (_, i) => from + i).filter((priority) => priority !== 6)
}

/* The value behind a state's name: binary points begin with 0, multi-state ones with 1. */
export function stateValue(point: Pick<Point, 'type' | 'states'>, index: number): number {
    return point.type.startsWith('binary') ? index : index + 1
}

/* The narrower of what the device and people allow; undefined: nobody says. */
export function limitsOf(point: Pick<Point, 'write_min' | 'write_max' | 'device_min' | 'device_max'>): { min: number | undefined; max: number | undefined } {
    const least = [point.write_min, point.device_min].filter((limit): limit is number => typeof limit === 'number')
    const most = [point.write_max, point.device_max].filter((limit): limit is number => typeof limit === 'number')
    return { min: least.length > 0 ? Math.max(...least) : undefined, max: most.length > 0 ? Math.min(...most) : undefined }
}

export type Step = 'asked' | 'handed' | 'taken' | 'written' | 'verified'
export type StepState = 'done' | 'now' | 'waiting' | 'failed'

export function hasEnded(command: Pick<Command, 'status'>): boolean {
    return command.status !== 'pending' && command.status !== 'executing'
}

/* How far a command is, step by step. Of one that failed the step says where. */
export function stepsOf(command: Pick<Command, 'status' | 'verdict' | 'executed_at' | 'step' | 'handed_over_at'>): { step: Step; state: StepState }[] {
    // One that goes from a central to a site has a step more, and waits there.
    const isFar = typeof command.step === 'string'
    const order: Step[] = isFar ? ['asked', 'handed', 'taken', 'written', 'verified'] : ['asked', 'taken', 'written', 'verified']
    const near = (() => {
        switch (command.status) {
            case 'pending':
                return { done: 1, failed: false }
            case 'executing':
                return { done: 2, failed: false }
            case 'completed':
                return { done: 4, failed: false }
            case 'failed':
                if (command.verdict === 'refused' || command.verdict === 'not-sent') return { done: 2, failed: true }
                return { done: command.executed_at ? 3 : 2, failed: true }
            default:
                return { done: 1, failed: true } // refused, expired, cancelled: it was never taken up
        }
    })()
    const at = !isFar ? near : near.done > 1 ? { ...near, done: near.done + 1 } : { ...near, done: command.handed_over_at ? 2 : 1 }
    return order.map((step, i) => ({
        step,
        state: i < at.done ? 'done' : i === at.done ? (at.failed ? 'failed' : 'now') : 'waiting',
    }))
}
