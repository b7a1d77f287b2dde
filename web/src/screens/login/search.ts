import { textIn } from '../../app/search'

/* Where to go after the login: an address of ours. */
export type Search = { back?: string | undefined }

export function searchOf(raw: Record<string, unknown>): Search {
    const back = textIn(raw, 'back')
    // "//elsewhere.example" would lead away from here.
    return back && /^\/(?![/\\])/.test(back) ? { back } : {}
}
