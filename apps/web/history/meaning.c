#include "apps/web/history/meaning.h"

#include "apps/web/points/fold.h"

#include <ctype.h>

enum { FOLDED_OCTETS = 600 };

/* ---- tags ---- */

/* Behind `"name":`, where the text has that key; a quote inside of a text has a backslash in front. */
static const char *behind_key(const char *tags, const char *name)
{
    const size_t size = strlen(name);
    for (const char *at = strchr(tags, '"'); at; at = strchr(at + 1, '"')) {
        if ((at == tags || at[-1] != '\\') && strncmp(at + 1, name, size) == 0 && at[size + 1] == '"') {
            const char *end = at + size + 2;
            end += strspn(end, " \n");
            if (*end == ':')
                return end + 1;
        }
    }
    return NULL;
}

bool meaning_has_tag(const char *tags, const char *name)
{
    return behind_key(tags, name) != NULL;
}

static bool has_all(const char *tags, const char *const *names)
{
    while (*names && meaning_has_tag(tags, *names))
        names++;
    return !*names;
}

static bool has_any(const char *tags, const char *const *names)
{
    while (*names && !meaning_has_tag(tags, *names))
        names++;
    return *names;
}

#define TAGS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Machines that have meters of their own, and what is no energy that is taken. */
static const char *const not_of_all[] = {
    "fan",     "pump",     "chiller", "coolingTower", "boiler",   "lighting", "ahu",  "vav",      "heat",
    "circuit", "submeter", "export",  "reactive",     "apparent", "cool",     "plug", "elevator", NULL};

static Meaning meaning_of_tags(const char *tags)
{
    const bool is_sensor = meaning_has_tag(tags, "sensor"), is_setpoint = meaning_has_tag(tags, "sp");
    if (has_all(tags, TAGS("zone", "air", "temp")) &&
        !has_any(tags, TAGS("delta", "alarm", "unocc", "standby"))) {
        if (is_sensor)
            return MEANING_ZONE_TEMPERATURE;
        if (is_setpoint && meaning_has_tag(tags, "cooling"))
            return MEANING_ZONE_COOLING;
        if (is_setpoint && meaning_has_tag(tags, "heating"))
            return MEANING_ZONE_HEATING;
        return is_setpoint ? MEANING_ZONE_SETPOINT : MEANING_NONE;
    }
    if (!is_sensor)
        return MEANING_NONE;
    if (has_any(tags, TAGS("weather", "outside")) && meaning_has_tag(tags, "air")) {
        if (meaning_has_tag(tags, "temp"))
            return MEANING_OUTDOOR_TEMPERATURE;
        return meaning_has_tag(tags, "humidity") ? MEANING_OUTDOOR_HUMIDITY : MEANING_NONE;
    }
    if (meaning_has_tag(tags, "elec") && !has_any(tags, not_of_all)) {
        if (meaning_has_tag(tags, "energy"))
            return MEANING_ENERGY;
        return meaning_has_tag(tags, "power") ? MEANING_POWER : MEANING_NONE;
    }
    return MEANING_NONE;
}

/* ---- names ---- */

/* As a word, where `text` is folded: nothing that is a letter or digit beside it. */
static bool has_word(const char *text, const char *word)
{
    const size_t size = strlen(word);
    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word)) {
        if ((at == text || !isalnum((unsigned char)at[-1])) && !isalnum((unsigned char)at[size]))
            return true;
    }
    return false;
}

static bool says_any(const char *text, const char *const *parts)
{
    while (*parts && !strstr(text, *parts))
        parts++;
    return *parts;
}

static bool is_temperature(const char *units)
{
    return strcmp(units, "degrees-celsius") == 0 || strcmp(units, "degrees-fahrenheit") == 0 ||
           strcmp(units, "degrees-kelvin") == 0;
}

static Meaning meaning_of_temperature(const char *text)
{
    const bool is_setpoint =
        says_any(text, TAGS("setpoint", "set point", "sollwert", "stpt")) || has_word(text, "sp");
    if (says_any(text, TAGS("supply", "discharge", "return", "mixed", "water", "dew", "coil", "offset",
                            "limit", "unocc", "night", "standby")))
        return MEANING_NONE;
    if (has_word(text, "oat") || says_any(text, TAGS("outdoor air temp", "outside air temp", "outdoor temp",
                                                     "outside temp", "aussentemp", "außentemp")))
        return is_setpoint ? MEANING_NONE : MEANING_OUTDOOR_TEMPERATURE;
    if (is_setpoint) {
        if (says_any(text, TAGS("cool", "clg", "kuhl")))
            return MEANING_ZONE_COOLING;
        if (says_any(text, TAGS("heat", "htg", "heiz")))
            return MEANING_ZONE_HEATING;
    }
    if (!says_any(text, TAGS("zone temp", "zone air temp", "room temp", "room air temp", "space temp",
                             "spacetemp", "roomtemp", "zonetemp", "raumtemp")) &&
        !has_word(text, "zn-t") && !has_word(text, "zn-sp"))
        return MEANING_NONE;
    return is_setpoint ? MEANING_ZONE_SETPOINT : MEANING_ZONE_TEMPERATURE;
}

static const char *fold(const MeaningFacts *facts, char text[FOLDED_OCTETS])
{
    BpBuf out = bp_buf(text, FOLDED_OCTETS - 1);
    fold_text(&out, facts->name);
    bp_buf_u8(&out, ' ');
    fold_text(&out, facts->description);
    text[out.size] = '\0'; /* one that is longer is read as far as there is room */
    return text;
}

static Meaning meaning_of_names(const MeaningFacts *facts)
{
    char memory[FOLDED_OCTETS];
    const char *text = fold(facts, memory);
    if (is_temperature(facts->units))
        return meaning_of_temperature(text);
    if (strcmp(facts->units, "percent-relative-humidity") == 0)
        return has_word(text, "oah") || says_any(text, TAGS("outdoor air hum", "outside air hum",
                                                            "outdoor hum", "outside hum", "aussenfeuchte"))
                   ? MEANING_OUTDOOR_HUMIDITY
                   : MEANING_NONE;
    if (meaning_kwh(facts->units) > 0)
        return says_any(text, TAGS("gas", "heat", "cool", "thermal", "water", "warme")) ? MEANING_NONE
                                                                                        : MEANING_ENERGY;
    if (meaning_kw(facts->units) > 0)
        return says_any(text, TAGS("gas", "heat", "cool", "thermal", "fan", "pump", "chiller", "boiler",
                                   "tower", "light"))
                   ? MEANING_NONE
                   : MEANING_POWER;
    return MEANING_NONE;
}

Meaning meaning_of(const MeaningFacts *facts)
{
    const bool is_tagged = has_any(facts->tags, TAGS("point", "sensor", "cmd", "sp"));
    return is_tagged ? meaning_of_tags(facts->tags) : meaning_of_names(facts);
}

bool meaning_is_of_site(const MeaningFacts *facts)
{
    if (has_any(facts->tags, TAGS("siteMeter", "total")))
        return true;
    char memory[FOLDED_OCTETS];
    const char *text = fold(facts, memory);
    return has_word(text, "main") || has_word(text, "site") || has_word(text, "building") ||
           has_word(text, "incomer") || has_word(text, "total");
}

BpStr meaning_reference(const char *tags)
{
    const char *reference = behind_key(tags, "equipRef");
    if (!reference)
        return (BpStr){0};
    reference += strspn(reference, " \n");
    const size_t size = *reference == '"' ? strcspn(reference + 1, "\"\\") : 0;
    if (!size || reference[size + 1] != '"')
        return (BpStr){0};
    const size_t sign = reference[1] == '@' ? 1 : size > 2 && strncmp(reference + 1, "r:", 2) == 0 ? 2 : 0;
    return (BpStr){reference + 1 + sign, size - sign};
}

BpStr meaning_equipment(BpStr name)
{
    for (size_t i = name.size; i-- > 0;) {
        if (name.data[i] && strchr("/:.", name.data[i]))
            return (BpStr){name.data, i};
    }
    return (BpStr){0};
}

/* ---- units ---- */

double meaning_kwh(const char *units)
{
    if (strcmp(units, "kilowatt-hours") == 0)
        return 1;
    if (strcmp(units, "megawatt-hours") == 0)
        return 1000;
    return strcmp(units, "watt-hours") == 0 ? 0.001 : 0;
}

double meaning_kw(const char *units)
{
    if (strcmp(units, "kilowatts") == 0)
        return 1;
    if (strcmp(units, "megawatts") == 0)
        return 1000;
    return strcmp(units, "watts") == 0 ? 0.001 : 0;
}
