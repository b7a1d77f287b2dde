/* The API, as openapi.yaml of the running server describes it. */
import { Anchor, TextInput, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { file } from '../../api/client'
import { EmptyState } from '../../parts/EmptyState'
import { IconDownload, IconSearch } from '../../parts/icons'
import { Loaded } from '../../parts/Loading'
import { PageHeader } from '../../parts/PageHeader'
import { Prose } from '../../parts/Prose'
import { useStrings } from '../../strings'
import classes from './docs.module.css'
import { Operation } from './Operation'
import { type Described, describe } from './openapi'
import { Shape } from './Shape'
import { strings } from './strings'

const source = '/api/v1/openapi.yaml'

export function Screen() {
    const t = useStrings(strings)
    const query = useQuery({ queryKey: ['openapi'], queryFn: async ({ signal }) => describe(await file(source, signal)), staleTime: Number.POSITIVE_INFINITY })
    return (
        <div className={classes.page}>
            <PageHeader title={t.title} about={t.about}>
                <Anchor href={source} download className={classes.download}>
                    <IconDownload size={16} aria-hidden /> {t.download}
                </Anchor>
            </PageHeader>
            <Loaded query={query} rows={12}>
                {(it) => <Body it={it} />}
            </Loaded>
        </div>
    )
}

function Body({ it }: { it: Described }) {
    const t = useStrings(strings)
    const [search, setSearch] = useState('')
    // An address like /api/docs#not-found, as problems name it, leads to its place.
    useEffect(() => {
        const to = () => document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView()
        to()
        window.addEventListener('hashchange', to)
        return () => window.removeEventListener('hashchange', to)
    }, [])
    const words = search.toLowerCase().split(/\s+/).filter(Boolean)
    const shown = it.operations.filter((one) => words.every((word) => `${one.method} ${one.path} ${one.summary} ${one.id}`.toLowerCase().includes(word)))
    return (
        <>
            <Prose text={it.description} />
            <TextInput
                aria-label={t.find}
                placeholder={t.find}
                leftSection={<IconSearch size={16} />}
                maw={320}
                my="lg"
                value={search}
                onChange={(event) => setSearch(event.currentTarget.value)}
            />
            {shown.length === 0 && <EmptyState title={t.none} />}
            {it.tags.map((tag) => {
                const operations = shown.filter((one) => one.tag === tag.name)
                if (operations.length === 0) return null
                return (
                    <section key={tag.name} className={classes.section} aria-label={tag.name}>
                        <Title order={2}>{tag.name}</Title>
                        <Prose text={tag.description ?? ''} dimmed />
                        <div className={classes.list}>
                            {operations.map((one) => (
                                <Operation key={one.id} it={one} />
                            ))}
                        </div>
                    </section>
                )
            })}
            <section className={classes.section} aria-label={t.problems}>
                <Title order={2}>{t.problems}</Title>
                <Prose text={t.problemsAbout} dimmed />
                <dl className={classes.problems}>
                    {it.problems.map((one) => (
                        <div key={one.name} id={one.name}>
                            <dt>
                                <span className={classes.status}>{one.status}</span> {one.name}
                            </dt>
                            <dd>
                                <strong>{one.title}.</strong> <Prose text={one.meaning} dimmed />
                            </dd>
                        </div>
                    ))}
                </dl>
            </section>
            <section className={classes.section} aria-label={t.shapes}>
                <Title order={2} mb="sm">
                    {t.shapes}
                </Title>
                {it.shapes
                    .filter(([, schema]) => schema.properties ?? schema.allOf)
                    .map(([name, schema]) => (
                        <div key={name} id={`shape-${name}`} className={classes.shape}>
                            <Title order={3}>{name}</Title>
                            <Shape schema={schema} />
                        </div>
                    ))}
            </section>
        </>
    )
}
