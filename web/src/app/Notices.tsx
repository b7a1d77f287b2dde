/* What parts/toast says. Who says something before this is here is heard when it is. */
import { Notifications } from '@mantine/notifications'

export default function Notices() {
    return <Notifications position="bottom-right" limit={4} />
}
