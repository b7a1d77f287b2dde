/* What the building's controllers remember from one step to the next. Only control/ reads and writes these;
 * they are here because the building holds them, so that a copy of a building is a copy of its controllers,
 * too. All zero is a controller that has just been switched on. */
#ifndef SIM_LOOPS_H
#define SIM_LOOPS_H

#include <stdbool.h>

/* A PI loop (control/regulator.h). */
typedef struct Regulator {
    double integral; /* in units of the output */
} Regulator;

/* A setpoint that trims and responds (control/trim.h). */
typedef struct Trim {
    double setpoint, wait_s; /* until its next move */
    bool has_run;
} Trim;

/* What a zone or a handler asks for (control/request.h). */
typedef struct Request {
    double count, since_s; /* how many; for how long there has been a reason */
} Request;

/* How quickly zones come to their setpoints, as learned from earlier mornings (control/start.h). */
typedef struct StartMemory {
    double rate;                /* K an hour; 0: nothing learned yet */
    double began_error, took_s; /* of the morning that goes on */
    bool is_timed, is_ready;
} StartMemory;

typedef struct ZoneLoops {
    Regulator cooling, heating, reheat;
    double cooling_output;   /* % */
    double cool_to, heat_to; /* degrees C: setpoints in force, by mode and the dial */
    double empty_s;          /* since anybody was seen */
    double suppress_s;       /* until its requests for cooler air count again */
    Request for_pressure, for_supply, for_hot_water;
} ZoneLoops;

/* Which of its means an air handler holds its supply temperature with. */
typedef enum HandlerStage { STAGE_ECONOMIZER, STAGE_COOLING, STAGE_HEATING } HandlerStage;

typedef struct HandlerLoops {
    Regulator fan, economizer, cooling, heating;
    double outdoor_least; /* %: of the damper, for the least outdoor air */
    Trim pressure, supply;
    StartMemory warming, cooling_down;
    HandlerStage stage;
    double stage_s;     /* how long another stage has been wanted */
    double mode_s;      /* since the mode changed */
    double frost_s;     /* until outdoor air is let in again after a freeze alarm */
    bool must_heat;     /* what warm-up or night is for: else to cool */
    bool may_free_cool; /* outdoor air is the better one */
    Request for_chilled_water, for_hot_water;
    double pressure_requests, supply_requests, hot_requests; /* of its zones */
    double reheat_mean, reheat_most, reheat_wide;            /* %, %, zones whose valve is wide open */
} HandlerLoops;

typedef struct PlantMachine {
    double since_s;              /* it was switched */
    double wanted_s, unwanted_s; /* how long its coils have wanted it, or not */
} PlantMachine;

typedef struct PlantLoops {
    PlantMachine chiller, boiler;
    Regulator tower;
    Trim chilled, hot;
    double chilled_requests, hot_requests;
    double chilled_flow, hot_flow; /* of the design one, as valves stand */
} PlantLoops;

#endif
