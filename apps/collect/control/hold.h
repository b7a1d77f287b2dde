/* A hold: a slot of a point's priority array that one of our commands has taken, and that is emptied again
 * when the command's `release_after` is over. */
#ifndef COLLECT_CONTROL_HOLD_H
#define COLLECT_CONTROL_HOLD_H

#include "apps/collect/control/span.h"
#include "bacnet/wire/object.h"

enum {
    CONTROL_ID_TEXT = 40,    /* of a UUID, with its closing zero */
    CONTROL_NAME_TEXT = 256, /* longer texts are cut */
    CONTROL_OURS_MAX = 3,
};

/* What a slot of a priority array shows. */
typedef struct ControlShown {
    enum { CONTROL_SHOWN_NOT, CONTROL_SHOWN_EMPTY, CONTROL_SHOWN_VALUE } what;
    double value;    /* NAN: it is no number */
    const char *why; /* of CONTROL_SHOWN_NOT: it could not be read */
} ControlShown;

typedef struct ControlHold {
    int32_t point_id;
    uint8_t slot;                  /* the priority, 1 to 16 */
    char command[CONTROL_ID_TEXT]; /* the command that holds it */
    /* Where it is, so that it is found without the database: */
    int32_t device_id;
    uint32_t device_instance;
    char address[BAC_REFERENCE_TEXT_MAX]; /* as it was then, for people */
    BacObjectId object;
    uint32_t property;
    char name[CONTROL_NAME_TEXT]; /* of the point, for people */
    char source[64], created_by[128];
    bool is_plain; /* there is no priority array, so nothing to release: it is left at its end */
    double value;  /* as commanded */
    ControlSpan span;
    int64_t began_us; /* wall clock, for people */
    /* What the slot shows where it is ours. At first alone what was sent; then as the read-back showed it,
     * which a device may have rounded; more than one where it is not known which of them is there. */
    double ours[CONTROL_OURS_MAX];
    size_t ours_count;
    ControlShown before; /* what the slot showed before it was written */
} ControlHold;

/* The slot may show this one too; the newest are kept. What is no number is nobody's. */
void control_hold_add_ours(ControlHold *hold, double value);

bool control_hold_is_ours(const ControlHold *hold, double value);

#endif
