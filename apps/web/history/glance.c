#include "apps/web/history/glance.h"

#include "apps/web/history/meaning.h"
#include "base/time.h"
#include "say/number.h"

#include <stdlib.h>

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

/* A value with the point that it is of; null: there is no such point. */
static json_t *placed(const StoreSite *site, int32_t id)
{
    const StorePoint *point = id ? store_point(site, id) : NULL;
    if (!point)
        return json_null();
    char at[BP_TIME_TEXT_MAX];
    const StoreValue *now = &point->now;
    const BpStr symbol = say_units(bp_str(point->units));
    return json_pack("{s:i, s:s%, s:o, s:s, s:s%, s:s, s:o, s:b}", "point", point->id, "name",
                     point->path.data, point->path.size, "value",
                     now->has_value ? number(now->value) : json_null(), "units", point->units, "unit_symbol",
                     symbol.data, symbol.size, "quality",
                     now->at_us ? mdl_quality_name(now->quality) : "none", "at",
                     now->at_us ? json_string(bp_time_format(now->at_us, 0, at)) : json_null(), "overridden",
                     point->held != NULL);
}

/* NaN: it is not known now, or not to be used. */
static double value_of(const StoreSite *site, int32_t id)
{
    const StorePoint *point = id ? store_point(site, id) : NULL;
    return point && point->now.has_value && point->now.quality != MDL_BAD ? point->now.value : NAN;
}

/* ---- zones ---- */

typedef struct ZoneState {
    const Zone *zone;
    int32_t setpoint; /* what it is measured by; 0: none is known */
    double distance;  /* NaN: not known */
} ZoneState;

static ZoneState look_at_zone(const StoreSite *site, const Zone *zone)
{
    ZoneState state = {.zone = zone, .distance = NAN};
    const double temperature = value_of(site, zone->temperature);
    const double cooling = value_of(site, zone->cooling), heating = value_of(site, zone->heating);
    if (zone->cooling || zone->heating) {
        const bool is_cooling = isnan(heating) || fabs(temperature - cooling) <= fabs(temperature - heating);
        state.setpoint = is_cooling && zone->cooling ? zone->cooling : zone->heating;
        if (!isnan(cooling) && !(temperature <= cooling))
            state.distance = temperature - cooling;
        else if (!isnan(heating) && !(temperature >= heating))
            state.distance = temperature - heating;
        else if (!isnan(cooling) || !isnan(heating))
            state.distance = 0;
    } else if (zone->setpoint) {
        state.setpoint = zone->setpoint;
        state.distance = temperature - value_of(site, zone->setpoint);
    }
    if (isnan(temperature))
        state.distance = NAN;
    return state;
}

static int farthest_first(const void *a, const void *b)
{
    const ZoneState *one = a, *other = b;
    const double here = isnan(one->distance) ? -1 : fabs(one->distance),
                 there = isnan(other->distance) ? -1 : fabs(other->distance);
    if (here != there)
        return here > there ? -1 : 1;
    return (one->zone > other->zone) - (one->zone < other->zone); /* by name, as they lie */
}

static json_t *zone_json(const StoreSite *site, const ZoneState *state)
{
    const Zone *zone = state->zone;
    const StorePoint *temperature = store_point(site, zone->temperature);
    return json_pack("{s:s, s:i, s:o, s:o, s:o, s:o, s:o}", "name", zone->name, "device",
                     temperature ? temperature->device->id : 0, "temperature",
                     placed(site, zone->temperature), "setpoint", placed(site, state->setpoint), "cooling",
                     placed(site, zone->cooling), "heating", placed(site, zone->heating), "distance",
                     number(state->distance));
}

json_t *glance_zones(const StoreSite *site, const Places *places)
{
    json_t *zones = json_array();
    ZoneState *states = calloc(places->zone_count + 1, sizeof *states);
    if (!states)
        abort();
    for (size_t i = 0; i < places->zone_count; i++)
        states[i] = look_at_zone(site, &places->zones[i]);
    if (places->zone_count)
        qsort(states, places->zone_count, sizeof *states, farthest_first);
    for (size_t i = 0; i < places->zone_count && i < GLANCE_ZONES_MAX; i++)
        json_array_append_new(zones, zone_json(site, &states[i]));
    free(states);
    return zones;
}

/* ---- weather and energy ---- */

json_t *glance_weather(const StoreSite *site, const Places *places)
{
    if (!places->outdoor_temperature && !places->outdoor_humidity)
        return json_null();
    return json_pack("{s:o, s:o}", "temperature", placed(site, places->outdoor_temperature), "humidity",
                     placed(site, places->outdoor_humidity));
}

/* A counter that went back was replaced, or began anew. */
static double kwh(double amount, double factor)
{
    return amount >= 0 ? amount * factor : NAN;
}

json_t *glance_energy(const StoreSite *site, const Places *places, const GlanceEnergy *energy)
{
    const int32_t of = energy->is_counter ? places->energy : places->power;
    const StorePoint *point = of ? store_point(site, of) : NULL;
    if (!point)
        return json_null();
    const double factor = energy->is_counter ? meaning_kwh(point->units) : meaning_kw(point->units);
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:s}", "power", placed(site, places->power), "meter",
                     placed(site, places->energy), "today_kwh", number(kwh(energy->today, factor)),
                     "yesterday_kwh", number(kwh(energy->yesterday, factor)), "yesterday_whole_kwh",
                     number(kwh(energy->yesterday_whole, factor)), "from",
                     energy->is_counter ? "meter" : "power");
}
