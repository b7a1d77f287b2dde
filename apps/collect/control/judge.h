/* What became of a command, from what the device answered and what looks at the point saw. Nothing else
 * completes a write than what was read: an acknowledgement or an error names no object, and may be another's.
 */
#ifndef COLLECT_CONTROL_JUDGE_H
#define COLLECT_CONTROL_JUDGE_H

#include "apps/collect/control/seen.h"

typedef enum ControlVerdict {
    CONTROL_NO_VERDICT, /* not yet: look again */
    CONTROL_HELD,       /* our slot has it, and it is the value; of a release: our slot is empty */
    CONTROL_OUTRANKED,  /* our slot has it, and one before it decides */
    CONTROL_NOT_SHOWN,  /* the device took it, and shows something else */
    CONTROL_REFUSED,    /* the device said no, and shows nothing of it */
    CONTROL_UNKNOWN,    /* it may have been carried out, or not */
    CONTROL_NOT_SENT,   /* the device has not heard of it */
} ControlVerdict;

/* "held", "outranked" ...: the words of the database; NULL for CONTROL_NO_VERDICT. */
const char *control_verdict_name(ControlVerdict verdict);

/* What was to come of it. */
typedef struct ControlWish {
    bool is_release; /* the slot is to be empty */
    bool has_array;  /* `slot` means something */
    int slot;
    double value; /* of no release */
} ControlWish;

/* What the device answered to the write. */
typedef enum ControlAnswer {
    CONTROL_ACCEPTED,
    CONTROL_DENIED,
    CONTROL_UNANSWERED, /* or whoever sent it has ended since */
} ControlAnswer;

/* Whether the point looks as was wished: its slot, or where there is none, its value. */
bool control_is_as_wished(const ControlWish *wish, const ControlSeen *seen);

/* `was_so`: it looked as wished before the write already, so that seeing it says nothing. `is_last`: it will
 * not be looked at again; CONTROL_NO_VERDICT is not returned then. */
ControlVerdict control_judge(const ControlWish *wish, ControlAnswer answer, bool was_so,
                             const ControlSeen *seen, bool is_last);

#endif
