/* Whom to ask who they are beside everyone: those that somebody names, and those that the database knows. */
#ifndef NODE_TARGETS_H
#define NODE_TARGETS_H

#include "bacnet/service/who_is.h"
#include "bacnet/wire/address.h"
#include "config/arguments.h"

enum { NODE_TARGETS_MAX = 1024 };

typedef struct NodeTargets {
    BacAddress addresses[NODE_TARGETS_MAX];
    size_t count;
} NodeTargets;

/* Appends the addresses of setting discovery.targets and of `more`. BP_INVALID: one is no address, or there
 * are too many. */
BpStatus node_targets_read(NodeTargets *targets, const Cfg *cfg, const CfgTexts *more,
                           BpError *err) BP_CHECKED;

/* Where broadcasts are not heard: appends the devices of these instances that the database knows, as far as
 * there is room. Nothing, where it is away. */
void node_targets_add_known(NodeTargets *targets, const Cfg *cfg, const BacWhoIs *who_is);

#endif
