import { expect, test } from 'vitest'
import type { Series } from '../../parts/chart'
import { csvField, csvOf, fileName } from './exports'

const series = (more: Partial<Series>): Series => ({
    key: '1',
    label: 'AHU-1/SAT',
    unit: '°C',
    shape: 'line',
    colour: 0,
    columns: { at: [], value: [], gaps: [], everyMs: 0 },
    ...more,
})

test('what a spreadsheet would take for a formula is text, and quotes are doubled', () => {
    expect(csvField('=1+1')).toBe("'=1+1")
    expect(csvField('@a,b')).toBe('"\'@a,b"')
    expect(csvField('a "b"')).toBe('"a ""b"""')
    expect(csvField('-5')).toBe("'-5")
})

test('a line each reading that is shown, with its quality', () => {
    const text = csvOf([series({ columns: { at: [0, 1000, 2000], value: [1, null, -3], quality: [0, 2, 1], gaps: [], everyMs: 0 } })], { from: 500, to: 2000 })
    expect(text).toBe(
        'time,point,value,min,max,units,quality\r\n1970-01-01T00:00:01.000Z,AHU-1/SAT,,,,°C,bad\r\n1970-01-01T00:00:02.000Z,AHU-1/SAT,-3,,,°C,uncertain\r\n',
    )
})

test('a week before has its own times', () => {
    const text = csvOf([series({ shiftMs: 1000, columns: { at: [5000], value: [1], gaps: [], everyMs: 0 } })], { from: 0, to: 9000 })
    expect(text).toContain('1970-01-01T00:00:04.000Z')
})

test('file names are harmless', () => {
    expect(fileName('../AHU 1/SAT=*', { from: 0, to: 0 }, 'csv')).toBe('_AHU_1_SAT__19700101-0000_19700101-0000.csv')
})
