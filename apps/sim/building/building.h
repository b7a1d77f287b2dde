/* A building that behaves: its weather, its people, its controls and its physics go on together. Plain code:
 * no sockets, no clock; the same seed gives the same building and the same days, however it is stepped. */
#ifndef SIM_BUILDING_H
#define SIM_BUILDING_H

#include "apps/sim/physics/parts.h"

/* "contractor", "rules", "g36": by BuildingControl, closed by NULL. */
extern const char *const building_control_names[];

typedef struct BuildingOptions {
    size_t handlers, zones; /* at least one handler */
    uint64_t seed;          /* of the building and its people */
    uint64_t weather_seed;  /* of its weather, so that two buildings may have the same */
    const Climate *climate; /* NULL: the first */
    BuildingControl control;
    int64_t start_us;  /* UTC */
    int64_t settle_us; /* how long it has run before; 0: two days */
} BuildingOptions;

/* The arrays are its own: building_done gives them back. Balance and ledger begin at the start. */
void building_init(Building *building, const BuildingOptions *options);
void building_done(Building *building);

/* Goes on by so many seconds, 0 or more: as many steps of BUILDING_STEP_US as are full by then. The rest is
 * kept, so that it does not matter in which portions time goes by. */
void building_step(Building *building, double seconds);

#endif
