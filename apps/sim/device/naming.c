#include "apps/sim/device/naming.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

const SimNaming *const sim_namings[] = {&sim_naming_plain, &sim_naming_dotted, &sim_naming_german, NULL};

BpStatus sim_naming_find(BpStr name, const SimNaming **ret_naming, BpError *err)
{
    char names[64] = "";
    for (size_t i = 0; sim_namings[i]; i++) {
        if (bp_str_equal(name, bp_str(sim_namings[i]->name))) {
            *ret_naming = sim_namings[i];
            return BP_OK;
        }
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? ", " : "",
                 sim_namings[i]->name);
    }
    return bp_fail(err, BP_INVALID, "--naming %.*s: %s are there", BP_STR_ARGS(name), names);
}

const SimWord *sim_word_find(const SimWord *words, SimEquipmentKind kind, const SimSpec *spec)
{
    while (words->name && (words->kind != kind || strcmp(words->spec, spec->name) != 0))
        words++;
    assert(words->name); /* each point has its row: a test looks for it */
    return words;
}

/* ---- plain: equipment, a slash, a mnemonic ---- */

static void plain_device(const SimEquipment *equipment, char ret_name[SIM_NAME_MAX],
                         char ret_text[SIM_TEXT_MAX])
{
    static const char *const texts[SIM_EQUIPMENT_KINDS] = {
        [SIM_HANDLER] = "Air handler",          [SIM_PLANT] = "Chiller, boiler and weather station",
        [SIM_WEATHER] = "Weather station",      [SIM_METER] = "Main electricity and gas meter",
        [SIM_ZONE] = "Controller of VAV boxes",
    };
    snprintf(ret_name, SIM_NAME_MAX, "%s", equipment->name);
    snprintf(ret_text, SIM_TEXT_MAX, "%s", texts[equipment->kind]);
}

static void plain_point(const SimEquipment *equipment, const SimSpec *spec, char ret_name[SIM_NAME_MAX])
{
    snprintf(ret_name, SIM_NAME_MAX, "%s/%s", equipment->name, spec->name);
}

static void plain_text(const SimEquipment *equipment, const SimSpec *spec, char ret_text[SIM_TEXT_MAX])
{
    (void)equipment;
    snprintf(ret_text, SIM_TEXT_MAX, "%s", spec->description);
}

static const char *plain_word(const char *state)
{
    return state;
}

const SimNaming sim_naming_plain = {
    "plain", "equipment and mnemonic, as AHU-1/SAT", plain_device, plain_point, plain_text, plain_word};
