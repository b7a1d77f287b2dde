#include "apps/sim/run/columns.h"
#include "apps/sim/run/run.h"
#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const int64_t START_US = INT64_C(1767571200) * BP_SECOND; /* 2026-01-05, a Monday */

static SimRun *run;

static void begin(uint64_t seed)
{
    run =
        sim_run_new(&(SimSiteOptions){.points = 120,
                                      .building = {.seed = seed, .weather_seed = seed, .start_us = START_US},
                                      .has_flaws = true});
}

static int tear_down(void **state)
{
    (void)state;
    sim_run_free(run);
    run = NULL;
    return 0;
}

static double get(const char *name)
{
    BpError err = {0};
    double value = 0;
    if (sim_run_get(run, name, &value, &err) != BP_OK)
        fail_msg("%s", err.text);
    return value;
}

static void points_are_found_by_name(void **state)
{
    (void)state;
    BpError err = {0};
    double value = 0;
    begin(1);
    for (size_t i = 0; i < sim_run_site(run)->device_count; i++) {
        const SimDevice *device = &sim_run_site(run)->devices[i];
        for (size_t j = 0; j < device->count; j++)
            assert_ptr_equal(sim_run_point(run, bp_str(device->objects[j].name)), &device->objects[j]);
    }
    assert_null(sim_run_point(run, bp_str("")));
    assert_int_equal(sim_run_get(run, "AHU-1/SATT", &value, &err), BP_NOT_FOUND);
    assert_non_null(strstr(err.text, "AHU-1/SAT"));
    assert_int_equal(sim_run_set(run, "nothing of the kind", 1, 8, &err), BP_NOT_FOUND);
}

static void points_are_found_by_their_own_names_and_by_their_contractor_s(void **state)
{
    (void)state;
    BpError err = {0};
    SimColumns columns;
    run = sim_run_new(&(SimSiteOptions){
        .points = 120, .naming = &sim_naming_german, .building = {.seed = 1, .start_us = START_US}});
    SimObject *supply = sim_run_point(run, bp_str("AHU-1/SAT"));
    assert_non_null(supply);
    assert_null(strstr(supply->name, "SAT"));
    assert_ptr_equal(sim_run_point(run, bp_str(supply->name)), supply);
    const char *const patterns[] = {"AHU-*/SAT", supply->name};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(sim_columns_init(&columns, sim_run_site(run), &patterns[i], 1, &err), BP_OK);
        assert_int_equal(columns.count, 1);
        assert_ptr_equal(columns.objects[0], supply);
        sim_columns_done(&columns);
    }
}

static void a_command_acts_until_it_is_taken_back(void **state)
{
    (void)state;
    BpError err = {0};
    begin(1);
    sim_run_to(run, START_US + 11 * BP_HOUR);
    assert_true(get("AHU-1/SF-S") > 0);
    assert_int_equal(sim_run_set(run, "AHU-1/SF-C", 0, 8, &err), BP_OK);
    sim_run_to(run, START_US + 12 * BP_HOUR);
    assert_true(get("AHU-1/SF-C") == 0);
    assert_true(get("AHU-1/SF-S") == 0);
    assert_int_equal(sim_run_set(run, "AHU-1/SF-C", 1, 9, &err), BP_OK); /* comes after 8 */
    assert_true(get("AHU-1/SF-C") == 0);
    assert_int_equal(sim_run_release(run, "AHU-1/SF-C", 8, &err), BP_OK);
    assert_int_equal(sim_run_release(run, "AHU-1/SF-C", 9, &err), BP_OK);
    sim_run_to(run, START_US + 13 * BP_HOUR);
    assert_true(get("AHU-1/SF-S") > 0);
}

static void what_a_device_refuses_is_refused_with_its_reason(void **state)
{
    (void)state;
    BpError err = {0};
    begin(1);
    assert_int_equal(sim_run_set(run, "AHU-1/SAT-C", 500, 8, &err), BP_REFUSED);
    assert_non_null(strstr(err.text, "value-out-of-range"));
    assert_int_equal(sim_run_set(run, "AHU-1/SAT", 20, 8, &err), BP_REFUSED); /* a sensor */
    assert_non_null(strstr(err.text, "write-access-denied"));
    assert_int_equal(sim_run_set(run, "AHU-1/SAT-C", 15, 6, &err), BP_REFUSED);
    assert_int_equal(sim_run_set(run, "AHU-1/SAT-C", 15, 0, &err), BP_INVALID);
    assert_int_equal(sim_run_set(run, "AHU-1/SAT-C", 15, 17, &err), BP_INVALID);
}

static void the_past_stays(void **state)
{
    (void)state;
    begin(1);
    sim_run_to(run, START_US + BP_HOUR);
    const double energy = get("METER/KWH");
    sim_run_to(run, START_US);
    assert_int_equal(sim_run_now_us(run), START_US + BP_HOUR);
    assert_true(get("METER/KWH") == energy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(points_are_found_by_name, tear_down),
        cmocka_unit_test_teardown(points_are_found_by_their_own_names_and_by_their_contractor_s, tear_down),
        cmocka_unit_test_teardown(a_command_acts_until_it_is_taken_back, tear_down),
        cmocka_unit_test_teardown(what_a_device_refuses_is_refused_with_its_reason, tear_down),
        cmocka_unit_test_teardown(the_past_stays, tear_down),
    };
    return cmocka_run_group_tests_name("apps/sim/run/run", tests, NULL, NULL);
}
