/* A point's path where there is little room: of the device's name the end goes first, since what follows it tells rows apart. */
import classes from './Path.module.css'

export function Path({ path }: { path: string }) {
    const cut = path.indexOf('/')
    return (
        <span className={classes.path} title={path}>
            {cut > 0 && <span className={classes.device}>{path.slice(0, cut)}</span>}
            <span className={classes.name}>{cut > 0 ? path.slice(cut) : path}</span>
        </span>
    )
}
