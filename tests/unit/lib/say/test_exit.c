#include "say/exit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static int code_of(BpStatus status)
{
    BpError err = {0};
    (void)!bp_fail(&err, status, "a sentence");
    return say_fail("bacpipes test", &err);
}

static void each_way_to_fail_has_its_code(void **state)
{
    (void)state;
    assert_int_equal(code_of(BP_NOT_FOUND), 1);
    assert_int_equal(code_of(BP_REFUSED), 1);
    assert_int_equal(code_of(BP_INVALID), 64);
    assert_int_equal(code_of(BP_TIMEOUT), 69);
    assert_int_equal(code_of(BP_UNAVAILABLE), 69);
    assert_int_equal(code_of(BP_CONFLICT), 69);
    assert_int_equal(code_of(BP_MALFORMED), 70);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_way_to_fail_has_its_code)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
