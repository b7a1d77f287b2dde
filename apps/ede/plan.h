/* What an import changes: rows of device and point to insert and to update, made before any is. */
#ifndef EDE_PLAN_H
#define EDE_PLAN_H

#include "apps/ede/places.h"

#include <jansson.h>

typedef struct EdeCounts {
    size_t new, changed, unchanged;
} EdeCounts;

typedef struct EdePlan {
    EdeCounts devices, points;
    size_t not_in_file;                                                  /* points of the site */
    json_t *new_devices, *changed_devices, *new_points, *changed_points; /* arrays of rows */
    json_t *changes; /* field by field, for people: an array; NULL where nobody wants to know */
} EdePlan;

/* Compares the file with the site. `states` NULL: their texts are not taken. */
void ede_plan_init(EdePlan *plan, const EdePlaces *places, const EdeStatesFile *states, bool has_changes);
void ede_plan_done(EdePlan *plan);

/* Changes the site, all of it or nothing. BP_CONFLICT: somebody else has changed it since it was read. */
BpStatus ede_plan_carry_out(const EdePlan *plan, BpStr site_id, SiteDatabase *database,
                            BpError *err) BP_CHECKED;

#endif
