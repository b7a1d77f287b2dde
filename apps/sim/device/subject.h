/* What may fail, by its own name, whatever the naming: equipment, as "VAV-1-03", or one of its points, as
 * "VAV-1-03/ZN-T". */
#ifndef SIM_SUBJECT_H
#define SIM_SUBJECT_H

#include "apps/sim/defect/defect.h"
#include "apps/sim/device/site.h"

typedef struct SimSubject {
    const SimEquipment *equipment; /* NULL: a device is meant */
    SimDevice *device;             /* that, or the one that the equipment's objects are in */
    SimObject *object;             /* NULL: all of it is meant */
} SimSubject;

/* BP_INVALID: there is none, and which there are. */
BpStatus sim_subject_find(const SimSite *site, BpStr name, SimSubject *ret_subject, BpError *err) BP_CHECKED;

/* All of a piece of equipment; false: the site is too small for any of its points. */
bool sim_subject_of(const SimSite *site, const SimEquipment *equipment, SimSubject *ret_subject);

/* In which ways it may fail. */
DefectPlace sim_subject_place(const SimSubject *subject);

/* The equipment's, or the device's. */
const char *sim_subject_name(const SimSubject *subject);

/* The equipment's points in turn; *i is 0 at first. NULL at the end. */
SimObject *sim_subject_point(const SimSubject *subject, size_t *i);

#endif
