/* What a look at a point saw (look.h). */
#ifndef COLLECT_CONTROL_SEEN_H
#define COLLECT_CONTROL_SEEN_H

#include "apps/collect/ask/poll.h"
#include "bacnet/wire/tag.h"

enum { CONTROL_SLOTS = 16, CONTROL_OBJECT_NAME_MAX = 256 };

typedef enum ControlSight {
    CONTROL_SEEN,            /* the device itself, and the object */
    CONTROL_ANOTHER_ANSWERS, /* or nobody who says that he is this device: `other` */
    CONTROL_NO_OBJECT,       /* the device has no such object */
    CONTROL_NOT_TOLD,        /* its value: `refusal` */
    CONTROL_NO_ANSWER,
    CONTROL_NOT_ASKED, /* the device has not heard of it: `why` */
} ControlSight;

/* A priority array (ASHRAE 135, clause 19.2). Bit n - 1 is slot n's. */
typedef struct ControlSlots {
    uint16_t known; /* read; none: the object has no priority array, or does not tell it */
    uint16_t held;  /* and not Null */
    double values[CONTROL_SLOTS];
} ControlSlots;

typedef struct ControlSeen {
    ControlSight sight;
    uint32_t other; /* the device that answers instead; BAC_INSTANCE_WILDCARD: not known */
    BacRefusal refusal;
    CollectOrderWhy why;

    /* Of CONTROL_SEEN: */
    BacType type;                       /* the datatype of its value */
    double value;                       /* NAN where it is no number that the object can have: */
    const char *problem;                /* NULL, or as CollectSample has it: a constant */
    char name[CONTROL_OBJECT_NAME_MAX]; /* of the object, UTF-8; "": not told */
    bool has_no_array;                  /* the device says that there is no priority array */
    ControlSlots slots;
    bool has_least, has_most;
    double least, most; /* that the device takes */
} ControlSeen;

static inline bool control_slots_is_known(const ControlSlots *slots, int slot)
{
    return slots->known >> (slot - 1) & 1;
}

static inline bool control_slots_is_held(const ControlSlots *slots, int slot)
{
    return slots->held >> (slot - 1) & 1;
}

/* The slot that decides, the first that is not Null; 0: none is, or not all before it are known. */
int control_slots_first(const ControlSlots *slots);

#endif
