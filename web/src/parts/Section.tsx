/* A part of a screen with a title of its own; on wide screens what it is about stands beside it. */
import { Paper, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import classes from './Section.module.css'

export function Section({ title, about, children, id }: { title: string; about?: ReactNode; children: ReactNode; id?: string }) {
    return (
        <section className={classes.section} aria-label={title} id={id}>
            <div className={classes.head}>
                <Title order={2}>{title}</Title>
                {about && (
                    <Text c="dimmed" size="sm" component="div">
                        {about}
                    </Text>
                )}
            </div>
            <Paper p="lg" className={classes.body}>
                {children}
            </Paper>
        </section>
    )
}
