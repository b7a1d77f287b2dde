#include "apps/sim/device/override.h"
#include "apps/sim/device/faults.h"

#include <math.h>

static void override(Defect *defect)
{
    SimObject *object = defect->subject;
    if (!defect->has_value)
        defect->value = sim_object_value(object);
    sim_fault_slot(object, SIM_OVERRIDE_SLOT, &defect->value);
}

/* Unless somebody has found it meanwhile. */
static void let_go(Defect *defect)
{
    SimObject *object = defect->subject;
    if (object->commanded >> (SIM_OVERRIDE_SLOT - 1) & 1 &&
        object->slots[SIM_OVERRIDE_SLOT - 1] == defect->value)
        sim_fault_slot(object, SIM_OVERRIDE_SLOT, NULL);
}

const DefectKind sim_override_forgotten = {.place = DEFECT_ELSEWHERE,
                                           .name = "override-forgotten",
                                           .value = "VALUE",
                                           .usual = NAN,
                                           .least = -INFINITY,
                                           .most = INFINITY,
                                           .meaning = "somebody's command stays in slot 8",
                                           .begin = override,
                                           .end = let_go};
