/* What a point is. */
import { Badge, Group } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { Point } from '../../api/shapes'
import { useSite } from '../../app/site'
import { useFormat, useStrings } from '../../strings'
import { common } from '../../strings/common'
import { Fact } from './Edit'
import classes from './point.module.css'
import { strings } from './strings'

export function About({ point }: { point: Point }) {
    const t = useStrings(strings)
    const c = useStrings(common)
    const format = useFormat()
    const site = useSite().id
    const low = point.write_min ?? point.device_min
    const high = point.write_max ?? point.device_max
    const unit = point.unit_symbol ? ` ${point.unit_symbol}` : ''
    return (
        <dl className={classes.facts}>
            <Fact name={t.device}>
                <Link to="/sites/$site/points" params={{ site }} search={{ device: point.device }} className={classes.link}>
                    {point.device_name}
                </Link>
            </Fact>
            <Fact name={t.object}>{point.object}</Fact>
            {point.units ? <Fact name={t.units}>{point.unit_symbol || point.units}</Fact> : null}
            {point.states.length > 0 ? <Fact name={t.states}>{point.states.join(', ')}</Fact> : null}
            <Fact name={t.polled}>
                {point.enabled ? (point.poll_interval_s === null ? `${c.yes}, ${t.asDevice}` : format.span(point.poll_interval_s)) : c.no}
            </Fact>
            <Fact name={t.writable}>{point.writable ? c.yes : c.no}</Fact>
            {point.writable && (low !== null || high !== null) ? (
                <Fact name={t.limits}>
                    {low === null ? '…' : format.number(low)} – {high === null ? '…' : format.number(high)}
                    {unit}
                </Fact>
            ) : null}
            {Object.keys(point.tags).length > 0 ? (
                <Fact name={t.tags}>
                    <Group gap={4}>
                        {Object.keys(point.tags).map((tag) => (
                            <Badge key={tag} variant="default" radius="sm" tt="none" fw={500}>
                                {tag}
                            </Badge>
                        ))}
                    </Group>
                </Fact>
            ) : null}
        </dl>
    )
}
