#include "apps/sim/run/run.h"
#include "base/time.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static SimRun *run_from(const char *start, int64_t *ret_start_us)
{
    assert_int_equal(bp_time_parse(bp_str(start), ret_start_us, NULL), BP_OK);
    return sim_run_new(&(SimSiteOptions){
        .points = 200,
        .building = {.seed = 1, .weather_seed = 1, .start_us = *ret_start_us, .settle_us = 6 * BP_HOUR}});
}

/* By how much, in steps of their resolutions, anything else differs after three hours from what it is in a
 * building that is the same but for the lever. */
static double moved_by(const char *lever, double to, const char *start)
{
    int64_t start_us;
    BpError err = {0};
    double moved = 0;
    SimRun *untouched = run_from(start, &start_us), *run = run_from(start, &start_us);
    if (sim_run_set(run, lever, to, 8, &err) != BP_OK)
        fail_msg("%s", err.text);
    sim_run_to(untouched, start_us + 3 * BP_HOUR);
    sim_run_to(run, start_us + 3 * BP_HOUR);
    const SimSite *site = sim_run_site(run);
    for (size_t i = 0; i < site->device_count; i++)
        for (size_t j = 0; j < site->devices[i].count; j++) {
            const SimObject *one = &site->devices[i].objects[j];
            const SimObject *other = &sim_run_site(untouched)->devices[i].objects[j];
            const double resolution = one->spec->resolution > 0 ? one->spec->resolution : 1;
            if (strcmp(one->name, lever) != 0)
                moved = fmax(moved, fabs(one->signal->actual - other->signal->actual) / resolution);
        }
    sim_run_free(untouched);
    sim_run_free(run);
    return moved;
}

static void every_lever_moves_something_else(void **state)
{
    (void)state;
    static const char summer[] = "2026-07-15T12:00:00Z", winter[] = "2026-01-14T06:00:00Z";
    static const struct {
        const char *lever;
        double to;
        const char *start;
    } levers[] = {
        {"VAV-1-01/CLG-SP", 20, summer},  {"VAV-1-01/HTG-SP", 23, winter}, {"VAV-1-01/OFS-SP", 2, summer},
        {"VAV-1-01/MIN-SP", 200, winter}, {"VAV-1-01/OCC-C", 3, summer},   {"VAV-1-01/FLW-C", 0, summer},
        {"VAV-1-01/DPR-O", 100, summer},  {"VAV-1-01/RHT-O", 100, winter}, {"AHU-1/SF-C", 0, summer},
        {"AHU-1/SF-O", 30, summer},       {"AHU-1/DUCT-SP", 100, summer},  {"AHU-1/SAT-C", 18, summer},
        {"AHU-1/OAD-O", 100, summer},     {"AHU-1/OAF-SP", 2000, summer},  {"AHU-1/START-SP", 14, winter},
        {"AHU-1/STOP-SP", 8, summer},     {"AHU-1/WU-C", 0, winter},       {"AHU-1/CLG-O", 0, summer},
        {"AHU-1/HTG-O", 100, winter},     {"AHU-1/MODE", 1, summer},       {"AHU-1/OCC", 0, summer},
        {"AHU-1/ECON", 1, summer},        {"VAV-1-01/MODE", 1, summer},    {"PLANT/CH-C", 0, summer},
        {"PLANT/CHW-C", 12, summer},      {"PLANT/CWS-C", 35, summer},     {"PLANT/CT-O", 0, summer},
        {"PLANT/CHP-O", 20, summer},      {"PLANT/BLR-C", 0, winter},      {"PLANT/HW-C", 80, winter},
        {"PLANT/HWP-O", 100, winter},
    };
    for (size_t i = 0; i < sizeof levers / sizeof levers[0]; i++)
        if (moved_by(levers[i].lever, levers[i].to, levers[i].start) < 1)
            fail_msg("%s moves nothing by a step of its resolution", levers[i].lever);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_lever_moves_something_else)};
    return cmocka_run_group_tests_name("sim levers", tests, NULL, NULL);
}
