#include "apps/sim/device/points.h"

static const char *const off_on[] = {"off", "on", NULL};
static const char *const stopped_running[] = {"stopped", "running", NULL};
static const char *const normal_alarm[] = {"normal", "alarm", NULL};
static const char *const empty_occupied[] = {"unoccupied", "occupied", NULL};
static const char *const inactive_active[] = {"inactive", "active", NULL};
static const char *const handler_modes[] = {"off", "warm-up", "occupied", "night", NULL};
static const char *const zone_modes[] = {"off", "heating", "deadband", "cooling", NULL};
static const char *const plant_modes[] = {"off", "heating", "cooling", "heating and cooling", NULL};

#define AT(equipment, field) offsetof(equipment, field)

static const SimSpec zone_specs[] = {
    {BAC_ANALOG_INPUT, "ZN-T", "Zone temperature", BAC_UNITS_DEGREES_CELSIUS, -10, 60, 0.1,
     AT(Zone, temperature), NULL},
    {BAC_ANALOG_INPUT, "SUP-F", "Supply air flow", BAC_UNITS_LITERS_PER_SECOND, 0, 1000, 1, AT(Zone, airflow),
     NULL},
    {BAC_ANALOG_VALUE, "CLG-SP", "Cooling setpoint", BAC_UNITS_DEGREES_CELSIUS, 10, 35, 0.1,
     AT(Zone, cooling_setpoint), NULL},
    {BAC_ANALOG_VALUE, "HTG-SP", "Heating setpoint", BAC_UNITS_DEGREES_CELSIUS, 10, 35, 0.1,
     AT(Zone, heating_setpoint), NULL},
    {BAC_ANALOG_OUTPUT, "DPR-O", "Damper position", BAC_UNITS_PERCENT, 0, 100, 1, AT(Zone, damper), NULL},
    {BAC_ANALOG_OUTPUT, "RHT-O", "Reheat valve", BAC_UNITS_PERCENT, 0, 100, 1, AT(Zone, reheat), NULL},
    {BAC_ANALOG_INPUT, "DA-T", "Discharge air temperature", BAC_UNITS_DEGREES_CELSIUS, -10, 80, 0.1,
     AT(Zone, discharge), NULL},
    {BAC_BINARY_INPUT, "OCC-S", "Occupancy sensor", BAC_UNITS_NO_UNITS, 0, 0, 0, AT(Zone, occupied),
     empty_occupied},
    {BAC_MULTI_STATE_VALUE, "MODE", "Control mode", BAC_UNITS_NO_UNITS, 0, 0, 0, AT(Zone, mode), zone_modes},
    {BAC_ANALOG_VALUE, "FLW-C", "Air flow wanted", BAC_UNITS_LITERS_PER_SECOND, 0, 1000, 1,
     AT(Zone, flow_setpoint), NULL},
    {BAC_ANALOG_INPUT, "CO2", "Carbon dioxide", BAC_UNITS_PARTS_PER_MILLION, 0, 5000, 10, AT(Zone, co2),
     NULL},
    {BAC_ANALOG_VALUE, "OFS-SP", "Setpoint dial at the wall", BAC_UNITS_DELTA_DEGREES_KELVIN, -3, 3, 0.1,
     AT(Zone, offset), NULL},
    {BAC_ANALOG_INPUT, "ZN-H", "Zone humidity", BAC_UNITS_PERCENT_RELATIVE_HUMIDITY, 0, 100, 0.5,
     AT(Zone, humidity), NULL},
};

static const SimSpec handler_specs[] = {
    {BAC_ANALOG_INPUT, "SAT", "Supply air temperature", BAC_UNITS_DEGREES_CELSIUS, -20, 80, 0.1,
     AT(AirHandler, supply), NULL},
    {BAC_ANALOG_INPUT, "RAT", "Return air temperature", BAC_UNITS_DEGREES_CELSIUS, -20, 80, 0.1,
     AT(AirHandler, returned), NULL},
    {BAC_ANALOG_INPUT, "MAT", "Mixed air temperature", BAC_UNITS_DEGREES_CELSIUS, -40, 80, 0.1,
     AT(AirHandler, mixed), NULL},
    {BAC_ANALOG_INPUT, "SA-H", "Supply air humidity", BAC_UNITS_PERCENT_RELATIVE_HUMIDITY, 0, 100, 0.5,
     AT(AirHandler, supply_humidity), NULL},
    {BAC_ANALOG_INPUT, "DUCT-P", "Duct static pressure", BAC_UNITS_PASCALS, 0, 1000, 1,
     AT(AirHandler, duct_pressure), NULL},
    {BAC_ANALOG_INPUT, "FLT-P", "Filter pressure difference", BAC_UNITS_PASCALS, 0, 500, 1,
     AT(AirHandler, filter_pressure), NULL},
    {BAC_ANALOG_INPUT, "SA-F", "Supply air flow", BAC_UNITS_LITERS_PER_SECOND, 0, 100000, 10,
     AT(AirHandler, supply_flow), NULL},
    {BAC_ANALOG_INPUT, "SF-KW", "Supply fan power", BAC_UNITS_KILOWATTS, 0, 500, 0.1,
     AT(AirHandler, fan_power), NULL},
    {BAC_ANALOG_OUTPUT, "SF-O", "Supply fan speed", BAC_UNITS_PERCENT, 0, 100, 0.5, AT(AirHandler, fan_speed),
     NULL},
    {BAC_ANALOG_OUTPUT, "RF-O", "Return fan speed", BAC_UNITS_PERCENT, 0, 100, 0.5,
     AT(AirHandler, return_fan_speed), NULL},
    {BAC_ANALOG_OUTPUT, "OAD-O", "Outdoor air damper", BAC_UNITS_PERCENT, 0, 100, 1,
     AT(AirHandler, outdoor_damper), NULL},
    {BAC_ANALOG_OUTPUT, "CLG-O", "Cooling valve", BAC_UNITS_PERCENT, 0, 100, 1, AT(AirHandler, cooling_valve),
     NULL},
    {BAC_ANALOG_OUTPUT, "HTG-O", "Heating valve", BAC_UNITS_PERCENT, 0, 100, 1, AT(AirHandler, heating_valve),
     NULL},
    {BAC_ANALOG_VALUE, "SAT-C", "Supply air temperature wanted", BAC_UNITS_DEGREES_CELSIUS, 5, 40, 0.1,
     AT(AirHandler, supply_setpoint), NULL},
    {BAC_ANALOG_VALUE, "DUCT-SP", "Duct pressure setpoint", BAC_UNITS_PASCALS, 0, 600, 1,
     AT(AirHandler, pressure_setpoint), NULL},
    {BAC_BINARY_OUTPUT, "SF-C", "Supply fan command", BAC_UNITS_NO_UNITS, 0, 0, 0,
     AT(AirHandler, fan_command), off_on},
    {BAC_BINARY_INPUT, "SF-S", "Supply fan status", BAC_UNITS_NO_UNITS, 0, 0, 0, AT(AirHandler, fan_status),
     stopped_running},
    {BAC_BINARY_INPUT, "FRZ-A", "Freeze alarm", BAC_UNITS_NO_UNITS, 0, 0, 0, AT(AirHandler, freeze_alarm),
     normal_alarm},
    {BAC_BINARY_INPUT, "FLT-A", "Filter alarm", BAC_UNITS_NO_UNITS, 0, 0, 0, AT(AirHandler, filter_alarm),
     normal_alarm},
    {BAC_BINARY_VALUE, "OCC", "Occupied", BAC_UNITS_NO_UNITS, 0, 0, 0, AT(AirHandler, occupied),
     empty_occupied},
    {BAC_BINARY_VALUE, "ECON", "Economizer", BAC_UNITS_NO_UNITS, 0, 0, 0, AT(AirHandler, economizer),
     inactive_active},
    {BAC_MULTI_STATE_VALUE, "MODE", "Operating mode", BAC_UNITS_NO_UNITS, 0, 0, 0, AT(AirHandler, mode),
     handler_modes},
    {BAC_ACCUMULATOR, "SF-HRS", "Supply fan run hours", BAC_UNITS_HOURS, 0, 0, 1, AT(AirHandler, run_hours),
     NULL},
};

static const SimSpec plant_specs[] = {
    {BAC_ANALOG_INPUT, "CHW-ST", "Chilled water supply temperature", BAC_UNITS_DEGREES_CELSIUS, -10, 60, 0.1,
     AT(Plant, chilled_supply), NULL},
    {BAC_ANALOG_INPUT, "CHW-RT", "Chilled water return temperature", BAC_UNITS_DEGREES_CELSIUS, -10, 60, 0.1,
     AT(Plant, chilled_return), NULL},
    {BAC_ANALOG_INPUT, "HW-ST", "Hot water supply temperature", BAC_UNITS_DEGREES_CELSIUS, 0, 120, 0.1,
     AT(Plant, hot_supply), NULL},
    {BAC_ANALOG_INPUT, "HW-RT", "Hot water return temperature", BAC_UNITS_DEGREES_CELSIUS, 0, 120, 0.1,
     AT(Plant, hot_return), NULL},
    {BAC_ANALOG_INPUT, "CH-LOAD", "Chiller load", BAC_UNITS_PERCENT, 0, 100, 1, AT(Plant, chiller_load),
     NULL},
    {BAC_ANALOG_INPUT, "BLR-LOAD", "Boiler load", BAC_UNITS_PERCENT, 0, 100, 1, AT(Plant, boiler_load), NULL},
    {BAC_ANALOG_INPUT, "CH-KW", "Chiller power", BAC_UNITS_KILOWATTS, 0, 5000, 0.1, AT(Plant, chiller_power),
     NULL},
    {BAC_ANALOG_VALUE, "CHW-C", "Chilled water temperature wanted", BAC_UNITS_DEGREES_CELSIUS, 4, 20, 0.1,
     AT(Plant, chilled_setpoint), NULL},
    {BAC_ANALOG_VALUE, "HW-C", "Hot water temperature wanted", BAC_UNITS_DEGREES_CELSIUS, 20, 90, 0.1,
     AT(Plant, hot_setpoint), NULL},
    {BAC_ANALOG_OUTPUT, "CHP-O", "Chilled water pump speed", BAC_UNITS_PERCENT, 0, 100, 1,
     AT(Plant, chilled_pump), NULL},
    {BAC_ANALOG_OUTPUT, "HWP-O", "Hot water pump speed", BAC_UNITS_PERCENT, 0, 100, 1, AT(Plant, hot_pump),
     NULL},
    {BAC_BINARY_OUTPUT, "CH-C", "Chiller command", BAC_UNITS_NO_UNITS, 0, 0, 0, AT(Plant, chiller_command),
     off_on},
    {BAC_BINARY_INPUT, "CH-S", "Chiller status", BAC_UNITS_NO_UNITS, 0, 0, 0, AT(Plant, chiller_status),
     stopped_running},
    {BAC_BINARY_OUTPUT, "BLR-C", "Boiler command", BAC_UNITS_NO_UNITS, 0, 0, 0, AT(Plant, boiler_command),
     off_on},
    {BAC_BINARY_INPUT, "BLR-S", "Boiler status", BAC_UNITS_NO_UNITS, 0, 0, 0, AT(Plant, boiler_status),
     stopped_running},
    {BAC_MULTI_STATE_INPUT, "MODE", "Plant mode", BAC_UNITS_NO_UNITS, 0, 0, 0, AT(Plant, mode), plant_modes},
};

static const SimSpec weather_specs[] = {
    {BAC_ANALOG_INPUT, "OAT", "Outdoor air temperature", BAC_UNITS_DEGREES_CELSIUS, -50, 60, 0.1,
     AT(Weather, temperature), NULL},
    {BAC_ANALOG_INPUT, "OAH", "Outdoor air humidity", BAC_UNITS_PERCENT_RELATIVE_HUMIDITY, 0, 100, 0.5,
     AT(Weather, humidity), NULL},
    {BAC_ANALOG_INPUT, "SOLAR", "Solar irradiance", BAC_UNITS_WATTS_PER_SQUARE_METER, 0, 1500, 5,
     AT(Weather, irradiance), NULL},
};

static const SimSpec meter_specs[] = {
    {BAC_ANALOG_INPUT, "KW", "Power", BAC_UNITS_KILOWATTS, 0, 20000, 0.1, AT(Meter, power), NULL},
    {BAC_ANALOG_INPUT, "KVAR", "Reactive power", BAC_UNITS_KILOVOLT_AMPERES_REACTIVE, 0, 20000, 0.1,
     AT(Meter, reactive), NULL},
    {BAC_ANALOG_INPUT, "PF", "Power factor", BAC_UNITS_POWER_FACTOR, 0, 1, 0.01, AT(Meter, factor), NULL},
    {BAC_ANALOG_INPUT, "V", "Voltage", BAC_UNITS_VOLTS, 0, 500, 0.1, AT(Meter, voltage), NULL},
    {BAC_ANALOG_INPUT, "A", "Current", BAC_UNITS_AMPERES, 0, 50000, 0.1, AT(Meter, current), NULL},
    {BAC_ANALOG_INPUT, "HZ", "Frequency", BAC_UNITS_HERTZ, 40, 70, 0.01, AT(Meter, frequency), NULL},
    {BAC_ANALOG_INPUT, "FANS-KW", "Power of the fans", BAC_UNITS_KILOWATTS, 0, 20000, 0.1, AT(Meter, fans),
     NULL},
    {BAC_ANALOG_INPUT, "LTG-KW", "Power of lighting and sockets", BAC_UNITS_KILOWATTS, 0, 20000, 0.1,
     AT(Meter, lighting), NULL},
    {BAC_ACCUMULATOR, "KWH", "Energy", BAC_UNITS_KILOWATT_HOURS, 0, 0, 1, AT(Meter, energy), NULL},
    {BAC_LARGE_ANALOG_VALUE, "GAS-KWH", "Heat from the boiler", BAC_UNITS_KILOWATT_HOURS, 0, 0, 0.1,
     AT(Meter, gas), NULL},
};

#define COUNT(specs) (sizeof(specs) / sizeof(specs)[0])

const SimPoints sim_zone_points = {zone_specs, COUNT(zone_specs)};
const SimPoints sim_handler_points = {handler_specs, COUNT(handler_specs)};
const SimPoints sim_plant_points = {plant_specs, COUNT(plant_specs)};
const SimPoints sim_weather_points = {weather_specs, COUNT(weather_specs)};
const SimPoints sim_meter_points = {meter_specs, COUNT(meter_specs)};
