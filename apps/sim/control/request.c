#include "apps/sim/control/request.h"

#include <math.h>

/* Counts what has lasted: `wanted` requests when something asks for them for `after_s`; then they stay until
 * it does not. A valve or damper asks from 95 %, until it is below `until`. */
static void ask(Request *request, double wanted, bool remains, double after_s)
{
    request->since_s = wanted > 0 ? request->since_s + 60 : 0;
    if (wanted > 0 && request->since_s >= after_s)
        request->count = wanted;
    else if (wanted <= 0)
        request->count = remains ? fmin(1, request->count) : 0;
}

static double pressure_wanted(const Zone *zone)
{
    const double wanted = zone->flow_setpoint.actual, has = zone->airflow.actual;
    if (zone->damper.actual <= 95)
        return 0;
    return wanted <= 0 ? 0 : has < 0.5 * wanted ? 3 : has < 0.7 * wanted ? 2 : 1;
}

static double supply_wanted(const Zone *zone)
{
    const double above = zone->temperature.actual - zone->loops.cool_to;
    return above > 3 ? 3 : above > 2 ? 2 : zone->loops.cooling_output > 95 ? 1 : 0;
}

void request_of_zone(Zone *zone, bool runs)
{
    ZoneLoops *loops = &zone->loops;
    if (!runs) {
        loops->for_pressure = loops->for_supply = loops->for_hot_water = (Request){0};
        loops->suppress_s = 0;
        return;
    }
    loops->suppress_s = fmax(0, loops->suppress_s - 60);
    ask(&loops->for_pressure, pressure_wanted(zone), zone->damper.actual > 85, 60);
    ask(&loops->for_supply, loops->suppress_s > 0 ? 0 : supply_wanted(zone), loops->cooling_output > 85, 120);
    ask(&loops->for_hot_water, zone->reheat.actual > 95, zone->reheat.actual > 85, 60);
}

void request_of_handler(AirHandler *handler, bool runs)
{
    HandlerLoops *loops = &handler->loops;
    if (!runs) {
        loops->for_chilled_water = loops->for_hot_water = (Request){0};
        return;
    }
    const double cooling = handler->cooling_valve.actual, heating = handler->heating_valve.actual;
    const double above = handler->supply.actual - handler->supply_setpoint.actual;
    ask(&loops->for_chilled_water, cooling <= 95 ? 0 : above > 3 ? 3 : above > 2 ? 2 : 1, cooling > 85, 120);
    ask(&loops->for_hot_water, heating <= 95 ? 0 : above < -17 ? 3 : above < -8 ? 2 : 1, heating > 85, 300);
}

double request_suppression_s(double moved)
{
    return fmin(1800, 540 * fabs(moved));
}
