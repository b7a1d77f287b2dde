#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void a_cut_copy_ends_between_characters(void **state)
{
    (void)state;
    char text[4];
    assert_false(bp_str_copy(bp_str("12°C"), text, sizeof text)); /* the degree sign takes two octets */
    assert_string_equal(text, "12");
    assert_true(bp_str_copy(bp_str("21C"), text, sizeof text));
    assert_string_equal(text, "21C");
}

static void cutting_without_a_separator_leaves_no_rest(void **state)
{
    (void)state;
    BpStr rest;
    assert_true(bp_str_equal(bp_str_cut(bp_str("a=b=c"), '=', &rest), bp_str("a")));
    assert_true(bp_str_equal(rest, bp_str("b=c")));
    assert_true(bp_str_equal(bp_str_cut(bp_str("abc"), '=', &rest), bp_str("abc")));
    assert_int_equal(rest.size, 0);
}

static void trimming_takes_white_space_at_both_ends_only(void **state)
{
    (void)state;
    assert_true(bp_str_equal(bp_str_trim(bp_str(" \t AHU 1 \n")), bp_str("AHU 1")));
    assert_int_equal(bp_str_trim(bp_str("  ")).size, 0);
}

static void only_well_formed_utf8_passes(void **state)
{
    (void)state;
    assert_true(bp_str_is_utf8(bp_str("Zone °C 温度 \xF0\x9F\x94\xA5")));
    static const char *const bad[] = {
        "\xB0", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE6\xB8", "\xC2"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(bp_str_is_utf8(bp_str(bad[i])));
}

static void the_distance_counts_letters_changed_added_left_out_and_swapped(void **state)
{
    (void)state;
    assert_int_equal(bp_str_distance(bp_str("poll"), bp_str("poll")), 0);
    assert_int_equal(bp_str_distance(bp_str(""), bp_str("poll")), 4);
    assert_int_equal(bp_str_distance(bp_str("pool"), bp_str("poll")), 1);
    assert_int_equal(bp_str_distance(bp_str("pol"), bp_str("poll")), 1);
    assert_int_equal(bp_str_distance(bp_str("plol"), bp_str("poll")), 1);
    assert_int_equal(bp_str_distance(bp_str("kitten"), bp_str("sitting")), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_copy_ends_between_characters),
        cmocka_unit_test(cutting_without_a_separator_leaves_no_rest),
        cmocka_unit_test(trimming_takes_white_space_at_both_ends_only),
        cmocka_unit_test(the_distance_counts_letters_changed_added_left_out_and_swapped),
        cmocka_unit_test(only_well_formed_utf8_passes),
    };
    return cmocka_run_group_tests_name("base str", tests, NULL, NULL);
}
