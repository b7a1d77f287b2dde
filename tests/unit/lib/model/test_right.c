#include "model/right.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void rights_begin_with_a_role_and_have_a_meaning(void **state)
{
    (void)state;
    for (size_t i = 0; i < RIGHT_COUNT; i++) {
        assert_true(right_rows[i].role > ROLE_NONE && right_rows[i].role < ROLE_COUNT);
        assert_true(strlen(right_rows[i].meaning) > 10);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(right_rows[i].name, right_rows[j].name);
    }
}

static void roles_are_read_by_the_name_that_they_have(void **state)
{
    (void)state;
    Role role = ROLE_NONE;
    for (Role given = ROLE_VIEWER; given < ROLE_COUNT; given++) {
        assert_true(role_read(bp_str(role_name(given)), &role));
        assert_int_equal(role, given);
    }
    assert_false(role_read(bp_str("none"), &role));
    assert_false(role_read(bp_str("Admin"), &role));
    assert_false(role_read(bp_str(""), &role));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rights_begin_with_a_role_and_have_a_meaning),
                                       cmocka_unit_test(roles_are_read_by_the_name_that_they_have)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
