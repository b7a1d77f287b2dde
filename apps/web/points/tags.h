/* Haystack tags of points: many points have the same, and each such set is folded once for searches. Of this
 * folder. */
#ifndef WEB_POINTS_TAGS_H
#define WEB_POINTS_TAGS_H

#include "apps/web/points/site.h"

/* Sets *number to that of the JSON object, in the place of what it was; returns the object, the store's own.
 */
const char *tags_set(Store *store, uint32_t *number, BpStr json);
void tags_drop(Store *store, uint32_t number);
void tags_done(Store *store);

/* "\nzone\t\nunit\tdegc\n", folded, sorted as the object is: a tag of that name is "\nNAME\t" in it. */
static inline const char *tags_lines(const Store *store, uint32_t number)
{
    return number ? store->tag_lines[number] : "";
}

#endif
