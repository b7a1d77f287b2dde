#include "apps/sim/device/wanted.h"

#include "base/time.h"

/* "2026-07-15" is when that day begins where the building stands. */
static BpStatus read_start(BpStr text, const Climate *climate, int64_t *ret_start_us, BpError *err)
{
    enum { DATE_SIZE = 10 };
    int64_t utc_us;
    if (bp_time_parse(text, &utc_us, NULL) != BP_OK)
        return bp_fail(
            err, BP_INVALID,
            "--start %.*s: an instant, as 2026-07-15T06:00:00Z (Z: of UTC; or as +01:00), or a day "
            "where the building stands, as 2026-07-15",
            BP_STR_ARGS(text));
    if (text.size == DATE_SIZE) {
        LocalTime local;
        calendar_local(climate, utc_us + BP_DAY / 2, &local); /* noon is within that day everywhere */
        utc_us = calendar_midnight(climate, local.year, local.month, local.day);
    }
    *ret_start_us = utc_us;
    return BP_OK;
}

static BpStatus read_climate(BpStr name, const Climate **ret_climate, BpError *err)
{
    const Climate *climate = climate_find(name);
    const BpStr names = climate_names();
    if (!climate)
        return bp_fail(err, BP_INVALID, "--climate %.*s: %.*s are there", BP_STR_ARGS(name),
                       BP_STR_ARGS(names));
    *ret_climate = climate;
    return BP_OK;
}

static BpStatus read_control(BpStr name, BuildingControl *ret_control, BpError *err)
{
    char names[64] = "";
    for (size_t i = 0; building_control_names[i]; i++) {
        if (bp_str_equal(name, bp_str(building_control_names[i]))) {
            *ret_control = (BuildingControl)i;
            return BP_OK;
        }
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? ", " : "",
                 building_control_names[i]);
    }
    return bp_fail(err, BP_INVALID, "--control %.*s: %s are there", BP_STR_ARGS(name), names);
}

BpStatus sim_wanted_read(const SimWanted *wanted, int64_t start_us, SimSiteOptions *ret_options, BpError *err)
{
    SimSiteOptions options = {
        .points = (size_t)wanted->points,
        .naming = &sim_naming_plain,
        .has_flaws = !wanted->without_flaws,
        .building = {.seed = (uint64_t)wanted->seed,
                     .weather_seed =
                         (uint64_t)(wanted->weather_seed < 0 ? wanted->seed : wanted->weather_seed),
                     .climate = &climates[0],
                     .control = CONTROL_RULES,
                     .start_us = start_us},
    };
    if (wanted->climate)
        BP_TRY(read_climate(bp_str(wanted->climate), &options.building.climate, err));
    if (wanted->control)
        BP_TRY(read_control(bp_str(wanted->control), &options.building.control, err));
    if (wanted->naming)
        BP_TRY(sim_naming_find(bp_str(wanted->naming), &options.naming, err));
    if (wanted->start)
        BP_TRY(read_start(bp_str(wanted->start), options.building.climate, &options.building.start_us, err));
    *ret_options = options;
    return BP_OK;
}
