/* The screens that people go to by themselves: of the side bar, the bottom bar and the palette. */
import type { Right } from '../api/shapes'
import {
    IconAbout,
    IconAudit,
    IconBuilding,
    IconCommands,
    IconDocs,
    IconOverrides,
    IconPerson,
    IconPoints,
    IconSettings,
    IconSites,
    IconTrends,
    IconUsers,
} from '../parts/icons'
import type { strings } from './strings'

export type ScreenLine = {
    name: keyof (typeof strings)['en'] & string
    to: string
    Icon: typeof IconBuilding
    /* Without it the screen is not offered. */
    right?: Right
}

/* Where there are several buildings. */
export const portfolioScreens = [{ name: 'sites', to: '/sites', Icon: IconSites }] as const satisfies readonly ScreenLine[]

/* Those that a central's own site has: the others are of buildings. */
export const centralScreens: readonly string[] = ['audit', 'settings']

export const siteScreens = [
    { name: 'building', to: '/sites/$site/building', Icon: IconBuilding },
    { name: 'points', to: '/sites/$site/points', Icon: IconPoints },
    { name: 'trends', to: '/sites/$site/trends', Icon: IconTrends },
    { name: 'overrides', to: '/sites/$site/overrides', Icon: IconOverrides },
    { name: 'commands', to: '/sites/$site/commands', Icon: IconCommands },
    { name: 'audit', to: '/sites/$site/audit', Icon: IconAudit, right: 'read_audit' },
    { name: 'settings', to: '/sites/$site/settings', Icon: IconSettings },
] as const satisfies readonly ScreenLine[]

export const commonScreens = [
    { name: 'users', to: '/users', Icon: IconUsers, right: 'manage_users' },
    { name: 'docs', to: '/api/docs', Icon: IconDocs },
    { name: 'about', to: '/about', Icon: IconAbout },
    { name: 'me', to: '/me', Icon: IconPerson },
] as const satisfies readonly ScreenLine[]

/* How many of siteScreens the bottom bar of a phone has room for; the others are behind "More". */
export const bottomScreens = 4
