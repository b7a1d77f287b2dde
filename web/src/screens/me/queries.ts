import { queryOptions } from '@tanstack/react-query'
import { api } from '../../api/client'

export const meQuery = queryOptions({ queryKey: ['me'], queryFn: ({ signal }) => api.get('/me', { signal }) })
export const mySessionsQuery = queryOptions({ queryKey: ['my sessions'], queryFn: async ({ signal }) => (await api.get('/me/sessions', { signal })).items })
export const tokensQuery = queryOptions({ queryKey: ['tokens'], queryFn: async ({ signal }) => (await api.get('/tokens', { signal })).items })
