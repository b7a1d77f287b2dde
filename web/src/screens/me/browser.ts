/* "Chromium 156, Linux" of what a browser says it is; others (curl, a program) as they say, short. */
const browsers: [RegExp, string][] = [
    [/Edg\/(\d+)/, 'Edge'],
    [/OPR\/(\d+)/, 'Opera'],
    [/(?:Firefox|FxiOS)\/(\d+)/, 'Firefox'],
    [/(?:HeadlessChrome|Chromium|Chrome|CriOS)\/(\d+)/, 'Chrome'],
    [/Version\/(\d+)[\d.]* (?:Mobile\/\w+ )?Safari/, 'Safari'],
]
const systems: [RegExp, string][] = [
    [/iPhone/, 'iPhone'],
    [/iPad/, 'iPad'],
    [/Android/, 'Android'],
    [/Windows/, 'Windows'],
    [/Mac OS X/, 'macOS'],
    [/CrOS/, 'ChromeOS'],
    [/Linux/, 'Linux'],
]

export function browserOf(agent: string | undefined): string {
    if (!agent) return '–'
    for (const [pattern, name] of browsers) {
        const version = pattern.exec(agent)?.[1]
        if (!version) continue
        const system = systems.find(([one]) => one.test(agent))?.[1]
        return `${name} ${version}${system ? `, ${system}` : ''}`
    }
    return agent.length > 40 ? `${agent.slice(0, 39)}…` : agent
}
