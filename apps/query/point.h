/* The point that somebody means by its number, its name or a part of its name. */
#ifndef QUERY_POINT_H
#define QUERY_POINT_H

#include "site/database.h"

typedef struct QueryPoint {
    BpStr site_id, name, device, object, units; /* in the arena */
    int64_t point_id;
    bool is_simulated; /* its site is: nobody measured what it says; and how much of its past is laid: */
    double past_share;
} QueryPoint;

/* BP_NOT_FOUND: there is no such point, or several may be meant, which are listed on standard error. `site`:
 * of this one; NULL: of any. */
BpStatus query_point_find(SiteDatabase *database, const char *wanted, const char *site, BpArena *arena,
                          QueryPoint *ret_point, BpError *err) BP_CHECKED;

#endif
