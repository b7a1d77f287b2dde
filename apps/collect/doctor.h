/* Somebody asks what is wrong with the network from where the collector sits: `bacpipes doctor` looks, as a
 * child process. Its checks wait for answers and run other programs, which nothing on our loop may. Beside
 * us, who have the BACnet port, it asks from a port of its own. */
#ifndef COLLECT_DOCTOR_H
#define COLLECT_DOCTOR_H

#include "apps/collect/control/errand.h"
#include "config/config.h"
#include "io/loop/loop.h"

typedef struct CollectDoctor CollectDoctor;

typedef struct CollectDoctorOptions {
    Loop *loop;
    const char *const *arguments; /* ours, closed by NULL: it works with the same settings, */
    void *owner;
    const Cfg *(*cfg)(void *owner); /* and those of table setting */
} CollectDoctorOptions;

CollectDoctor *collect_doctor_new(const CollectDoctorOptions *options);
void collect_doctor_free(CollectDoctor *doctor); /* before the loop; NULL is fine */

ControlErrand collect_doctor_errand(CollectDoctor *doctor);

#endif
