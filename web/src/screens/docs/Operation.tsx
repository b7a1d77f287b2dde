/* One operation: closed a line, opened all that one has to know to call it. */
import { Code, Text, Title, UnstyledButton } from '@mantine/core'
import { useEffect, useState } from 'react'
import { Prose } from '../../parts/Prose'
import { useStrings } from '../../strings'
import classes from './docs.module.css'
import type { Operation as Described } from './openapi'
import { Shape, Type } from './Shape'
import { strings } from './strings'

export function Operation({ it }: { it: Described }) {
    const t = useStrings(strings)
    const [isOpen, setOpen] = useState(false)
    useEffect(() => {
        if (location.hash === `#${it.id}`) setOpen(true)
    }, [it.id])
    const right = it.right === 'none' ? t.nothing : it.right === 'login' ? t.login : t.right(it.right)
    return (
        <div id={it.id} className={classes.operation}>
            <UnstyledButton className={classes.head} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
                <span className={classes.method}>{it.method}</span>
                <span className={classes.path}>{it.path}</span>
                <span className={classes.summary}>{it.summary}</span>
            </UnstyledButton>
            {isOpen && (
                <div className={classes.body}>
                    <Prose text={it.description} />
                    <Text size="sm" c="dimmed" mb="md">
                        {t.needs}: {right}
                    </Text>
                    {it.parameters.length > 0 && (
                        <>
                            <Title order={4}>{t.parameters}</Title>
                            <dl className={classes.fields}>
                                {it.parameters.map((one) => (
                                    <div key={`${one.in} ${one.name}`}>
                                        <dt>
                                            <Code>{one.name}</Code> <span className={classes.required}>{one.in}</span>
                                        </dt>
                                        <dd>
                                            <Type schema={one.schema} />
                                            {one.description && <Prose text={one.description} dimmed />}
                                        </dd>
                                    </div>
                                ))}
                            </dl>
                        </>
                    )}
                    {it.body && (
                        <>
                            <Title order={4}>
                                {t.body}: <Type schema={it.body} />
                            </Title>
                            {it.body.properties && <Shape schema={it.body} />}
                        </>
                    )}
                    {it.example !== undefined && (
                        <Code block my="sm">
                            {JSON.stringify(it.example, null, 2)}
                        </Code>
                    )}
                    <Title order={4}>{t.answers}</Title>
                    <dl className={classes.fields}>
                        {it.answers.map((one) => (
                            <div key={one.status}>
                                <dt>
                                    <span className={classes.status}>{one.status}</span> <Type schema={one.schema} />
                                </dt>
                                <dd>
                                    <Prose text={one.description} dimmed />
                                </dd>
                            </div>
                        ))}
                    </dl>
                </div>
            )}
        </div>
    )
}
