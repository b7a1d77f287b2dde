/* All properties of an object, read where it is: by one ReadPropertyMultiple where the device has that and
 * the answer is not too much for it, else those that the object lists, else those that are usual, one after
 * the other. Of an object of another device than ours nothing is told. */
#ifndef COLLECT_CONTROL_PROPERTIES_H
#define COLLECT_CONTROL_PROPERTIES_H

#include "apps/collect/control/seen.h"

#include <jansson.h>

enum { CONTROL_PROPERTIES_MAX = 256 }; /* of an object; those beyond are left out */

typedef struct ControlPropertiesRequest {
    CollectPoller *poller;
    CollectDevice *device;
    BacObjectId object;
    bool is_urgent; /* as an order's */
    int64_t now_us; /* monotonic, as the poller's */
    void *context;
    /* What was read: [{"name": "units", "text": "degrees-celsius", "value": ...}, {"name": .., "problem":
     * ..}] where seen->sight is CONTROL_SEEN, borrowed; else NULL, and the sight says why. */
    void (*on_read)(void *context, const ControlSeen *seen, json_t *properties);
} ControlPropertiesRequest;

/* One under way, in the caller's memory. Its contents are properties.c's. */
typedef struct ControlProperties {
    ControlPropertiesRequest request;
    int step; /* 0: none is under way */
    uint32_t wanted[CONTROL_PROPERTIES_MAX];
    size_t wanted_count, next;
    bool is_usual; /* `wanted` is what is usual: what the object has not is left out */
    json_t *properties;
    ControlSeen seen;
} ControlProperties;

/* Tells what was read exactly once, and maybe before this returns, where the device cannot be asked. Until
 * then `properties` stays where it is. */
void control_properties(ControlProperties *properties, const ControlPropertiesRequest *request);

static inline bool control_properties_is_under_way(const ControlProperties *properties)
{
    return properties->step != 0;
}

/* Gives back what it holds, where its end will not be told any more: the poller is gone. */
void control_properties_done(ControlProperties *properties);

#endif
