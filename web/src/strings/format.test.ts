import { describe, expect, test } from 'vitest'
import { catalog, languageOf, lengthen, plural, wordsIn } from './catalog'
import { formatOf } from './format'

describe('numbers and times', () => {
    const en = formatOf('en', 'Asia/Macau')
    test('have as many digits as matter', () => {
        expect(['0', '0.5', '21.37', '213.4', '2,134', '-0.05'].every((text) => en.number(Number(text.replace(',', ''))) === text)).toBe(true)
        expect(en.number(21.3749)).toBe('21.37')
        expect(formatOf('pt', 'UTC').number(21.37)).toBe('21,37')
    })
    test('are in the zone of the site, whatever the browser thinks', () => {
        expect(en.dateTime('2026-11-27T16:30:05Z')).toContain('28/11/2026')
        expect(en.time('2026-11-27T16:30:05Z')).toBe('00:30')
        expect(formatOf('pt', 'Europe/Lisbon').time('2026-07-27T16:30:05Z')).toBe('17:30')
    })
    test('say spans by their two largest parts', () => {
        expect(en.span(0)).toBe('0 s')
        expect(en.span(59)).toBe('59 s')
        expect(en.span(180)).toBe('3 min')
        expect(en.span(7500)).toBe('2 h 5 min')
        expect(en.span(4 * 86400 + 3)).toBe('4 d')
        expect(formatOf('zh-Hant', 'UTC').span(180)).toMatch(/3\s*分鐘/)
    })
    test('say octets by the unit that fits', () => {
        expect(en.octets(0)).toBe('0 bytes')
        expect(en.octets(1)).toBe('1 byte')
        expect(formatOf('pt', 'UTC').octets(0)).toBe('0 bytes')
        expect(formatOf('zh-Hant', 'UTC').octets(0)).toMatch(/0\s*位元組/)
        expect(en.octets(1500)).toBe('1.5 kB')
    })
    test('say how long ago', () => {
        expect(en.ago(Date.now() - 180_000)).toMatch(/3 min/)
        expect(en.ago(Date.now() + 2 * 3600_000 + 5000)).toMatch(/in 2 h/)
    })
})

describe('catalogs', () => {
    const strings = catalog({
        en: { save: 'Save', rows: (count: number) => `${count} ${plural('en', count, 'row', 'rows')}` },
        zhHant: { save: '儲存', rows: (count) => `${count} 列` },
        pt: { save: 'Guardar', rows: (count) => `${count} ${plural('pt', count, 'linha', 'linhas')}` },
    })
    test('speak each language', () => {
        expect(wordsIn(strings, 'zh-Hant').save).toBe('儲存')
        expect(wordsIn(strings, 'pt').rows(1)).toBe('1 linha')
        expect(wordsIn(strings, 'en').rows(2)).toBe('2 rows')
    })
    test('have a language that is 40 % longer, of sentences with places, too', () => {
        expect(lengthen('Save').length).toBeGreaterThanOrEqual(Math.ceil(4 * 1.4))
        expect(wordsIn(strings, 'pseudo').rows(3)).toMatch(/^\[3 .*·+\]$/)
        expect(wordsIn(strings, 'pseudo')).toBe(wordsIn(strings, 'pseudo'))
    })
    test('are chosen as the browser asks', () => {
        expect(languageOf(['fr', 'pt-BR', 'en'])).toBe('pt')
        expect(languageOf(['zh-HK'])).toBe('zh-Hant')
        expect(languageOf([])).toBe('en')
    })
})
