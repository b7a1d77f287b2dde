/* Errands: jobs that are of no points. One of a kind goes on by itself at a time, and is looked at now and
 * then until it is over. */
#ifndef COLLECT_CONTROL_ERRAND_H
#define COLLECT_CONTROL_ERRAND_H

#include "base/error.h"

#include <jansson.h>

/* What it is asked for, as the job says. */
typedef struct ControlErrandWish {
    bool has_range;
    uint32_t low, high; /* instances of devices */
    int32_t device_id;  /* 0: none is named */
} ControlErrandWish;

typedef struct ControlErrandState {
    bool is_over;
    double progress;
    json_t *result;      /* what is known so far: whoever asks has the reference */
    const char *problem; /* it is over, and came to nothing, for this reason; NULL: it did not */
} ControlErrandState;

typedef struct ControlErrand {
    void *owner;
    BpStatus (*begin)(void *owner, const ControlErrandWish *wish,
                      BpError *err); /* not BP_OK: it cannot be done now */
    ControlErrandState (*look)(void *owner);
    void (*end)(void *owner); /* it is over, or nobody waits for it */
} ControlErrand;

#endif
