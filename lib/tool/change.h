/* What central asks a site to change: asked for, waited for, and told (table `change`). */
#ifndef TOOL_CHANGE_H
#define TOOL_CHANGE_H

#include "site/database.h"

#include <jansson.h>

typedef struct ToolChange {
    char id[40];         /* empty: there was nothing to ask for */
    const char *outcome; /* as in table change; NULL: the site has not said yet. In the arena */
    const char *text;    /* why; empty: nothing to say */
    bool was_handed_over;
} ToolChange;

/* Waits for the site's word for some seconds, or until somebody has enough of it (SIGINT): it goes on then.
 */
BpStatus tool_change_wait(SiteDatabase *database, ToolChange *change, BpArena *arena,
                          BpError *err) BP_CHECKED;

/* As a sentence; and its exit code: 0 it is so now, 69 the site has not said yet, 75 somebody has changed it
 * since or nobody knows, 77 the site refuses. */
void tool_change_tell(const char *site, const ToolChange *change);
int tool_change_code(const ToolChange *change);

/* {"change_id", "outcome", "text"}; a new reference. */
json_t *tool_change_json(const ToolChange *change);

#endif
