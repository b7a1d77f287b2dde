/* A look at a point where it is: one reading of who answers there, what the object is called, its value and
 * its priority array. By ReadPropertyMultiple, or one property after the other where the device has none, or
 * where all of it is too much for an answer. Nothing is written after a look that did not see the very device
 * and the very object; and only a look completes a write, since what answers it names neither. */
#ifndef COLLECT_CONTROL_LOOK_H
#define COLLECT_CONTROL_LOOK_H

#include "apps/collect/control/seen.h"

typedef struct ControlLookRequest {
    CollectPoller *poller;
    CollectDevice *device;
    BacObjectId object;
    uint32_t property;
    int slot;          /* the one that matters, where not all can be read */
    bool wants_limits; /* min-pres-value and max-pres-value, too */
    bool is_once;      /* no second try where no answer comes: who looks again anyway */
    bool is_urgent;    /* as an order's */
    int64_t now_us;    /* monotonic, as the poller's */
    void *context;
    void (*on_seen)(void *context, const ControlSeen *seen);
} ControlLookRequest;

/* One under way, in the caller's memory. Its contents are look.c's. */
typedef struct ControlLook {
    ControlLookRequest request;
    int step; /* 0: none is under way */
    ControlSeen seen;
} ControlLook;

/* Tells what was seen exactly once, and maybe before this returns, where the device cannot be asked. Until
 * then `look` stays where it is. */
void control_look(ControlLook *look, const ControlLookRequest *request);

static inline bool control_look_is_under_way(const ControlLook *look)
{
    return look->step != 0;
}

#endif
