/* What is kept outside the database, and the database: whether that is the one we know, or was put back; what
 * it says is held; and what it is told of holds. Commands are not claimed before all that was answered. */
#ifndef COLLECT_CONTROL_LIFE_H
#define COLLECT_CONTROL_LIFE_H

#include "apps/collect/ask/poll.h"
#include "apps/collect/control/kept.h"
#include "io/pg/pg.h"

typedef struct ControlLife ControlLife;

typedef struct ControlLifeOptions {
    Loop *loop;
    Pg *pg;
    const char *site;
    ControlKept *kept;
    CollectPoller *poller; /* devices by their numbers */
    void *owner;
    void (*now)(void *owner, ControlTime *ret_now);
    int32_t (*points_end)(void *owner); /* all points that we know have smaller numbers */
    void (*on_open)(void *owner);
    /* The end of the command is not recorded yet: what became of its hold is told after that. NULL: of any.
     */
    bool (*is_untold)(void *owner, const char *command);
} ControlLifeOptions;

ControlLife *control_life_new(const ControlLifeOptions *options);
void control_life_free(ControlLife *life); /* after `pg` has answered all */

void control_life_alone(ControlLife *life); /* this connection has the lock: asks */
void control_life_lost(ControlLife *life);
bool control_life_is_open(const ControlLife *life);

/* Numbers of devices and points that the database must never give again. */
void control_life_ends(const ControlLife *life, ControlPlace *place);

/* Where the journal stands, of an answer to SQL_SELECT_JOURNAL_POSITION, but for those ends. False: it is no
 * such place. */
bool control_life_read_place(const PgRows *rows, ControlPlace *place);

/* There may be events to tell. */
void control_life_tell(ControlLife *life);

/* Once a minute: where the journal stands is kept, too, when nothing is commanded; and a row that says that
 * something is held which is not, or that nobody knows, is taken up, so that it is read and ends. */
void control_life_refresh(ControlLife *life);

#endif
