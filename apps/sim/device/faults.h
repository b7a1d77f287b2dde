/* How a device treats what is written to it, when it does not do as it should: switched on and off while it
 * runs, so that those who write can be tried. No sockets, no clock. */
#ifndef SIM_FAULTS_H
#define SIM_FAULTS_H

#include "apps/sim/defect/order.h"
#include "apps/sim/device/object.h"
#include "apps/sim/device/site.h"

/* All zero: it does as it should. */
typedef struct SimFaults {
    bool ignores_writes; /* acknowledges them, and does nothing */
    bool drops_writes;   /* does nothing, and says nothing */
    bool mute_writes;    /* takes them over, and says nothing */
    bool hides_writes;   /* they are in their slot, and the present value stays what it is */
    bool refuses_writes; /* with an error of class property and: */
    uint16_t refusal;    /* BacErrorCode */
    int64_t late_us;     /* acknowledges them at once, and takes them over after so long */
    int64_t restart_us;  /* takes them over, says nothing, and is away for so long */
    bool silent;         /* answers nothing at all, while this lasts */
    int64_t answer_us;   /* works so long on each request */
    uint8_t held_slot;   /* somebody else holds this one, 1 to 16, of all that takes the value; 0: nobody */
    double held_value;
    bool swaps;          /* it has changed addresses with: */
    uint32_t swaps_with; /* a device's instance */
} SimFaults;

/* The devices there are: their instances, from the first on. */
typedef struct SimInstances {
    uint32_t first;
    size_t count;
} SimInstances;

BpStatus sim_instances_parse(BpStr text, SimInstances there, uint32_t *ret_instance, BpError *err) BP_CHECKED;

/* One fault, as it was ordered, its times left alone: `ret_faults` has that and no other. *ret_name is as in
 * the list below. BP_NOT_FOUND: no device fails in that way; BP_INVALID: what is wrong, and what would be
 * right. */
BpStatus sim_fault_parse(const DefectOrder *order, SimInstances there, SimFaults *ret_faults,
                         const char **ret_name, BpError *err) BP_CHECKED;

/* What is said of a device in several places adds up; of two slots, times, errors or others the last one
 * holds. */
void sim_faults_add(SimFaults *faults, const SimFaults *more);

/* One line each: name, what stands behind "=" (NULL: nothing) and meaning; NULL behind the last. */
extern const char *const sim_fault_names[][3];

/* Puts a value into a slot, 1 to 16, of an object that has them, or empties it (NULL): by no datagram. */
void sim_fault_slot(SimObject *object, uint8_t slot, const double *value);

/* Somebody else takes the slot of all that takes the value, or lets go of it, as the faults changed. */
void sim_faults_hold(const SimDevice *device, const SimFaults *old, const SimFaults *faults);

/* A write that is to be taken over later. */
typedef struct SimLateWrite {
    int64_t due_at_us;
    BacWrite write; /* its value in: */
    uint8_t octets[16];
} SimLateWrite;

enum { SIM_LATE_WRITES_MAX = 64 };

/* What comes between a device's server and its objects. */
typedef struct SimWrites {
    SimDevice *device;
    SimFaults faults;
    SimLateWrite late[SIM_LATE_WRITES_MAX];
    size_t late_count;
    bool is_mute;  /* the answer to what was just taken is not to go out: the caller's to look at and clear */
    bool restarts; /* and it is to go away now: the same */
} SimWrites;

/* From now on. A slot that somebody else held is let go, one that is to be held is taken. */
void sim_writes_set(SimWrites *writes, const SimFaults *faults);

BacRefusal sim_writes_take(SimWrites *writes, const BacWrite *write, int64_t now_us);

/* Takes over what is due. */
void sim_writes_advance(SimWrites *writes, int64_t now_us);
int64_t sim_writes_next_due_us(const SimWrites *writes); /* INT64_MAX: nothing */

#endif
