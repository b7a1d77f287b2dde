import { expect, test } from 'vitest'
import { browserOf } from './browser'

test('a browser is named so that its owner knows it again', () => {
    expect(browserOf('Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36')).toBe('Chrome 156, Linux')
    expect(browserOf('Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0')).toBe(
        'Edge 156, Windows',
    )
    expect(
        browserOf('Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1'),
    ).toBe('Safari 26, iPhone')
    expect(browserOf('Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0')).toBe('Firefox 150, Linux')
    expect(browserOf('curl/7.88.1')).toBe('curl/7.88.1')
    expect(browserOf('x'.repeat(200))).toHaveLength(40)
    expect(browserOf(undefined)).toBe('–')
})
