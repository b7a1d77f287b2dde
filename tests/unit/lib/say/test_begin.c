#include "say/begin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sysexits.h>

#include <cmocka.h>

static const CfgCommand command = {.name = "bacpipes write",
                                   .positionals = "DEVICE",
                                   .positionals_min = 1,
                                   .positionals_max = 1,
                                   .summary = "Writes.",
                                   .offers_json = true};

static BpArena arena;
static CfgArguments arguments;

static int forget(void **state)
{
    (void)state;
    bp_arena_done(&arena);
    return 0;
}

static void a_main_that_begins_wrong_ends_with_the_exit_code_that_says_why(void **state)
{
    (void)state;
    Cfg cfg;
    char *unknown[] = {(char[]){"write"}, (char[]){"--unknown"}, NULL};
    assert_int_equal(say_begin(&command, 2, unknown, &arena, &arguments, &cfg), EX_USAGE);
    char *missing[] = {(char[]){"write"}, (char[]){"1"}, (char[]){"--config"}, (char[]){"/nowhere"}, NULL};
    assert_int_equal(say_begin(&command, 4, missing, &arena, &arguments, &cfg), EX_CONFIG);
    unsetenv("BACPIPES_CONFIG");
    unsetenv("BACPIPES_DATA");
    char *fine[] = {(char[]){"write"}, (char[]){"1"}, (char[]){"--config"}, (char[]){"/dev/null"}, NULL};
    assert_int_equal(say_begin(&command, 4, fine, &arena, &arguments, &cfg), SAY_GO_ON);
    assert_string_equal(cfg.site, "site");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_main_that_begins_wrong_ends_with_the_exit_code_that_says_why, forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
