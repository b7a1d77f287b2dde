/* A role for each site, and one for all of them. */
import { Select, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { Grant, Role } from '../../api/shapes'
import { sitesQuery } from '../../app/session'
import { useStrings } from '../../strings'
import { roles, useRoleWords } from './roles'
import { strings } from './strings'

type Props = { grants: readonly Grant[]; onChange: (site: string | null, role: Role | null) => void; disabled?: boolean }

export function GrantFields({ grants, onChange, disabled }: Props) {
    const t = useStrings(strings)
    const words = useRoleWords()
    const { data: sites } = useQuery(sitesQuery)
    const lines = [{ id: null as string | null, name: t.everySite }, ...(sites ?? []).map((site) => ({ id: site.id as string | null, name: site.name }))]
    return (
        <Stack gap="sm">
            {lines.map((line) => (
                <Select
                    key={line.id ?? 'every site'}
                    label={line.name}
                    disabled={disabled ?? false}
                    value={grants.find((grant) => grant.site === line.id)?.role ?? 'none'}
                    onChange={(value) => onChange(line.id, value === 'none' ? null : (value as Role))}
                    data={[{ value: 'none', label: t.noRole }, ...roles.map((role) => ({ value: role as string, label: words[role] }))]}
                />
            ))}
        </Stack>
    )
}
