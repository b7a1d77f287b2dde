#include "apps/sim/control/control.h"

#include "apps/sim/control/handler.h"
#include "apps/sim/control/plant.h"
#include "apps/sim/control/schedule.h"
#include "apps/sim/control/zone.h"

#include "base/time.h"

#include <math.h>

static void run_minute(const Sequence *sequence, Building *building)
{
    for (size_t i = 0; i < building->handler_count; i++) {
        AirHandler *handler = &building->handlers[i];
        Zone *zones = &building->zones[handler->first_zone];
        schedule_minute(sequence, &building->local, handler, zones);
        for (size_t j = 0; j < handler->zones; j++)
            control_zone_minute(sequence, handler, &zones[j]);
        control_handler_minute(sequence, &building->weather, handler, zones);
    }
    control_plant_minute(sequence, building);
}

void control_begin(Building *building)
{
    for (size_t i = 0; i < building->zone_count; i++) {
        Zone *zone = &building->zones[i];
        zone->loops = (ZoneLoops){0};
        signal_set(&zone->offset, 0);
        signal_set(&zone->cooling_setpoint, SEQUENCE_COOLING);
        signal_set(&zone->heating_setpoint, SEQUENCE_HEATING);
        signal_set(&zone->temperature, zone->air); /* no sensor has spoken yet */
        signal_set(&zone->co2_sensor, zone->co2);
    }
    for (size_t i = 0; i < building->handler_count; i++) {
        AirHandler *handler = &building->handlers[i];
        handler->loops = (HandlerLoops){0};
        signal_set(&handler->supply, handler->supply_air);
        signal_set(&handler->mixed, handler->returned_air);
        signal_set(&handler->returned, handler->returned_air);
    }
    building->plant.loops = (PlantLoops){.chiller.since_s = INFINITY, .boiler.since_s = INFINITY};
    run_minute(sequence_of(building->control), building);
}

void control_step(Building *building)
{
    const Sequence *sequence = sequence_of(building->control);
    if (building->now_us % BP_MINUTE == 0)
        run_minute(sequence, building);
    for (size_t i = 0; i < building->handler_count; i++) {
        AirHandler *handler = &building->handlers[i];
        control_handler_step(handler);
        for (size_t j = 0; j < handler->zones; j++)
            control_zone_step(sequence, handler, &building->zones[handler->first_zone + j]);
    }
    control_plant_step(&building->plant);
}
