/* What the building is made of: offices of 60 to 100 m2, inside or on one of four facades, each with a VAV
 * box; an air handler for each 18 or so; a plant that is large enough for all of them on the worst day, and
 * not much more. Sizes are those of an ordinary office (ASHRAE 90.1's prototype buildings have the like). */
#include "apps/sim/physics/machines.h"
#include "apps/sim/physics/moist.h"

#include "base/random.h"

#include <stdlib.h>

static const double DIVERSITY = 0.8; /* of the air flows that an air handler is made for */

static Actuator actuator_at(double at)
{
    return (Actuator){.at = at, .stuck_at = NAN};
}

static double between(BpRandom *random, double low, double high)
{
    return low + (high - low) * bp_random_unit(random);
}

static void furnish_zone(Zone *zone, size_t i, BpRandom *random)
{
    const double area = between(random, 60, 100);
    const int facing = i % 5 < 4 ? (int)(i % 5) : -1;
    const bool is_outside = facing >= 0;
    *zone = (Zone){
        .area = area,
        .facing = facing,
        .glass = is_outside ? 0.16 * area : 0,
        .glass_gain = 0.35,                               /* sun protection, blinds half the time */
        .glass_loss = is_outside ? 0.16 * area * 2.4 : 0, /* W/(m2 K) with its frame */
        .wall_loss =
            (is_outside ? 0.3 * area * 0.6 : 0) + 0.25 * area * 0.4, /* wall; its share of the roof */
        .leakage = (is_outside ? 0.12 : 0.03) * area,
        .air_heat = 15e3 * area,
        .mass_heat = 300e3 * area,
        .wall_heat = (is_outside ? 75e3 : 50e3) * area,
        .mass_exchange = 7 * area,
        .seats = between(random, 0.05, 0.1) * area,
        .equipment = between(random, 6, 12) * area,
        .lights = 8 * area,
        .flow_largest = (is_outside ? 5.2 : 3.6) * area,
        .reheat_largest = 2.4 * area,
        .air = between(random, 21, 22),
        .vapour = 0.008,
        .co2 = OUTDOOR_CO2,
        .damper_actuator = actuator_at(5),
        .reheat_actuator = actuator_at(0),
        .cooling_setpoint = signal_at(23.5),
        .heating_setpoint = signal_at(21),
        .flow_minimum = signal_at(0.2 * (is_outside ? 5.2 : 3.6) * area),
        .damper = signal_at(5),
        .occupancy_mode = signal_at(3),
        .mode = signal_at(1),
    };
    zone->mass = zone->wall = zone->supplied = zone->air;
}

static void furnish_handler(Building *building, AirHandler *handler, size_t first_zone, size_t zones)
{
    double flow = 0, people = 0, area = 0;
    for (size_t i = first_zone; i < first_zone + zones; i++) {
        flow += building->zones[i].flow_largest * DIVERSITY;
        people += building->zones[i].seats;
        area += building->zones[i].area;
    }
    flow = fmax(flow, 100);
    const double air = air_mass(flow);
    *handler = (AirHandler){
        .first_zone = first_zone,
        .zones = zones,
        .flow_design = flow,
        .cooling_coil = 2.2 * air * AIR_HEAT,
        .heating_coil = 0.8 * air * AIR_HEAT,
        .chilled_design = 0.8 * air, /* warms by 5 K or so on the worst day */
        .hot_design = 0.3 * air,
        .returned_air = 21,
        .supply_air = 20,
        .coil_temperature = 20,
        .returned_vapour = 0.008,
        .supply_vapour = 0.008,
        .returned_co2 = OUTDOOR_CO2,
        .filter_dirt = 1,
        .outdoor_actuator = actuator_at(0),
        .cooling_actuator = actuator_at(0),
        .heating_actuator = actuator_at(0),
        .pressure_setpoint = signal_at(250),
        .supply_setpoint = signal_at(16),
        .outdoor_minimum = signal_at(round(2.5 * people + 0.3 * area)), /* ASHRAE 62.1, offices */
        .start_time = signal_at(7),
        .stop_time = signal_at(19),
        .warmup_enable = signal_at(1),
        .mode = signal_at(1),
        .run_hours = signal_at(18342),
    };
}

static WaterLoop loop_of(double flow, double temperature)
{
    /* Two minutes of the design flow in each of the stores. */
    return (WaterLoop){
        .heat = 120 * flow * WATER_HEAT, .flow_design = flow, .supply = temperature, .returned = temperature};
}

/* W/m2 of cooling on the worst afternoon: what is in the rooms and comes through glass and walls, and the
 * least outdoor air, 3 K warmer and a tenth moister than the hottest month is on average; and a fifth more,
 * as engineers do. */
static double design_cooling(const Climate *climate)
{
    static const double IN_ROOMS = 50, OUTDOOR_FLOW = 0.5, MARGIN = 1.2; /* W/m2, L/(s m2) */
    const double room = moist_content(24, air_vapour(24, 50));
    double worst = room;
    for (int i = 0; i < 12; i++) {
        const ClimateMonth *month = &climate->months[i];
        const double vapour = 1.1 * air_vapour(month->mean, month->humidity);
        worst = fmax(worst, moist_content(month->warmest + 3, vapour));
    }
    return MARGIN * (IN_ROOMS + air_mass(OUTDOOR_FLOW) * (worst - room));
}

static void furnish_plant(Building *building)
{
    double chilled = 0, hot = 0, area = 50;
    for (size_t i = 0; i < building->handler_count; i++) {
        chilled += building->handlers[i].chilled_design;
        hot += building->handlers[i].hot_design;
    }
    for (size_t i = 0; i < building->zone_count; i++) {
        hot += building->zones[i].reheat_largest / 2000;
        area += building->zones[i].area;
    }
    chilled = fmax(chilled, 0.5);
    hot = fmax(hot, 0.3);
    const double cooling = design_cooling(building->climate ? building->climate : &climates[0]) * area,
                 heating = 65 * area;                          /* W */
    const double condenser = 1.2 * cooling / (WATER_HEAT * 5); /* kg/s that warm by 5 K */
    building->plant = (Plant){
        .chiller_capacity = cooling,
        .boiler_capacity = heating,
        .tower_design = 1.2 * cooling,
        /* W for 1 kg/s: 90.1, appendix G3.1.3: 22 and 19 W for a gallon a minute. */
        .chilled_pump_design = 349 * chilled,
        .hot_pump_design = 301 * hot,
        .tower_pump_design = 301 * condenser,
        .tower_fan_design = 0.016 * cooling,
        .chilled = loop_of(chilled, 17),
        .hot = loop_of(hot, 35),
        .condenser = loop_of(condenser, 24),
        .chilled_setpoint = signal_at(7),
        .tower_setpoint = signal_at(24),
        .hot_setpoint = signal_at(60),
        .mode = signal_at(1),
    };
}

void physics_furnish(Building *building)
{
    BpRandom random = bp_random(building->seed);
    building->handlers = calloc(building->handler_count, sizeof *building->handlers);
    building->zones = calloc(building->zone_count ? building->zone_count : 1, sizeof *building->zones);
    if (!building->handlers || !building->zones)
        abort();
    for (size_t i = 0; i < building->zone_count; i++)
        furnish_zone(&building->zones[i], i, &random);
    for (size_t i = 0; i < building->handler_count; i++) {
        const size_t first = building->zone_count * i / building->handler_count,
                     next = building->zone_count * (i + 1) / building->handler_count;
        furnish_handler(building, &building->handlers[i], first, next - first);
    }
    furnish_plant(building);
    building->meter = (Meter){.energy_before = 18e6 + 1e6 * bp_random_unit(&random), .gas_before = 4e6};
}
