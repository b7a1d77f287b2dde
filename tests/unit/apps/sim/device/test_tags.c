#include "apps/sim/device/site.h"
#include "apps/sim/device/tags.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Words that Project Haystack 4 defines (its libraries ph, phScience and phIoT, github.com/Project-Haystack/
 * haystack-defs), as far as they are used here. */
static const char words[] =
    " ac active ahu air alarm boiler chilled chilledWaterCooling chiller cmd co2 concentration condenser cool"
    " cooling coolingTower current damper delta discharge economizing effective elec energy entering equip "
    "fan"
    " filter flow freezeStat freq heat heating hot hotWaterHeating humidity hvacMode import irradiance "
    "leaving"
    " level lighting meter min mixed naturalGas occ occupied outside pf plant point power pressure"
    " pressureIndependent pump reactive reheat return run sensor singleDuct siteMeter solar sp speed standby"
    " temp thermal total unocc valve variableAirVolume vav vavZone volt water weather weatherStation wetBulb"
    " zone enable condenserOpenLoop ";

/* And those that it has no word for: a machine's load, hours at which something begins and ends. */
static const char own_words[] = " load start stop ";

/* What a value measures or moves, and the units that it may have, as Haystack writes them; NULL: none. */
static const struct {
    const char *tag, *units;
} quantities[] = {
    {"temp", " °C Δ°C "},     {"wetBulb", " °C "},    {"humidity", " %RH "},
    {"pressure", " Pa "},     {"flow", " L/s "},      {"co2", " ppm "},
    {"irradiance", " W/m² "}, {"power", " kW kVAR "}, {"energy", " kWh "},
    {"volt", " V "},          {"current", " A "},     {"freq", " Hz "},
    {"pf", " pf "},           {"speed", " % "},       {"damper", " % "},
    {"valve", " % "},         {"load", " % "},        {"start", " h "},
    {"stop", " h "},          {"run", " h "}, /* and none, where it is on or off */
    {"alarm", NULL},          {"occupied", NULL},     {"economizing", NULL},
    {"enable", NULL},         {"hvacMode", NULL},
};

static bool is_among(const char *list, BpStr word)
{
    char wanted[64];
    snprintf(wanted, sizeof wanted, " %.*s ", BP_STR_ARGS(word));
    return strstr(list, wanted) != NULL;
}

static size_t tag_count(const char *tags)
{
    size_t count = 0;
    for (BpStr rest = bp_str(tags); rest.size > 0; count++)
        sim_tag_next(&rest);
    return count;
}

static void for_each_spec(void (*check)(SimEquipmentKind kind, const SimSpec *spec))
{
    for (size_t kind = 0; kind < SIM_EQUIPMENT_KINDS; kind++)
        for (size_t i = 0; i < sim_points[kind].count; i++)
            check((SimEquipmentKind)kind, &sim_points[kind].specs[i]);
}

static void check_words(const char *tags)
{
    for (BpStr rest = bp_str(tags); rest.size > 0;) {
        const BpStr tag = sim_tag_next(&rest);
        if (!is_among(words, tag) && !is_among(own_words, tag))
            fail_msg("\"%.*s\" in \"%s\" is no word of Haystack's", BP_STR_ARGS(tag), tags);
        char padded[256];
        snprintf(padded, sizeof padded, " %.*s ", BP_STR_ARGS(rest));
        if (is_among(padded, tag))
            fail_msg("\"%s\" says \"%.*s\" twice", tags, BP_STR_ARGS(tag));
    }
}

static void check_spec_words(SimEquipmentKind kind, const SimSpec *spec)
{
    (void)kind;
    check_words(spec->tags);
}

static void every_tag_is_a_word_that_haystack_has(void **state)
{
    (void)state;
    for_each_spec(check_spec_words);
    for (size_t kind = 0; kind < SIM_EQUIPMENT_KINDS; kind++)
        check_words(sim_points[kind].tags);
}

static void check_function(SimEquipmentKind kind, const SimSpec *spec)
{
    (void)kind;
    const bool is_sensor = sim_tags_have(spec->tags, "sensor"), is_command = sim_tags_have(spec->tags, "cmd"),
               is_setpoint = sim_tags_have(spec->tags, "sp");
    assert_true(sim_tags_have(spec->tags, "point"));
    if (is_sensor + is_command + is_setpoint != 1)
        fail_msg("%s: \"%s\" is not one of sensor, cmd and sp", spec->name, spec->tags);
    switch (spec->type) {
    case BAC_ANALOG_OUTPUT:
    case BAC_BINARY_OUTPUT:
    case BAC_MULTI_STATE_OUTPUT: assert_true(is_command); break;
    case BAC_ANALOG_VALUE:
    case BAC_BINARY_VALUE:
    case BAC_MULTI_STATE_VALUE: assert_true(is_command || is_setpoint); break;
    default: assert_true(is_sensor);
    }
}

static void every_point_is_one_of_sensor_command_and_setpoint_as_its_object_is(void **state)
{
    (void)state;
    for_each_spec(check_function);
}

static void check_quantity(SimEquipmentKind kind, const SimSpec *spec)
{
    (void)kind;
    const char *unit = sim_tags_unit(spec);
    size_t found = 0;
    for (size_t i = 0; i < sizeof quantities / sizeof quantities[0]; i++) {
        if (!sim_tags_have(spec->tags, quantities[i].tag))
            continue;
        found++;
        if (strcmp(sim_tags_kind(spec), "Number") != 0) {
            assert_null(unit);
        } else if (!unit || !quantities[i].units || !is_among(quantities[i].units, bp_str(unit))) {
            fail_msg("%s: \"%s\" in %s", spec->name, spec->tags, unit ? unit : "no unit");
        }
    }
    if (found != 1)
        fail_msg("%s: \"%s\" has %zu quantities", spec->name, spec->tags, found);
}

static void every_point_has_one_quantity_and_the_unit_agrees_with_it(void **state)
{
    (void)state;
    for_each_spec(check_quantity);
}

static void check_details(SimEquipmentKind kind, const SimSpec *spec)
{
    (void)kind;
    const char *unit = sim_tags_unit(spec) ? sim_tags_unit(spec) : "";
    assert_int_equal(strcmp(unit, "Δ°C") == 0,
                     sim_tags_have(spec->tags, "delta") && sim_tags_have(spec->tags, "temp"));
    assert_int_equal(strcmp(unit, "kVAR") == 0, sim_tags_have(spec->tags, "reactive"));
    /* What is measured in a zone says so; what is measured in air, whose. */
    if (sim_tags_have(spec->tags, "air"))
        assert_true(sim_tags_have(spec->tags, "zone") || sim_tags_have(spec->tags, "discharge") ||
                    sim_tags_have(spec->tags, "return") || sim_tags_have(spec->tags, "mixed") ||
                    sim_tags_have(spec->tags, "outside") || sim_tags_have(spec->tags, "weather") ||
                    sim_tags_have(spec->tags, "filter"));
    if (sim_tags_have(spec->tags, "water"))
        assert_true(sim_tags_have(spec->tags, "chilled") + sim_tags_have(spec->tags, "hot") +
                        sim_tags_have(spec->tags, "condenser") ==
                    1);
    /* Commands and setpoints of numbers have limits. */
    if (strcmp(sim_tags_kind(spec), "Number") == 0 && !sim_tags_have(spec->tags, "sensor"))
        assert_true(spec->max > spec->min);
}

static void what_is_measured_says_of_what(void **state)
{
    (void)state;
    for_each_spec(check_details);
}

static bool are_equal(const char *a, const char *b)
{
    if (tag_count(a) != tag_count(b))
        return false;
    for (BpStr rest = bp_str(a); rest.size > 0;) {
        char tag[64];
        const BpStr next = sim_tag_next(&rest);
        snprintf(tag, sizeof tag, "%.*s", BP_STR_ARGS(next));
        if (!sim_tags_have(b, tag))
            return false;
    }
    return true;
}

static void no_two_points_of_an_equipment_have_the_same_tags(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < SIM_EQUIPMENT_KINDS; kind++)
        for (size_t i = 0; i < sim_points[kind].count; i++)
            for (size_t j = 0; j < i; j++)
                if (are_equal(sim_points[kind].specs[i].tags, sim_points[kind].specs[j].tags))
                    fail_msg("%s and %s are both \"%s\"", sim_points[kind].specs[i].name,
                             sim_points[kind].specs[j].name, sim_points[kind].specs[i].tags);
}

static void equipment_says_what_it_is(void **state)
{
    (void)state;
    static const char *const expected[SIM_EQUIPMENT_KINDS] = {
        [SIM_HANDLER] = "ahu", [SIM_PLANT] = "plant", [SIM_WEATHER] = "weatherStation",
        [SIM_METER] = "meter", [SIM_ZONE] = "vav",
    };
    for (size_t kind = 0; kind < SIM_EQUIPMENT_KINDS; kind++) {
        assert_true(sim_tags_have(sim_points[kind].tags, expected[kind]));
        assert_true(sim_tags_have(sim_points[kind].tags, "equip") || kind == SIM_WEATHER);
        assert_false(sim_tags_have(sim_points[kind].tags, "point"));
    }
}

static const SimObject *find(const SimSite *site, const char *name)
{
    for (size_t i = 0; i < site->device_count; i++)
        for (size_t j = 0; j < site->devices[i].count; j++)
            if (strcmp(site->devices[i].objects[j].name, name) == 0)
                return &site->devices[i].objects[j];
    fail_msg("no %s", name);
    return NULL;
}

static void assert_json(const SimSite *site, const char *name, const char *expected)
{
    json_t *tags = sim_tags_json(find(site, name)), *wanted = json_loads(expected, 0, NULL);
    assert_non_null(wanted);
    if (!json_equal(tags, wanted))
        fail_msg("%s", json_dumps(tags, 0));
    json_decref(wanted);
    json_decref(tags);
}

static void as_json_a_point_has_markers_kind_unit_limits_states_and_equipment(void **state)
{
    (void)state;
    SimSite site;
    sim_site_init(
        &site, &(SimSiteOptions){.points = 120,
                                 .building = {.seed = 1, .weather_seed = 1, .start_us = 1784000000000000}});
    assert_json(
        &site, "AHU-1/SAT",
        "{\"discharge\": \"m:\", \"air\": \"m:\", \"temp\": \"m:\", \"sensor\": \"m:\", \"point\": "
        "\"m:\", \"kind\": \"Number\", \"unit\": \"°C\", \"minVal\": \"n:-20\", \"maxVal\": \"n:80\", "
        "\"equipRef\": \"r:AHU-1\"}");
    assert_json(
        &site, "AHU-1/SF-C",
        "{\"discharge\": \"m:\", \"fan\": \"m:\", \"run\": \"m:\", \"cmd\": \"m:\", \"point\": \"m:\", "
        "\"kind\": \"Bool\", \"enum\": [\"off\", \"on\"], \"equipRef\": \"r:AHU-1\"}");
    sim_site_done(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_tag_is_a_word_that_haystack_has),
        cmocka_unit_test(every_point_is_one_of_sensor_command_and_setpoint_as_its_object_is),
        cmocka_unit_test(every_point_has_one_quantity_and_the_unit_agrees_with_it),
        cmocka_unit_test(what_is_measured_says_of_what),
        cmocka_unit_test(no_two_points_of_an_equipment_have_the_same_tags),
        cmocka_unit_test(equipment_says_what_it_is),
        cmocka_unit_test(as_json_a_point_has_markers_kind_unit_limits_states_and_equipment),
    };
    return cmocka_run_group_tests_name("sim tags", tests, NULL, NULL);
}
