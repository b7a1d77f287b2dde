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

#include "apps/collect/control/control.h"
#include "apps/collect/control/hold.h"
#include "apps/collect/control/seen.h"
#include "site/alone.h"

enum {
    CONTROL_ID_MAX = 37,   /* a UUID as text, with its zero */
    CONTROL_NAME_MAX = 64, /* a name of a point, a source or somebody, cut for sentences */
    CONTROL_TEXT_MAX = 320,
};

/* Where a command or a hold acts, and with what. */
typedef struct ControlTarget {
    int32_t point_id, device_id;
    BacObjectId object;
    uint32_t property;
    int priority;                 /* 1 to 16 */
    char point[CONTROL_NAME_MAX]; /* what the object is called */
    char units[CONTROL_NAME_MAX];
} ControlTarget;

typedef enum ControlVerdict {
    CONTROL_NO_VERDICT,
    CONTROL_HELD,
    CONTROL_OUTRANKED,
    CONTROL_NOT_SHOWN,
    CONTROL_REFUSED,
    CONTROL_UNKNOWN,
    CONTROL_NOT_SENT,
} ControlVerdict;

/* Where the journal stands: its last record entry. */
typedef struct ControlPosition {
    int64_t epoch, seq;
    uint8_t digest[32];
} ControlPosition;

struct CollectControl {
    CollectControlOptions options;
    const Cfg *cfg; /* NULL: not read yet */
    Pg *pg;
    SiteAlone *alone;
    LoopTimer *look; /* at the database: 5 s after the last time */
};

/* True while this connection holds the site's lock: only then is anything claimed. */
bool control_is_alone(const CollectControl *control);

#endif
