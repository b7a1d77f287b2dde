#include "apps/web/call/person.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const PersonGrant grants[] = {{"north", ROLE_ENGINEER}, {"south", ROLE_VIEWER}};
static const Person person = {
    .name = "alice", .everywhere = ROLE_OPERATOR, .grants = grants, .grant_count = 2};

static void a_role_is_that_of_the_site(void **state)
{
    (void)state;
    assert_int_equal(person_role(&person, "north"), ROLE_ENGINEER);
    assert_int_equal(person_role(&person, "south"), ROLE_VIEWER);
    assert_int_equal(person_role(&person, "west"), ROLE_NONE); /* another organisation's, maybe */
    assert_int_equal(person_role(&person, NULL), ROLE_OPERATOR);
}

static void a_right_begins_with_its_role(void **state)
{
    (void)state;
    assert_true(person_may(&person, "north", RIGHT_EDIT_POINTS));
    assert_false(person_may(&person, "south", RIGHT_EDIT_POINTS));
    assert_false(person_may(&person, "south", RIGHT_COMMAND));
    assert_true(person_may_somewhere(&person, RIGHT_EDIT_POINTS));
    assert_false(person_may_somewhere(&person, RIGHT_MANAGE_USERS));
}

static void nobody_may_nothing(void **state)
{
    (void)state;
    const Person nobody = {.name = "bob"};
    for (Right right = 0; right < RIGHT_COUNT; right++) {
        assert_false(person_may(&nobody, "north", right));
        assert_false(person_may_somewhere(&nobody, right));
        assert_true(right_rows[right].role > ROLE_NONE);
    }
}

static void a_copy_stands_by_itself(void **state)
{
    (void)state;
    BpArena arena = {0};
    char name[] = "carol", site[] = "east";
    PersonGrant grant = {site, ROLE_ADMIN};
    const Person *copy = person_copy(&(Person){.name = name, .grants = &grant, .grant_count = 1}, &arena);
    name[0] = site[0] = 'x';
    grant.role = ROLE_NONE;
    assert_string_equal(copy->name, "carol");
    assert_null(copy->token);
    assert_int_equal(person_role(copy, "east"), ROLE_ADMIN);
    bp_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_role_is_that_of_the_site),
        cmocka_unit_test(a_right_begins_with_its_role),
        cmocka_unit_test(nobody_may_nothing),
        cmocka_unit_test(a_copy_stands_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
