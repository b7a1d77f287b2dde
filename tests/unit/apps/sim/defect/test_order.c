/* The grammar of faults to order. */
#include "apps/sim/defect/order.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const int64_t START_US = INT64_C(1784102400) * BP_SECOND; /* 2026-07-15T08:00:00Z */

/* What was read, written out again: "WHAT FAULT VALUE FROM UNTIL" a line, times in seconds after the start.
 */
static BpStatus read_all(const char *text, char *out, size_t capacity, BpError *err)
{
    DefectOrders orders = {.text = bp_str(text), .start_us = START_US};
    DefectOrder order;
    bool has;
    size_t used = 0;
    out[0] = '\0';
    for (;;) {
        BP_TRY(defect_orders_next(&orders, &order, &has, err));
        if (!has)
            return BP_OK;
        used += (size_t)snprintf(out + used, capacity - used, "%.*s %.*s %.*s", BP_STR_ARGS(order.what),
                                 BP_STR_ARGS(order.fault), order.has_value ? (int)order.value.size : 1,
                                 order.has_value ? order.value.data : "-");
        if (order.from_us != INT64_MIN)
            used += (size_t)snprintf(out + used, capacity - used, " from %lld",
                                     (long long)((order.from_us - START_US) / BP_SECOND));
        if (order.until_us != INT64_MAX)
            used += (size_t)snprintf(out + used, capacity - used, " until %lld",
                                     (long long)((order.until_us - START_US) / BP_SECOND));
        used += (size_t)snprintf(out + used, capacity - used, "\n");
    }
}

static void reads(const char *text, const char *wanted)
{
    char out[1024];
    BpError err = {0};
    if (read_all(text, out, sizeof out, &err) != BP_OK)
        fail_msg("%s: %s", text, err.text);
    assert_string_equal(out, wanted);
}

static void refuses(const char *text, const char *says)
{
    char out[1024];
    BpError err = {0};
    assert_int_equal(read_all(text, out, sizeof out, &err), BP_INVALID);
    if (!strstr(err.text, says))
        fail_msg("%s: %s", text, err.text);
}

static void what_fails_stands_once_before_all_its_faults(void **state)
{
    (void)state;
    reads("1001:silent", "1001 silent -\n");
    reads(" VAV-1-03 : damper-stuck = 30 , sensor-frozen ; all:mute-writes ",
          "VAV-1-03 damper-stuck 30\nVAV-1-03 sensor-frozen -\nall mute-writes -\n");
    reads("AHU-1/SAT:sensor-drifts=-0.5", "AHU-1/SAT sensor-drifts -0.5\n");
}

static void lines_are_as_good_as_semicolons(void **state)
{
    (void)state;
    reads("", "");
    reads(" ;\n;; \n", "");
    reads("1001:", "");
    reads("# VAV-1-01:damper-stuck\n1001:silent\n\n  # more; 7:silent\n1002:silent;1003:silent",
          "1001 silent -\n1002 silent -\n1003 silent -\n");
}

static void times_are_instants_or_from_the_start(void **state)
{
    (void)state;
    reads("A:x@+2h", "A x - from 7200\n");
    reads("A:x@+1h30min/+1d", "A x - from 5400 until 86400\n");
}

static void an_instant_may_lack_zone_and_seconds(void **state)
{
    (void)state;
    reads("A:x@2026-07-15T09:00:00Z/2026-07-15T10:00:00Z", "A x - from 3600 until 7200\n");
    reads("A:x=3@2026-07-15T09:00Z/2026-07-15T10:00:00", "A x 3 from 3600 until 7200\n");
    reads("A:x@2026-07-15 09:00/2026-07-15T12:00+02:00", "A x - from 3600 until 7200\n");
    reads("A:x@2026-07-16", "A x - from 57600\n");
    reads("A:x@/+5min", "A x - until 300\n");
    reads("A:x@ +1min / +2min ;B:y", "A x - from 60 until 120\nB y -\n");
}

static void a_slots_value_keeps_its_at(void **state)
{
    (void)state;
    reads("1001:holds=5@18.5,silent", "1001 holds 5@18.5\n1001 silent -\n");
    reads("1001:holds=5@18.5@+1h/+2h,late-writes=3s@+1h",
          "1001 holds 5@18.5 from 3600 until 7200\n1001 late-writes 3s from 3600\n");
    reads("1001:holds=5", "1001 holds 5\n");
}

static void what_makes_no_sense_is_refused_with_what_would(void **state)
{
    (void)state;
    refuses("silent", "1001:silent");
    refuses("A:x@", "as 2026-07-15T08:00Z is");
    refuses("A:x@/", "as 2026-07-15T08:00Z is");
    refuses("A:x@noon", "\"noon\" is no time");
    refuses("A:x@+3", "+2h from the start");
    refuses("A:x@+1h/", "as 2026-07-15T08:00Z is");
    refuses("A:x@2026-02-30T08:00Z", "2026-02-30T08:00Z");
    refuses("A:x@+2h/+1h", "ends (+1h) before it begins (+2h)");
    refuses("A:x@+2h/+120min", "it lasts no time: it begins and ends at +120min");
    refuses("A:x@+1h/+2h/+3h", "\"+2h/+3h\" is no time");
    refuses("A:x@+9999999999d", "is no time");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fails_stands_once_before_all_its_faults),
        cmocka_unit_test(lines_are_as_good_as_semicolons),
        cmocka_unit_test(times_are_instants_or_from_the_start),
        cmocka_unit_test(an_instant_may_lack_zone_and_seconds),
        cmocka_unit_test(a_slots_value_keeps_its_at),
        cmocka_unit_test(what_makes_no_sense_is_refused_with_what_would),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
