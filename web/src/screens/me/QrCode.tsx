/* Black on white in light and dark alike: cameras read nothing else well. */
import { useMemo } from 'react'
import { encode } from 'uqr'

export default function QrCode({ text, label }: { text: string; label: string }) {
    const { size, path } = useMemo(() => {
        const code = encode(text, { ecc: 'M', border: 3 })
        let drawn = ''
        code.data.forEach((row, y) => {
            row.forEach((isDark, x) => {
                if (isDark) drawn += `M${x} ${y}h1v1h-1z`
            })
        })
        return { size: code.size, path: drawn }
    }, [text])
    return (
        <svg viewBox={`0 0 ${size} ${size}`} width={200} height={200} role="img" aria-label={label} shapeRendering="crispEdges" style={{ borderRadius: 8 }}>
            <rect width={size} height={size} fill="#fff" />
            <path d={path} fill="#000" />
        </svg>
    )
}
