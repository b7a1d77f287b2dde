import { expect, test } from 'vitest'
import { licencesIn } from './licences'

test('each package has its name, version, licence and text', () => {
    expect(licencesIn('== react 19.3.1 (MIT)\nMIT License\n\nCopyright\n== @a/b 1.0.0 (OFL-1.1)\n')).toEqual([
        { name: 'react', version: '19.3.1', licence: 'MIT', text: 'MIT License\n\nCopyright' },
        { name: '@a/b', version: '1.0.0', licence: 'OFL-1.1', text: '' },
    ])
    expect(licencesIn('')).toEqual([])
})
