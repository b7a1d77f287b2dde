import { choiceIn, textIn } from '../../app/search'

/* Words to find, only what differs from its default, and the setting that is open. */
export type Search = { search?: string | undefined; only?: 'changed' | undefined; name?: string | undefined }

export function searchOf(raw: Record<string, unknown>): Search {
    return { search: textIn(raw, 'search'), only: choiceIn(raw, 'only', ['changed']), name: textIn(raw, 'name') }
}
