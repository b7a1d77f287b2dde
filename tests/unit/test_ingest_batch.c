#include "apps/ingest/batch.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static Gather *gather;
static IngestPoint items[] = {
    {0}, {.is_known = true, .device_id = 3, .object_type = {"analog-input", 12}, .object_instance = 7}};
static const IngestPoints points = {items, 2};
static const Window window = {1000 * BP_DAY, 1007 * BP_DAY};

static int set_up(void **state)
{
    (void)state;
    gather = malloc(sizeof *gather);
    gather_init(gather);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gather_done(gather);
    free(gather);
    return 0;
}

static MdlReading reading(int32_t point_id, int64_t at_us)
{
    return (MdlReading){.point_id = point_id, .at_us = at_us, .value = 21.5, .has_value = true};
}

static bool add(MdlReading *readings, size_t count)
{
    const MdlBatch batch = {.device_id = 3, .count = count, .readings = readings};
    return gather_add(gather, &batch, bp_str("demo"), &points, &window);
}

static const char *reason(size_t i)
{
    return json_string_value(json_object_get(json_array_get(gather->quarantine, i), "reason"));
}

static void readings_out_of_the_window_or_of_no_point_are_put_aside_one_by_one(void **state)
{
    (void)state;
    MdlReading readings[] = {reading(1, window.from_us),         reading(1, window.from_us - 1),
                             reading(1, window.to_us + 1),       reading(2, window.from_us),
                             reading(INT32_MAX, window.from_us), reading(1, window.to_us)};
    assert_true(add(readings, 6));
    assert_int_equal(gather->readings, 2);
    assert_int_equal(json_array_size(gather->quarantine), 4);
    assert_non_null(strstr(reason(0), "older than"));
    assert_non_null(strstr(reason(1), "ahead of the clock"));
    assert_string_equal(reason(2), "no such point");
    assert_int_equal(gather->first_us, window.from_us);
    assert_int_equal(gather->last_us, window.to_us);
}

static void spans_are_noted_once_and_begin_on_five_minutes(void **state)
{
    (void)state;
    MdlReading readings[] = {reading(1, 1001 * BP_DAY + 299 * BP_SECOND), reading(1, 1001 * BP_DAY),
                             reading(1, 1001 * BP_DAY + 300 * BP_SECOND)};
    assert_true(add(readings, 3));
    BpBuf out = bp_buf_growing(1024);
    gather_write_buckets(gather, &out);
    const BpStr expected = bp_str("{1972-09-28T00:00:00Z,1972-09-28T00:05:00Z}");
    assert_int_equal(out.size, expected.size);
    assert_memory_equal(out.data, expected.data, out.size);
    bp_buf_done(&out);
}

static void a_batch_that_does_not_fit_leaves_no_rows(void **state)
{
    (void)state;
    MdlReading readings[GATHER_BUCKETS_MAX / 2];
    for (int part = 0; part < 2; part++) {
        for (size_t i = 0; i < GATHER_BUCKETS_MAX / 2; i++)
            readings[i] = reading(1, window.from_us + (int64_t)(i + (size_t)part * GATHER_BUCKETS_MAX / 2) %
                                                          2016 * 300 * BP_SECOND);
        assert_true(add(readings, GATHER_BUCKETS_MAX / 2)); /* a week has 2016 spans: they all fit */
    }
    gather_clear(gather);
    const size_t empty = gather->copy.size;
    MdlReading many[MDL_BATCH_READINGS_MAX];
    for (size_t i = 0; i < MDL_BATCH_READINGS_MAX; i++)
        many[i] = reading(1, window.from_us + (int64_t)i);
    size_t added = 0;
    while (add(many, MDL_BATCH_READINGS_MAX))
        added += MDL_BATCH_READINGS_MAX;
    assert_int_equal(added, GATHER_READINGS_MAX);
    assert_int_equal(gather->readings, added);
    gather_clear(gather);
    assert_int_equal(gather->copy.size, empty);
}

static void what_is_put_aside_is_bounded_and_always_text(void **state)
{
    (void)state;
    gather_quarantine(gather, "odd", (BpStr){"\x01\xFF\"x\\", 5});
    assert_string_equal(json_string_value(json_object_get(json_array_get(gather->quarantine, 0), "payload")),
                        " ?\"x\\");
    for (int i = 0; i < GATHER_QUARANTINED_MAX + 10; i++)
        gather_quarantine(gather, "again", bp_str("y"));
    assert_int_equal(json_array_size(gather->quarantine), GATHER_QUARANTINED_MAX);
    assert_string_equal(reason(GATHER_QUARANTINED_MAX - 1), "and 12 more");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(readings_out_of_the_window_or_of_no_point_are_put_aside_one_by_one,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(spans_are_noted_once_and_begin_on_five_minutes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_batch_that_does_not_fit_leaves_no_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_put_aside_is_bounded_and_always_text, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("ingest batch", tests, NULL, NULL);
}
