import { expect, test } from 'vitest'
import { decimalOf, isTwofold, numberText, readNumber } from './number'

test('a comma or a point, in every language', () => {
    for (const decimal of ['.', ',', undefined] as const)
        expect(
            ['17.5', '17,5', '-0,5', ' 3 ', '+4', '.5', ',5', '17.', '17,', '−2', '1e3', '1e-7', '0,125', '1000'].map((text) => readNumber(text, decimal)),
        ).toEqual([17.5, 17.5, -0.5, 3, 4, 0.5, 0.5, 17, 17, -2, 1000, 1e-7, 0.125, 1000])
})

test('nothing is nothing, and what is not wholly a number is none', () => {
    expect(readNumber('')).toBeNull()
    expect(readNumber('  ')).toBeNull()
    for (const text of [
        '17,5,5',
        '1.2.3',
        '1,234.5',
        '1.234,5',
        '1 000',
        "1'000",
        '1\u00a0000',
        '1e400',
        '-1e400',
        'x',
        '5 °C',
        '-',
        '.',
        '--1',
        '1-',
        '0x10',
        'NaN',
        'Infinity',
        '1e',
        '5%',
    ])
        expect(readNumber(text), text).toBeUndefined()
})

test('what may be a thousand or one is not guessed', () => {
    expect(readNumber('1,000', '.')).toBeUndefined()
    expect(readNumber('17,500', '.')).toBeUndefined()
    expect(readNumber('-1.000', ',')).toBeUndefined()
    expect(readNumber('1.000', '.')).toBe(1)
    expect(readNumber('1,000', ',')).toBe(1)
    expect(isTwofold('1,000', '.')).toBe(true)
    expect(isTwofold('1,00', '.')).toBe(false)
    expect(isTwofold('0,125', '.')).toBe(false)
})

test('the sign of each language, and numbers as they are typed again', () => {
    expect([decimalOf('en-GB'), decimalOf('zh-Hant-HK'), decimalOf('pt-PT')]).toEqual(['.', '.', ','])
    expect([numberText(17.5), numberText(17.5, ','), numberText(null), numberText(1234.5)]).toEqual(['17.5', '17,5', '', '1234.5'])
    for (const value of [0, -0.5, 1e-7, 1e21, 1234567.125]) expect(readNumber(numberText(value))).toBe(value)
})
