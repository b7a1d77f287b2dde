#include "apps/web/history/meaning.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static Meaning tagged(const char *words)
{
    char memory[1000];
    BpBuf tags = bp_buf(memory, sizeof memory);
    bp_buf_str(&tags, bp_str("{\"dis\": \"a \\\"zone\\\": \\\"air\\\"\""));
    for (BpStr rest = bp_str(words), word = bp_str_cut(rest, ' ', &rest); word.size;
         word = bp_str_cut(rest, ' ', &rest))
        bp_buf_printf(&tags, ", \"%.*s\": \"m:\"", BP_STR_ARGS(word));
    bp_buf_str(&tags,
               (BpStr){", \"kind\": \"Number\"}", sizeof ", \"kind\": \"Number\"}"}); /* and its zero */
    assert_false(tags.failed);
    const MeaningFacts facts = {.tags = memory,
                                .name = bp_str("OAT"),
                                .description = bp_str("Outdoor air temperature"),
                                .units = "degrees-celsius"};
    return meaning_of(&facts);
}

static Meaning named(const char *name, const char *description, const char *units)
{
    const MeaningFacts facts = {
        .tags = "{}", .name = bp_str(name), .description = bp_str(description), .units = units};
    return meaning_of(&facts);
}

static void tags_say_it_and_names_are_not_asked_then(void **state)
{
    (void)state;
    assert_int_equal(tagged("zone air temp sensor point"), MEANING_ZONE_TEMPERATURE);
    assert_int_equal(tagged("zone air temp occ cooling sp point"), MEANING_ZONE_COOLING);
    assert_int_equal(tagged("zone air temp occ heating sp point"), MEANING_ZONE_HEATING);
    assert_int_equal(tagged("zone air temp effective sp point"), MEANING_ZONE_SETPOINT);
    assert_int_equal(tagged("elec ac active energy import total sensor point"), MEANING_ENERGY);
    assert_int_equal(tagged("elec ac active power total sensor point"), MEANING_POWER);
    assert_int_equal(tagged("weather air temp sensor point"), MEANING_OUTDOOR_TEMPERATURE);
    assert_int_equal(tagged("weather air humidity sensor point"), MEANING_OUTDOOR_HUMIDITY);
    assert_int_equal(tagged("discharge air temp sensor point"), MEANING_NONE);
}

static void parts_of_the_building_are_not_all_of_it(void **state)
{
    (void)state;
    assert_int_equal(tagged("fan elec ac active power sensor point"), MEANING_NONE);
    assert_int_equal(tagged("chiller elec power sensor point"), MEANING_NONE);
    assert_int_equal(tagged("elec ac reactive power total sensor point"), MEANING_NONE);
    assert_int_equal(tagged("elec ac active energy export total sensor point"), MEANING_NONE);
    assert_int_equal(tagged("zone air temp delta sp point"), MEANING_NONE);
    assert_int_equal(tagged("zone air temp unocc cooling sp point"), MEANING_NONE);
    assert_int_equal(tagged("zone air co2 concentration sensor point"), MEANING_NONE);
}

static void names_say_it_where_there_are_no_tags(void **state)
{
    (void)state;
    assert_int_equal(named("VAV-1-01/ZN-T", "Zone temperature", "degrees-celsius"), MEANING_ZONE_TEMPERATURE);
    assert_int_equal(named("HQ.Floor01.Room103.SpaceTemp", "Room 103: Space temperature", "degrees-celsius"),
                     MEANING_ZONE_TEMPERATURE);
    assert_int_equal(named("E01R03_RAU_TE_MW", "Ebene 1 Raum 03 Raumtemperatur", "degrees-celsius"),
                     MEANING_ZONE_TEMPERATURE);
    assert_int_equal(named("VAV-1-01/CLG-SP", "Cooling setpoint", "degrees-celsius"), MEANING_ZONE_COOLING);
    assert_int_equal(named("VAV-1-01/HTG-SP", "Heating setpoint", "degrees-fahrenheit"),
                     MEANING_ZONE_HEATING);
    assert_int_equal(named("R1/ZN-SP", "Room temperature setpoint", "degrees-celsius"),
                     MEANING_ZONE_SETPOINT);
    assert_int_equal(named("OAT", "", "degrees-celsius"), MEANING_OUTDOOR_TEMPERATURE);
    assert_int_equal(named("WS/Außentemperatur", "", "degrees-celsius"), MEANING_OUTDOOR_TEMPERATURE);
    assert_int_equal(named("WS/OAH", "Outdoor air humidity", "percent-relative-humidity"),
                     MEANING_OUTDOOR_HUMIDITY);
    assert_int_equal(named("M1", "Energy", "kilowatt-hours"), MEANING_ENERGY);
    assert_int_equal(named("M1", "Power", "kilowatts"), MEANING_POWER);
}

static void where_a_name_does_not_say_it_nothing_is_guessed(void **state)
{
    (void)state;
    assert_int_equal(named("AHU-1/SAT", "Supply air temperature", "degrees-celsius"), MEANING_NONE);
    assert_int_equal(named("AHU-1/SAT-SP", "Supply air temperature setpoint", "degrees-celsius"),
                     MEANING_NONE);
    assert_int_equal(named("CHW-ST", "Chilled water supply temperature", "degrees-celsius"), MEANING_NONE);
    assert_int_equal(named("BOAT", "Boat house", "degrees-celsius"), MEANING_NONE);
    assert_int_equal(named("VAV-1-01/ZN-T", "Zone temperature", ""), MEANING_NONE); /* of no unit */
    assert_int_equal(named("GAS", "Gas meter", "kilowatt-hours"), MEANING_NONE);
    assert_int_equal(named("", "", ""), MEANING_NONE);
}

static void a_tag_is_a_key_and_no_value(void **state)
{
    (void)state;
    const char *tags = "{\"a\": \"zone\", \"zone\" : \"m:\", \"text\": \"\\\"air\\\": 1\", \"temp\":\"m:\"}";
    assert_true(meaning_has_tag(tags, "zone"));
    assert_true(meaning_has_tag(tags, "temp"));
    assert_true(meaning_has_tag(tags, "a"));
    assert_false(meaning_has_tag(tags, "air"));
    assert_false(meaning_has_tag("{\"a\": \"zone\"}", "zone"));
    assert_false(meaning_has_tag("{}", "zone"));
    assert_false(meaning_has_tag("", "zone"));
    assert_false(meaning_has_tag("\"zone", "zone"));
    assert_false(meaning_has_tag("\"zone\"", "zone"));
}

static void expect_equipment(const char *tags, const char *name, const char *wanted)
{
    const BpStr reference = meaning_reference(tags);
    assert_true(bp_str_equal(reference.size ? reference : meaning_equipment(bp_str(name)), bp_str(wanted)));
}

static void equipment_is_what_a_point_refers_to_or_what_its_name_begins_with(void **state)
{
    (void)state;
    expect_equipment("{\"equipRef\": \"r:VAV-1-01\"}", "x/y", "VAV-1-01");
    expect_equipment("{\"equipRef\":\"@p:demo:r:1\"}", "x/y", "p:demo:r:1");
    expect_equipment("{\"equipRef\": \"r:\"}", "x/y", "r:"); /* of no name: itself */
    expect_equipment("{\"equipRef\": \"@\"}", "x/y", "x");
    expect_equipment("{\"equipRef\": 7}", "VAV-1-01/ZN-T", "VAV-1-01");
    expect_equipment("{\"equipRef\": \"a\\\\b\"}", "VAV-1-01/ZN-T", "VAV-1-01");
    expect_equipment("{\"equipRef\": \"unended", "VAV-1-01/ZN-T", "VAV-1-01");
    expect_equipment("{}", "HQ.Floor01.Room103.SpaceTemp", "HQ.Floor01.Room103");
    expect_equipment("{}", "SpaceTemp", "");
    expect_equipment("{}", "", "");
}

static void units_come_to_kilowatts(void **state)
{
    (void)state;
    assert_true(meaning_kwh("megawatt-hours") == 1000 && meaning_kwh("kilowatt-hours") == 1 &&
                meaning_kwh("kilowatts") == 0);
    assert_true(meaning_kw("watts") == 0.001 && meaning_kw("kilowatts") == 1 && meaning_kw("") == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_say_it_and_names_are_not_asked_then),
        cmocka_unit_test(parts_of_the_building_are_not_all_of_it),
        cmocka_unit_test(names_say_it_where_there_are_no_tags),
        cmocka_unit_test(where_a_name_does_not_say_it_nothing_is_guessed),
        cmocka_unit_test(a_tag_is_a_key_and_no_value),
        cmocka_unit_test(equipment_is_what_a_point_refers_to_or_what_its_name_begins_with),
        cmocka_unit_test(units_come_to_kilowatts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
