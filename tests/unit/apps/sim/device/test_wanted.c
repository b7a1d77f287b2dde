#include "apps/sim/device/wanted.h"
#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const int64_t NOW_US = INT64_C(1784000000) * BP_SECOND;

static SimSiteOptions read(SimWanted wanted)
{
    SimSiteOptions options;
    BpError err = {0};
    if (sim_wanted_read(&wanted, NOW_US, &options, &err) != BP_OK)
        fail_msg("%s", err.text);
    return options;
}

static void assert_refused(SimWanted wanted, const char *text)
{
    SimSiteOptions options;
    BpError err = {0};
    assert_int_equal(sim_wanted_read(&wanted, NOW_US, &options, &err), BP_INVALID);
    assert_string_equal(err.text, text);
}

static void who_says_nothing_gets_the_usual_building_now(void **state)
{
    (void)state;
    const SimSiteOptions options = read((SimWanted)SIM_WANTED);
    assert_int_equal(options.points, 500);
    assert_ptr_equal(options.naming, &sim_naming_plain);
    assert_true(options.has_flaws);
    assert_int_equal(options.building.control, CONTROL_RULES);
    assert_string_equal(options.building.climate->name, "lisbon");
    assert_int_equal(options.building.start_us, NOW_US);
    assert_int_equal(options.building.seed, 1);
    assert_int_equal(options.building.weather_seed, 1);
}

static void what_is_said_is_what_there_is(void **state)
{
    (void)state;
    SimWanted wanted = SIM_WANTED;
    wanted.points = 77;
    wanted.seed = 5;
    wanted.climate = "macau";
    wanted.control = "g36";
    wanted.naming = "german";
    wanted.without_flaws = true;
    SimSiteOptions options = read(wanted);
    assert_int_equal(options.points, 77);
    assert_string_equal(options.building.climate->name, "macau");
    assert_int_equal(options.building.control, CONTROL_G36);
    assert_ptr_equal(options.naming, &sim_naming_german);
    assert_false(options.has_flaws);
    assert_int_equal(options.building.weather_seed, 5); /* as the building's */
    wanted.weather_seed = 0;
    options = read(wanted);
    assert_int_equal(options.building.seed, 5);
    assert_int_equal(options.building.weather_seed, 0);
}

static int64_t start(const char *text, const char *climate)
{
    SimWanted wanted = SIM_WANTED;
    wanted.start = text;
    wanted.climate = climate;
    return read(wanted).building.start_us;
}

static int64_t at(const char *text)
{
    int64_t at_us;
    assert_int_equal(bp_time_parse(bp_str(text), &at_us, NULL), BP_OK);
    return at_us;
}

static void a_bare_date_is_midnight_where_the_building_stands(void **state)
{
    (void)state;
    assert_true(start("2026-07-15", "macau") == at("2026-07-14T16:00:00Z"));
    assert_true(start("2026-07-15", "lisbon") == at("2026-07-14T23:00:00Z")); /* summer time */
    assert_true(start("2026-01-15", "lisbon") == at("2026-01-15T00:00:00Z"));
    assert_true(start("2026-07-15T06:00:00Z", "macau") == at("2026-07-15T06:00:00Z"));
    assert_true(start("2026-07-15T06:00:00+08:00", "lisbon") == at("2026-07-14T22:00:00Z"));
}

static void what_is_not_there_is_refused_with_what_is(void **state)
{
    (void)state;
    SimWanted wanted = SIM_WANTED;
    wanted.climate = "Macau ";
    assert_refused(wanted, "--climate Macau : lisbon, macau, kuala-lumpur are there");
    wanted.climate = NULL;
    wanted.control = "G36";
    assert_refused(wanted, "--control G36: rules, contractor, g36 are there");
    wanted.control = NULL;
    wanted.naming = "";
    assert_refused(wanted, "--naming : plain, dotted, german are there");
    wanted.naming = NULL;
    wanted.start = "15.7.2026";
    assert_refused(wanted,
                   "--start 15.7.2026: an instant, as 2026-07-15T06:00:00Z (Z: of UTC; or as +01:00), "
                   "or a day where the building stands, as 2026-07-15");
    wanted.start = "2026-07-15T06:00";
    assert_refused(wanted, "--start 2026-07-15T06:00: an instant, as 2026-07-15T06:00:00Z (Z: of UTC; or as "
                           "+01:00), or a day where the building stands, as 2026-07-15");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_says_nothing_gets_the_usual_building_now),
        cmocka_unit_test(what_is_said_is_what_there_is),
        cmocka_unit_test(a_bare_date_is_midnight_where_the_building_stands),
        cmocka_unit_test(what_is_not_there_is_refused_with_what_is),
    };
    return cmocka_run_group_tests_name("sim wanted", tests, NULL, NULL);
}
