/* The little of Markdown that descriptions use: paragraphs, **bold**, *slanted* and `code`. */
import { Code, Text } from '@mantine/core'
import type { ReactNode } from 'react'

/* Without paragraphs: for a line. */
export function Words({ text }: { text: string }) {
    return words(text)
}

function words(text: string): ReactNode[] {
    return text.split(/(`[^`]+`|\*\*[^*]+\*\*|\*[^*]+\*)/).map((part, i) => {
        const key = `${i} ${part}`
        if (part.startsWith('`')) return <Code key={key}>{part.slice(1, -1)}</Code>
        if (part.startsWith('**')) return <strong key={key}>{part.slice(2, -2)}</strong>
        if (part.startsWith('*') && part.length > 2) return <em key={key}>{part.slice(1, -1)}</em>
        return part
    })
}

export function Prose({ text, dimmed }: { text: string; dimmed?: boolean }) {
    return text.split(/\n\s*\n/).map((paragraph) => (
        <Text key={paragraph} mb="sm" maw={760} c={dimmed ? 'dimmed' : undefined}>
            {words(paragraph.replace(/\s+/g, ' '))}
        </Text>
    ))
}
