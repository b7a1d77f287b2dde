/* What the database is told of holds, as hold_event takes it. */
#ifndef COLLECT_CONTROL_EVENTS_JSON_H
#define COLLECT_CONTROL_EVENTS_JSON_H

#include "apps/collect/control/holds.h"

/* Both are to be freed. */
char *control_events_json(const ControlEvent *events, size_t count);

/* All holds, as "adopted": the database may not know them. */
char *control_holds_json(const ControlHolds *holds);

#endif
