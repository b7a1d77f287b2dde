#include "apps/web/points/point_json.h"

#include "invented.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static char memory[16 * 1024];

/* What was written, as whoever reads it has it. */
static json_t *read_back(const BpBuf *out)
{
    json_error_t error;
    assert_false(out->failed);
    json_t *value =
        json_loadb((const char *)out->data, out->size, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);
    if (!value)
        fail_msg("%s: %.*s", error.text, (int)out->size, (const char *)out->data);
    return value;
}

static void any_text_reads_back(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",         "AHU-1/SAT",  "\"quoted\" \\ back", "a\tb\nc\x01\x7f",
        "大堂溫度", "\U0001F321", "</script><b>",       "\xE2\x80\xAE right to left"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        BpBuf out = bp_buf(memory, sizeof memory);
        point_json_text(&out, bp_str(texts[i]));
        json_auto_t *value = read_back(&out);
        assert_string_equal(json_string_value(value), texts[i]);
    }
}

static void what_is_no_utf8_is_marked(void **state)
{
    (void)state;
    static const char *const texts[] = {"a\xff",    "\xc3",     "\xed\xa0\x80", "\xf5\x80\x80\x80",
                                        "\xc0\x80", "x\xe5\xa4"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        BpBuf out = bp_buf(memory, sizeof memory);
        point_json_text(&out, bp_str(texts[i]));
        json_auto_t *value = read_back(&out);
        assert_non_null(strstr(json_string_value(value), "\xEF\xBF\xBD"));
    }
}

static void numbers_read_back_as_they_were(void **state)
{
    (void)state;
    static const double numbers[] = {0, -0.0, 21.1, 0.1 + 0.2, 1e300, -1e-300, 123456789012345678.0, 5e-324};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        BpBuf out = bp_buf(memory, sizeof memory);
        point_json_number(&out, numbers[i]);
        json_auto_t *value = read_back(&out);
        assert_true(json_number_value(value) == numbers[i]);
    }
    static const double none[] = {(double)NAN, (double)INFINITY, -(double)INFINITY};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        BpBuf out = bp_buf(memory, sizeof memory);
        point_json_number(&out, none[i]);
        json_auto_t *value = read_back(&out);
        assert_true(json_is_null(value));
    }
}

static void times_and_spans_have_a_form(void **state)
{
    (void)state;
    BpBuf out = bp_buf(memory, sizeof memory);
    point_json_time(&out, 0);
    point_json_time(&out, INT64_MAX);
    point_json_time(&out, 1764230400000000);
    point_json_time(&out, 1764230400250000);
    point_json_seconds(&out, 0);
    bp_buf_u8(&out, ' ');
    point_json_seconds(&out, 60000);
    bp_buf_u8(&out, ' ');
    point_json_seconds(&out, 2050);
    assert_true(
        bp_str_equal(bp_buf_text(&out),
                     bp_str("nullnull\"2025-11-27T08:00:00Z\"\"2025-11-27T08:00:00.250Z\"null 60 2.050")));
}

static void a_point_is_as_it_is_described(void **state)
{
    (void)state;
    Store *store = store_new();
    StoreSite *site = invented_site(store, 60);
    StoreGiven given = invented_point(7, 1, "MODE \"x\"", "大堂");
    given.object_type = bp_str("multi-state-value");
    given.states = bp_str("[\"Off\", \"On\"]");
    given.by_device = bp_str("{\"name\": \"MSV-7\"}");
    given.write_min = 1;
    given.version = 12;
    assert_int_equal(store_put_points(site, &given, 1), 0);
    store_set_value(
        store, site, 7,
        &(StoreValue){.value = 2, .has_value = true, .at_us = 1764230400000000, .quality = MDL_GOOD});
    const StoreHeld held = {7, {.priority = 8, .by = "ana", .is_ours = true, .until_us = 1764230400000000}};
    store_put_overrides(site, &held, 1);
    BpBuf out = bp_buf(memory, sizeof memory);
    point_json_write(&out, store_point(site, 7));
    json_auto_t *point = read_back(&out);
    assert_string_equal(json_string_value(json_object_get(point, "path")), "AHU-0/MODE \"x\"");
    assert_string_equal(json_string_value(json_object_get(point, "object")), "multi-state-value,7");
    assert_string_equal(json_string_value(json_object_get(point, "unit_symbol")), "°C");
    assert_string_equal(json_string_value(json_object_get(point, "version")), "12");
    assert_string_equal(json_string_value(json_object_get(json_object_get(point, "device_says"), "name")),
                        "MSV-7");
    assert_int_equal(json_array_size(json_object_get(point, "states")), 2);
    assert_true(json_is_null(json_object_get(point, "write_max")));
    assert_true(json_number_value(json_object_get(point, "write_min")) == 1);
    assert_true(json_is_null(json_object_get(point, "poll_interval_s")));
    const json_t *value = json_object_get(point, "value");
    assert_string_equal(json_string_value(json_object_get(value, "text")), "On");
    assert_string_equal(json_string_value(json_object_get(value, "quality")), "good");
    assert_true(json_is_null(json_object_get(value, "reason")));
    const json_t *overridden = json_object_get(point, "overridden");
    assert_int_equal(json_integer_value(json_object_get(overridden, "priority")), 8);
    assert_string_equal(json_string_value(json_object_get(overridden, "until")), "2025-11-27T08:00:00Z");
    store_free(store);
}

static void what_was_never_read_says_so(void **state)
{
    (void)state;
    Store *store = store_new();
    StoreSite *site = invented_site(store, 60);
    const StoreGiven given = invented_point(900, 1, "NEW", "");
    assert_int_equal(store_put_points(site, &given, 1), 0);
    BpBuf out = bp_buf(memory, sizeof memory);
    point_json_value(&out, store_point(site, 900));
    json_auto_t *value = read_back(&out);
    assert_string_equal(json_string_value(json_object_get(value, "quality")), "none");
    assert_true(json_is_null(json_object_get(value, "value")) && json_is_null(json_object_get(value, "at")));
    PointCounts counts = {0};
    for (size_t i = 0; i < site->point_count; i++)
        point_counts_add(&counts, store_point_at(site, i));
    assert_int_equal(counts.total, 61);
    assert_int_equal(counts.bad, 1);
    store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_text_reads_back),
        cmocka_unit_test(what_is_no_utf8_is_marked),
        cmocka_unit_test(numbers_read_back_as_they_were),
        cmocka_unit_test(times_and_spans_have_a_form),
        cmocka_unit_test(a_point_is_as_it_is_described),
        cmocka_unit_test(what_was_never_read_says_so),
    };
    return cmocka_run_group_tests_name("web points json", tests, NULL, NULL);
}
