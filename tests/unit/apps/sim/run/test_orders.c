/* Faults ordered for a run without a network. */
#include "apps/sim/run/orders.h"

#include "tests/unit/apps/sim/defect/a_pair.h"

static void a_forgotten_override_moves_what_it_commands(void **state)
{
    (void)state;
    Pair pair = pair_of(JULY_US, "VAV-1-01/DPR-O:override-forgotten=100@+10h/+14h");
    const Zone *good = &building(pair.good)->zones[0], *bad = &building(pair.bad)->zones[0];
    go(&pair, 13);
    is_about(bad->damper_actuator.at, 100, 0);
    is_more(bad->flow, good->flow * 1.2);
    go(&pair, 2.5);
    is_about(bad->flow, bad->flow_setpoint.actual, 0.1 * bad->flow_setpoint.actual + 3);
    pair_done(&pair);
}

static void a_run_without_orders_is_as_it_was(void **state)
{
    (void)state;
    Pair pair = pair_of(JULY_US, NULL);
    BpError err = {0};
    go(&pair, 2);
    are_alike(&pair);
    pair.orders.faults = "@/nowhere/faults";
    assert_int_equal(sim_run_order(pair.bad, &pair.orders, BP_DAY, &err), BP_INVALID);
    assert_non_null(strstr(err.text, "/nowhere/faults: No such file"));
    pair_done(&pair);
}

/* Everything that may fail, at once; all is whole again after 30 hours. */
static const char all_of_it[] =
    "VAV-1-01:damper-stuck@+3h/+30h;VAV-1-02:reheat-valve-leaks@+4h/+30h;VAV-1-03:damper-stuck=70@+10h/+20h\n"
    "AHU-1:damper-stuck=60@+2h/+30h,cooling-valve-leaks=25@+1h/+30h,heating-valve-leaks=15@+2h/+30h\n"
    "AHU-1:filter-dirty=4@+5h/+30h,heats-and-cools@+11h/+30h,schedule-ignored@+1h/+30h;PLANT:short-cycles@/"
    "+30h\n"
    "AHU-1/SAT:sensor-drifts=2@+1h/+30h;VAV-1-04/ZN-T:sensor-frozen@+2h/+30h;1001:holds=9@55@+6h/+12h";

static void what_fails_is_the_same_however_far_each_step_goes(void **state)
{
    (void)state;
    Pair far = pair_of(JULY_US, all_of_it), near = pair_of(JULY_US, all_of_it);
    sim_run_to(far.bad, JULY_US + 31 * BP_HOUR);
    for (int64_t at_us = JULY_US; at_us < JULY_US + 31 * BP_HOUR; at_us += 7 * BP_SECOND)
        sim_run_to(near.bad, at_us);
    sim_run_to(near.bad, JULY_US + 31 * BP_HOUR);
    const Pair both = {.good = far.bad, .bad = near.bad};
    are_alike(&both);
    pair_done(&far);
    pair_done(&near);
}

static void books_close_while_everything_fails(void **state)
{
    (void)state;
    Pair pair = pair_of(JANUARY_US + 90 * BP_DAY, all_of_it);
    const Building *bad = building(pair.bad);
    const Balance before = bad->balance;
    const double heat = physics_heat_stored(bad), water = physics_water_stored(bad),
                 co2 = physics_co2_stored(bad);
    go(&pair, 30);
    const Balance *now = &bad->balance;
    const double heat_in = now->heat_in - before.heat_in, water_in = now->water_in - before.water_in,
                 co2_in = now->co2_in - before.co2_in;
    is_about(heat_in - (now->heat_out - before.heat_out), physics_heat_stored(bad) - heat, 1e-6 * heat_in);
    is_about(water_in - (now->water_out - before.water_out), physics_water_stored(bad) - water,
             1e-6 * water_in);
    is_about(co2_in - (now->co2_out - before.co2_out), physics_co2_stored(bad) - co2, 1e-6 * co2_in);
    pair_done(&pair);
}

/* Of what the faults changed; how warm it is by then is another matter. */
static void all_is_whole_afterwards(void **state)
{
    (void)state;
    Pair pair = pair_of(JULY_US, all_of_it);
    go(&pair, 31);
    const Building *good = building(pair.good), *bad = building(pair.bad);
    for (size_t i = 0; i < good->zone_count; i++) {
        assert_true(isnan(bad->zones[i].damper_actuator.stuck_at));
        is_about(bad->zones[i].reheat_actuator.least, good->zones[i].reheat_actuator.least, 0);
        assert_false(bad->zones[i].temperature.is_frozen || bad->zones[i].damper.is_forced);
    }
    const AirHandler *handler = &bad->handlers[0];
    assert_true(isnan(handler->outdoor_actuator.stuck_at));
    is_about(handler->cooling_actuator.least + handler->heating_actuator.least, 0, 0);
    is_about(handler->filter_dirt, good->handlers[0].filter_dirt, 0);
    is_about(handler->supply.bias, 0, 0);
    assert_false(handler->fights || handler->ignores_schedule || bad->plant.short_cycles);
    const SimSite *site = sim_run_site(pair.bad);
    for (size_t i = 0; i < site->device_count; i++)
        for (size_t j = 0; j < site->devices[i].count; j++)
            assert_false(site->devices[i].objects[j].commanded);
    go(&pair, 72);
    for (size_t i = 0; i < good->zone_count; i++)
        is_about(bad->zones[i].air, good->zones[i].air, 1);
    pair_done(&pair);
}

/* In a day from JULY_US on. */
static void one_that_cannot_happen_in_the_run_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says; /* NULL: it happens */
    } orders[] = {
        {"AHU-1:filter-dirty@2020-01-02/2020-01-03",
         "over at 2020-01-03T00:00:00Z, and the run begins at 2025-07-15"},
        {"AHU-1:filter-dirty@/2025-07-15T00:00Z", "it is over"},
        {"AHU-1:filter-dirty@+100d",
         "begins at 2025-10-23T00:00:00Z, and the run ends at 2025-07-16T00:00:00Z"},
        {"AHU-1:filter-dirty@+1d", NULL},
        {"AHU-1:filter-dirty@2020-01-02/+5s", NULL},
        {"AHU-1:filter-dirty@2025-07-15T01:00:01Z/2025-07-15T01:00:04Z", "between two steps of 5 s"},
        {"AHU-1:filter-dirty@2025-07-15T01:00:01Z/2025-07-15T01:00:06Z", NULL},
        {"all:silent", "on a network alone"},
        {"AHU-1:late-writes=3s", "takes holds=SLOT@VALUE"},
        {"all:nonsense", "is no fault of a device"},
        {"all:holds=5@18.5", NULL},
    };
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        Pair pair = pair_of(JULY_US, NULL);
        BpError err = {0};
        pair.orders.faults = orders[i].text;
        const BpStatus status = sim_run_order(pair.bad, &pair.orders, BP_DAY, &err);
        if (orders[i].says ? status != BP_INVALID || !strstr(err.text, orders[i].says) : status != BP_OK)
            fail_msg("%s: %s", orders[i].text, err.text);
        pair_done(&pair);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_forgotten_override_moves_what_it_commands),
        cmocka_unit_test(what_fails_is_the_same_however_far_each_step_goes),
        cmocka_unit_test(books_close_while_everything_fails),
        cmocka_unit_test(all_is_whole_afterwards),
        cmocka_unit_test(a_run_without_orders_is_as_it_was),
        cmocka_unit_test(one_that_cannot_happen_in_the_run_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
