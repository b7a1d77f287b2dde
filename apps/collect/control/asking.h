/* The database asked: what is due, what is claimed, and told what has ended. At most one question of each is
 * under way, so that what comes up meanwhile goes with the next: commands of one turn share a commit. */
#ifndef COLLECT_CONTROL_ASKING_H
#define COLLECT_CONTROL_ASKING_H

#include "apps/collect/control/parts.h"

ControlAsking *control_asking_new(CollectControl *control);
void control_asking_free(ControlAsking *asking); /* after the connection; NULL is fine */

/* The connection holds the lock, or is lost: what was asked on it has been answered by then. */
void control_asking_begin(ControlAsking *asking);
void control_asking_end(ControlAsking *asking);

/* Something is due, as far as somebody says: it is looked at soon. */
void control_asking_look(ControlAsking *asking);

/* Claims and tells what there is, both in one commit. */
void control_asking_advance(ControlAsking *asking);

#endif
