/* Recipient_List of a simulated device's Notification Class: who is told of its alarms, as written by others
 * (ASHRAE 135, clause 12.21.8). */
#ifndef SIM_RECIPIENTS_H
#define SIM_RECIPIENTS_H

#include "apps/sim/device/object.h"
#include "bacnet/service/list_element.h"
#include "bacnet/talk/reporter.h"

typedef struct SimRecipients {
    BacListeners list;    /* as the reporter has them */
    uint16_t own_network; /* number of the network in front of the device's router; 0: none, or not known */
} SimRecipients;

/* One more, if there is room: an address of B/IP, for all times and transitions, process 1. */
void sim_recipients_add(SimRecipients *recipients, const BacAddress *address, bool is_confirmed);

void sim_recipients_put(const void *recipients, uint32_t i, BpBuf *out);

/* WriteProperty of all of the list, and AddListElement and RemoveListElement of some: all or nothing. */
BacRefusal sim_recipients_write(SimRecipients *recipients, BpCursor list);
BacRefusal sim_recipients_change(SimRecipients *recipients, BpCursor elements, bool adds,
                                 uint32_t *ret_failed);

/* The device of which it is not known where it is; false: there is none. */
bool sim_recipients_missing(const SimRecipients *recipients, uint32_t *ret_device);

/* A device says where it is. */
void sim_recipients_learn(SimRecipients *recipients, uint32_t device, const BacAddress *from);

#endif
