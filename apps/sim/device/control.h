/* A simulated device that is told to be quiet, or to restart (ASHRAE 135, clauses 16.1 and 16.4). */
#ifndef SIM_CONTROL_H
#define SIM_CONTROL_H

#include "bacnet/talk/server.h"

typedef struct SimControl {
    const char *password;           /* that it wants, UTF-8; NULL: it wants none */
    BacCommunication communication; /* how quiet it is */
    int64_t until_us;               /* and until when; INT64_MAX: until it is told otherwise */
    bool begins_restart;            /* it is to restart when its answer has been sent */
    BacReinitialized start;         /* how: BAC_COLDSTART or BAC_WARMSTART */
    int64_t back_at_us;             /* it is away until then */
    bool is_away;
} SimControl;

/* Carry out a request, or refuse it. `revision`: of the protocol, as the device claims. */
BacRefusal sim_control_communicate(SimControl *control, const BacCommunicationControl *request,
                                   uint32_t revision, int64_t now_us);
BacRefusal sim_control_reinitialize(SimControl *control, const BacReinitialize *request);

/* Whether the device takes the datagram: away it takes nothing, disabled what sets it free, and without
 * initiation nothing that has it say something of its own, but for an I-Am to who asks (16.1.2). */
bool sim_control_takes(const SimControl *control, const BacDatagram *datagram);

/* Whether it may say something that nobody asked for. */
static inline bool sim_control_may_tell(const SimControl *control)
{
    return !control->is_away && control->communication == BAC_COMMUNICATION_ENABLE;
}

/* It goes away, and forgets that it was to be quiet. */
void sim_control_restart(SimControl *control, int64_t now_us);

/* Time goes on: true when it is back, just now. */
bool sim_control_advance(SimControl *control, int64_t now_us);
int64_t sim_control_next_due_us(const SimControl *control); /* INT64_MAX: never */

#endif
