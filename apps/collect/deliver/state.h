/* States of points: the last reading of each, retained by the broker for everybody in the building. What was
 * published of a point is remembered, so that a state is published when it has changed, and withdrawn when
 * the point is no more. */
#ifndef COLLECT_DELIVER_STATE_H
#define COLLECT_DELIVER_STATE_H

#include "bacnet/wire/object.h"
#include "base/buf.h"
#include "model/reading.h"
#include "model/topic.h"

/* What a device says of itself; texts that may be empty. */
typedef struct CollectDeviceName {
    const char *name, *vendor, *model, *version;
} CollectDeviceName;

/* What people call a point. Texts are the caller's. */
typedef struct CollectPointName {
    int32_t device_id; /* > 0 */
    BacObjectId object;
    const char *property;     /* "" for present-value */
    const char *name, *units; /* units: their symbol */
    const char **states;      /* texts of its values, for a binary or multi-state one */
    size_t state_count;
    CollectDeviceName device;  /* of which nothing may be known: NULLs */
    bool is_polled, is_tagged; /* the tag: homeAssistant */
} CollectPointName;

/* Where its state is. */
char *states_topic(const char *site, const CollectPointName *name, char ret_topic[MDL_TOPIC_MAX]);

typedef struct PointStates PointStates;

typedef struct PointStatesHooks {
    void *owner;
    bool (*name_point)(void *owner, int32_t point_id,
                       CollectPointName *ret_name); /* false: it is not known */
    /* To be retained by the broker; nothing ("") withdraws what it has. Anything but BP_OK: it did not go
     * out. */
    BpStatus (*publish)(void *owner, const char *topic, BpStr payload, BpError *err);
} PointStatesHooks;

PointStates *states_new(const char *site, const PointStatesHooks *hooks); /* site: copied */
void states_free(PointStates *states);

/* Publishes the states of those points that have changed, or were last published ten minutes ago. */
void states_publish(PointStates *states, const MdlReading *readings, size_t count);

/* Withdraws the state of each point that is no more, or is another object now: everybody would go on
 * believing it. */
void states_withdraw(PointStates *states);

/* Another broker, or one that forgot: none is published there. */
void states_forget(PointStates *states);

/* Asserts what must hold of them; looks at all. */
void states_check(const PointStates *states);

#endif
