/* Faults of a building, strewn over its equipment and a stretch of time: for who trains models to find them.
 */
#ifndef SIM_RANDOM_FAULTS_H
#define SIM_RANDOM_FAULTS_H

#include "apps/sim/device/subject.h"
#include "base/buf.h"

/* Where one is, and when. */
typedef struct SimFaultPlace {
    const SimEquipment *equipment; /* NULL: none */
    int64_t from_us, until_us;
} SimFaultPlace;

typedef struct SimRandomFaults {
    size_t count;
    int64_t from_us, until_us;  /* all are within */
    uint64_t seed;              /* the same seed, the same faults */
    const SimFaultPlace *taken; /* by others already */
    size_t taken_count;
} SimRandomFaults;

/* Writes them as orders (defect/order.h), a line each; no equipment has two at a time. BP_INVALID: so many do
 * not fit. */
BpStatus sim_random_faults(const SimSite *site, const SimRandomFaults *wanted, BpBuf *out,
                           BpError *err) BP_CHECKED;

#endif
