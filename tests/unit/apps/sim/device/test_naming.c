#include "apps/sim/device/site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const int64_t START_US = 1784000000000000;

static void begin(SimSite *site, const SimNaming *naming, size_t points)
{
    sim_site_init(
        site,
        &(SimSiteOptions){
            .points = points,
            .naming = naming,
            .building = {.seed = 1, .weather_seed = 1, .start_us = START_US, .settle_us = BUILDING_STEP_US}});
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void assert_all_differ(const char **names, size_t count)
{
    qsort((void *)names, count, sizeof *names, by_text);
    for (size_t i = 1; i < count; i++)
        if (strcmp(names[i], names[i - 1]) == 0)
            fail_msg("two are called \"%s\"", names[i]);
}

/* Names are printable ASCII, as not every client shows more; none is cut. */
static void assert_is_name(const char *name)
{
    const size_t size = strlen(name);
    assert_in_range(size, 1, SIM_NAME_MAX - 2);
    for (size_t i = 0; i < size; i++)
        assert_in_range((unsigned char)name[i], ' ', '~');
}

/* Descriptions are UTF-8, and none is cut. */
static void assert_is_text(const char *text)
{
    assert_in_range(strlen(text), 1, SIM_TEXT_MAX - 2);
    assert_true(bp_str_is_utf8(bp_str(text)));
}

static void check_names(const SimNaming *naming, size_t points)
{
    SimSite site;
    begin(&site, naming, points);
    assert_int_equal(site.point_count, points);
    const char **names = calloc(points + site.device_count, sizeof *names);
    assert_non_null(names);
    size_t count = 0;
    for (size_t i = 0; i < site.device_count; i++) {
        const SimDevice *device = &site.devices[i];
        names[count++] = device->name;
        assert_is_name(device->name);
        assert_is_text(device->description);
        for (size_t j = 0; j < device->count; j++) {
            char text[SIM_TEXT_MAX];
            const SimObject *object = &device->objects[j];
            assert_is_name(object->name);
            naming->describe(object->equipment, object->spec, text);
            assert_is_text(text);
            names[count++] = object->name;
        }
    }
    assert_int_equal(count, points + site.device_count);
    assert_all_differ(names, count);
    free((void *)names);
    sim_site_done(&site);
}

static void each_naming_names_everything_once_and_within_limits(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 50, 120, 500, 10000};
    for (size_t i = 0; sim_namings[i]; i++)
        for (size_t j = 0; j < sizeof sizes / sizeof sizes[0]; j++)
            check_names(sim_namings[i], sizes[j]);
}

static const SimObject *point(const SimSite *site, const char *equipment, const char *spec)
{
    for (size_t i = 0; i < site->device_count; i++)
        for (size_t j = 0; j < site->devices[i].count; j++) {
            const SimObject *object = &site->devices[i].objects[j];
            if (strcmp(object->equipment->name, equipment) == 0 && strcmp(object->spec->name, spec) == 0)
                return object;
        }
    fail_msg("no %s/%s", equipment, spec);
    return NULL;
}

static void assert_named(const SimSite *site, const char *equipment, const char *spec, const char *name,
                         const char *text)
{
    char described[SIM_TEXT_MAX];
    const SimObject *object = point(site, equipment, spec);
    object->equipment->naming->describe(object->equipment, object->spec, described);
    assert_string_equal(object->name, name);
    assert_string_equal(described, text);
}

static void the_same_points_have_names_of_three_sorts(void **state)
{
    (void)state;
    SimSite site;
    begin(&site, NULL, 500);
    assert_string_equal(site.devices[0].name, "AHU-1");
    assert_int_equal(site.devices[0].instance, SIM_FIRST_INSTANCE);
    assert_named(&site, "AHU-1", "SAT", "AHU-1/SAT", "Supply air temperature");
    assert_named(&site, "VAV-1-03", "ZN-T", "VAV-1-03/ZN-T", "Zone temperature");
    sim_site_done(&site);

    begin(&site, &sim_naming_dotted, 500);
    assert_string_equal(site.devices[0].name, "HQ.Roof.AHU01");
    assert_named(&site, "AHU-1", "SAT", "HQ.Roof.AHU01.SupplyAirTemp", "AHU 1: Supply air temperature");
    assert_named(&site, "VAV-1-03", "ZN-T", "HQ.Floor01.Room103.SpaceTemp", "Room 103: Space temperature");
    sim_site_done(&site);

    begin(&site, &sim_naming_german, 500);
    assert_string_equal(site.devices[0].name, "ISP_L01");
    assert_named(&site, "AHU-1", "SAT", "L01_ZUL_TE_MW", "Lüftung 1 Zuluft Temperatur");
    assert_named(&site, "VAV-1-03", "ZN-T", "E01R03_RAU_TE_MW", "Ebene 1 Raum 03 Raumtemperatur");
    sim_site_done(&site);
}

static void a_german_device_speaks_german_of_states_too(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < SIM_EQUIPMENT_KINDS; kind++)
        for (size_t i = 0; i < sim_points[kind].count; i++) {
            const char *const *states = sim_points[kind].specs[i].states;
            for (size_t j = 0; states && states[j]; j++)
                if (strcmp(sim_naming_german.word(states[j]), states[j]) == 0)
                    fail_msg("no word for \"%s\"", states[j]);
        }
}

/* Nothing else differs: not the instances, not the values. */
static void the_naming_changes_names_alone(void **state)
{
    (void)state;
    SimSite plain, other;
    begin(&plain, NULL, 120);
    begin(&other, &sim_naming_german, 120);
    sim_site_step(&plain, 600);
    sim_site_step(&other, 600);
    assert_int_equal(plain.device_count, other.device_count);
    for (size_t i = 0; i < plain.device_count; i++) {
        assert_int_equal(plain.devices[i].instance, other.devices[i].instance);
        assert_int_equal(plain.devices[i].count, other.devices[i].count);
        for (size_t j = 0; j < plain.devices[i].count; j++) {
            const SimObject *a = &plain.devices[i].objects[j], *b = &other.devices[i].objects[j];
            assert_true(a->id.type == b->id.type && a->id.instance == b->id.instance);
            assert_true(a->spec == b->spec && sim_object_said(a) == sim_object_said(b));
        }
    }
    sim_site_done(&plain);
    sim_site_done(&other);
}

/* Faults, tests and truth go by own names. */
static void equipment_and_points_are_found_by_their_own_names(void **state)
{
    (void)state;
    SimSite site;
    begin(&site, &sim_naming_german, 120);
    const SimEquipment *zone = sim_site_equipment(&site, bp_str("VAV-1-03"));
    assert_non_null(zone);
    assert_true(zone->kind == SIM_ZONE && zone->handler == 1 && zone->number == 3);
    assert_ptr_equal(zone->data, &site.building.zones[2]);
    assert_string_equal(sim_site_point(&site, bp_str("VAV-1-03/ZN-T"))->name, "E01R03_RAU_TE_MW");
    assert_ptr_equal(sim_site_point(&site, bp_str("METER/KW"))->signal, &site.building.meter.power);
    assert_null(sim_site_equipment(&site, bp_str("VAV-1-99")));
    assert_null(sim_site_point(&site, bp_str("VAV-1-03/")));
    assert_null(sim_site_point(&site, bp_str("VAV-1-03")));
    assert_null(sim_site_point(&site, bp_str("E01R03_RAU_TE_MW")));
    sim_site_done(&site);
}

static void a_naming_that_is_not_there_is_refused_with_those_that_are(void **state)
{
    (void)state;
    const SimNaming *naming = NULL;
    BpError err = {0};
    assert_int_equal(sim_naming_find(bp_str("dotted"), &naming, &err), BP_OK);
    assert_ptr_equal(naming, &sim_naming_dotted);
    assert_int_equal(sim_naming_find(bp_str("french"), &naming, &err), BP_INVALID);
    assert_string_equal(err.text, "--naming french: plain, dotted, german are there");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_naming_names_everything_once_and_within_limits),
        cmocka_unit_test(the_same_points_have_names_of_three_sorts),
        cmocka_unit_test(a_german_device_speaks_german_of_states_too),
        cmocka_unit_test(the_naming_changes_names_alone),
        cmocka_unit_test(equipment_and_points_are_found_by_their_own_names),
        cmocka_unit_test(a_naming_that_is_not_there_is_refused_with_those_that_are),
    };
    return cmocka_run_group_tests_name("sim naming", tests, NULL, NULL);
}
