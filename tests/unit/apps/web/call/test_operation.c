#include "apps/web/call/operation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const Operation operations[] = {
    {HTTPD_GET, "/api/v1/sites", "list_sites", RIGHT_VIEW, 0, NULL},
    {HTTPD_GET, "/api/v1/sites/{site}/points/{point}", "get_point", RIGHT_VIEW, 0, NULL},
    {HTTPD_PATCH, "/api/v1/sites/{site}/points/{point}", "change_point", RIGHT_EDIT_POINTS, 0, NULL},
    {HTTPD_POST, "/api/v1/sites/{site}/points/changes", "change_points", RIGHT_EDIT_POINTS, 0, NULL},
};

static OperationMatch match(HttpdMethod method, const char *path)
{
    return operation_match(operations, sizeof operations / sizeof operations[0], method, bp_str(path));
}

static void a_path_names_its_operation_and_values(void **state)
{
    (void)state;
    const OperationMatch found = match(HTTPD_PATCH, "/api/v1/sites/demo/points/17");
    assert_string_equal(found.operation->name, "change_point");
    assert_int_equal(operation_value(found.operation, "site"), 0);
    assert_int_equal(operation_value(found.operation, "point"), 1);
    assert_int_equal(operation_value(found.operation, "device"), -1);
    assert_true(bp_str_equal(found.values[0], bp_str("demo")));
    assert_true(bp_str_equal(found.values[1], bp_str("17")));
}

static void a_head_is_a_get(void **state)
{
    (void)state;
    assert_string_equal(match(HTTPD_HEAD, "/api/v1/sites").operation->name, "list_sites");
}

static void another_method_is_told_which_there_are(void **state)
{
    (void)state;
    const OperationMatch found = match(HTTPD_DELETE, "/api/v1/sites/demo/points/17");
    assert_null(found.operation);
    assert_int_equal(found.methods, 1U << HTTPD_GET | 1U << HTTPD_PATCH);
}

static void a_word_that_could_be_a_value_is_its_own_operation_too(void **state)
{
    (void)state;
    assert_string_equal(match(HTTPD_POST, "/api/v1/sites/demo/points/changes").operation->name,
                        "change_points");
}

static void what_is_longer_shorter_or_empty_is_nothing(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "",
        "/",
        "/api",
        "/api/v1/sites/",
        "/api/v1/sites//points/17",
        "/api/v1/sites/demo/points/17/",
        "/api/v1/sites/demo/points/",
        "/api/v1/sites/demo/points/17/more",
        "api/v1/sites",
        "/api/v1/sites/demo/point",
    };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        const OperationMatch found = match(HTTPD_GET, paths[i]);
        assert_null(found.operation);
        assert_int_equal(found.methods, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_names_its_operation_and_values),
        cmocka_unit_test(a_head_is_a_get),
        cmocka_unit_test(another_method_is_told_which_there_are),
        cmocka_unit_test(a_word_that_could_be_a_value_is_its_own_operation_too),
        cmocka_unit_test(what_is_longer_shorter_or_empty_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
