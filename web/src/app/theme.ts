/* How BacPipes looks, all of it: sizes, colours, motion. docs/design.md says why.
 * What is normal has no colour; a colour says that something is not (bad, warning, held), or that it can be clicked (accent). */
import {
    type CSSVariablesResolver,
    createTheme,
    defaultVariantColorsResolver,
    type MantineColorsTuple,
    type MantineThemeOverride,
    mergeThemeOverrides,
} from '@mantine/core'

const rem = (px: number) => `${px / 16}rem`

/* Of the accent there is one: petrol, far from the red, amber and violet of what is wrong. */
const accent: MantineColorsTuple = ['#eef7f7', '#d9ecec', '#b0d8d8', '#83c3c4', '#5eb0b2', '#3f9da0', '#218487', '#0f6b6f', '#0b565a', '#073f42']
const gray: MantineColorsTuple = ['#f7f8f9', '#f0f2f4', '#e4e7eb', '#d5dae0', '#b9c0c9', '#8f99a5', '#646f7c', '#4a535e', '#2f363e', '#1a1f25']
/* Dark is drawn for itself: raised surfaces are lighter, lines faint, text not quite white. */
const dark: MantineColorsTuple = ['#e3e7eb', '#bac2cb', '#98a2ae', '#6c7783', '#39424c', '#2a3139', '#1b2026', '#12161a', '#0d1013', '#080a0c']

/* Series of a chart: told apart by eyes that see no red or no green (after Okabe and Ito), each at least 3:1 on its ground. */
export const series = {
    light: ['#0072b2', '#c44e00', '#00805e', '#b0508a', '#7a6a00', '#2b8fc9', '#6b4fa3', '#5c6670'],
    dark: ['#56b4e9', '#ff9442', '#33c79a', '#ec9fcb', '#e6d043', '#8fd0f5', '#b9a2f0', '#aab4bf'],
} as const

export const transitionMs = 120

/* Colours that mean something, as `var(--bp-...)`. Each has a shape and a word beside it wherever it is used. */
const meaning = {
    light: {
        '--bp-bad': '#b3261e',
        '--bp-bad-ground': '#fdeceb',
        '--bp-warn': '#8a5300',
        '--bp-warn-ground': '#fdf3e0',
        '--bp-held': '#6b3fa0',
        '--bp-held-ground': '#f3edfb',
        '--bp-line': gray[2],
        '--bp-surface': '#ffffff',
        '--bp-raised': '#ffffff',
        '--bp-ground': gray[0],
        '--bp-hover': gray[1],
        '--bp-selected': accent[0],
        '--bp-accent-text': accent[7],
        '--bp-on-accent': '#ffffff',
        '--bp-on-danger': '#ffffff',
        '--bp-skeleton': gray[2],
    },
    dark: {
        '--bp-bad': '#ff8f86',
        '--bp-bad-ground': '#3a1a1a',
        '--bp-warn': '#f0b454',
        '--bp-warn-ground': '#33260f',
        '--bp-held': '#c5a3f5',
        '--bp-held-ground': '#2a1f3a',
        '--bp-line': dark[5],
        '--bp-surface': dark[6],
        '--bp-raised': '#20262d',
        '--bp-ground': dark[7],
        '--bp-hover': '#232a31',
        '--bp-selected': '#14302f',
        '--bp-accent-text': accent[3],
        '--bp-on-accent': '#06201f',
        '--bp-on-danger': '#2a0908',
        '--bp-skeleton': dark[5],
    },
} as const

export const variables: CSSVariablesResolver = () => ({
    variables: {},
    light: {
        ...meaning.light,
        '--mantine-color-body': meaning.light['--bp-ground'],
        '--mantine-color-text': gray[9],
        '--mantine-color-dimmed': '#56616d', // Mantine's own is too faint to read (4.5:1 is asked for)
        '--mantine-color-placeholder': '#66717d',
        '--mantine-color-error': meaning.light['--bp-bad'],
        '--mantine-color-default-border': gray[3],
        '--mantine-color-anchor': accent[7],
    },
    dark: {
        ...meaning.dark,
        '--mantine-color-body': meaning.dark['--bp-ground'],
        '--mantine-color-text': dark[0],
        '--mantine-color-dimmed': dark[2],
        '--mantine-color-placeholder': '#88929d',
        '--mantine-color-error': meaning.dark['--bp-bad'],
        '--mantine-color-default': dark[6],
        '--mantine-color-default-border': dark[4],
        '--mantine-color-anchor': accent[3],
    },
})

/* Fields of 36 px, which a finger hits where there is nothing beside them; text fields of 16 px on phones (global.css), or iOS zooms in. */
const quick = { transitionProps: { duration: transitionMs } }

const theme = createTheme({
    fontFamily: "'Inter Variable', 'Inter', system-ui, 'Noto Sans TC', 'Noto Sans CJK TC', 'PingFang TC', 'Microsoft JhengHei', sans-serif",
    fontFamilyMonospace: "ui-monospace, 'Cascadia Mono', 'SF Mono', 'DejaVu Sans Mono', monospace",
    primaryColor: 'accent',
    primaryShade: { light: 7, dark: 4 },
    variantColorResolver: (asked) => {
        const colors = defaultVariantColorsResolver(asked)
        // Mantine writes white on the accent and on red in the dark, too, where they are too light for that.
        if (asked.variant !== 'filled') return colors
        if (asked.color === 'red') return { ...colors, color: 'var(--bp-on-danger)' }
        return !asked.color || asked.color === 'accent' ? { ...colors, color: 'var(--bp-on-accent)' } : colors
    },
    colors: { accent, gray, dark },
    white: '#ffffff',
    black: gray[9],
    /* One scale. 13 is for tables and lists, 14 for text, 28 for the figure that a screen is about. */
    fontSizes: { xs: rem(12), sm: rem(13), md: rem(14), lg: rem(16), xl: rem(20) },
    lineHeights: { xs: '1.333', sm: '1.54', md: '1.43', lg: '1.5', xl: '1.4' },
    headings: {
        fontWeight: '600',
        sizes: {
            h1: { fontSize: rem(20), lineHeight: '1.4' },
            h2: { fontSize: rem(16), lineHeight: '1.5' },
            h3: { fontSize: rem(14), lineHeight: '1.43' },
            h4: { fontSize: rem(13), lineHeight: '1.54' },
            h5: { fontSize: rem(12), lineHeight: '1.333' },
            h6: { fontSize: rem(12), lineHeight: '1.333' },
        },
    },
    /* All gaps are of 4 px. */
    spacing: { xs: rem(4), sm: rem(8), md: rem(12), lg: rem(16), xl: rem(24) },
    radius: { xs: rem(4), sm: rem(6), md: rem(8), lg: rem(12), xl: rem(16) },
    defaultRadius: 'sm',
    shadows: {
        xs: '0 1px 2px rgb(16 24 32 / 6%)',
        sm: '0 1px 3px rgb(16 24 32 / 10%)',
        md: '0 4px 16px rgb(16 24 32 / 12%)',
        lg: '0 12px 40px rgb(16 24 32 / 18%)',
        xl: '0 24px 64px rgb(16 24 32 / 24%)',
    },
    respectReducedMotion: true,
    cursorType: 'pointer',
    components: {
        Button: { defaultProps: { size: 'sm' } },
        InputWrapper: { styles: { label: { marginBottom: rem(4) }, description: { fontSize: rem(12) } } },
        Modal: { defaultProps: { ...quick, centered: true, overlayProps: { backgroundOpacity: 0.4 } } },
        Drawer: { defaultProps: quick },
        Menu: { defaultProps: { ...quick, shadow: 'md', position: 'bottom-end', withInitialFocusPlaceholder: false } },
        Popover: { defaultProps: { ...quick, shadow: 'md' } },
        Tooltip: { defaultProps: { ...quick, openDelay: 300, withArrow: false } },
        Select: { defaultProps: { comboboxProps: quick, allowDeselect: false, checkIconPosition: 'right' } },
        Paper: { defaultProps: { withBorder: true, radius: 'md', bg: 'var(--bp-surface)' } },
        Switch: { defaultProps: { withThumbIndicator: false } },
    },
})

/* The theme in the person's words: what closes a dialog is a cross, which has a name for who does not see it. */
export function themeWith({ close }: { close: string }): MantineThemeOverride {
    const closeButtonProps = { 'aria-label': close }
    return mergeThemeOverrides(theme, { components: { Modal: { defaultProps: { closeButtonProps } }, Drawer: { defaultProps: { closeButtonProps } } } })
}
