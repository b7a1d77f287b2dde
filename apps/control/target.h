/* Which point of the site a person means, on the command line of a tool that commands it. */
#ifndef CONTROL_TARGET_H
#define CONTROL_TARGET_H

#include "base/arena.h"
#include "site/database.h"

/* Texts are in the arena. */
typedef struct ControlTarget {
    int64_t point_id;
    const char *label; /* "AHU-1/SAT-C", with its device where the name lacks it */
    const char *units; /* by the standard's name; empty: none */
    const char *held;  /* the slots that we hold, as "8, 10" */
    int64_t holds;     /* how many they are */
} ControlTarget;

/* `device`: its name, instance or address, `word` being a point's name or object of it (av,3); NULL: `word`
 * is a point's name or point_id. BP_NOT_FOUND: nothing, with what is nearest; BP_CONFLICT: several, which are
 * listed. */
BpStatus control_target_find(SiteDatabase *database, const Cfg *cfg, const char *device, const char *word,
                             BpArena *arena, ControlTarget *ret_target, BpError *err) BP_CHECKED;

#endif
