#include "apps/ingest/gather_json.h"

#include "base/time.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static Gather *gather;
static BpBuf out;
static BpArena arena;
static IngestPoint items[] = {{0},
                              {.is_known = true,
                               .point_id = 1,
                               .device_id = 3,
                               .object_type = {"analog-input", 12},
                               .object_instance = 7},
                              {0},
                              {.is_known = true, /* no more: the first is its successor */
                               .point_id = 1,
                               .device_id = 3,
                               .object_type = {"analog-input", 12},
                               .object_instance = 7}};
static IngestPoints points = {items, 4, 0};
static const Window window = {1000 * BP_DAY, 1007 * BP_DAY};

static int set_up(void **state)
{
    (void)state;
    gather = malloc(sizeof *gather);
    gather_init(gather);
    out = bp_buf_growing((size_t)1 << 30);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gather_done(gather);
    free(gather);
    bp_buf_done(&out);
    bp_arena_done(&arena);
    return 0;
}

static MdlReading reading(int32_t point_id, int64_t at_us)
{
    return (MdlReading){.point_id = point_id, .at_us = at_us, .value = 21.5, .has_value = true};
}

/* Adds the batch n of the run. */
static bool add_of(uint64_t run, int64_t n, MdlReading *readings, size_t count)
{
    const MdlBatch batch = {
        .run = mdl_run(run), .n = n, .oldest = 1, .device_id = 3, .count = count, .readings = readings};
    return gather_add(gather, &batch, bp_str("as received"), n / 6, bp_str("demo"), &points, &window);
}

static bool add(MdlReading *readings, size_t count)
{
    return add_of(1, (int64_t)gather->count + 1, readings, count);
}

static json_t *quarantine(size_t begin, size_t end)
{
    bp_buf_clear(&out);
    if (!gather_write_quarantine(gather, begin, end, &out))
        return json_array();
    json_t *entries = json_loadb((const char *)out.data, out.size, 0, NULL);
    assert_non_null(entries);
    return entries;
}

static const char *field(const json_t *entries, size_t i, const char *name)
{
    return json_string_value(json_object_get(json_array_get(entries, i), name));
}

static void assert_text(const char *expected)
{
    assert_int_equal(out.size, strlen(expected));
    assert_memory_equal(out.data, expected, out.size);
}

static void readings_of_a_point_with_a_successor_are_the_successors(void **state)
{
    (void)state;
    MdlReading early = reading(1, window.from_us), late = reading(3, window.from_us);
    points.newest_successor = 5;
    assert_true(add(&early, 1));
    points.newest_successor = 6;
    assert_true(add(&late, 1));
    assert_int_equal(gather_part(gather, 0, 2).put_aside, 0);
    assert_int_equal(gather->newest_successor, 5); /* what all of its rows have heard of */
    const BpStr copy = gather_copy(gather, 0, 1, &out);
    char *expected = malloc(copy.size);
    memcpy(expected, copy.data, copy.size);
    assert_int_equal(gather_copy(gather, 1, 2, &out).size, copy.size);
    assert_memory_equal(out.data, expected, copy.size);
    free(expected);
    gather_clear(gather);
    assert_true(add(&late, 1));
    assert_int_equal(gather->newest_successor, 6);
}

static void readings_that_are_not_stored_go_aside_as_batches_of_their_own(void **state)
{
    (void)state;
    MdlReading readings[] = {reading(1, window.from_us),         reading(1, window.from_us - 1),
                             reading(1, window.to_us + 1),       reading(2, window.from_us),
                             reading(INT32_MAX, window.from_us), reading(1, window.to_us),
                             reading(1, window.from_us + 1)};
    static char reason[65537];
    memset(reason, 'x', sizeof reason);
    readings[6].quality = MDL_BAD;
    readings[6].reason = (BpStr){reason, sizeof reason};
    assert_true(add(readings, 7));
    const GatherPart part = gather_part(gather, 0, 1);
    assert_int_equal(part.readings, 2);
    assert_int_equal(part.put_aside, 5);
    assert_int_equal(part.first_us, window.from_us);
    assert_int_equal(part.last_us, window.to_us);
    json_auto_t *entries = quarantine(0, 1);
    assert_int_equal(json_array_size(entries), 4);
    assert_string_equal(field(entries, 0, "reason"), "no such point");
    assert_non_null(strstr(field(entries, 3, "reason"), "65536"));
    assert_non_null(strstr(field(entries, 1, "reason"), "ahead of the clock"));
    assert_non_null(strstr(field(entries, 2, "reason"), "older than"));
    assert_string_equal(field(entries, 0, "run"), mdl_run(1).text);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(entries, 0), "readings")), 2);
    /* The payload is a batch again. */
    MdlBatch batch;
    bool has_position;
    assert_int_equal(
        mdl_batch_decode(bp_str(field(entries, 0, "payload")), &arena, &batch, &has_position, NULL), BP_OK);
    assert_int_equal(batch.count, 2);
    assert_int_equal(batch.n, 1);
    assert_int_equal(batch.device_id, 3);
    assert_int_equal(batch.readings[0].point_id, 2);
    assert_int_equal(batch.readings[1].point_id, INT32_MAX);
    assert_int_equal(batch.readings[1].at_us, window.from_us);
}

static void spans_are_written_once_and_begin_on_five_minutes(void **state)
{
    (void)state;
    MdlReading readings[] = {reading(1, 1001 * BP_DAY + 300 * BP_SECOND),
                             reading(1, 1001 * BP_DAY + 299 * BP_SECOND), reading(1, 1001 * BP_DAY)};
    assert_true(add(readings, 3));
    assert_true(add(readings, 2));
    assert_int_equal(gather_write_buckets(gather, 0, 2, &out), 2);
    assert_text("{1972-09-28T00:00:00Z,1972-09-28T00:05:00Z}");
    bp_buf_clear(&out);
    assert_int_equal(gather_write_buckets(gather, 1, 2, &out), 2);
}

static void spans_before_1970_begin_on_five_minutes_too(void **state)
{
    (void)state;
    static const Window early = {-BP_DAY, BP_DAY};
    MdlReading readings[] = {reading(1, -1), reading(1, -5 * BP_MINUTE), reading(1, -5 * BP_MINUTE - 1),
                             reading(1, 0)};
    const MdlBatch batch = {
        .run = mdl_run(1), .n = 1, .oldest = 1, .device_id = 3, .count = 4, .readings = readings};
    assert_true(gather_add(gather, &batch, bp_str("x"), 0, bp_str("demo"), &points, &early));
    assert_int_equal(gather_write_buckets(gather, 0, 1, &out), 3);
    assert_text("{1969-12-31T23:50:00Z,1969-12-31T23:55:00Z,1970-01-01T00:00:00Z}");
}

static void a_batch_may_have_a_span_for_each_of_its_readings(void **state)
{
    (void)state;
    static const Window wide = {0, 3650 * BP_DAY};
    MdlReading readings[MDL_BATCH_READINGS_MAX];
    for (size_t i = 0; i < MDL_BATCH_READINGS_MAX; i++)
        readings[i] = reading(1, (int64_t)(MDL_BATCH_READINGS_MAX - i) * 10 * BP_MINUTE);
    const MdlBatch batch = {.run = mdl_run(1),
                            .n = 1,
                            .oldest = 1,
                            .device_id = 3,
                            .count = MDL_BATCH_READINGS_MAX,
                            .readings = readings};
    assert_true(gather_add(gather, &batch, bp_str("x"), 0, bp_str("demo"), &points, &wide));
    assert_int_equal(gather_write_buckets(gather, 0, 1, &out), MDL_BATCH_READINGS_MAX);
}

/* What a gather would have the database do. */
static uint64_t fingerprint(void)
{
    uint64_t hash = gather->readings * 31 + gather->count;
    bp_buf_clear(&out);
    (void)gather_write_quarantine(gather, 0, gather->count, &out);
    (void)gather_write_buckets(gather, 0, gather->count, &out);
    (void)gather_write_positions(gather, 0, gather->count, &out);
    for (size_t i = 0; i < out.size; i++)
        hash = hash * 1099511628211U + out.data[i];
    BpBuf part = bp_buf_growing((size_t)1 << 30);
    const BpStr copy = gather_copy(gather, 0, gather->count, &part);
    for (size_t i = 0; i < copy.size; i++)
        hash = hash * 1099511628211U + (unsigned char)copy.data[i];
    bp_buf_done(&part);
    const GatherPart all = gather_part(gather, 0, gather->count);
    return hash ^ (uint64_t)all.first_us ^ (uint64_t)all.last_us ^ all.put_aside;
}

static void a_batch_that_does_not_fit_leaves_nothing(void **state)
{
    (void)state;
    MdlReading one = reading(1, window.from_us + BP_DAY);
    MdlReading many[MDL_BATCH_READINGS_MAX];
    /* Full of rows. */
    for (size_t i = 0; i < MDL_BATCH_READINGS_MAX; i++)
        many[i] = reading(i ? 1 : 2, i < 2 ? window.from_us + BP_HOUR : window.from_us + (int64_t)i);
    size_t added = 0;
    while (add(many, MDL_BATCH_READINGS_MAX))
        added += MDL_BATCH_READINGS_MAX - 1;
    assert_int_equal(gather->readings, added);
    assert_int_equal(gather->count, GATHER_READINGS_MAX / MDL_BATCH_READINGS_MAX); /* and no octet's matter */
    const uint64_t full = fingerprint();
    assert_false(add(many, MDL_BATCH_READINGS_MAX));
    assert_true(fingerprint() == full);
    /* Full of what goes aside: a reason makes a payload of a megabyte. */
    gather_clear(gather);
    char *reason = calloc(1, 900 * 1024);
    memset(reason, '\\', 900 * 1024 - 1);
    MdlReading bad[] = {reading(1, window.from_us), reading(2, window.from_us)};
    bad[1].quality = MDL_BAD;
    bad[1].reason = (BpStr){reason, 900 * 1024 - 1};
    assert_true(add(&one, 1));
    while (add(bad, 2))
        ;
    assert_true(gather->count > 2);
    const uint64_t before = fingerprint();
    const size_t entries = gather->entries.size, rows = gather->rows.size;
    assert_false(add(bad, 2));
    assert_true(fingerprint() == before);
    assert_int_equal(gather->entries.size, entries);
    assert_int_equal(gather->rows.size, rows);
    /* Who brings less still finds room, and what goes aside of it is its own alone. */
    MdlReading small = reading(2, window.from_us + BP_HOUR);
    assert_true(add(&small, 1));
    json_auto_t *last = quarantine(gather->count - 1, gather->count);
    assert_int_equal(json_array_size(last), 1);
    assert_true(strlen(field(last, 0, "payload")) < 300);
    free(reason);
    /* Full of batches. */
    gather_clear(gather);
    for (size_t i = 0; i < GATHER_BATCHES_MAX; i++)
        assert_true(add(&one, 1));
    assert_false(add(&one, 1));
    assert_false(gather_add_aside(gather, "odd", bp_str("x"), NULL, 0));
    gather_clear(gather);
    assert_true(gather_is_empty(gather));
    assert_int_equal(gather_write_quarantine(gather, 0, 0, &out), 0);
}

static void what_goes_aside_is_always_text(void **state)
{
    (void)state;
    assert_true(gather_add_aside(gather, "odd \xC2\xB0 \xFF", (BpStr){"\x01\xFF\"x\\\n", 6}, NULL, 0));
    assert_true(gather_add_aside(gather, "21 °C", bp_str("Zürich\t1"), NULL, 0));
    char *garbage = calloc(1, 2 * GARBAGE_OCTETS_MAX);
    memset(garbage, 'x', 2 * GARBAGE_OCTETS_MAX);
    assert_true(gather_add_aside(gather, "long", (BpStr){garbage, 2 * GARBAGE_OCTETS_MAX}, NULL, 0));
    const MdlBatch batch = {.run = mdl_run(1), .n = 7};
    assert_true(gather_add_aside(gather, "numbered", (BpStr){garbage, 2 * GARBAGE_OCTETS_MAX}, &batch, 3));
    json_auto_t *entries = quarantine(0, 4);
    assert_string_equal(field(entries, 0, "reason"), "odd ?? ?");
    assert_string_equal(field(entries, 0, "payload"), " ?\"x\\\n");
    assert_null(field(entries, 0, "run"));
    assert_string_equal(field(entries, 1, "reason"), "21 °C");
    assert_string_equal(field(entries, 1, "payload"), "Zürich\t1");
    assert_int_equal(strlen(field(entries, 2, "payload")), GARBAGE_OCTETS_MAX);
    assert_int_equal(strlen(field(entries, 3, "payload")), 2 * GARBAGE_OCTETS_MAX);
    assert_string_equal(field(entries, 3, "run"), mdl_run(1).text);
    assert_int_equal(gather_write_positions(gather, 0, 4, &out), 1);
    free(garbage);
}

static void a_part_has_its_own_rows_and_the_positions_up_to_it(void **state)
{
    (void)state;
    MdlReading one = reading(1, window.from_us), two[] = {reading(1, window.from_us + 1), reading(2, 1)};
    assert_true(add_of(1, 10, &one, 1));
    assert_true(add_of(2, 5, two, 2));
    assert_true(add_of(1, 17, &one, 1));
    assert_true(add_of(1, 18, &one, 1));
    BpBuf part = bp_buf_growing(1 << 20);
    const size_t whole = gather_copy(gather, 0, 4, &part).size;
    assert_int_equal(gather_copy(gather, 0, 4, &part).size, whole); /* a second try has one end only */
    const size_t row = (whole - 19 - 2) / 4;
    assert_int_equal(gather_copy(gather, 1, 3, &part).size, 19 + 2 * row + 2);
    assert_int_equal(gather_write_positions(gather, 0, 2, &out), 2);
    bp_buf_clear(&out);
    assert_int_equal(gather_write_positions(gather, 0, 3, &out), 2);
    char expected[256];
    snprintf(expected, sizeof expected,
             "[{\"run\":\"%s\",\"stored\":5,\"gaps\":[]},{\"run\":\"%s\",\"stored\":17,"
             "\"gaps\":[{\"from\":9,\"to\":9},{\"from\":15,\"to\":16}]}]",
             mdl_run(2).text, mdl_run(1).text);
    assert_text(expected);
    /* Refused, it goes aside whole and without its single readings. */
    gather_refuse(gather, 1, "violates");
    assert_int_equal(gather_copy(gather, 0, 4, &part).size, 19 + 3 * row + 2);
    json_auto_t *entries = quarantine(0, 4);
    assert_int_equal(json_array_size(entries), 1);
    assert_string_equal(field(entries, 0, "reason"), "violates");
    assert_string_equal(field(entries, 0, "payload"), "as received");
    assert_int_equal(gather_part(gather, 0, 4).readings, 3);
    gather_refuse(gather, 1, NULL);
    assert_int_equal(gather_copy(gather, 0, 4, &part).size, whole);
    bp_buf_done(&part);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(readings_of_a_point_with_a_successor_are_the_successors, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(readings_that_are_not_stored_go_aside_as_batches_of_their_own, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(spans_are_written_once_and_begin_on_five_minutes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(spans_before_1970_begin_on_five_minutes_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_batch_may_have_a_span_for_each_of_its_readings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_batch_that_does_not_fit_leaves_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_goes_aside_is_always_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_part_has_its_own_rows_and_the_positions_up_to_it, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests_name("ingest batch", tests, NULL, NULL);
}
