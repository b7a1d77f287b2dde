#include "apps/sim/device/site.h"
#include "base/time.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static SimSite site;

static void begin(const char *start, size_t points, uint64_t seed)
{
    int64_t start_us;
    assert_int_equal(bp_time_parse(bp_str(start), &start_us, NULL), BP_OK);
    sim_site_init(&site,
                  &(SimSiteOptions){.points = points,
                                    .building = {.seed = seed, .weather_seed = seed, .start_us = start_us}});
}

static int tear_down(void **state)
{
    (void)state;
    sim_site_done(&site);
    site = (SimSite){0};
    return 0;
}

static void go_on(double hours)
{
    for (int i = 0; i < (int)(hours * 360); i++)
        sim_site_step(&site, 10);
}

static SimObject *object(const char *name)
{
    for (size_t i = 0; i < site.device_count; i++)
        for (size_t j = 0; j < site.devices[i].count; j++)
            if (strcmp(site.devices[i].objects[j].name, name) == 0)
                return &site.devices[i].objects[j];
    return NULL;
}

static double value(const char *name)
{
    assert_non_null(object(name));
    return sim_object_value(object(name));
}

/* Writes a present value, or Null for NAN, as a client would. */
static BacRefusal command(const char *name, double number, uint8_t priority)
{
    uint8_t memory[16];
    BpBuf out = bp_buf(memory, sizeof memory);
    SimObject *target = object(name);
    const bool is_binary = target->id.type == BAC_BINARY_OUTPUT || target->id.type == BAC_BINARY_VALUE;
    BacValue real = {.type = BAC_REAL, .real = (float)number};
    if (is_binary)
        real = (BacValue){.type = BAC_ENUMERATED, .enumerated = number > 0.5};
    if (isnan(number))
        real = (BacValue){.type = BAC_NULL};
    bac_value_encode(&out, &real);
    const BacWrite write = {.reference = {target->id, BAC_PROP_PRESENT_VALUE, BAC_NO_INDEX},
                            .value = bp_cursor(out.data, out.size),
                            .priority = priority};
    return sim_object_write(target, &write);
}

static void a_summer_day_is_cooled(void **state)
{
    (void)state;
    begin("2026-07-15T04:00:00Z", 300, 1);
    assert_true(value("AHU-1/SF-S") < 0.5); /* nobody is there yet */
    go_on(10);
    assert_true(value("WEATHER/OAT") > 18);
    assert_true(value("AHU-1/SF-S") > 0.5);
    assert_true(value("AHU-1/SAT") < 17);
    assert_true(value("PLANT/CH-S") > 0.5);
    assert_in_range((int)(value("VAV-1-01/ZN-T") * 10), 220, 260);
    assert_true(value("METER/KW") > 20);
}

static void a_winter_day_is_heated_and_coils_never_fight(void **state)
{
    (void)state;
    begin("2026-01-14T00:00:00Z", 300, 1);
    bool heated = false;
    for (int i = 0; i < 24 * 12; i++) {
        go_on(1.0 / 12);
        heated = heated || value("PLANT/BLR-S") > 0.5;
        assert_true(value("AHU-1/CLG-O") < 1 || value("AHU-1/HTG-O") < 1);
        if (i == 13 * 12) {
            assert_true(value("VAV-1-01/ZN-T") > 19);
            assert_true(value("WEATHER/OAT") < 16);
        }
    }
    assert_true(heated);
}

static void mild_air_cools_for_nothing(void **state)
{
    (void)state;
    begin("2026-04-22T04:00:00Z", 300, 1);
    double widest = 0;
    for (int i = 0; i < 14 * 12; i++) {
        go_on(1.0 / 12);
        if (value("AHU-1/ECON") > 0.5)
            widest = fmax(widest, value("AHU-1/OAD-O"));
    }
    assert_true(widest > 40);
}

static void a_setpoint_at_a_priority_moves_the_zone_until_it_is_released(void **state)
{
    (void)state;
    begin("2026-07-15T10:00:00Z", 300, 1);
    go_on(2);
    const double before = value("VAV-1-01/ZN-T");
    assert_int_equal(command("VAV-1-01/CLG-SP", 18, 8).kind, BAC_NOT_REFUSED);
    go_on(1.5);
    assert_true(value("VAV-1-01/ZN-T") < before - 0.5);
    assert_true(value("VAV-1-01/DPR-O") > 60);
    assert_int_equal(command("VAV-1-01/CLG-SP", 30, 10).kind, BAC_NOT_REFUSED); /* below 8: waits behind it */
    assert_true(value("VAV-1-01/CLG-SP") == 18);
    assert_int_equal(command("VAV-1-01/CLG-SP", NAN, 8).kind, BAC_NOT_REFUSED);
    assert_true(value("VAV-1-01/CLG-SP") == 30);
    assert_int_equal(command("VAV-1-01/CLG-SP", NAN, 10).kind, BAC_NOT_REFUSED);
    assert_true(value("VAV-1-01/CLG-SP") == 23.5);
}

/* Without a step between: what is commanded acts, and what is taken back does not. */
static void a_command_is_in_the_building_at_once(void **state)
{
    (void)state;
    begin("2026-07-15T10:00:00Z", 300, 1);
    const Signal *signal = object("AHU-1/SAT-C")->signal;
    const double own = signal->actual;
    assert_int_equal(command("AHU-1/SAT-C", 19, 8).kind, BAC_NOT_REFUSED);
    assert_true(signal->actual == 19 && signal->automatic == own);
    assert_int_equal(command("AHU-1/SAT-C", 17, 5).kind, BAC_NOT_REFUSED);
    assert_true(signal->actual == 17);
    assert_int_equal(command("AHU-1/SAT-C", NAN, 5).kind, BAC_NOT_REFUSED);
    assert_true(signal->actual == 19);
    sim_device_start_cold(&site.devices[0]);
    assert_true(signal->actual == own);
}

/* Each lever of the building is one that somebody can pull. */
static void every_lever_is_a_point_with_limits(void **state)
{
    (void)state;
    static const char *const levers[] = {
        "VAV-1-01/CLG-SP", "VAV-1-01/HTG-SP", "VAV-1-01/OFS-SP", "VAV-1-01/MIN-SP", "VAV-1-01/OCC-C",
        "VAV-1-01/FLW-C",  "VAV-1-01/DPR-O",  "VAV-1-01/RHT-O",  "AHU-1/MODE",      "AHU-1/SF-C",
        "AHU-1/SF-O",      "AHU-1/DUCT-SP",   "AHU-1/SAT-C",     "AHU-1/OAD-O",     "AHU-1/OAF-SP",
        "AHU-1/START-SP",  "AHU-1/STOP-SP",   "AHU-1/WU-C",      "AHU-1/CLG-O",     "AHU-1/HTG-O",
        "PLANT/CH-C",      "PLANT/CHW-C",     "PLANT/CWS-C",     "PLANT/BLR-C",     "PLANT/HW-C",
        "PLANT/CHP-O",     "PLANT/HWP-O",     "PLANT/CT-O"};
    begin("2026-07-15T10:00:00Z", 500, 1);
    for (size_t i = 0; i < sizeof levers / sizeof levers[0]; i++) {
        const SimObject *lever = object(levers[i]);
        assert_non_null(lever);
        assert_true(lever->is_commandable);
        assert_false(sim_object_takes(lever, 1e6));
        assert_true(sim_object_takes(lever, sim_object_said(lever)));
    }
    assert_int_equal(command("AHU-1/START-SP", 24.5, 8).code, BAC_CODE_VALUE_OUT_OF_RANGE);
    assert_int_equal(command("VAV-1-01/CLG-SP", 9.9, 8).code, BAC_CODE_VALUE_OUT_OF_RANGE);
}

static void a_fan_that_is_commanded_off_lets_the_building_drift(void **state)
{
    (void)state;
    begin("2026-07-15T12:00:00Z", 300, 1);
    go_on(1);
    const double before = value("VAV-1-01/ZN-T");
    assert_int_equal(command("AHU-1/SF-C", 0, 5).kind, BAC_NOT_REFUSED);
    go_on(2);
    assert_true(value("AHU-1/SF-S") < 0.5);
    assert_true(value("VAV-1-01/SUP-F") < 5);
    assert_true(value("VAV-1-01/ZN-T") > before + 1);
}

static void the_same_seed_is_the_same_building_and_another_is_another(void **state)
{
    (void)state;
    double first[2], second[2];
    begin("2026-05-01T08:00:00Z", 200, 7);
    go_on(3);
    first[0] = value("METER/KW");
    first[1] = value("WEATHER/OAT");
    sim_site_done(&site);
    begin("2026-05-01T08:00:00Z", 200, 7);
    go_on(3);
    second[0] = value("METER/KW");
    second[1] = value("WEATHER/OAT");
    assert_memory_equal(first, second, sizeof first);
    sim_site_done(&site);
    begin("2026-05-01T08:00:00Z", 200, 8);
    go_on(3);
    assert_true(value("METER/KW") != first[0]);
}

static void a_year_has_no_impossible_value_and_meters_only_count_up(void **state)
{
    (void)state;
    begin("2026-01-01T00:00:00Z", 120, 3);
    double energy = 0;
    for (int day = 0; day < 365; day += 3) {
        go_on(24);
        site.building.clock_us += 2 * BP_DAY; /* left out */
        site.building.now_us += 2 * BP_DAY;
        for (size_t i = 0; i < site.device_count; i++)
            for (size_t j = 0; j < site.devices[i].count; j++) {
                const SimObject *one = &site.devices[i].objects[j];
                const double now = sim_object_value(one);
                if (!isfinite(now))
                    fail_msg("%s says %g", one->name, now);
                if (one->spec->max > one->spec->min)
                    assert_true(now >= (double)one->spec->min - 0.01 && now <= (double)one->spec->max + 0.01);
            }
        assert_true(value("METER/KWH") >= energy);
        energy = value("METER/KWH");
    }
    assert_true(energy > 16777216); /* beyond what a float counts one by one */
}

/* In the coldest and the warmest days that there are. */
static void no_value_leaves_its_range_in_any_climate(void **state)
{
    (void)state;
    static const char *const starts[] = {"2026-01-13T00:00:00Z", "2026-07-14T00:00:00Z"};
    for (size_t i = 0; i < climate_count * 2; i++) {
        int64_t start_us;
        assert_int_equal(bp_time_parse(bp_str(starts[i % 2]), &start_us, NULL), BP_OK);
        sim_site_init(&site, &(SimSiteOptions){.points = 300,
                                               .building = {.seed = i,
                                                            .weather_seed = i,
                                                            .climate = &climates[i / 2],
                                                            .control = (BuildingControl)(i % 3),
                                                            .start_us = start_us,
                                                            .settle_us = 12 * BP_HOUR}});
        for (int hour = 0; hour < 24; hour++) {
            sim_site_step(&site, 3600);
            for (size_t j = 0; j < site.device_count; j++)
                for (size_t k = 0; k < site.devices[j].count; k++) {
                    const SimObject *one = &site.devices[j].objects[k];
                    if (!isfinite(sim_object_value(one)) || !sim_object_takes(one, sim_object_said(one)))
                        fail_msg("%s is %g in %s at hour %d", one->name, sim_object_value(one),
                                 climates[i / 2].name, hour);
                }
        }
        if (i + 1 < climate_count * 2)
            sim_site_done(&site);
    }
}

static void there_are_as_many_points_as_were_asked_for(void **state)
{
    (void)state;
    static const size_t wanted[] = {1, 24, 52, 53, 99, 100, 500, 501, 2000};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        begin("2026-05-01T08:00:00Z", wanted[i], 1);
        size_t count = 0;
        for (size_t j = 0; j < site.device_count; j++) {
            assert_true(site.devices[j].count > 0);
            count += site.devices[j].count;
        }
        assert_int_equal(count, wanted[i]);
        sim_site_done(&site);
    }
    site = (SimSite){0};
    begin("2026-05-01T08:00:00Z", 1, 1);
}

/* ---- as BACnet objects ---- */

static BacRefusal read(BacObjectId id, uint32_t property, uint32_t index, BpBuf *out)
{
    const BacReference reference = {id, property, index};
    bp_buf_clear(out);
    for (size_t i = 0; i < site.device_count; i++)
        if (site.devices[i].instance == id.instance || sim_device_find(&site.devices[i], id))
            return sim_device_objects.read(&site.devices[i], &reference, out);
    return sim_error(BAC_CLASS_OBJECT, BAC_CODE_UNKNOWN_OBJECT);
}

/* Every value that the properties hold decodes, whatever their number. */
static void decode_all(const SimDevice *device, BacObjectId id, BpBuf *out)
{
    uint32_t property;
    size_t count = 0;
    for (size_t i = 0; sim_device_objects.property((void *)(uintptr_t)device, id, BAC_PROP_ALL, i, &property);
         i++, count++) {
        const BacReference reference = {id, property, BAC_NO_INDEX};
        bp_buf_clear(out);
        assert_int_equal(sim_device_objects.read((void *)(uintptr_t)device, &reference, out).kind,
                         BAC_NOT_REFUSED);
        assert_false(out->failed);
        BpCursor in = bp_cursor(out->data, out->size);
        BacValue decoded;
        while (property != BAC_PROP_SCALE && bp_cursor_remaining(&in))
            assert_int_equal(bac_value_decode(&in, &decoded, NULL), BP_OK);
    }
    assert_true(count >= 9);
}

static void every_property_of_every_object_decodes(void **state)
{
    (void)state;
    begin("2026-05-01T08:00:00Z", 300, 1);
    BpBuf out = bp_buf_growing(BAC_SERVER_ANSWER_MAX);
    for (size_t i = 0; i < site.device_count; i++) {
        const SimDevice *device = &site.devices[i];
        decode_all(device, (BacObjectId){BAC_DEVICE, device->instance}, &out);
        for (size_t j = 0; j < device->count; j++)
            decode_all(device, device->objects[j].id, &out);
    }
    bp_buf_done(&out);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    begin("2026-05-01T08:00:00Z", 300, 1);
    BpBuf out = bp_buf_growing(4096);
    const BacObjectId input = {BAC_ANALOG_INPUT, 1};
    assert_int_equal(
        read((BacObjectId){BAC_ANALOG_INPUT, 99999}, BAC_PROP_PRESENT_VALUE, BAC_NO_INDEX, &out).code,
        BAC_CODE_UNKNOWN_OBJECT);
    assert_int_equal(read(input, BAC_PROP_PRIORITY_ARRAY, BAC_NO_INDEX, &out).code,
                     BAC_CODE_UNKNOWN_PROPERTY);
    assert_int_equal(read(input, BAC_PROP_PRESENT_VALUE, 1, &out).code, BAC_CODE_PROPERTY_IS_NOT_AN_ARRAY);
    assert_int_equal(read((BacObjectId){BAC_ANALOG_OUTPUT, 1}, BAC_PROP_PRIORITY_ARRAY, 17, &out).code,
                     BAC_CODE_INVALID_ARRAY_INDEX);
    assert_int_equal(command("AHU-1/SAT", 20, 8).code, BAC_CODE_WRITE_ACCESS_DENIED);
    assert_int_equal(command("AHU-1/CLG-O", 101, 8).code, BAC_CODE_VALUE_OUT_OF_RANGE);
    bp_buf_done(&out);
}

static void out_of_service_an_input_says_what_is_written_to_it(void **state)
{
    (void)state;
    begin("2026-05-01T08:00:00Z", 300, 1);
    SimObject *sensor = object("VAV-1-01/ZN-T");
    const uint8_t truth = 0x11; /* a Boolean's tag holds it */
    const BacWrite write = {.reference = {sensor->id, BAC_PROP_OUT_OF_SERVICE, BAC_NO_INDEX},
                            .value = bp_cursor(&truth, 1),
                            .priority = 16};
    assert_int_equal(sim_object_write(sensor, &write).kind, BAC_NOT_REFUSED);
    assert_int_equal(command("VAV-1-01/ZN-T", 35.25, 16).kind, BAC_NOT_REFUSED);
    go_on(0.1);
    assert_true(value("VAV-1-01/ZN-T") == 35.25);
    assert_true(value("VAV-1-01/MODE") == 4 || value("VAV-1-01/MODE") == 1); /* the box believes it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_summer_day_is_cooled, tear_down),
        cmocka_unit_test_teardown(a_winter_day_is_heated_and_coils_never_fight, tear_down),
        cmocka_unit_test_teardown(mild_air_cools_for_nothing, tear_down),
        cmocka_unit_test_teardown(a_setpoint_at_a_priority_moves_the_zone_until_it_is_released, tear_down),
        cmocka_unit_test_teardown(a_command_is_in_the_building_at_once, tear_down),
        cmocka_unit_test_teardown(every_lever_is_a_point_with_limits, tear_down),
        cmocka_unit_test_teardown(a_fan_that_is_commanded_off_lets_the_building_drift, tear_down),
        cmocka_unit_test_teardown(the_same_seed_is_the_same_building_and_another_is_another, tear_down),
        cmocka_unit_test_teardown(a_year_has_no_impossible_value_and_meters_only_count_up, tear_down),
        cmocka_unit_test_teardown(no_value_leaves_its_range_in_any_climate, tear_down),
        cmocka_unit_test_teardown(there_are_as_many_points_as_were_asked_for, tear_down),
        cmocka_unit_test_teardown(every_property_of_every_object_decodes, tear_down),
        cmocka_unit_test_teardown(what_cannot_be_is_refused, tear_down),
        cmocka_unit_test_teardown(out_of_service_an_input_says_what_is_written_to_it, tear_down),
    };
    return cmocka_run_group_tests_name("sim building", tests, NULL, NULL);
}
