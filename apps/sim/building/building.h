/* A building that behaves: weather, people, zones with thermal mass, VAV boxes, air handlers, a chiller and a
 * boiler, and a meter. Plain code: no sockets, no clock; the same seed gives the same building and the same
 * days.
 *
 * Units are SI but for what buildings are measured in: degrees Celsius, percent, pascals, litres per second,
 * kilowatts. */
#ifndef SIM_BUILDING_H
#define SIM_BUILDING_H

#include "base/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A quantity that something in the building says or does. The physics writes `automatic`, what the controls
 * or sensors would say by themselves, and reads `actual`, which a command or a sensor out of service may have
 * replaced. */
typedef struct Signal {
    double automatic, actual;
} Signal;

typedef struct Weather {
    Signal temperature, humidity, irradiance; /* degrees C, %RH, W/m2 */
    double mean, swing, noise;                /* of the day; slow noise */
} Weather;

typedef struct Zone {
    double air, mass;                  /* degrees C: true temperatures */
    double facing;                     /* hour of the day at which the sun stands on its windows */
    double people, load;               /* how full it gets, W of people and devices when full */
    Signal temperature, co2, humidity; /* as sensors say */
    Signal cooling_setpoint, heating_setpoint, offset; /* degrees C; offset: the wall dial */
    Signal damper, reheat;                             /* % */
    Signal airflow, flow_setpoint;                     /* L/s */
    Signal discharge;                                  /* degrees C after the reheat coil */
    Signal occupied;                                   /* 0 or 1 */
    Signal mode;                                       /* 1 off, 2 heating, 3 deadband, 4 cooling */
    double drift;                                      /* of the sensor, slow */
} Zone;

typedef struct AirHandler {
    Signal fan_command, fan_status, fan_speed, return_fan_speed; /* 0/1, 0/1, %, % */
    Signal duct_pressure, pressure_setpoint;                     /* Pa */
    Signal supply, supply_setpoint, mixed, returned;             /* degrees C */
    Signal outdoor_damper, cooling_valve, heating_valve;         /* % */
    Signal supply_flow;                                          /* L/s */
    Signal filter_pressure, supply_humidity;                     /* Pa, %RH */
    Signal occupied, economizer, freeze_alarm, filter_alarm;     /* 0 or 1 */
    Signal mode;                                                 /* 1 off, 2 warm-up, 3 occupied, 4 night */
    Signal fan_power;                                            /* kW */
    Signal run_hours;
    double integral; /* of the coils: 1 all cooling, -1 all heating */
    size_t first_zone, zones;
} AirHandler;

typedef struct Plant {
    Signal chiller_command, chiller_status, chilled_supply, chilled_return, chilled_setpoint, chilled_pump,
        chiller_load;
    Signal boiler_command, boiler_status, hot_supply, hot_return, hot_setpoint, hot_pump, boiler_load;
    Signal chiller_power, mode;           /* kW; 1 off, 2 heating, 3 cooling, 4 both */
    double chiller_hold_s, boiler_hold_s; /* until it may switch again */
} Plant;

typedef struct Meter {
    Signal power, fans, chiller, lighting, reactive, factor, voltage, current,
        frequency; /* kW, kvar, V, A, Hz */
    Signal energy; /* kWh; beyond 2^24 */
    Signal gas;    /* kWh of heat from the boiler */
} Meter;

typedef struct Building {
    BpRandom random;
    int64_t now_us; /* simulated, UTC */
    Weather weather;
    Plant plant;
    Meter meter;
    AirHandler *handlers;
    size_t handler_count;
    Zone *zones;
    size_t zone_count;
} Building;

/* A building at rest at `start_us`, settled by a simulated day. The arrays are its own: building_done gives
 * them back. */
void building_init(Building *building, size_t handlers, size_t zones, uint64_t seed, int64_t start_us);
void building_done(Building *building);

/* Goes on by `seconds` of simulated time, in steps that stay stable. */
void building_step(Building *building, double seconds);

#endif
