#include "apps/web/history/span.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const int64_t NOW_US = 1795780000 * BP_SECOND; /* 2026-11-27 */

static HistoryReach reach(int64_t raw, int64_t fine, int64_t hourly)
{
    return (HistoryReach){.first_us = {raw, fine, hourly}};
}

static void all_spans_are_whole_days_parts_and_no_more_than_asked_for(void **state)
{
    (void)state;
    static const int64_t widths[] = {50, 100, 399, 800, 1920, 4000};
    for (int64_t length_us = BP_MINUTE; length_us < 4000 * BP_DAY; length_us = length_us * 5 / 4) {
        for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
            const int64_t every_us = history_every_us(length_us, widths[i], 0);
            assert_true(every_us >= BP_SECOND && length_us <= every_us * widths[i]);
            assert_true(BP_DAY % every_us == 0 || every_us % BP_DAY == 0);
            for (int source = HISTORY_5MIN; source < HISTORY_SOURCES; source++) {
                const int64_t own_us = history_source_us((HistorySource)source);
                const int64_t least_us = history_every_us(length_us, widths[i], own_us);
                assert_true(least_us >= own_us && least_us % own_us == 0);
            }
        }
    }
}

static void spans_are_as_long_as_people_count(void **state)
{
    (void)state;
    assert_int_equal(history_every_us(BP_HOUR, 800, 0), 5 * BP_SECOND);
    assert_int_equal(history_every_us(BP_DAY, 800, 0), 2 * BP_MINUTE);
    assert_int_equal(history_every_us(7 * BP_DAY, 800, 5 * BP_MINUTE), 15 * BP_MINUTE);
    assert_int_equal(history_every_us(365 * BP_DAY, 800, BP_HOUR), 12 * BP_HOUR);
    assert_int_equal(history_every_us(3650 * BP_DAY, 800, BP_HOUR), 5 * BP_DAY);
}

static void a_span_begins_where_it_is_counted_from(void **state)
{
    (void)state;
    assert_int_equal(history_span_begin_us(NOW_US, BP_DAY), NOW_US / BP_DAY * BP_DAY);
    assert_int_equal(history_span_begin_us(NOW_US, BP_HOUR), NOW_US / BP_HOUR * BP_HOUR);
    assert_int_equal(history_span_begin_us(0, BP_DAY), 0);
    assert_int_equal(history_span_begin_us(-1, BP_DAY), -BP_DAY); /* before 1970, too */
}

static void what_is_asked_for_decides_where_all_is_there(void **state)
{
    (void)state;
    const HistoryReach all = reach(NOW_US, NOW_US, NOW_US);
    assert_int_equal(history_choose(BP_HOUR, &all), HISTORY_RAW);
    assert_int_equal(history_choose(49 * BP_HOUR, &all), HISTORY_RAW);
    assert_int_equal(history_choose(49 * BP_HOUR + 1, &all), HISTORY_5MIN);
    assert_int_equal(history_choose(93 * BP_DAY, &all), HISTORY_5MIN);
    assert_int_equal(history_choose(93 * BP_DAY + 1, &all), HISTORY_HOURLY);
}

static void what_reaches_further_back_is_taken(void **state)
{
    (void)state;
    const HistoryReach no_readings = reach(INT64_MAX, NOW_US, NOW_US);
    assert_int_equal(history_choose(BP_DAY, &no_readings), HISTORY_5MIN);
    const HistoryReach hours_alone = reach(INT64_MAX, INT64_MAX, NOW_US);
    assert_int_equal(history_choose(BP_DAY, &hours_alone), HISTORY_HOURLY);
    const HistoryReach half = reach(NOW_US, NOW_US - 12 * BP_HOUR, NOW_US - 12 * BP_HOUR);
    assert_int_equal(history_choose(BP_DAY, &half), HISTORY_5MIN);
    const HistoryReach young = reach(NOW_US, NOW_US - 5 * BP_MINUTE, NOW_US - BP_HOUR);
    assert_int_equal(history_choose(BP_DAY, &young), HISTORY_RAW); /* the span that the first reading is in */
}

static void nothing_at_all_is_no_reason_to_fail(void **state)
{
    (void)state;
    const HistoryReach none = reach(INT64_MAX, INT64_MAX, INT64_MAX);
    assert_int_equal(history_choose(BP_DAY, &none), HISTORY_RAW);
    assert_int_equal(history_choose(400 * BP_DAY, &none), HISTORY_HOURLY);
}

static void a_missed_reading_is_no_gap_and_a_pause_is_one(void **state)
{
    (void)state;
    const int64_t regular_us = history_gap_us(15 * BP_SECOND, 0, true);
    assert_true(regular_us >= 30 * BP_SECOND && regular_us < 45 * BP_SECOND);
    assert_true(history_gap_us(15 * BP_SECOND, 0, false) >
                150 * BP_SECOND); /* verified ten times more seldom */
    assert_true(history_gap_us(15 * BP_SECOND, BP_HOUR, false) > BP_HOUR);
    assert_true(history_gap_us(15 * BP_SECOND, BP_HOUR, false) < 2 * BP_HOUR);
}

static void words_are_those_of_the_description(void **state)
{
    (void)state;
    for (int i = 0; i < HISTORY_SOURCES; i++) {
        HistorySource source = HISTORY_SOURCES;
        assert_true(history_source_read(bp_str(history_source_name((HistorySource)i)), &source));
        assert_int_equal(source, i);
    }
    HistorySource source = HISTORY_SOURCES;
    assert_false(history_source_read(bp_str("Raw"), &source));
    assert_false(history_source_read(bp_str(""), &source));
    assert_int_equal(source, HISTORY_SOURCES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_spans_are_whole_days_parts_and_no_more_than_asked_for),
        cmocka_unit_test(spans_are_as_long_as_people_count),
        cmocka_unit_test(a_span_begins_where_it_is_counted_from),
        cmocka_unit_test(what_is_asked_for_decides_where_all_is_there),
        cmocka_unit_test(what_reaches_further_back_is_taken),
        cmocka_unit_test(nothing_at_all_is_no_reason_to_fail),
        cmocka_unit_test(a_missed_reading_is_no_gap_and_a_pause_is_one),
        cmocka_unit_test(words_are_those_of_the_description),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
