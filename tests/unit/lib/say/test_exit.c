#include "say/exit.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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

static void what_could_not_be_written_is_no_success(void **state)
{
    (void)state;
    fflush(stdout);
    const int before = dup(STDOUT_FILENO), full = open("/dev/full", O_WRONLY);
    assert_true(before >= 0 && full >= 0);
    printf("half a list\n");
    const int written = say_end("bacpipes test", EX_OK);
    assert_true(dup2(full, STDOUT_FILENO) >= 0);
    printf("the other half\n");
    const int lost = say_end("bacpipes test", EX_OK), failed = say_end("bacpipes test", EX_USAGE);
    assert_true(dup2(before, STDOUT_FILENO) >= 0);
    clearerr(stdout);
    close(before);
    close(full);
    assert_int_equal(written, EX_OK);
    assert_int_equal(lost, EX_IOERR);
    assert_int_equal(failed, EX_USAGE); /* worse is told already */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_way_to_fail_has_its_code),
                                       cmocka_unit_test(what_could_not_be_written_is_no_success)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
