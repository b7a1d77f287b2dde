/* What truly fails in a simulated site, and when, for who is to find it out: a line of JSON as each fault
 * begins and as it ends. */
#ifndef SIM_TRUTH_H
#define SIM_TRUTH_H

#include "apps/sim/defect/defect.h"
#include "apps/sim/device/subject.h"

typedef struct SimTruth SimTruth;

/* The file is written anew, and each line at once. NULL: it cannot be, and `err` names it and says why. */
SimTruth *sim_truth_new(const char *path, BpError *err) BP_CHECKED;

/* False: a line could not be written, which was logged, and the file ends with the one before. */
bool sim_truth_free(SimTruth *truth);

/* What there is to say of a fault besides its Defect. */
typedef struct SimTold {
    const SimSubject *subject;
    const char *fault; /* its name */
    const char *text;  /* of what stood behind "=", where that is no number; NULL: the defect's value is it */
    uint8_t slot;      /* that somebody holds; 0: nobody does */
    const char *who;   /* holds it; NULL: nobody */
    bool all_points;   /* of a whole device: all its points; else those that take commands */
} SimTold;

/* It has begun, or ended, as defect->is_on says. */
void sim_truth_tell(SimTruth *truth, const Defect *defect, const SimTold *told, int64_t at_us);

#endif
