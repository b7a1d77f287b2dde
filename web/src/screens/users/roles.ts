/* Roles, from the least to the most, and what they are called. What each may is told by GET /rights. */
import type { Role } from '../../api/shapes'
import { catalog, useStrings } from '../../strings'

export const roles: readonly Role[] = ['viewer', 'operator', 'engineer', 'admin']

const strings = catalog({
    en: { viewer: 'Viewer', operator: 'Operator', engineer: 'Engineer', admin: 'Administrator' },
    zhHant: { viewer: '檢視者', operator: '操作員', engineer: '工程師', admin: '管理員' },
    pt: { viewer: 'Observador', operator: 'Operador', engineer: 'Engenheiro', admin: 'Administrador' },
})

export function useRoleWords(): Record<Role, string> {
    return useStrings(strings)
}
