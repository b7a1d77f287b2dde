/* Telling the database how devices are: a few at a time, each when its turn has come, and then as it is by
 * then, however often it has changed meanwhile. */
#ifndef COLLECT_SITE_STATES_H
#define COLLECT_SITE_STATES_H

#include "apps/collect/ask/poll.h"
#include "io/pg/pg.h"

typedef struct CollectStates CollectStates;

enum { COLLECT_STATES_AT_ONCE = 32 };

/* All outlive it; `site` is the site_id. It is freed after `pg`, whose answers it waits for. */
CollectStates *collect_states_new(Pg *pg, const CollectPoller *poller, const char *site);
void collect_states_free(CollectStates *states); /* NULL is fine */

/* A device without a row is told when it has one, and all are while there is no connection: when it is back.
 */
void collect_states_tell(CollectStates *states, CollectDevice *device);
void collect_states_tell_all(CollectStates *states);
void collect_states_tell_learned(CollectStates *states); /* those of which something new was learned */

size_t collect_states_under_way(const CollectStates *states);

/* Asserts that no more than allowed are under way, and nobody with news waits where none is. */
void collect_states_check(const CollectStates *states);

#endif
