/* Copies a text. Browsers give pages that came unencrypted no clipboard: there it is done as it was before there was one. */
import { Button } from '@mantine/core'
import { useState } from 'react'
import { useStrings } from '../strings'
import { common } from '../strings/common'
import { IconCheck, IconCopy } from './icons'

export async function copy(text: string): Promise<void> {
    if (navigator.clipboard) {
        await navigator.clipboard.writeText(text)
        return
    }
    const field = document.createElement('textarea')
    field.value = text
    field.style.position = 'fixed'
    field.style.opacity = '0'
    // Inside of a dialog, which takes the focus back from whatever is outside.
    const ground = document.activeElement?.closest('[role="dialog"]') ?? document.body
    ground.append(field)
    field.select()
    document.execCommand('copy')
    field.remove()
}

export function CopyText({ text, size = 'sm' }: { text: string; size?: string }) {
    const t = useStrings(common)
    const [copied, setCopied] = useState(false)
    return (
        <Button
            variant="default"
            size={size}
            leftSection={copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
            onClick={() => {
                void copy(text).then(() => setCopied(true))
                setTimeout(() => setCopied(false), 2000)
            }}
        >
            {copied ? t.copied : t.copy}
        </Button>
    )
}
