/* The same building, seed and weather are the same to the bit, whoever steps it and however. */
#include "apps/sim/run/run.h"
#include "base/random.h"
#include "base/time.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const int64_t START_US = INT64_C(1767592800) * BP_SECOND; /* 2026-01-05 06:00, a Monday: all awakes */

static SimSiteOptions wanted(BuildingControl control, uint64_t weather_seed)
{
    return (SimSiteOptions){
        .points = 150,
        .has_flaws = true,
        .building = {.seed = 7, .weather_seed = weather_seed, .control = control, .start_us = START_US}};
}

/* Bits and not numbers: NaN is the same as itself, and 0 is not -0. */
static bool is_same(double a, double b)
{
    uint64_t bits_a, bits_b;
    memcpy(&bits_a, &a, sizeof a);
    memcpy(&bits_b, &b, sizeof b);
    return bits_a == bits_b;
}

static void compare(const SimSite *a, const SimSite *b)
{
    assert_int_equal(a->building.clock_us, b->building.clock_us);
    assert_int_equal(a->building.now_us, b->building.now_us);
    assert_int_equal(a->device_count, b->device_count);
    for (size_t i = 0; i < a->device_count; i++)
        for (size_t j = 0; j < a->devices[i].count; j++) {
            const SimObject *one = &a->devices[i].objects[j], *other = &b->devices[i].objects[j];
            if (!is_same(one->signal->automatic, other->signal->automatic) ||
                !is_same(one->signal->actual, other->signal->actual) ||
                !is_same(sim_object_said(one), sim_object_said(other)))
                fail_msg("%s: %.17g and %.17g", one->name, one->signal->actual, other->signal->actual);
        }
}

static void calls_of_a_second_and_of_a_quarter_of_an_hour_are_the_same(void **state)
{
    (void)state;
    const SimSiteOptions options = wanted(CONTROL_RULES, 7);
    SimRun *often = sim_run_new(&options), *seldom = sim_run_new(&options);
    compare(sim_run_site(often), sim_run_site(seldom));
    for (int64_t at_us = START_US; at_us < START_US + 6 * BP_HOUR; at_us += 15 * BP_MINUTE) {
        for (int i = 1; i <= 900; i++)
            sim_run_to(often, at_us + i * BP_SECOND);
        sim_run_to(seldom, at_us + 15 * BP_MINUTE);
        compare(sim_run_site(often), sim_run_site(seldom));
    }
    sim_run_free(often);
    sim_run_free(seldom);
}

/* As `bacpipes sim` has it: a step about each second of the clock, as late as the machine is busy. */
static void step_as_a_process(SimSite *site, double speed, BpRandom *random, int64_t until_us)
{
    while (site->building.clock_us < until_us) {
        const double left_s = (double)(until_us - site->building.clock_us) / BP_SECOND;
        const double step_s = (1 + 0.3 * bp_random_unit(random)) * speed;
        sim_site_step(site, fmin(left_s, step_s));
    }
}

static void sites_at_speed_1_and_1000_say_the_same(void **state)
{
    (void)state;
    SimSite slow, quick;
    BpRandom random = bp_random(1);
    const SimSiteOptions options = wanted(CONTROL_G36, 7);
    sim_site_init(&slow, &options);
    sim_site_init(&quick, &options);
    for (int hour = 1; hour <= 6; hour++) {
        const int64_t until_us = START_US + hour * BP_HOUR;
        step_as_a_process(&slow, 1, &random, until_us);
        step_as_a_process(&quick, 1000, &random, until_us);
        compare(&slow, &quick);
    }
    sim_site_done(&slow);
    sim_site_done(&quick);
}

static void a_command_acts_the_same_however_time_goes_by(void **state)
{
    (void)state;
    BpError err = {0};
    const SimSiteOptions options = wanted(CONTROL_RULES, 7);
    SimRun *often = sim_run_new(&options), *seldom = sim_run_new(&options);
    for (int64_t at_us = START_US; at_us < START_US + 3 * BP_HOUR; at_us += BP_MINUTE)
        sim_run_to(often, at_us + BP_MINUTE);
    sim_run_to(seldom, START_US + 3 * BP_HOUR);
    assert_int_equal(sim_run_set(often, "AHU-1/SAT-C", 14, 8, &err), BP_OK);
    assert_int_equal(sim_run_set(seldom, "AHU-1/SAT-C", 14, 8, &err), BP_OK);
    for (int64_t at_us = START_US + 3 * BP_HOUR; at_us < START_US + 5 * BP_HOUR; at_us += 7 * BP_SECOND)
        sim_run_to(often, at_us);
    sim_run_to(often, START_US + 5 * BP_HOUR);
    sim_run_to(seldom, START_US + 5 * BP_HOUR);
    compare(sim_run_site(often), sim_run_site(seldom));
    sim_run_free(often);
    sim_run_free(seldom);
}

/* Sums of the weather's temperature, humidity and sun over a day, hour by hour; returns that of the fans'
 * power. */
static double sum_day(BuildingControl control, uint64_t weather_seed, bool without_fan, double ret_weather[3])
{
    BpError err = {0};
    const SimSiteOptions options = wanted(control, weather_seed);
    SimRun *run = sim_run_new(&options);
    double fans = 0;
    if (without_fan)
        assert_int_equal(sim_run_set(run, "AHU-1/SF-C", 0, 8, &err), BP_OK);
    ret_weather[0] = ret_weather[1] = ret_weather[2] = 0;
    for (int64_t at_us = START_US; at_us < START_US + BP_DAY; at_us += BP_HOUR) {
        sim_run_to(run, at_us);
        const Weather *weather = &sim_run_site(run)->building.weather;
        ret_weather[0] += weather->temperature.actual;
        ret_weather[1] += weather->humidity.actual;
        ret_weather[2] += weather->irradiance.actual;
        fans += sim_run_site(run)->building.meter.fans.actual;
    }
    sim_run_free(run);
    return fans;
}

static void buildings_that_are_steered_otherwise_have_the_same_weather(void **state)
{
    (void)state;
    double rules[3], others[3];
    const double fans = sum_day(CONTROL_RULES, 7, false, rules);
    const BuildingControl controls[] = {CONTROL_CONTRACTOR, CONTROL_G36, CONTROL_RULES};
    for (int i = 0; i < 3; i++) {
        const bool without_fan = controls[i] == CONTROL_RULES;
        const double other_fans = sum_day(controls[i], 7, without_fan, others);
        assert_true(!without_fan || other_fans < 0.5 * fans);
        for (int j = 0; j < 3; j++)
            assert_true(is_same(rules[j], others[j]));
    }
    sum_day(CONTROL_RULES, 8, false, others);
    for (int j = 0; j < 3; j++)
        assert_false(is_same(rules[j], others[j]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_of_a_second_and_of_a_quarter_of_an_hour_are_the_same),
        cmocka_unit_test(sites_at_speed_1_and_1000_say_the_same),
        cmocka_unit_test(a_command_acts_the_same_however_time_goes_by),
        cmocka_unit_test(buildings_that_are_steered_otherwise_have_the_same_weather),
    };
    return cmocka_run_group_tests_name("apps/sim/run/same", tests, NULL, NULL);
}
