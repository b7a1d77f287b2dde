#include "apps/web/history/glance.h"
#include "tests/unit/apps/web/points/invented.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static Store *store;
static StoreSite *site;

static int begin(void **state)
{
    (void)state;
    store = store_new();
    site = store_put_site(store, bp_str("demo"), bp_str("Demo"), bp_str("UTC"), false);
    const StoreDevice devices[] = {invented_device(1, "VAV-1"), invented_device(2, "METER")};
    store_put_devices(site, devices, 2);
    return 0;
}

static int end(void **state)
{
    (void)state;
    store_free(store);
    return 0;
}

static void put(int32_t id, int32_t device, const char *name, const char *description, const char *units)
{
    StoreGiven given = invented_point(id, device, name, description);
    given.units = bp_str(units);
    assert_int_equal(store_put_points(site, &given, 1), 0);
}

static void is_now(int64_t id, double value)
{
    const StoreValue now = {.value = value, .has_value = true, .at_us = 1795780000000000, .reason = ""};
    assert_true(store_set_value(store, site, id, &now));
}

static void put_zone(int32_t id, const char *name, double temperature, double heating, double cooling)
{
    char of[60];
    snprintf(of, sizeof of, "%s/ZN-T", name);
    put(id, 1, of, "Zone temperature", "degrees-celsius");
    snprintf(of, sizeof of, "%s/HTG-SP", name);
    put(id + 1, 1, of, "Heating setpoint", "degrees-celsius");
    snprintf(of, sizeof of, "%s/CLG-SP", name);
    put(id + 2, 1, of, "Cooling setpoint", "degrees-celsius");
    is_now(id, temperature);
    is_now(id + 1, heating);
    is_now(id + 2, cooling);
}

static void expect_zone(const json_t *zones, size_t i, const char *name, double distance, int setpoint)
{
    const json_t *zone = json_array_get(zones, i);
    assert_string_equal(json_string_value(json_object_get(zone, "name")), name);
    assert_true(fabs(json_real_value(json_object_get(zone, "distance")) - distance) < 1e-9);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(zone, "setpoint"), "point")),
                     setpoint);
}

static void zones_are_told_by_how_far_they_are_from_their_setpoints(void **state)
{
    (void)state;
    put_zone(10, "A", 22, 20, 24);
    put_zone(20, "B", 26.5, 20, 24);
    put_zone(30, "C", 16, 20, 24);
    put(40, 1, "D/ZN-T", "Zone temperature", "degrees-celsius");   /* was never read, and has no setpoint */
    put(50, 1, "E/CLG-SP", "Cooling setpoint", "degrees-celsius"); /* of no zone */
    Places places;
    places_find(site, &places);
    assert_int_equal(places.zone_count, 4);
    json_t *zones = glance_zones(site, &places);
    assert_int_equal(json_array_size(zones), 4);
    expect_zone(zones, 0, "C", -4, 31);
    expect_zone(zones, 1, "B", 2.5, 22);
    expect_zone(zones, 2, "A", 0, 12);
    const json_t *last = json_array_get(zones, 3);
    assert_true(json_is_null(json_object_get(last, "distance")) &&
                json_is_null(json_object_get(last, "setpoint")));
    assert_string_equal(json_string_value(json_object_get(json_object_get(last, "temperature"), "quality")),
                        "none");
    json_decref(zones);
    places_done(&places);
}

static void zones_of_two_controllers_are_two_even_where_they_have_one_name(void **state)
{
    (void)state;
    put(10, 1, "A/ZN-T", "Zone temperature", "degrees-celsius");
    put(20, 2, "A/ZN-T", "Zone temperature", "degrees-celsius");
    put(30, 2, "ZN-T", "Zone temperature", "degrees-celsius");
    Places places;
    places_find(site, &places);
    assert_int_equal(places.zone_count, 3);
    assert_string_equal(places.zones[0].name, "A");
    assert_string_equal(places.zones[1].name, "A");
    assert_string_equal(places.zones[2].name, "METER"); /* the controller's */
    places_done(&places);
}

static void a_bad_temperature_has_no_distance(void **state)
{
    (void)state;
    put_zone(10, "A", 40, 20, 24);
    const StoreValue bad = {
        .value = 40, .has_value = true, .at_us = 1795780000000000, .quality = MDL_BAD, .reason = "fault"};
    assert_true(store_set_value(store, site, 10, &bad));
    Places places;
    places_find(site, &places);
    json_t *zones = glance_zones(site, &places);
    assert_true(json_is_null(json_object_get(json_array_get(zones, 0), "distance")));
    json_decref(zones);
    places_done(&places);
}

static void one_meter_is_the_meter_and_of_several_the_one_that_says_so(void **state)
{
    (void)state;
    Places places;
    put(1, 2, "M1/KWH", "Energy", "kilowatt-hours");
    places_find(site, &places);
    assert_int_equal(places.energy, 1);
    places_done(&places);
    put(2, 2, "M2/KWH", "Energy", "kilowatt-hours");
    places_find(site, &places);
    assert_int_equal(places.energy, 0); /* which of the two? */
    places_done(&places);
    put(3, 2, "M3/KWH", "Main meter", "kilowatt-hours");
    places_find(site, &places);
    assert_int_equal(places.energy, 3);
    places_done(&places);
}

static void what_is_not_known_is_null(void **state)
{
    (void)state;
    Places places;
    places_find(site, &places);
    const GlanceEnergy energy = {.today = NAN, .yesterday = NAN, .yesterday_whole = NAN};
    json_t *told[] = {glance_energy(site, &places, &energy), glance_weather(site, &places),
                      glance_zones(site, &places)};
    assert_true(json_is_null(told[0]) && json_is_null(told[1]) && json_array_size(told[2]) == 0);
    json_decref(told[2]);
    places_done(&places);
}

static void
energy_is_in_kilowatt_hours_whatever_the_unit_and_a_counter_that_went_back_says_nothing(void **state)
{
    (void)state;
    put(1, 2, "METER/MWH", "Energy", "megawatt-hours");
    is_now(1, 7);
    Places places;
    places_find(site, &places);
    const GlanceEnergy energy = {.is_counter = true, .today = 0.25, .yesterday = -3, .yesterday_whole = NAN};
    json_t *told = glance_energy(site, &places, &energy);
    assert_true(json_real_value(json_object_get(told, "today_kwh")) == 250);
    assert_true(json_is_null(json_object_get(told, "yesterday_kwh")) &&
                json_is_null(json_object_get(told, "yesterday_whole_kwh")));
    assert_string_equal(json_string_value(json_object_get(told, "from")), "meter");
    assert_true(json_is_null(json_object_get(told, "power")));
    json_decref(told);
    places_done(&places);
}

static void points_that_are_not_polled_mean_nothing(void **state)
{
    (void)state;
    StoreGiven given = invented_point(1, 1, "A/ZN-T", "Zone temperature");
    given.is_enabled = false;
    assert_int_equal(store_put_points(site, &given, 1), 0);
    Places places;
    places_find(site, &places);
    assert_int_equal(places.zone_count, 0);
    places_done(&places);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(zones_are_told_by_how_far_they_are_from_their_setpoints, begin, end),
        cmocka_unit_test_setup_teardown(zones_of_two_controllers_are_two_even_where_they_have_one_name, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_bad_temperature_has_no_distance, begin, end),
        cmocka_unit_test_setup_teardown(one_meter_is_the_meter_and_of_several_the_one_that_says_so, begin,
                                        end),
        cmocka_unit_test_setup_teardown(what_is_not_known_is_null, begin, end),
        cmocka_unit_test_setup_teardown(
            energy_is_in_kilowatt_hours_whatever_the_unit_and_a_counter_that_went_back_says_nothing, begin,
            end),
        cmocka_unit_test_setup_teardown(points_that_are_not_polled_mean_nothing, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
