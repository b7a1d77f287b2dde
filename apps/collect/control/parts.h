/* What the parts of carrying out commands tell each other. Of this folder.
 *
 * A command's way. Between any two steps it may end; what it ends with depends on whether its datagram may
 * have gone out.
 *
 *   waits    pending; behind others of its device, for the clock (execute_at), or for a device not known yet
 *   looks    one reading of the device: who it is, the object's name, its value and its priority array
 *   claims   the database makes it executing, where gate, stop and life allow; several of one turn together
 *   is kept  position of the journal and hold-to-be are on disk, outside the database (holds)
 *   writes   one WriteProperty, never later than 2 s after the claim was asked for, and never again
 *   verifies value and priority array are read until they show it, or control.verify_within ends
 *   ends     the verdict is told to the database, as often as it takes
 *
 * Found executing at a start it begins with `verifies`: whether it was written nobody knows. */
#ifndef COLLECT_CONTROL_PARTS_H
#define COLLECT_CONTROL_PARTS_H

#include "apps/collect/control/checkpoint.h"
#include "apps/collect/control/commands.h"
#include "apps/collect/control/control.h"
#include "apps/collect/control/record_json.h"
#include "site/alone.h"

typedef struct ControlAsking ControlAsking;   /* asking.h */
typedef struct ControlHolding ControlHolding; /* holding.h */
typedef struct ControlJobs ControlJobs;       /* jobs.h */
typedef struct ControlMqtt ControlMqtt;       /* ask_mqtt.h */

struct CollectControl {
    CollectControlOptions options;
    const Cfg *cfg; /* NULL: not read yet */
    Pg *pg;
    SiteAlone *alone;
    ControlCheckpoints *checkpoints;
    ControlCommands *commands;
    ControlAsking *asking;
    ControlHolding *holding;
    ControlJobs *jobs;
    ControlMqtt *mqtt;
    LoopTimer *turn; /* the next in which something is done */
    int64_t
        look_us; /* of the loop: when the database is looked at though nobody says that something is due */
};

/* True while this connection holds the site's lock: only then is anything claimed. */
bool control_is_alone(const CollectControl *control);

/* Something was changed: what follows is done in the loop's next turn. */
void control_soon(CollectControl *control);

/* ---- holding.c ---- */

/* These have been claimed, all in one batch, and the journal stands at `place`. When that, and what they
 * will hold, is on disk: control_kept, now or later. */
void control_holds_keep(CollectControl *control, ControlCommand *const *commands, size_t count,
                        const ControlPlace *place, uint64_t batch);

/* The verdict of one is known. */
void control_holds_ended(CollectControl *control, const ControlCommand *command);

/* ---- for holding.c ---- */

/* What is held is known, and the database is the one that we know: commands are claimed from now on. */
void control_opened(CollectControl *control);

/* Those of the batch may be written; `is_kept` false: they may not, and end. */
void control_kept(CollectControl *control, uint64_t batch, bool is_kept);

/* From now on no command of the point begins, so that a release by timer and a command never meet. False: one
 * is under way, try again later. */
bool control_point_take(CollectControl *control, int32_t point_id);
void control_point_give(CollectControl *control, int32_t point_id);

#endif
