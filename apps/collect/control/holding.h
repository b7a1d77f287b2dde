/* Commands to holds: what is on disk before a command is written, and what its end means for its slot; and
 * who holds what besides. */
#ifndef COLLECT_CONTROL_HOLDING_H
#define COLLECT_CONTROL_HOLDING_H

#include "apps/collect/control/parts.h"

ControlHolding *control_holding_new(CollectControl *control); /* when there is a connection */
void control_holding_close(ControlHolding *holding);          /* after the connection, before the loop */
void control_holding_free(ControlHolding *holding);           /* after the poller; NULL is fine */

/* The latest time that the file outside the database has from before this run; 0: none. Once it is open. */
int64_t control_holding_known_wall_us(const ControlHolding *holding);

void control_holding_set(ControlHolding *holding, const Cfg *cfg);

/* The connection holds the lock: control_opened follows when commands may be claimed. */
void control_holding_alone(ControlHolding *holding);
void control_holding_lost(ControlHolding *holding);

/* The device is how it says: one that is back is asked at once what it is to be asked. */
void control_holding_note_state(ControlHolding *holding, const CollectDevice *device);

#endif
