#include "apps/sim/defect/kinds.h"

#include "base/time.h"

#include <math.h>

/* ---- dampers and valves ---- */

static void stick(Defect *defect, Actuator *actuator)
{
    if (!defect->has_value)
        defect->value = actuator->at;
    actuator->stuck_at = defect->value;
}

static void zone_damper_sticks(Defect *defect)
{
    stick(defect, &((Zone *)defect->subject)->damper_actuator);
}

static void zone_damper_is_free(Defect *defect)
{
    ((Zone *)defect->subject)->damper_actuator.stuck_at = NAN;
}

static void outdoor_damper_sticks(Defect *defect)
{
    stick(defect, &((AirHandler *)defect->subject)->outdoor_actuator);
}

static void outdoor_damper_is_free(Defect *defect)
{
    ((AirHandler *)defect->subject)->outdoor_actuator.stuck_at = NAN;
}

static void reheat_leaks(Defect *defect)
{
    ((Zone *)defect->subject)->reheat_actuator.least = defect->value;
}

static void reheat_is_tight(Defect *defect)
{
    ((Zone *)defect->subject)->reheat_actuator.least = 0;
}

static void cooling_leaks(Defect *defect)
{
    ((AirHandler *)defect->subject)->cooling_actuator.least = defect->value;
}

static void cooling_is_tight(Defect *defect)
{
    ((AirHandler *)defect->subject)->cooling_actuator.least = 0;
}

static void heating_leaks(Defect *defect)
{
    ((AirHandler *)defect->subject)->heating_actuator.least = defect->value;
}

static void heating_is_tight(Defect *defect)
{
    ((AirHandler *)defect->subject)->heating_actuator.least = 0;
}

/* ---- filters and controls ---- */

static void filter_is_dirty(Defect *defect)
{
    ((AirHandler *)defect->subject)->filter_dirt = defect->value;
}

static void filter_is_clean(Defect *defect)
{
    ((AirHandler *)defect->subject)->filter_dirt = 1;
}

static void fights(Defect *defect)
{
    ((AirHandler *)defect->subject)->fights = defect->is_on;
}

static void ignores_schedule(Defect *defect)
{
    ((AirHandler *)defect->subject)->ignores_schedule = defect->is_on;
}

static void short_cycles(Defect *defect)
{
    ((Plant *)defect->subject)->short_cycles = defect->is_on;
}

/* ---- sensors ---- */

static void drifts(Defect *defect, int64_t at_us)
{
    ((Signal *)defect->subject)->bias = defect->value * (double)(at_us - defect->began_us) / (double)BP_DAY;
}

static void is_calibrated(Defect *defect)
{
    ((Signal *)defect->subject)->bias = 0;
}

static void freezes(Defect *defect)
{
    Signal *signal = defect->subject;
    defect->value = signal->automatic;
    signal->is_frozen = true;
}

static void thaws(Defect *defect)
{
    ((Signal *)defect->subject)->is_frozen = false;
}

/* ---- all of them ---- */

#define ZONE(signal)    offsetof(Zone, signal)
#define HANDLER(signal) offsetof(AirHandler, signal)
#define PLANT(signal)   offsetof(Plant, signal)

const DefectKind defect_kinds[] = {
    {.place = DEFECT_ZONE,
     .name = "damper-stuck",
     .value = "PERCENT",
     .usual = NAN,
     .most = 100,
     .meaning = "the damper does not leave its place, or this one",
     .signals = {ZONE(damper), ZONE(airflow)},
     .signal_count = 2,
     .begin = zone_damper_sticks,
     .end = zone_damper_is_free},
    {.place = DEFECT_HANDLER,
     .name = "damper-stuck",
     .value = "PERCENT",
     .usual = NAN,
     .most = 100,
     .meaning = "the outdoor air damper does not leave its place, or this one",
     .signals = {HANDLER(outdoor_damper), HANDLER(outdoor_airflow), HANDLER(mixed)},
     .signal_count = 3,
     .begin = outdoor_damper_sticks,
     .end = outdoor_damper_is_free},
    {.place = DEFECT_ZONE,
     .name = "reheat-valve-leaks",
     .value = "PERCENT",
     .usual = 20,
     .most = 100,
     .meaning = "hot water goes through it when it is shut",
     .signals = {ZONE(reheat), ZONE(discharge)},
     .signal_count = 2,
     .begin = reheat_leaks,
     .end = reheat_is_tight},
    {.place = DEFECT_HANDLER,
     .name = "cooling-valve-leaks",
     .value = "PERCENT",
     .usual = 20,
     .most = 100,
     .meaning = "chilled water goes through it when it is shut",
     .signals = {HANDLER(cooling_valve), HANDLER(supply)},
     .signal_count = 2,
     .begin = cooling_leaks,
     .end = cooling_is_tight},
    {.place = DEFECT_HANDLER,
     .name = "heating-valve-leaks",
     .value = "PERCENT",
     .usual = 20,
     .most = 100,
     .meaning = "hot water goes through it when it is shut",
     .signals = {HANDLER(heating_valve), HANDLER(supply)},
     .signal_count = 2,
     .begin = heating_leaks,
     .end = heating_is_tight},
    {.place = DEFECT_HANDLER,
     .name = "filter-dirty",
     .value = "TIMES",
     .usual = 3,
     .least = 1,
     .most = 20,
     .meaning = "it resists so many times as much as a clean one",
     .signals = {HANDLER(filter_pressure), HANDLER(fan_speed), HANDLER(fan_power)},
     .signal_count = 3,
     .begin = filter_is_dirty,
     .end = filter_is_clean},
    {.place = DEFECT_HANDLER,
     .name = "heats-and-cools",
     .meaning = "its coils work against each other",
     .signals = {HANDLER(heating_valve), HANDLER(cooling_valve)},
     .signal_count = 2,
     .begin = fights,
     .end = fights},
    {.place = DEFECT_HANDLER,
     .name = "schedule-ignored",
     .meaning = "it runs as if people were there, day and night",
     .signals = {HANDLER(occupied), HANDLER(mode), HANDLER(fan_command)},
     .signal_count = 3,
     .begin = ignores_schedule,
     .end = ignores_schedule},
    {.place = DEFECT_PLANT,
     .name = "short-cycles",
     .meaning = "the chiller does not rest between two starts",
     .signals = {PLANT(chiller_status), PLANT(chiller_load), PLANT(chiller_power)},
     .signal_count = 3,
     .begin = short_cycles,
     .end = short_cycles},
    {.place = DEFECT_SENSOR,
     .name = "sensor-drifts",
     .value = "A-DAY",
     .needs_value = true,
     .least = -1000,
     .most = 1000,
     .meaning = "it says so much more each day, in its own unit",
     .signals = {0},
     .signal_count = 1,
     .go_on = drifts,
     .end = is_calibrated},
    {.place = DEFECT_SENSOR,
     .name = "sensor-frozen",
     .meaning = "it goes on saying what it says",
     .signals = {0},
     .signal_count = 1,
     .begin = freezes,
     .end = thaws},
    {.name = NULL},
};

const DefectKind *defect_kind_find(DefectPlace place, BpStr name)
{
    for (const DefectKind *kind = defect_kinds; kind->name; kind++)
        if (kind->place == place && bp_str_equal(name, bp_str(kind->name)))
            return kind;
    return NULL;
}
