/* The meter, which is the sum of its parts; and the ledger of what was used, and how people felt. */
#include "apps/sim/physics/machines.h"
#include "apps/sim/physics/moist.h"

static const double LIFTS_AND_SERVERS = 90; /* W for a zone, always; their heat goes outside */
static const double CONNECTED = 5;          /* kW for a zone, of all that it has and what serves it */

static double sum_fans(const Building *building)
{
    double watts = 0;
    for (size_t i = 0; i < building->handler_count; i++)
        watts += building->handlers[i].supply_fan_power + building->handlers[i].return_fan_power;
    return watts;
}

static void feel(Ledger *ledger, const Zone *zone)
{
    const double hours = BUILDING_STEP_S / 3600.0;
    ledger->zone_hours += hours;
    ledger->cold_hours += fmax(0, 20.5 - zone->air) * hours;
    ledger->hot_hours += fmax(0, zone->air - 24.8) * hours;
    ledger->humid_hours += (zone->vapour > 0.66 * air_saturated(zone->air)) * hours;
    ledger->co2_hours += (zone->co2 > 1200) * hours;
}

/* By what truly flows, so that a sensor that is wrong is so alone. `connected`: kW that the site's lines are
 * made for, at which they lose 3 % of the voltage. */
static void show(Meter *meter, double power, double chiller, double connected, double noise, double now_s)
{
    const double factor = physics_clamp(0.97 - 0.05 * chiller / fmax(1, power), 0.8, 1);
    const double voltage = 230 + 1.5 * sin(now_s / 4000) - 7 * power / connected + noise * 0.1;
    signal_set(&meter->power, power);
    signal_set(&meter->factor, factor);
    signal_set(&meter->reactive, power * tan(acos(factor)));
    signal_set(&meter->voltage, voltage);
    signal_set(&meter->current, power * 1000 / (3 * voltage * factor));
    signal_set(&meter->frequency, 50 + 0.01 * noise);
    signal_set(&meter->energy, meter->energy_before + meter->energy_joules / 3.6e6);
    signal_set(&meter->gas, meter->gas_before + meter->gas_joules / 3.6e6);
}

void physics_step_meter(Building *building)
{
    Meter *meter = &building->meter;
    Ledger *ledger = &building->ledger;
    const Plant *plant = &building->plant;
    /* Who stays until late is not whom the building is kept warm for. */
    const bool is_expected =
        building->local.is_workday && building->local.hour >= 7 && building->local.hour < 19;
    double lights = 0, equipment = LIFTS_AND_SERVERS * (double)building->zone_count, cooling = 0, heating = 0,
           reheat = 0;
    for (size_t i = 0; i < building->zone_count; i++) {
        const Zone *zone = &building->zones[i];
        lights += zone->gain_lights;
        equipment += zone->gain_equipment;
        reheat += zone->reheat_power;
        if (is_expected && zone->people > 0.03 * zone->seats)
            feel(ledger, zone);
    }
    for (size_t i = 0; i < building->handler_count; i++) {
        cooling += building->handlers[i].cooling_power;
        heating += building->handlers[i].heating_power;
    }
    const double fans = sum_fans(building),
                 pumps = plant->chilled_pump_watts + plant->hot_pump_watts + plant->tower_pump_watts;
    const double power = fans + plant->chiller_watts + plant->tower_fan_watts + pumps + lights + equipment;
    signal_set(&meter->fans, fans / 1000);
    signal_set(&meter->chiller, plant->chiller_watts / 1000);
    signal_set(&meter->pumps, pumps / 1000);
    signal_set(&meter->tower, plant->tower_fan_watts / 1000);
    signal_set(&meter->lighting, (lights + equipment) / 1000);
    meter->energy_joules += power * BUILDING_STEP_S;
    meter->gas_joules += plant->gas_watts * BUILDING_STEP_S;
    show(meter, power / 1000, plant->chiller_watts / 1000, 2 + CONNECTED * (double)building->zone_count,
         physics_noise(building->seed, UINT32_MAX, building->now_us), (double)building->now_us / 1e6);

    ledger->fans += fans * BUILDING_STEP_S;
    ledger->chiller += plant->chiller_watts * BUILDING_STEP_S;
    ledger->tower += plant->tower_fan_watts * BUILDING_STEP_S;
    ledger->pumps += pumps * BUILDING_STEP_S;
    ledger->lights += lights * BUILDING_STEP_S;
    ledger->equipment += equipment * BUILDING_STEP_S;
    ledger->gas += plant->gas_watts * BUILDING_STEP_S;
    ledger->cooling += cooling * BUILDING_STEP_S;
    ledger->heating += heating * BUILDING_STEP_S;
    ledger->reheat += reheat * BUILDING_STEP_S;
    ledger->power_largest = fmax(ledger->power_largest, power);
}
