/* The fields of an object, with what each is and means. */
import { Anchor, Code } from '@mantine/core'
import { Prose } from '../../parts/Prose'
import { useStrings } from '../../strings'
import classes from './docs.module.css'
import { type Schema, wordsOf } from './openapi'
import { strings } from './strings'

export function Type({ schema }: { schema: Schema | undefined }) {
    const { words, shape } = wordsOf(schema)
    if (!shape) return <span className={classes.type}>{words}</span>
    return (
        <Anchor href={`#shape-${shape}`} className={classes.type}>
            {words}
        </Anchor>
    )
}

export function Shape({ schema }: { schema: Schema }) {
    const t = useStrings(strings)
    const parts = schema.allOf ?? [schema]
    return (
        <dl className={classes.fields}>
            {parts.map((part) =>
                part.$ref ? (
                    <div key={part.$ref}>
                        <dt>
                            + <Type schema={part} />
                        </dt>
                        <dd />
                    </div>
                ) : (
                    Object.entries(part.properties ?? {}).map(([name, field]) => (
                        <div key={name}>
                            <dt>
                                <Code>{name}</Code> {part.required?.includes(name) && <span className={classes.required}>{t.required}</span>}
                            </dt>
                            <dd>
                                <Type schema={field} />
                                {field.description && <Prose text={field.description} dimmed />}
                            </dd>
                        </div>
                    ))
                ),
            )}
        </dl>
    )
}
