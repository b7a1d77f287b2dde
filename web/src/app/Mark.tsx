/* The program's mark, as in the browser's tab. */
export function Mark({ size = 24 }: { size?: number }) {
    return <img src="/icon.svg" width={size} height={size} alt="" style={{ flex: 'none', display: 'block' }} />
}
