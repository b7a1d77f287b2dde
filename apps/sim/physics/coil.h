/* Coils: heat from water to air, by effectiveness (ASHRAE Fundamentals, heat transfer; Kays and London), and
 * of air to cold water with what condenses (Braun, Klein and Mitchell 1989: the same with enthalpies). Steady
 * in each step. */
#ifndef SIM_COIL_H
#define SIM_COIL_H

typedef struct CoilAir {
    double flow;                /* kg/s */
    double temperature, vapour; /* degrees C, kg/kg */
} CoilAir;

typedef struct CoilWater {
    double flow;                 /* kg/s */
    double supply, returned;     /* degrees C; returned is set by the coil */
    double air_side, water_side; /* W/K of each side at its flow of now */
} CoilWater;

/* W/K of a side whose film goes with the power 0.8 of its flow (turbulent: Dittus and Boelter). */
double coil_side(double design, double flow_share);

/* Effectiveness of counterflow, by the stream whose heat capacity flow is above in `ratio`: 0 to 1. */
double coil_effectiveness(double transfer_units, double ratio);

/* Warms the air, or cools it dry; gives W into the air. */
double coil_heat(CoilAir *air, CoilWater *water);

/* Cools the air, and dries it where the coil is colder than its dew point; gives W out of the air, latent
 * heat included; *ret_condensate in kg/s. */
double coil_cool(CoilAir *air, CoilWater *water, double *ret_condensate);

#endif
