/* Giving up root's rights. */
#ifndef UP_RIGHTS_H
#define UP_RIGHTS_H

#include "base/error.h"

#include <stdbool.h>

#include <sys/types.h>

typedef struct RightsUser {
    uid_t uid;
    gid_t gid;
    const char *name;
    char home[256];
} RightsUser;

/* Whom root's site runs as: bacpipes, else postgres; but either goes on with a folder that it owns.
 * BP_INVALID: there is neither. */
BpStatus rights_find_user(uid_t owner, RightsUser *ret_user, BpError *err) BP_CHECKED;

/* Root's rights go: user, group, all other groups, and what the environment says of whose it is. There is no
 * way back. */
BpStatus rights_drop(const RightsUser *user, BpError *err) BP_CHECKED;

/* Ports below 1024 are not root's alone: who has CAP_NET_BIND_SERVICE may listen there. Called at the start,
 * as whoever we are: it stays ours to give to a child (LoopProcessOptions), through rights_drop too, and no
 * child has it that is not given it. False: we have it not. */
bool rights_keep_low_ports(void);

/* The first half of that, for a forked child that only looks. */
bool rights_become(const RightsUser *user) BP_CHECKED;

#endif
