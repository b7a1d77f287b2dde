#include "base/log.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *text;
static size_t size;
static FILE *real;

static void listen(void)
{
    real = stderr;
    stderr = open_memstream(&text, &size);
    assert_non_null(stderr);
}

static size_t lines(const char *with)
{
    size_t count = 0;
    fflush(stderr);
    for (const char *at = text; (at = strstr(at, with)); at++)
        count++;
    return count;
}

static void end(void)
{
    fclose(stderr);
    stderr = real;
    free(text);
}

static void of_many_lines_of_a_kind_some_are_written_and_the_others_counted(void **state)
{
    (void)state;
    static BpLogKind found, lost;
    bp_log_open("test", BP_LOG_INFO);
    listen();
    for (int i = 0; i < 100000; i++)
        bp_log_some(&found, 5 * BP_SECOND + i * BP_MS / 10, BP_LOG_INFO, "device %d found", i);
    bp_log_some(&lost, 5 * BP_SECOND, BP_LOG_WARNING, "device lost"); /* another kind has its own minute */
    assert_int_equal(lines("found"), BP_LOG_SOME_LINES);
    assert_int_equal(lines("lost"), 1);
    bp_log_left_out(64 * BP_SECOND);
    assert_int_equal(lines("more lines"), 0);
    bp_log_left_out(65 * BP_SECOND);
    bp_log_left_out(90 * BP_SECOND);
    assert_int_equal(lines("99970 more lines like this were left out: device 99999 found\n"), 1);
    assert_int_equal(lines("more lines"), 1);
    end();
}

static void the_next_minute_begins_with_what_was_left_out(void **state)
{
    (void)state;
    static BpLogKind kind;
    bp_log_open("test", BP_LOG_INFO);
    listen();
    for (int i = 0; i < BP_LOG_SOME_LINES + 3; i++)
        bp_log_some(&kind, BP_SECOND, BP_LOG_WARNING, "dropped %d", i);
    bp_log_some(&kind, 61 * BP_SECOND, BP_LOG_WARNING, "dropped again");
    assert_int_equal(lines("warning test: 3 more lines like this were left out: dropped 32\n"), 1);
    assert_int_equal(lines("warning test: dropped again\n"), 1);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_many_lines_of_a_kind_some_are_written_and_the_others_counted),
        cmocka_unit_test(the_next_minute_begins_with_what_was_left_out),
    };
    return cmocka_run_group_tests_name("base log", tests, NULL, NULL);
}
