/* What people may do: a role, from the least to the most, and rights that begin with one (rights.def). */
#ifndef MODEL_RIGHT_H
#define MODEL_RIGHT_H

#include "base/str.h"

typedef enum Role { ROLE_NONE, ROLE_VIEWER, ROLE_OPERATOR, ROLE_ENGINEER, ROLE_ADMIN, ROLE_COUNT } Role;

typedef enum Right {
#define RIGHT(name, identifier, role, meaning) RIGHT_##name,
#include "model/rights.def"
#undef RIGHT
    RIGHT_COUNT
} Right;

typedef struct RightRow {
    const char *name;
    Role role; /* the least that may */
    const char *meaning;
} RightRow;
extern const RightRow right_rows[RIGHT_COUNT];

const char *role_name(Role role);           /* "operator"; "none" */
bool role_read(BpStr name, Role *ret_role); /* false: there is none of that name */

#endif
