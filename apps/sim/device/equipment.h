/* A piece of equipment: what a group of objects stands for. */
#ifndef SIM_EQUIPMENT_H
#define SIM_EQUIPMENT_H

#include "apps/sim/device/points.h"

typedef struct SimNaming SimNaming;

typedef struct SimEquipment {
    SimEquipmentKind kind;
    unsigned
        handler;     /* 1 and on: which one, and of a zone that which sends it air; 0 of what is there once */
    unsigned number; /* of a zone: at its handler, 1 and on */
    char name[16];   /* "AHU-1", "VAV-1-03", "PLANT": whatever the naming */
    const SimNaming *naming;
    void *data; /* its struct in the building */
} SimEquipment;

static inline const SimPoints *sim_equipment_points(const SimEquipment *equipment)
{
    return &sim_points[equipment->kind];
}

#endif
