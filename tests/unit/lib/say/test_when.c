#include "say/when.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

/* 2026-11-26T10:04:17.250Z */
static const int64_t instant_us = INT64_C(1795687457250000);

static void live_in(const char *zone)
{
    setenv("TZ", zone, 1);
    tzset();
}

static const char *shown(int64_t at_us, int digits)
{
    static char text[BP_TIME_TEXT_MAX];
    return say_time(at_us, digits, text);
}

static int64_t read(const char *text)
{
    int64_t at_us = 0;
    BpError err;
    assert_int_equal(say_when("since", text, instant_us, &at_us, &err), BP_OK);
    return at_us;
}

static void an_instant_is_shown_in_the_local_zone_with_its_offset(void **state)
{
    (void)state;
    live_in("Asia/Macau");
    assert_string_equal(shown(instant_us, 0), "2026-11-26 18:04:17+08:00");
    assert_string_equal(shown(instant_us, 3), "2026-11-26 18:04:17.250+08:00");
    live_in("America/St_Johns");
    assert_string_equal(shown(instant_us, 0), "2026-11-26 06:34:17-03:30");
    assert_string_equal(shown(instant_us - 120 * BP_DAY, 0), "2026-07-29 07:34:17-02:30");
    live_in("UTC");
    assert_string_equal(shown(instant_us, 0), "2026-11-26 10:04:17+00:00");
    assert_string_equal(shown(-250 * BP_MS, 3), "1969-12-31 23:59:59.750+00:00");
}

static void what_is_shown_can_be_typed_and_so_can_utc_and_a_time_ago(void **state)
{
    (void)state;
    static const char *const zones[] = {"Asia/Macau", "America/St_Johns", "UTC"};
    for (size_t i = 0; i < 3; i++) {
        live_in(zones[i]);
        assert_int_equal(read(shown(instant_us, 6)), instant_us);
        assert_int_equal(read("2026-11-26T10:04:17.25Z"), instant_us);
        assert_int_equal(read("2h"), instant_us - 2 * BP_HOUR);
    }
}

static void without_a_zone_it_is_the_local_one(void **state)
{
    (void)state;
    live_in("Asia/Macau");
    assert_int_equal(read("2026-11-26 18:04:17.25"), instant_us);
    assert_int_equal(read("2026-11-26T18:04"), instant_us - 17250 * BP_MS);
    assert_int_equal(read("2026-11-26"), read("2026-11-25T16:00:00Z"));
    live_in("America/St_Johns"); /* summer and winter */
    assert_int_equal(read("2026-07-29 07:34:17"), read("2026-07-29T10:04:17Z"));
    assert_int_equal(read("2026-11-26 06:34:17"), read("2026-11-26T10:04:17Z"));
}

static void without_a_zone_it_is_the_devices_clock_where_that_is_asked_for(void **state)
{
    (void)state;
    int64_t clock_us;
    BpError err;
    live_in("Asia/Macau");
    const int64_t offset_us = -5 * BP_HOUR;
    assert_int_equal(say_when_of_clock("since", "2026-11-26 10:04:17", 0, offset_us, &clock_us, &err), BP_OK);
    assert_int_equal(clock_us, instant_us - 250 * BP_MS);
    assert_int_equal(say_when_of_clock("since", "2026-11-26T10:04:17Z", 0, offset_us, &clock_us, &err),
                     BP_OK);
    assert_int_equal(clock_us, instant_us - 250 * BP_MS + offset_us);
}

static void what_is_no_time_is_told_with_what_is_one(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "yesterday",
                                        "2026-11-31",
                                        "2026-11-26 25:00:00",
                                        "08:00",
                                        "2026-11-26T10:04:17+",
                                        "2026-11-26 10:04:17 +0800 or thereabouts, I think"};
    int64_t at_us;
    BpError err;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(say_when("since", wrong[i], 0, &at_us, &err), BP_INVALID);
        assert_non_null(strstr(err.text, "is neither a time like"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_instant_is_shown_in_the_local_zone_with_its_offset),
        cmocka_unit_test(what_is_shown_can_be_typed_and_so_can_utc_and_a_time_ago),
        cmocka_unit_test(without_a_zone_it_is_the_local_one),
        cmocka_unit_test(without_a_zone_it_is_the_devices_clock_where_that_is_asked_for),
        cmocka_unit_test(what_is_no_time_is_told_with_what_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
