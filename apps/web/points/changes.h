/* Changes of points, as points_change of the database has them. Of this folder. */
#ifndef WEB_POINTS_CHANGES_H
#define WEB_POINTS_CHANGES_H

#include "apps/web/call/call.h"

enum { CHANGES_POINTS_MAX = 10000 };

/* Columns of web_points_change.sql and web_points_undo.sql. */
enum {
    CHANGED_POINT,
    CHANGED_PATH,
    CHANGED_VERSION,
    CHANGED_BEFORE,
    CHANGED_AFTER,
    CHANGED_RULE,
    CHANGED_PROBLEM,
    CHANGED_CHANGE,
    CHANGED_WAITING /* what waits for a site elsewhere, as JSON; null: nothing */
};

/* Digits alone. */
bool changes_read_version(BpStr text, int64_t *ret_version);

/* What is to be set has no member but those that people may set, and at least one; which values are right is
 * the database's to say. `where` is in the sentence. False: it was answered (400). */
bool changes_check_set(Call *call, const char *where, json_t *set);

/* Asks the database for it; `asked` is borrowed. */
void changes_ask(Call *call, json_t *asked, bool is_dry_run, CallRows next);

#endif
