/* Alarms of a simulated device: which of its objects report events, and its Notification Class (ASHRAE 135,
 * clauses 12.21 and 13). */
#ifndef SIM_EVENTS_H
#define SIM_EVENTS_H

#include "apps/sim/device/object.h"
#include "apps/sim/device/recipients.h"
#include "bacnet/service/error.h"
#include "bacnet/service/write_property.h"
#include "bacnet/talk/reporter.h"

/* The instance of each device's one Notification Class. */
enum { SIM_NOTIFICATION_CLASS = 1 };

typedef struct SimEvents {
    BacReporter reporter;
    SimRecipients recipients;
    SimObject **objects; /* of each of the reporter's sources */
} SimEvents;

/* Of `count` objects, ascending. The reporter's owner, sending and clock are the caller's to set. */
void sim_events_init(SimEvents *events, SimObject *objects, size_t count);
void sim_events_done(SimEvents *events);

/* All is normal, nothing has happened, and nobody is to acknowledge anything. */
void sim_events_start_cold(SimEvents *events);

/* Looks at all values, and tells of what has become an alarm or is none any more. */
void sim_events_judge(SimEvents *events, int64_t now_us);

/* Properties of an object that reports events, beside its own. False: it has no such property. */
bool sim_events_read(const SimEvents *events, const BacReference *reference, BpBuf *out,
                     BacRefusal *ret_refusal);
bool sim_events_write(SimEvents *events, const BacWrite *write, BacRefusal *ret_refusal);

/* The `i`-th of those that the object has; false at the end. All of them are optional. */
bool sim_events_property(const SimEvents *events, BacObjectId object, size_t i, uint32_t *ret_property);

/* The Notification Class object. */
BacRefusal sim_class_write(SimEvents *events, const BacWrite *write);
BacRefusal sim_class_read(const SimEvents *events, const BacReference *reference, BpBuf *out);
bool sim_class_property(uint32_t only, size_t i, uint32_t *ret_property);

#endif
