/* A role for all sites, for groups of them, and for each; where sites are many, for those that have one, and any that is chosen. */
import { Select, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Grant, Role } from '../../api/shapes'
import { sitesQuery } from '../../app/session'
import { useStrings } from '../../strings'
import { byName } from '../sites/judge'
import { roles, useRoleWords } from './roles'
import { strings } from './strings'

const FEW = 12

/* Where a role is given: at a site, at a group of them, or, with neither, at all. */
export type Place = { site: string | null; group?: string }

export const isAt = (grant: Grant, place: Place): boolean => grant.site === place.site && grant.group === place.group

type Props = { grants: readonly Grant[]; onChange: (place: Place, role: Role | null) => void; disabled?: boolean }

export function GrantFields({ grants, onChange, disabled }: Props) {
    const t = useStrings(strings)
    const words = useRoleWords()
    const { data: unordered = [] } = useQuery(sitesQuery)
    const sites = [...unordered].sort((one, other) => byName(one.name, other.name))
    const [added, setAdded] = useState<readonly string[]>([])
    const groups = new Set([...sites.flatMap((site) => site.link?.groups ?? []), ...grants.flatMap((grant) => grant.group ?? [])])
    const isShown = (id: string) => sites.length <= FEW || added.includes(id) || grants.some((grant) => grant.site === id)
    const lines: { place: Place; name: string }[] = [
        { place: { site: null }, name: t.everySite },
        ...[...groups].sort(byName).map((group) => ({ place: { site: null, group }, name: t.group(group) })),
        ...sites.filter((site) => isShown(site.id)).map((site) => ({ place: { site: site.id }, name: site.name })),
    ]
    const others = sites.filter((site) => !isShown(site.id))
    return (
        <Stack gap="sm">
            {lines.map(({ place, name }) => (
                <Select
                    key={`${place.group ?? ''} ${place.site ?? ''}`}
                    label={name}
                    disabled={disabled ?? false}
                    value={grants.find((grant) => isAt(grant, place))?.role ?? 'none'}
                    onChange={(value) => onChange(place, value === 'none' ? null : (value as Role))}
                    data={[{ value: 'none', label: t.noRole }, ...roles.map((role) => ({ value: role as string, label: words[role] }))]}
                />
            ))}
            {others.length > 0 && (
                <Select
                    label={t.anotherSite}
                    placeholder={t.anotherSiteAbout}
                    disabled={disabled ?? false}
                    searchable
                    limit={50}
                    value={null}
                    onChange={(value) => value && setAdded([...added, value])}
                    data={others.map((site) => ({ value: site.id, label: site.name }))}
                />
            )}
        </Stack>
    )
}
