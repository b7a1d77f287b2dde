/* bacpipes doctor: what is wrong with the machine and the network that devices are to be heard through. */
#ifndef DOCTOR_DOCTOR_H
#define DOCTOR_DOCTOR_H

#include "io/bip/interfaces.h"
#include "node/device.h"
#include "node/targets.h"

typedef enum DoctorGrade { DOCTOR_FINE, DOCTOR_NOTE, DOCTOR_WRONG } DoctorGrade;

typedef struct DoctorFinding {
    DoctorGrade grade;
    const char *check; /* "interface", "port", "router" ... */
    const char *what;  /* a sentence */
    const char *mend;  /* what to do about it; NULL: nothing */
} DoctorFinding;

enum { DOCTOR_FINDINGS_MAX = 512 };

typedef struct Doctor {
    const Cfg *cfg;
    BpArena *arena;
    DoctorFinding findings[DOCTOR_FINDINGS_MAX];
    size_t count, shown;
    BipInterface interfaces[BIP_INTERFACES_MAX];
    size_t interface_count;
    const BipInterface *interface; /* that broadcasts go out on; NULL: there is none */
    size_t devices, routers, bbmds;
} Doctor;

/* Adds a finding; doctor_mend says what to do about the last one. */
void doctor_say(Doctor *doctor, DoctorGrade grade, const char *check, const char *format, ...)
    BP_PRINTF(4, 5);
void doctor_mend(Doctor *doctor, const char *format, ...) BP_PRINTF(2, 3);

/* host.c: the machine itself; sends nothing. */
void doctor_look_at_host(Doctor *doctor);

/* collector.c: whether the collector of this data folder, where one runs, is on the network. Before
 * doctor_look_at_network, which may open its port. */
void doctor_look_at_collector(Doctor *doctor);

/* central.c: whether the central that this site has joined lets it in; nothing where it has joined none. */
void doctor_look_at_central(Doctor *doctor);

/* network.c: who answers. Sends a Who-Is, questions to routers, and to BBMDs. */
void doctor_look_at_network(Doctor *doctor, Node *node, const NodeTargets *targets, int64_t wait_us);

/* known.c: devices as they answer, against those that the database has. */
typedef struct DoctorPlace {
    BacAddress address;
    uint32_t instance;
    bool is_replaced; /* the database has it without its address */
} DoctorPlace;
void doctor_compare(Doctor *doctor, const DoctorPlace *known, size_t known_count, const DoctorPlace *heard,
                    size_t heard_count);

/* The same with table device; nothing where there is no database here. */
void doctor_look_at_known(Doctor *doctor, const DoctorPlace *heard, size_t heard_count);

#endif
