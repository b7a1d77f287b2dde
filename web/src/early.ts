/* Before the first paint: the colours that this person chose here the last time, so that a dark screen does not flash white. */
;(() => {
    const kept = localStorage.getItem('bacpipes.theme')
    const dark = kept === 'dark' || (kept !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
    document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light')
    if (localStorage.getItem('bacpipes.motion') === 'reduced') document.documentElement.setAttribute('data-motion', 'reduced')
})()
