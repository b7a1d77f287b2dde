#include "apps/sim/device/naming.h"

#include <stdio.h>

/* Building, floor, room, point, with dots, each word in full: as a contractor has it whose front end shows a
 * tree. An air handler serves a floor, and stands on the roof. */
static const SimWord words[] = {
    {SIM_ZONE, "ZN-T", "SpaceTemp", "Space temperature"},
    {SIM_ZONE, "SUP-F", "SupplyAirFlow", "Supply air flow"},
    {SIM_ZONE, "CLG-SP", "CoolingSetpoint", "Cooling setpoint"},
    {SIM_ZONE, "HTG-SP", "HeatingSetpoint", "Heating setpoint"},
    {SIM_ZONE, "DPR-O", "DamperPosition", "Damper position"},
    {SIM_ZONE, "RHT-O", "ReheatValve", "Reheat valve position"},
    {SIM_ZONE, "DA-T", "DischargeAirTemp", "Discharge air temperature"},
    {SIM_ZONE, "OCC-S", "OccupancySensor", "Occupancy sensor"},
    {SIM_ZONE, "MODE", "ControlMode", "Control mode"},
    {SIM_ZONE, "FLW-C", "AirFlowSetpoint", "Air flow setpoint, active"},
    {SIM_ZONE, "CO2", "SpaceCO2", "Space CO2"},
    {SIM_ZONE, "OFS-SP", "SetpointAdjust", "Setpoint adjust at the wall"},
    {SIM_ZONE, "ZN-H", "SpaceHumidity", "Space relative humidity"},
    {SIM_ZONE, "MIN-SP", "MinimumAirFlow", "Minimum air flow, occupied"},
    {SIM_ZONE, "OCC-C", "OccupancyMode", "Occupancy mode"},
    {SIM_HANDLER, "SAT", "SupplyAirTemp", "Supply air temperature"},
    {SIM_HANDLER, "RAT", "ReturnAirTemp", "Return air temperature"},
    {SIM_HANDLER, "MAT", "MixedAirTemp", "Mixed air temperature"},
    {SIM_HANDLER, "SA-H", "SupplyAirHumidity", "Supply air relative humidity"},
    {SIM_HANDLER, "DUCT-P", "SupplyAirPressure", "Supply air static pressure"},
    {SIM_HANDLER, "FLT-P", "FilterPressureDrop", "Filter differential pressure"},
    {SIM_HANDLER, "SA-F", "SupplyAirFlow", "Supply air flow"},
    {SIM_HANDLER, "SF-KW", "FansPower", "Supply and return fan power"},
    {SIM_HANDLER, "SF-O", "SupplyFanSpeed", "Supply fan speed"},
    {SIM_HANDLER, "RF-O", "ReturnFanSpeed", "Return fan speed"},
    {SIM_HANDLER, "OAD-O", "OutsideAirDamper", "Outside air damper position"},
    {SIM_HANDLER, "CLG-O", "CoolingValve", "Chilled water valve position"},
    {SIM_HANDLER, "HTG-O", "HeatingValve", "Hot water valve position"},
    {SIM_HANDLER, "SAT-C", "SupplyAirTempSetpoint", "Supply air temperature setpoint, active"},
    {SIM_HANDLER, "DUCT-SP", "SupplyAirPressureSetpoint", "Supply air static pressure setpoint"},
    {SIM_HANDLER, "SF-C", "SupplyFanCommand", "Supply fan start/stop"},
    {SIM_HANDLER, "SF-S", "SupplyFanStatus", "Supply fan status"},
    {SIM_HANDLER, "FRZ-A", "FreezeStat", "Low temperature cut-out"},
    {SIM_HANDLER, "FLT-A", "FilterAlarm", "Filter dirty"},
    {SIM_HANDLER, "OCC", "Occupied", "Schedule: occupied"},
    {SIM_HANDLER, "ECON", "EconomizerActive", "Free cooling active"},
    {SIM_HANDLER, "MODE", "UnitMode", "Unit mode"},
    {SIM_HANDLER, "SF-HRS", "SupplyFanRunHours", "Supply fan run hours"},
    {SIM_HANDLER, "OAF", "OutsideAirFlow", "Outside air flow"},
    {SIM_HANDLER, "OAF-SP", "MinimumOutsideAirFlow", "Minimum outside air flow"},
    {SIM_HANDLER, "START-SP", "OccupancyStart", "Occupied from, hour of day"},
    {SIM_HANDLER, "STOP-SP", "OccupancyStop", "Occupied until, hour of day"},
    {SIM_HANDLER, "WU-C", "WarmUpEnable", "Morning warm-up enable"},
    {SIM_PLANT, "CHW-ST", "ChilledWaterSupplyTemp", "Chilled water supply temperature"},
    {SIM_PLANT, "CHW-RT", "ChilledWaterReturnTemp", "Chilled water return temperature"},
    {SIM_PLANT, "HW-ST", "HotWaterSupplyTemp", "Hot water supply temperature"},
    {SIM_PLANT, "HW-RT", "HotWaterReturnTemp", "Hot water return temperature"},
    {SIM_PLANT, "CH-LOAD", "Chiller01.Load", "Chiller 1 load"},
    {SIM_PLANT, "BLR-LOAD", "Boiler01.Load", "Boiler 1 firing rate"},
    {SIM_PLANT, "CH-KW", "Chiller01.Power", "Chiller 1 power"},
    {SIM_PLANT, "CHW-C", "ChilledWaterTempSetpoint", "Chilled water temperature setpoint, active"},
    {SIM_PLANT, "HW-C", "HotWaterTempSetpoint", "Hot water temperature setpoint, active"},
    {SIM_PLANT, "CHP-O", "ChilledWaterPump01.Speed", "Chilled water pump 1 speed"},
    {SIM_PLANT, "HWP-O", "HotWaterPump01.Speed", "Hot water pump 1 speed"},
    {SIM_PLANT, "CH-C", "Chiller01.Command", "Chiller 1 start/stop"},
    {SIM_PLANT, "CH-S", "Chiller01.Status", "Chiller 1 status"},
    {SIM_PLANT, "BLR-C", "Boiler01.Command", "Boiler 1 start/stop"},
    {SIM_PLANT, "BLR-S", "Boiler01.Status", "Boiler 1 status"},
    {SIM_PLANT, "MODE", "PlantMode", "Plant mode"},
    {SIM_PLANT, "CWS-T", "CondenserWaterSupplyTemp", "Condenser water temperature leaving tower"},
    {SIM_PLANT, "CWR-T", "CondenserWaterReturnTemp", "Condenser water temperature entering tower"},
    {SIM_PLANT, "CWS-C", "CondenserWaterTempSetpoint", "Condenser water temperature setpoint, active"},
    {SIM_PLANT, "CT-O", "CoolingTower01.FanSpeed", "Cooling tower 1 fan speed"},
    {SIM_PLANT, "PMP-KW", "PumpsPower", "Pumps, power"},
    {SIM_PLANT, "CT-KW", "CoolingTower01.Power", "Cooling tower 1 power"},
    {SIM_WEATHER, "OAT", "OutsideAirTemp", "Outside air temperature"},
    {SIM_WEATHER, "OAH", "OutsideAirHumidity", "Outside air relative humidity"},
    {SIM_WEATHER, "SOLAR", "SolarIrradiance", "Solar irradiance, horizontal"},
    {SIM_METER, "KW", "ActivePower", "Active power"},
    {SIM_METER, "KVAR", "ReactivePower", "Reactive power"},
    {SIM_METER, "PF", "PowerFactor", "Power factor"},
    {SIM_METER, "V", "Voltage", "Voltage, mean of phases"},
    {SIM_METER, "A", "Current", "Current, mean of phases"},
    {SIM_METER, "HZ", "Frequency", "Line frequency"},
    {SIM_METER, "FANS-KW", "FansPower", "Submeter: fans"},
    {SIM_METER, "LTG-KW", "LightingPower", "Submeter: lighting and sockets"},
    {SIM_METER, "CH-KW", "ChillerPower", "Submeter: chiller"},
    {SIM_METER, "PMP-KW", "PumpsPower", "Submeter: pumps"},
    {SIM_METER, "CT-KW", "CoolingTowerPower", "Submeter: cooling tower"},
    {SIM_METER, "KWH", "ActiveEnergy", "Active energy register"},
    {SIM_METER, "GAS-KWH", "GasEnergy", "Gas register, as energy"},
    {0},
};

static unsigned room(const SimEquipment *equipment)
{
    return equipment->handler * 100 + equipment->number;
}

static void place(const SimEquipment *equipment, char ret_place[SIM_NAME_MAX])
{
    switch (equipment->kind) {
    case SIM_HANDLER: snprintf(ret_place, SIM_NAME_MAX, "HQ.Roof.AHU%02u", equipment->handler); break;
    case SIM_PLANT: snprintf(ret_place, SIM_NAME_MAX, "HQ.Basement.Plant"); break;
    case SIM_WEATHER: snprintf(ret_place, SIM_NAME_MAX, "HQ.Roof.Weather"); break;
    case SIM_METER: snprintf(ret_place, SIM_NAME_MAX, "HQ.Basement.MainMeter"); break;
    case SIM_ZONE:
        snprintf(ret_place, SIM_NAME_MAX, "HQ.Floor%02u.Room%u", equipment->handler, room(equipment));
        break;
    }
}

static void name_device(const SimEquipment *equipment, char ret_name[SIM_NAME_MAX],
                        char ret_text[SIM_TEXT_MAX])
{
    if (equipment->kind == SIM_ZONE) {
        snprintf(ret_name, SIM_NAME_MAX, "HQ.Floor%02u.DDC%02u", equipment->handler, equipment->number);
        snprintf(ret_text, SIM_TEXT_MAX, "Floor %u, room controller %u", equipment->handler,
                 equipment->number);
    } else {
        place(equipment, ret_name);
        snprintf(ret_text, SIM_TEXT_MAX, "Controller of %s", ret_name);
    }
}

static void name_point(const SimEquipment *equipment, const SimSpec *spec, char ret_name[SIM_NAME_MAX])
{
    char where[SIM_NAME_MAX];
    place(equipment, where);
    snprintf(ret_name, SIM_NAME_MAX, "%.30s.%.30s", where, sim_word_find(words, equipment->kind, spec)->name);
}

static void describe(const SimEquipment *equipment, const SimSpec *spec, char ret_text[SIM_TEXT_MAX])
{
    const char *text = sim_word_find(words, equipment->kind, spec)->text;
    if (equipment->kind == SIM_ZONE)
        snprintf(ret_text, SIM_TEXT_MAX, "Room %u: %s", room(equipment), text);
    else if (equipment->kind == SIM_HANDLER)
        snprintf(ret_text, SIM_TEXT_MAX, "AHU %u: %s", equipment->handler, text);
    else
        snprintf(ret_text, SIM_TEXT_MAX, "%s", text);
}

static const char *word(const char *state)
{
    return state;
}

const SimNaming sim_naming_dotted = {
    "dotted",    "floors and rooms with dots, as HQ.Floor01.Room101.SpaceTemp",
    name_device, name_point,
    describe,    word};
