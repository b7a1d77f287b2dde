/* Devices and points by the names that the site's database has for them. */
#ifndef NODE_NAMES_H
#define NODE_NAMES_H

#include "bacnet/wire/address.h"
#include "bacnet/wire/object.h"
#include "config/arguments.h"

/* What has the name. Texts are in the arena. */
typedef struct NodeNamed {
    const char *name;
    uint32_t instance;  /* of the device, or of the point's device */
    BacAddress address; /* where the database has that device */
    bool is_point;
    BacReference reference; /* of a point */
} NodeNamed;

/* What goes by `name` on the site of the settings; `device` (name, instance or address): points of that one
 * alone; NULL: points and devices of all. A device goes before points of the same name. Letters may be of
 * another case where nothing else has the name. BP_NOT_FOUND: nothing, and the sentence has what is nearest;
 * BP_CONFLICT: several, and it lists them; BP_UNAVAILABLE: the database does not answer, and it says how to
 * do without. */
BpStatus node_name_find(const Cfg *cfg, const char *name, const char *device, BpArena *arena,
                        NodeNamed *ret_named, BpError *err) BP_CHECKED;

#endif
