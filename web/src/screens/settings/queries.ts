import { queryOptions } from '@tanstack/react-query'
import { api } from '../../api/client'

export const settingsQuery = (site: string) =>
    queryOptions({ queryKey: ['settings', site], queryFn: async ({ signal }) => (await api.get('/sites/{site}/settings', { path: { site }, signal })).items })
