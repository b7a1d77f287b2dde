/* Reads licences.txt, which script/ui writes: "== NAME VERSION (LICENCE)", then the text. */
export type Licence = { name: string; version: string; licence: string; text: string }

export function licencesIn(text: string): Licence[] {
    return text
        .split(/^== /m)
        .slice(1)
        .map((part) => {
            const [head = '', ...lines] = part.split('\n')
            const [, name = head, version = '', licence = ''] = /^(\S+) (\S+) \((.*)\)$/.exec(head) ?? []
            return { name, version, licence, text: lines.join('\n').trim() }
        })
}
