#include "say/parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <cmocka.h>

static int words; /* that the part was given */

static int bake(int argc, char **argv)
{
    words = argc;
    return strcmp(argv[0], "bake") == 0 ? 7 : 8;
}

static const SayPart parts[] = {{"bake", "makes bread", bake}};
static const SayParts tool = {.tool = "bacpipes oven", .parts = parts, .count = 1, .text = ""};

static void the_first_word_chooses_who_gets_the_others(void **state)
{
    (void)state;
    char *line[] = {"oven", "bake", "slowly", NULL};
    assert_int_equal(say_parts_run(&tool, 3, line), 7);
    assert_int_equal(words, 2);
}

static void no_part_or_an_unknown_one_is_wrong_use_and_help_is_not(void **state)
{
    (void)state;
    char *nothing[] = {"oven", NULL}, *unknown[] = {"oven", "fry", NULL}, *help[] = {"oven", "--help", NULL};
    words = 0;
    assert_int_equal(say_parts_run(&tool, 1, nothing), EX_USAGE);
    assert_int_equal(say_parts_run(&tool, 2, unknown), EX_USAGE);
    assert_int_equal(say_parts_run(&tool, 2, help), EX_OK);
    assert_int_equal(words, 0);
}

static void help_of_a_part_is_the_parts_own(void **state)
{
    (void)state;
    char *line[] = {"oven", "help", "bake", "bread", NULL};
    assert_int_equal(say_parts_run(&tool, 4, line), 7);
    assert_int_equal(words, 3);
    assert_string_equal(line[2], "bread");
    assert_string_equal(line[3], "--help");
    char *all[] = {"oven", "help", NULL};
    words = 0;
    assert_int_equal(say_parts_run(&tool, 2, all), EX_OK);
    assert_int_equal(words, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_word_chooses_who_gets_the_others),
        cmocka_unit_test(help_of_a_part_is_the_parts_own),
        cmocka_unit_test(no_part_or_an_unknown_one_is_wrong_use_and_help_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
