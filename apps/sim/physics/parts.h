/* What a building consists of: weather, zones with VAV boxes, air handlers, a plant and a meter; what they
 * are made of, how they are now, and what they say. Plain data, without pointers but for the two arrays, the
 * climate and what fails: it can be copied, kept in a file, and gone on with.
 *
 * Units are SI but for what buildings are measured in: degrees Celsius, percent, pascals, litres per second,
 * kilowatts. Air flows are those of standard air (1.2 kg/m3), so that a flow is a mass. */
#ifndef SIM_PARTS_H
#define SIM_PARTS_H

#include "apps/sim/physics/loops.h"
#include "apps/sim/physics/signal.h"
#include "apps/sim/world/calendar.h"
#include "apps/sim/world/climate.h"
#include "apps/sim/world/weather.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The step in which everything goes on, on a grid of absolute time. */
#define BUILDING_STEP_S  5
#define BUILDING_STEP_US INT64_C(5000000)

/* Rules are what a building has that nobody said anything about. */
typedef enum BuildingControl { CONTROL_RULES, CONTROL_CONTRACTOR, CONTROL_G36 } BuildingControl;

/* A damper or valve on its way to where its command wants it. */
typedef struct Actuator {
    double at;       /* %: where it truly is */
    double stuck_at; /* %: it does not leave this place; NAN: it moves */
    double least;    /* %: it lets so much through when it is shut */
} Actuator;

typedef struct Weather {
    Signal temperature, humidity, irradiance; /* as the station says: degrees C, %RH, W/m2 on a level */
    Sky sky;                                  /* as it is */
    double on_wall[4];                        /* W/m2 on walls to the north, east, south and west */
    WeatherCache cache;
} Weather;

typedef struct Zone {
    /* What it is made of. */
    double area;                  /* m2 of floor; 3 m high */
    int facing;                   /* of on_wall; -1: inside, without a facade */
    double glass, glass_gain;     /* m2, and what of the sun comes in */
    double glass_loss, wall_loss; /* W/K: windows; a wall and a roof, that keep heat */
    double leakage;               /* L/s of outdoor air through cracks, the fan off; and: */
    double leakage_now;
    double air_heat, mass_heat, wall_heat; /* J/K: air and furniture, floors and ceilings, outer walls */
    double mass_exchange;                  /* W/K between air and mass */
    double seats, equipment, lights;       /* people, W, W: all of it */
    double flow_largest;                   /* L/s that the box gives, wide open at 250 Pa */
    double reheat_largest;                 /* W/K: UA of the reheat coil at full flows */

    /* How it is. */
    double air, mass, wall;                       /* degrees C */
    double vapour, co2;                           /* kg/kg, ppm */
    double people;                                /* in it */
    double gain_equipment, gain_lights, gain_sun; /* W, now */
    double flow;                                  /* L/s */
    double supplied;                              /* degrees C of the air that comes in */
    double reheat_power;                          /* W */
    double hot_flow, hot_return;                  /* kg/s, degrees C of the coil's water */
    double noise;                                 /* K: of its sensor, slow */
    Actuator damper_actuator, reheat_actuator;
    ZoneLoops loops;

    /* What it says and is told. */
    Signal temperature, co2_sensor, humidity;          /* degrees C, ppm, %RH */
    Signal cooling_setpoint, heating_setpoint, offset; /* degrees C, degrees C, K: the wall dial */
    Signal damper, reheat;                             /* % */
    Signal airflow, flow_setpoint, flow_minimum;       /* L/s */
    Signal discharge;                                  /* degrees C after the reheat coil */
    Signal occupied;                                   /* the sensor: 0 or 1 */
    Signal mode;                                       /* 1 off, 2 heating, 3 deadband, 4 cooling */
    Signal occupancy_mode;                             /* 1 occupied, 2 standby, 3 unoccupied, 4 warm-up */
} Zone;

typedef struct AirHandler {
    /* What it is made of. */
    size_t first_zone, zones;
    double flow_design;                /* L/s */
    double cooling_coil, heating_coil; /* W/K: UA at full flows */
    double chilled_design, hot_design; /* kg/s of water through the open valves */

    /* How it is. */
    double speed;              /* %: of the fans, truly */
    double flow, outdoor_flow; /* L/s */
    double returned_air, returned_vapour, returned_co2;
    double mixed_air, mixed_vapour, mixed_co2;
    double supply_air, supply_vapour;          /* behind the fan */
    double static_pressure, fan_rise;          /* Pa: in the duct, and over the supply fan */
    double supply_fan_power, return_fan_power; /* W, and what of it is in the air: */
    double supply_fan_heat, return_fan_heat;
    double cooling_power, heating_power; /* W out of and into the air */
    double condensate;                   /* kg/s */
    double chilled_flow, chilled_return; /* kg/s, degrees C */
    double hot_flow, hot_return;
    double coil_temperature; /* of the air behind the coils */
    Actuator outdoor_actuator, cooling_actuator, heating_actuator;
    double filter_dirt;            /* times its resistance; 1: clean */
    bool ignores_schedule, fights; /* faults of its controls: runs at night; heats against its cooling */
    HandlerLoops loops;

    /* What it says and is told. */
    Signal fan_command, fan_status, fan_speed, return_fan_speed; /* 0/1, 0/1, %, % */
    Signal duct_pressure, pressure_setpoint;                     /* Pa */
    Signal supply, supply_setpoint, mixed, returned;             /* degrees C */
    Signal outdoor_damper, cooling_valve, heating_valve;         /* % */
    Signal supply_flow, outdoor_airflow, outdoor_minimum;        /* L/s */
    Signal filter_pressure, supply_humidity;                     /* Pa, %RH */
    Signal occupied, economizer, freeze_alarm, filter_alarm;     /* 0 or 1 */
    Signal mode;                                                 /* 1 off, 2 warm-up, 3 occupied, 4 night */
    Signal start_time, stop_time; /* hours of the local day: people are expected */
    Signal warmup_enable;         /* 0 or 1 */
    Signal fan_power;             /* kW, of both fans */
    Signal run_hours;
} AirHandler;

/* Water that goes round: a store behind the machine, and one in front of it. */
typedef struct WaterLoop {
    double heat;              /* J/K of each of the two stores */
    double flow, flow_design; /* kg/s through the machine */
    double asked;             /* kg/s that all open valves would let through; and of that: */
    double share;             /* what the pump gives */
    double supply, returned;  /* degrees C */
} WaterLoop;

typedef struct Plant {
    /* What it is made of. */
    double chiller_capacity; /* W at 7 degrees C, with water of 29 from the tower */
    double boiler_capacity;  /* W */
    double tower_design;     /* W rejected at 29 degrees C with 25 wet-bulb */
    double chilled_pump_design, hot_pump_design, tower_pump_design, tower_fan_design; /* W */

    /* How it is. */
    WaterLoop chilled, hot, condenser;
    double chiller_heat, boiler_heat, rejected;  /* W: out of the water, into it, to the outside */
    double chiller_share;                        /* of what it could do with this water */
    double chiller_watts, gas_watts, flue_watts; /* W; the flue's: what of the gas goes outside */
    double chilled_pump_watts, hot_pump_watts, tower_pump_watts, tower_fan_watts;
    bool compressor_runs, burner_runs;
    int64_t compressor_since_us, burner_since_us;
    int64_t compressor_starts, burner_starts;
    bool short_cycles; /* a fault: it forgets how long it should rest */
    PlantLoops loops;

    /* What it says and is told. */
    Signal chiller_command, chiller_status, chilled_supply, chilled_return, chilled_setpoint, chilled_pump,
        chiller_load; /* status: it is enabled, and its water flows; load: % of its capacity */
    Signal tower_supply, tower_return, tower_setpoint, tower_fan; /* degrees C, %: condenser water */
    Signal boiler_command, boiler_status, hot_supply, hot_return, hot_setpoint, hot_pump, boiler_load;
    Signal chiller_power, pump_power, tower_power, mode; /* kW; 1 off, 2 heating, 3 cooling, 4 both */
} Plant;

typedef struct Meter {
    double energy_joules, gas_joules;                     /* since the building began */
    double energy_before, gas_before;                     /* kWh on the registers then */
    Signal power, fans, chiller, pumps, tower, lighting;  /* kW; power is the sum of the parts */
    Signal reactive, factor, voltage, current, frequency; /* kvar, V, A, Hz */
    Signal energy, gas; /* kWh; gas: what it burns, by its upper heating value */
} Meter;

/* What has crossed the building's boundary since it began: what is stored in it rose by in - out. */
typedef struct Balance {
    double heat_in, heat_out;   /* J; latent heat too */
    double water_in, water_out; /* kg */
    double co2_in, co2_out;     /* L */
} Balance;

/* Energy by end use in J, comfort in the zones while people are expected. */
typedef struct Ledger {
    double fans, chiller, tower, pumps, lights, equipment, gas;
    double zone_hours;               /* occupied */
    double cold_hours, hot_hours;    /* K h below 20.5 and above 24.8 degrees C */
    double humid_hours, co2_hours;   /* h above 66 %RH, above 1200 ppm */
    double cooling, heating, reheat; /* J given by coils */
    double power_largest;            /* W */
} Ledger;

typedef struct Building {
    const Climate *climate;
    BuildingControl control;
    uint64_t seed, weather_seed;
    int64_t now_us;   /* simulated, UTC: how far it has come, on the grid */
    int64_t clock_us; /* what it was asked for: less than a step later */
    LocalTime local;
    Weather weather;
    Plant plant;
    Meter meter;
    Balance balance;
    Ledger ledger;
    AirHandler *handlers;
    size_t handler_count;
    Zone *zones;
    size_t zone_count;
    struct Defects *defects; /* what was ordered to fail (apps/sim/defect); borrowed, NULL: nothing */
} Building;

/* ---- physics, each part by a step of BUILDING_STEP_S; in this order ---- */

/* Makes the building: what it is made of comes from the seed. The arrays are its own. */
void physics_furnish(Building *building);

/* The weather and the clock of now; each minute who is in and where the sun stands. Before the controls. */
void physics_step_world(Building *building);

/* Air, zones, water, meter; after the controls. */
void physics_step(Building *building);

/* What is stored in it: J above 0 degrees C with the latent heat of its vapour, kg, L. */
double physics_heat_stored(const Building *building);
double physics_water_stored(const Building *building);
double physics_co2_stored(const Building *building);

#endif
