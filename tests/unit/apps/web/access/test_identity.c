#include "apps/web/access/identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char session[] =
    "{\"kind\": \"session\", \"id\": 7, \"token\": null, \"user_id\": 3, \"name\": \"anna\", \"full_name\": "
    "\"Anna Lei\", "
    "\"organisation\": 1, \"language\": \"\", \"theme\": \"dark\", \"motion\": \"system\", \"has_totp\": "
    "false, "
    "\"expires_at\": \"2026-11-27T22:00:00Z\", \"expires_s\": 28800, \"everywhere\": \"operator\", "
    "\"sites\": "
    "[{\"site\": \"annex\", \"role\": \"operator\"}, {\"site\": \"demo\", \"role\": \"admin\"}]}";

static void a_person_has_the_role_of_each_site(void **state)
{
    (void)state;
    BpArena arena = {0};
    const Person *person = identity_read(bp_str(session), "digest", "csrf", "nobody", &arena);
    assert_non_null(person);
    assert_int_equal(person->user_id, 3);
    assert_string_equal(person->name, "anna");
    assert_string_equal(person->session, "7");
    assert_string_equal(person->credential, "digest");
    assert_null(person->token);
    assert_null(person->must);
    assert_true(person_may(person, "demo", RIGHT_EDIT_POINTS));
    assert_false(person_may(person, "annex", RIGHT_EDIT_POINTS));
    assert_false(person_may(person, "elsewhere", RIGHT_VIEW));
    assert_false(person_may(person, NULL, RIGHT_MANAGE_USERS));
    bp_arena_done(&arena);
}

static void a_second_factor_is_a_must_from_a_role_on(void **state)
{
    (void)state;
    json_t *identity = json_loads(session, 0, NULL);
    assert_null(identity_must(identity, "nobody"));
    assert_string_equal(identity_must(identity, "admin"), "totp"); /* at demo */
    assert_string_equal(identity_must(identity, "viewer"), "totp");
    json_object_set_new(identity, "has_totp", json_true());
    assert_null(identity_must(identity, "viewer"));
    json_object_set_new(identity, "has_totp", json_false());
    json_object_set_new(identity, "kind", json_string("token")); /* nobody is there to type it */
    assert_null(identity_must(identity, "viewer"));
    json_decref(identity);
}

static void who_administers_a_site_alone_manages_no_users(void **state)
{
    (void)state;
    json_t *told = identity_session_json(bp_str(session), "csrf", "nobody");
    const json_t *sites = json_object_get(told, "sites");
    size_t i;
    json_t *right;
    assert_int_equal(json_array_size(sites), 2);
    json_array_foreach (json_object_get(json_array_get(sites, 1), "rights"), i, right)
        assert_string_not_equal(json_string_value(right), "manage_users");
    assert_true(json_is_null(json_object_get(json_object_get(told, "person"), "language")));
    assert_string_equal(json_string_value(json_object_get(told, "csrf")), "csrf");
    json_decref(told);
}

static void what_is_none_of_ours_is_nobody(void **state)
{
    (void)state;
    BpArena arena = {0};
    const char *const texts[] = {"",
                                 "null",
                                 "[]",
                                 "{}",
                                 "{\"name\": \"anna\"}",
                                 "{\"kind\": \"session\"}",
                                 "{\"name\": 1, \"kind\": 2}"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_null(identity_read(bp_str(texts[i]), "digest", NULL, "nobody", &arena));
        assert_null(identity_session_json(bp_str(texts[i]), NULL, "nobody"));
    }
    bp_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_person_has_the_role_of_each_site),
        cmocka_unit_test(a_second_factor_is_a_must_from_a_role_on),
        cmocka_unit_test(who_administers_a_site_alone_manages_no_users),
        cmocka_unit_test(what_is_none_of_ours_is_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
