import { queryOptions } from '@tanstack/react-query'
import { api } from '../../api/client'

export const usersQuery = queryOptions({ queryKey: ['users'], queryFn: async ({ signal }) => (await api.get('/users', { signal })).items })
export const rightsQuery = queryOptions({ queryKey: ['rights'], queryFn: ({ signal }) => api.get('/rights', { signal }), staleTime: Number.POSITIVE_INFINITY })
