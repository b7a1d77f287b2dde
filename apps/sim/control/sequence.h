/* What the three kinds of control differ in, as numbers: one table a kind. Everything that is not here they
 * have in common. docs/building.md shows the same table with the reasons. */
#ifndef SIM_SEQUENCE_H
#define SIM_SEQUENCE_H

#include "apps/sim/control/start.h"
#include "apps/sim/control/trim.h"
#include "apps/sim/physics/parts.h"

/* A setpoint that follows the outdoor air: `at_low` where that has `low` degrees C or less, `at_high` where
 * it has `high` or more, a line between. */
typedef struct Reset {
    double low, at_low, high, at_high;
} Reset;

double reset_at(const Reset *reset, double outdoor);

typedef struct Sequence {
    /* The day. */
    double start, stop;  /* hours, local: people are expected */
    bool knows_holidays; /* else Monday to Friday is all it knows */
    bool warms_up;       /* zones are brought to their setpoints before people come, without outdoor air */
    double early_h;      /* begins so much before the start; 0: optimal start */
    StartRule warming, cooling_down;

    /* Zones: the same setpoints for all, so that kinds are compared at equal comfort. */
    double flow_least_share;   /* of the largest, where CO2 is not watched */
    double flow_heating_share; /* of the largest: what heating may take */
    bool stands_by;       /* an empty zone in the middle of the day needs no air, and a little less comfort */
    bool watches_co2;     /* least flows and outdoor air by those who are in, not by seats */
    bool holds_discharge; /* reheat by the temperature of its air, which is not let to become so hot that it
                             stays at the ceiling */

    /* Air handlers. */
    double outdoor_share;    /* of the outdoor air that a full house needs, where CO2 is not watched */
    double outdoor_warmest;  /* degrees C: no free cooling above */
    double outdoor_enthalpy; /* kJ/kg: nor above this; 0: nobody looks */
    double pressure;         /* Pa, where it is not trimmed */
    bool trims;              /* pressure, supply, chilled and hot water: by requests */
    TrimRule trim_pressure, trim_supply;
    Reset supply; /* where it is trimmed: how much of it is let through, 1 to 0 */

    /* The plant. */
    bool is_always_ready; /* machines are enabled as long as a fan runs */
    double least_run_s, least_rest_s,
        decide_s;               /* of a machine; for so long it must have been wanted, or not */
    double wants_at, enough_at; /* %: a valve opens so far: its machine is wanted; all are below: it is not */
    Reset chilled, hot;
    TrimRule trim_chilled,
        trim_hot; /* of the chilled water: %, 0 all saving, 50 all flow, 100 all flow as cold as it gets */
    double chilled_warmest, chilled_coldest;
    double pump_least;                                   /* %; 100: it has one speed */
    double tower_fixed;                                  /* degrees C; 0: by the wet bulb */
    double tower_approach, tower_coldest, tower_warmest; /* K above the wet bulb, within */
} Sequence;

const Sequence *sequence_of(BuildingControl control);

/* Setpoints that all have in common, degrees C. */
#define SEQUENCE_COOLING            23.5
#define SEQUENCE_HEATING            21.0
#define SEQUENCE_COOLING_UNOCCUPIED 28.0
#define SEQUENCE_HEATING_UNOCCUPIED 17.0

/* Of outdoor air, L/s: a person and a square metre of an office (ASHRAE 62.1-2019, table 6-1), and what a
 * zone's primary flow must be times its own (6.2.4.3, the simplified way). */
#define SEQUENCE_AIR_PERSON             2.5
#define SEQUENCE_AIR_AREA               0.3
#define SEQUENCE_AIR_PRIMARY            1.5
#define SEQUENCE_VENTILATION_EFFICIENCY 0.75
#define SEQUENCE_PEOPLE_AT_ONCE         0.7 /* of all seats of a handler */

#endif
