/* Climates: whole, in order, and found by name. */
#include "apps/sim/world/climate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void each_is_found_by_its_name_and_named_in_the_message(void **state)
{
    (void)state;
    BpStr rest = climate_names();
    for (size_t i = 0; i < climate_count; i++) {
        const BpStr name = bp_str_trim(bp_str_cut(rest, ',', &rest));
        assert_true(bp_str_equal(name, bp_str(climates[i].name)));
        assert_ptr_equal(climate_find(name), &climates[i]);
    }
    assert_int_equal(rest.size, 0);
    assert_string_equal(climates[0].name, "lisbon");
}

static void what_is_no_climate_is_not_found(void **state)
{
    (void)state;
    static const char *const names[] = {"", "Lisbon", "lisbo", "lisbonn", "macau ", "oslo"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_null(climate_find(bp_str(names[i])));
}

static void every_month_is_a_month_that_can_be(void **state)
{
    (void)state;
    for (size_t i = 0; i < climate_count; i++) {
        assert_true(bp_str(climates[i].source).size > 20);
        for (size_t m = 0; m < 12; m++) {
            const ClimateMonth *month = &climates[i].months[m];
            assert_true(month->coldest + 1 < month->mean && month->mean + 1 < month->warmest);
            assert_true(month->humidity > 40 && month->humidity < 95);
            assert_true(month->sunshine > 50 && month->sunshine < 400);
            assert_true(month->spell > 0.3 && month->spell < 4 && month->moisture > 0.3 &&
                        month->moisture < 4);
            /* Spells may take the range to no less than a third of itself. */
            const double range = month->warmest - month->coldest;
            assert_true(month->spell * month->spell < 0.67 * range * range);
        }
    }
}

static void years_add_up_to_what_is_known_of_these_places(void **state)
{
    (void)state;
    /* Means of the year (degrees C) and its sunshine (hours), which are quoted more often than months are. */
    static const double known[][2] = {{17.4, 2806}, {22.8, 1774}, {27.7, 2222}};
    for (size_t i = 0; i < climate_count; i++) {
        double mean = 0, sunshine = 0;
        for (size_t m = 0; m < 12; m++) {
            mean += climates[i].months[m].mean / 12;
            sunshine += climates[i].months[m].sunshine;
        }
        assert_float_equal(mean, known[i][0], 0.1);
        assert_float_equal(sunshine, known[i][1], 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_found_by_its_name_and_named_in_the_message),
        cmocka_unit_test(what_is_no_climate_is_not_found),
        cmocka_unit_test(years_add_up_to_what_is_known_of_these_places),
        cmocka_unit_test(every_month_is_a_month_that_can_be),
    };
    return cmocka_run_group_tests_name("sim world climate", tests, NULL, NULL);
}
