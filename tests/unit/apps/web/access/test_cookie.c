#include "apps/web/access/cookie.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DRAWN "0123456789abcdefghijklmnopqrstuvwxyzABCD_-E"

static void assert_found(const char *header, const char *name, const char *expected)
{
    const BpStr found = cookie_find(bp_str(header), name);
    if (!expected) {
        assert_null(found.data);
        return;
    }
    assert_non_null(found.data);
    assert_true(bp_str_equal(found, bp_str(expected)));
}

static void a_cookie_is_found_among_others(void **state)
{
    (void)state;
    assert_found("bacpipes=abc", "bacpipes", "abc");
    assert_found("a=1; bacpipes=abc; b=2", "bacpipes", "abc");
    assert_found("a=1;bacpipes=abc;b=2", "bacpipes", "abc");
    assert_found("bacpipes=a=b", "bacpipes", "a=b");
    assert_found("bacpipes=", "bacpipes", "");
}

static void what_is_not_its_name_is_not_it(void **state)
{
    (void)state;
    const char *const headers[] = {"",
                                   ";",
                                   "=",
                                   "bacpipes",
                                   "xbacpipes=abc",
                                   "bacpipesx=abc",
                                   "Bacpipes=abc",
                                   "__Host-bacpipes=abc",
                                   "a=bacpipes=abc",
                                   "bacpipes-browser=abc"};
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        assert_found(headers[i], "bacpipes", NULL);
}

static void of_two_that_differ_none_is_believed(void **state)
{
    (void)state;
    assert_found("bacpipes=abc; bacpipes=abd", "bacpipes", NULL);
    assert_found("bacpipes=abc; bacpipes=abc", "bacpipes", "abc");
    assert_found("bacpipes=; bacpipes=abc", "bacpipes", NULL);
}

static void assert_bearer(const char *header, const char *expected)
{
    const BpStr found = cookie_bearer(bp_str(header));
    if (!expected) {
        assert_null(found.data);
        return;
    }
    assert_non_null(found.data);
    assert_true(bp_str_equal(found, bp_str(expected)));
}

static void a_token_is_one_of_ours_or_none(void **state)
{
    (void)state;
    assert_int_equal(strlen(DRAWN), 43);
    assert_bearer("Bearer bp_" DRAWN, "bp_" DRAWN);
    assert_bearer("bearer  bp_" DRAWN " ", "bp_" DRAWN);
    assert_bearer("Bearer bp_" DRAWN "x", NULL);
    assert_bearer("Bearer " DRAWN, NULL);
    assert_bearer("Bearer bp_", NULL);
    assert_bearer("Bearer", NULL);
    assert_bearer("Basic bp_" DRAWN, NULL);
    assert_bearer("bp_" DRAWN, NULL);
    assert_bearer("", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cookie_is_found_among_others),
        cmocka_unit_test(what_is_not_its_name_is_not_it),
        cmocka_unit_test(of_two_that_differ_none_is_believed),
        cmocka_unit_test(a_token_is_one_of_ours_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
