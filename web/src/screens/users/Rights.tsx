/* The one table of what each role may, as the server goes by it. */
import { Table, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { IconCheck } from '../../parts/icons'
import { Loaded } from '../../parts/Loading'
import { useStrings } from '../../strings'
import { useRightWords } from './meanings'
import { rightsQuery } from './queries'
import { roles, useRoleWords } from './roles'
import { strings } from './strings'

export function Rights() {
    const t = useStrings(strings)
    const words = useRoleWords()
    const meanings = useRightWords()
    const query = useQuery(rightsQuery)
    return (
        <section aria-label={t.rights}>
            <Title order={2}>{t.rights}</Title>
            <Text c="dimmed" mb="md">
                {t.rightsAbout}
            </Text>
            <Loaded query={query}>
                {({ rights }) => (
                    <Table.ScrollContainer minWidth={320} scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': t.rights, role: 'region' } }}>
                        <Table verticalSpacing="sm">
                            <Table.Thead>
                                <Table.Tr>
                                    <Table.Th>{t.deed}</Table.Th>
                                    {roles.map((role) => (
                                        <Table.Th key={role} ta="center" visibleFrom="xs">
                                            {words[role]}
                                        </Table.Th>
                                    ))}
                                </Table.Tr>
                            </Table.Thead>
                            <Table.Tbody>
                                {rights.map((right) => (
                                    <Table.Tr key={right.name}>
                                        <Table.Td>
                                            {meanings[right.name] ?? right.meaning}
                                            {/* A phone has no room for a column each. */}
                                            <Text size="sm" c="dimmed" hiddenFrom="xs">
                                                {roles
                                                    .slice(roles.indexOf(right.role))
                                                    .map((role) => words[role])
                                                    .join(' · ')}
                                            </Text>
                                        </Table.Td>
                                        {roles.map((role) => (
                                            <Table.Td key={role} ta="center" visibleFrom="xs">
                                                {roles.indexOf(role) >= roles.indexOf(right.role) ? (
                                                    <IconCheck size={18} role="img" aria-label={t.may} />
                                                ) : (
                                                    <span role="img" aria-label={t.mayNot}>
                                                        –
                                                    </span>
                                                )}
                                            </Table.Td>
                                        ))}
                                    </Table.Tr>
                                ))}
                            </Table.Tbody>
                        </Table>
                    </Table.ScrollContainer>
                )}
            </Loaded>
        </section>
    )
}
