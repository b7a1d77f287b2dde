#include "apps/web/points/intern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void equal_texts_have_one_number(void **state)
{
    (void)state;
    Intern intern = {0};
    const uint32_t one = intern_take(&intern, bp_str("one"));
    assert_int_not_equal(one, 0);
    assert_int_equal(intern_take(&intern, (BpStr){"one\0more", 8}), one); /* as far as the first zero */
    assert_int_not_equal(intern_take(&intern, bp_str("")), one);
    assert_string_equal(intern_text(&intern, one), "one");
    assert_int_equal(intern_find(&intern, bp_str("two")), 0);
    intern_done(&intern);
}

static void what_nobody_uses_goes_and_its_number_is_given_again(void **state)
{
    (void)state;
    Intern intern = {0};
    const uint32_t one = intern_take(&intern, bp_str("one"));
    intern_take(&intern, bp_str("one"));
    intern_drop(&intern, one);
    assert_int_equal(intern_find(&intern, bp_str("one")), one);
    intern_drop(&intern, one);
    assert_int_equal(intern_find(&intern, bp_str("one")), 0);
    assert_int_equal(intern_take(&intern, bp_str("two")), one);
    intern_drop(&intern, 0);
    intern_done(&intern);
}

static void many_come_and_go(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    Intern intern = {0};
    uint32_t numbers[COUNT];
    char text[32];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < COUNT; i++) {
            snprintf(text, sizeof text, "text %d of %d", i, i % 7 ? round : 0);
            numbers[i] = intern_take(&intern, bp_str(text));
        }
        for (int i = 0; i < COUNT; i++) {
            snprintf(text, sizeof text, "text %d of %d", i, i % 7 ? round : 0);
            assert_string_equal(intern_text(&intern, numbers[i]), text);
            if (i % 3)
                intern_drop(&intern, numbers[i]);
        }
    }
    intern_done(&intern);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(equal_texts_have_one_number),
                                       cmocka_unit_test(what_nobody_uses_goes_and_its_number_is_given_again),
                                       cmocka_unit_test(many_come_and_go)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
