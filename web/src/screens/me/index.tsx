/* One's own account: how it looks, how one logs in, where one is logged in, and what programs ask in one's name. */
import { Alert, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useSession } from '../../app/session'
import { strings as app } from '../../app/strings'
import { Loaded } from '../../parts/Loading'
import { PageHeader } from '../../parts/PageHeader'
import { useStrings } from '../../strings'
import { Look } from './Look'
import { Password } from './Password'
import { meQuery } from './queries'
import { Sessions } from './Sessions'
import { strings } from './strings'
import { Tokens } from './Tokens'
import { Totp } from './Totp'

export function Screen() {
    const t = useStrings(strings)
    const title = useStrings(app).me
    const { must, person } = useSession()
    const query = useQuery(meQuery)
    return (
        <>
            <PageHeader title={title} about={person.full_name ? `${person.full_name} (${person.name})` : person.name} />
            {must.length > 0 && (
                <Stack mb="lg" maw={992}>
                    {must.includes('password') && <Alert color="yellow">{t.mustPassword}</Alert>}
                    {must.includes('totp') && <Alert color="yellow">{t.mustTotp}</Alert>}
                </Stack>
            )}
            <Loaded query={query}>
                {(me) => (
                    <>
                        {must.length === 0 && <Look me={me} />}
                        <Password />
                        <Totp me={me} />
                        {must.length === 0 && (
                            <>
                                <Sessions />
                                <Tokens />
                            </>
                        )}
                    </>
                )}
            </Loaded>
        </>
    )
}
