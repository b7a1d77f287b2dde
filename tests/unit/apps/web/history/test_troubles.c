#include "apps/web/history/troubles.h"
#include "tests/unit/apps/web/points/invented.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static Store *store;
static StoreSite *site;
static Troubles troubles;

static int begin(void **state)
{
    (void)state;
    store = store_new();
    site = store_put_site(store, bp_str("demo"), bp_str("Demo"), bp_str("UTC"), false);
    const StoreDevice devices[] = {invented_device(1, "VAV-1"), invented_device(2, "VAV-2")};
    store_put_devices(site, devices, 2);
    for (int32_t i = 1; i <= 6; i++) {
        char name[20];
        snprintf(name, sizeof name, "P-%d", (int)i);
        const StoreGiven given = invented_point(i, i <= 3 ? 1 : 2, name, "");
        assert_int_equal(store_put_points(site, &given, 1), 0);
    }
    store_set_role(store, site, bp_str("collect"), bp_str("online"));
    troubles = (Troubles){0};
    return 0;
}

static int end(void **state)
{
    (void)state;
    troubles_done(&troubles);
    store_free(store);
    return 0;
}

static void is_bad(int64_t id, const char *reason)
{
    const StoreValue bad = {.at_us = 1795780000000000 + id, .quality = MDL_BAD, .reason = reason};
    assert_true(store_set_value(store, site, id, &bad));
}

static void is_silent(int32_t id)
{
    StoreDevice devices[] = {invented_device(1, "VAV-1"), invented_device(2, "VAV-2")};
    devices[id - 1].state = bp_str("offline");
    devices[id - 1].reason = bp_str("no-answer");
    store_put_devices(site, devices, 2);
}

static void look(void)
{
    troubles_of_server(&troubles, true, true);
    troubles_of_site(&troubles, site);
    troubles_sort(&troubles);
}

static void expect(size_t i, const char *kind, const char *severity, const char *text)
{
    json_t *told = troubles_json(&troubles);
    const json_t *one = json_array_get(told, i);
    assert_string_equal(json_string_value(json_object_get(one, "kind")), kind);
    assert_string_equal(json_string_value(json_object_get(one, "severity")), severity);
    assert_string_equal(json_string_value(json_object_get(one, "text")), text);
    json_decref(told);
}

static void a_building_without_troubles_is_well(void **state)
{
    (void)state;
    look();
    assert_int_equal(troubles.count, 0);
    assert_string_equal(troubles_state(&troubles), "well");
    assert_int_equal(troubles.devices, 2);
    assert_int_equal(troubles.points, 6);
}

static void whoever_does_not_read_the_building_cannot_say_how_it_is(void **state)
{
    (void)state;
    Store *other = store_new();
    StoreSite *unknown = store_put_site(other, bp_str("demo"), bp_str("Demo"), bp_str("UTC"), false);
    troubles_of_site(&troubles, unknown);
    assert_string_equal(troubles_state(&troubles), "unknown");
    /* Elsewhere: who has not joined is expected to say nothing. */
    store_set_role(other, unknown, bp_str("sync"), bp_str("unknown"));
    troubles_of_site(&troubles, unknown);
    assert_int_equal(troubles.count, 0);
    assert_string_equal(troubles_state(&troubles), "unknown");
    store_free(other);
}

static void one_cause_is_one_trouble(void **state)
{
    (void)state;
    is_silent(2);
    is_bad(4, "timeout");
    is_bad(5, "timeout");
    is_bad(6, "timeout");
    is_bad(1, "fault: open-loop");
    is_bad(2, "fault: open-loop");
    is_bad(3, "fault: shorted-loop");
    look();
    assert_int_equal(troubles.count, 3);
    assert_int_equal(troubles.points_bad, 6);
    assert_int_equal(troubles.devices_silent, 1);
    assert_string_equal(troubles_state(&troubles), "attention");
    expect(0, "device", "medium", "VAV-2 does not answer: no-answer");
    expect(1, "point", "medium", "VAV-1/P-1 and 1 more of its controller are bad: fault: open-loop");
    expect(2, "point", "medium", "VAV-1/P-3 is bad: fault: shorted-loop");
}

static void what_keeps_all_from_working_is_worst(void **state)
{
    (void)state;
    is_silent(1);
    store_set_role(store, site, bp_str("collect"), bp_str("offline"));
    troubles_of_server(&troubles, false, true);
    troubles_of_site(&troubles, site);
    troubles_sort(&troubles);
    assert_string_equal(troubles_state(&troubles), "trouble");
    assert_int_equal(troubles.count, 3);
    expect(0, "broker", "high", "the broker is away: values are those from before");
    expect(1, "role", "high", "collect is offline: nobody reads the building");
    expect(2, "device", "medium", "VAV-1 does not answer: no-answer");
}

static void what_ends_by_itself_is_no_trouble_and_what_others_hold_is_told(void **state)
{
    (void)state;
    const StoreHeld held[] = {
        {1, {.priority = 8, .until_us = 1795780000000000, .is_ours = true, .by = "alice"}},
        {2, {.priority = 5, .by = ""}},
        {3, {.priority = 8, .is_ours = true, .by = "bob"}},
    };
    store_put_overrides(site, held, 3);
    look();
    assert_int_equal(troubles.overridden, 3);
    assert_int_equal(troubles.count, 2);
    assert_string_equal(troubles_state(&troubles), "well");
    expect(0, "override", "low", "VAV-1/P-2 is held at 5 by others");
    expect(1, "override", "low", "VAV-1/P-3 is held at 8 by bob");
}

static void a_building_with_thousands_of_troubles_tells_the_worst(void **state)
{
    (void)state;
    for (int32_t i = 100; i < 100 + TROUBLES_MAX + 50; i++) {
        char reason[40];
        snprintf(reason, sizeof reason, "reason %d", (int)i);
        const StoreGiven given = invented_point(i, 1, reason, "");
        assert_int_equal(store_put_points(site, &given, 1), 0);
        is_bad(i, reason);
    }
    look();
    assert_true(troubles.is_full);
    assert_int_equal(troubles.count, TROUBLES_MAX);
    assert_int_equal(troubles.points_bad, TROUBLES_MAX + 50);
    json_t *told = troubles_json(&troubles);
    assert_int_equal(json_array_size(told), TROUBLES_TOLD_MAX);
    json_decref(told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_building_without_troubles_is_well, begin, end),
        cmocka_unit_test_setup_teardown(whoever_does_not_read_the_building_cannot_say_how_it_is, begin, end),
        cmocka_unit_test_setup_teardown(one_cause_is_one_trouble, begin, end),
        cmocka_unit_test_setup_teardown(what_keeps_all_from_working_is_worst, begin, end),
        cmocka_unit_test_setup_teardown(what_ends_by_itself_is_no_trouble_and_what_others_hold_is_told, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_building_with_thousands_of_troubles_tells_the_worst, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
