/* Checkpoints: at most a minute after a record of the journal was committed by whomever, the collector signs
 * for it, with a key that is not in the database (`bacpipes audit verify` says what that proves).
 *
 * It signs for nothing that it has not verified: the chain from what it signed last to its end is calculated
 * anew. Where it does not hold, somebody went past the journal's functions: nothing is signed any more until
 * it is repaired, the log says so, and an alarm is raised. What was signed last it knows from a file outside
 * the database (site/witness.h). Records are read in steps, on a connection of its own, so that no command
 * waits for it. */
#ifndef COLLECT_CONTROL_CHECKPOINT_H
#define COLLECT_CONTROL_CHECKPOINT_H

#include "io/pg/pg.h"

typedef struct ControlCheckpoints ControlCheckpoints;

typedef struct ControlCheckpointsOptions {
    Loop *loop;
    const PgOptions *database; /* how to connect; owner and hooks are the part's */
    const char *site, *data_folder;
    void *owner;
    bool (*may_sign)(void *owner); /* one collector signs for a site: is it us? */
} ControlCheckpointsOptions;

/* Makes the key where there is none, and begins. What the options point to outlives it, but for `database`.
 */
ControlCheckpoints *control_checkpoints_new(const ControlCheckpointsOptions *options);
void control_checkpoints_free(ControlCheckpoints *checkpoints); /* NULL is fine */

#endif
