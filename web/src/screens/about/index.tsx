/* Which BacPipes this is, what its page is encrypted with, and whose work is in it. */
import { Anchor, Code, Stack, Text, UnstyledButton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { api, file } from '../../api/client'
import { strings as app } from '../../app/strings'
import { Loaded } from '../../parts/Loading'
import { PageHeader } from '../../parts/PageHeader'
import { Section } from '../../parts/Section'
import { Time } from '../../parts/Time'
import { useStrings } from '../../strings'
import classes from './about.module.css'
import { licencesIn } from './licences'
import { strings } from './strings'

export function Screen() {
    const t = useStrings(strings)
    const title = useStrings(app).about
    const about = useQuery({ queryKey: ['about'], queryFn: ({ signal }) => api.get('/about', { signal }) })
    const licences = useQuery({
        queryKey: ['licences'],
        queryFn: async ({ signal }) => licencesIn(await file('/licences.txt', signal)),
        staleTime: Number.POSITIVE_INFINITY,
    })
    return (
        <>
            <PageHeader title={title} />
            <Loaded query={about}>
                {(it) => (
                    <>
                        <Section title={t.program}>
                            <dl className={classes.facts}>
                                <Fact name={t.version}>BacPipes {it.version}</Fact>
                                {it.commit && (
                                    <Fact name={t.commit}>
                                        <Code>{it.commit}</Code>
                                    </Fact>
                                )}
                                <Fact name={t.started}>
                                    <Time at={it.started_at} form="whole" />
                                </Fact>
                                {it.database && <Fact name={t.database}>{it.database}</Fact>}
                                {it.engine && <Fact name={t.engine}>{it.engine === 'native' ? t.native : t.timescaledb}</Fact>}
                            </dl>
                        </Section>
                        <Section title={t.certificate} about={it.certificate ? t.certificateAbout : undefined}>
                            {it.certificate ? (
                                <Stack gap="md">
                                    <dl className={classes.facts}>
                                        <Fact name={t.fingerprint}>
                                            <Code className={classes.print}>{it.certificate.fingerprint.toUpperCase().replace(/(..)(?=.)/g, '$1:')}</Code>
                                        </Fact>
                                        <Fact name={t.until}>
                                            <Time at={it.certificate.until} form="date" />
                                        </Fact>
                                    </dl>
                                    {it.certificate.own_authority && <Text>{t.ownAuthority}</Text>}
                                    {it.certificate.download && <Anchor href={it.certificate.download}>{t.download}</Anchor>}
                                </Stack>
                            ) : (
                                <Text c="dimmed">{t.noTls}</Text>
                            )}
                        </Section>
                        <Section title={t.licences} about={t.licencesAbout}>
                            <Stack gap={0}>
                                {(it.parts ?? []).map((part) => (
                                    <Line key={part.name} name={part.name} version={part.version} licence={part.license ?? ''} />
                                ))}
                                <Loaded query={licences}>{(all) => all.map((one) => <Line key={one.name} {...one} />)}</Loaded>
                            </Stack>
                        </Section>
                    </>
                )}
            </Loaded>
        </>
    )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
    return (
        <>
            <dt>{name}</dt>
            <dd>{children}</dd>
        </>
    )
}

function Line({ name, version, licence, text }: { name: string; version: string; licence: string; text?: string }) {
    const [isOpen, setOpen] = useState(false)
    const line = (
        <>
            <span className={classes.name}>
                {name} <span className={classes.version}>{version}</span>
            </span>
            <span className={classes.version}>{licence}</span>
        </>
    )
    if (!text) return <div className={classes.line}>{line}</div>
    return (
        <>
            <UnstyledButton className={classes.line} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
                {line}
            </UnstyledButton>
            {isOpen && <pre className={classes.text}>{text}</pre>}
        </>
    )
}
