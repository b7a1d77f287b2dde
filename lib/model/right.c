#include "model/right.h"

#include <assert.h>

const RightRow right_rows[RIGHT_COUNT] = {
#define RIGHT(name, identifier, role, meaning) [RIGHT_##name] = {identifier, ROLE_##role, meaning},
#include "model/rights.def"
#undef RIGHT
};

static const char *const role_names[ROLE_COUNT] = {[ROLE_NONE] = "none",
                                                   [ROLE_VIEWER] = "viewer",
                                                   [ROLE_OPERATOR] = "operator",
                                                   [ROLE_ENGINEER] = "engineer",
                                                   [ROLE_ADMIN] = "admin"};

const char *role_name(Role role)
{
    assert(role < ROLE_COUNT);
    return role_names[role];
}

bool role_read(BpStr name, Role *ret_role)
{
    for (Role role = ROLE_VIEWER; role < ROLE_COUNT; role++)
        if (bp_str_equal(name, bp_str(role_names[role]))) {
            *ret_role = role;
            return true;
        }
    return false;
}
