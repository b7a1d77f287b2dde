/* Which points the equipment of a building has, each kind in a table. */
#ifndef SIM_POINTS_H
#define SIM_POINTS_H

#include "apps/sim/physics/parts.h"

/* In the order in which a site's points are given out. */
typedef enum SimEquipmentKind { SIM_HANDLER, SIM_PLANT, SIM_WEATHER, SIM_METER, SIM_ZONE } SimEquipmentKind;

enum { SIM_EQUIPMENT_KINDS = 5 };

/* How soon a small site does without a point: SIM_ALWAYS has all of it that a site needs to be run, and each
 * further level what the next larger site has too. */
typedef enum SimLevel { SIM_ALWAYS, SIM_MOSTLY, SIM_OFTEN, SIM_RARELY } SimLevel;

enum { SIM_LEVELS = 4 };

/* What objects of a sort have in common, as a table row (points.c). */
typedef struct SimSpec {
    uint16_t type;    /* BacObjectType */
    uint8_t level;    /* SimLevel */
    const char *name; /* behind the equipment's: "SAT" in "AHU-1/SAT" */
    const char *description;
    const char *tags; /* of Project Haystack 4, markers with spaces: "discharge air temp sensor point" */
    uint16_t units;   /* BacUnits; of analog ones */
    double min, max, resolution;
    size_t signal;             /* offset of its Signal in the equipment's struct */
    const char *const *states; /* of binary (inactive, active) and multi-state objects, closed by NULL */
} SimSpec;

typedef struct SimPoints {
    const SimSpec *specs;
    size_t count;
    const char *tags; /* of the equipment */
} SimPoints;

enum { SIM_SPECS_MAX = 64 }; /* of a kind */

extern const SimPoints sim_points[SIM_EQUIPMENT_KINDS];

#endif
