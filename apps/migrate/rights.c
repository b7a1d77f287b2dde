#include "apps/migrate/rights.h"

#include "model/right.h"

json_t *migrate_rights_json(void)
{
    json_t *rights = json_array();
    for (size_t i = 0; i < RIGHT_COUNT; i++)
        json_array_append_new(rights, json_pack("{s:s, s:I, s:s, s:s}", "name", right_rows[i].name, "place",
                                                (json_int_t)i + 1, "role", role_name(right_rows[i].role),
                                                "meaning", right_rows[i].meaning));
    return rights;
}
