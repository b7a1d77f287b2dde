/* What entries call by number: devices and points as they are called today. */
#ifndef RECORD_NAMES_H
#define RECORD_NAMES_H

#include "site/database.h"

typedef struct RecordName {
    int64_t id, device_id; /* of a point: whose it is */
    BpStr name;
} RecordName;

typedef struct RecordNames {
    BpArena *arena;
    RecordName *devices, *points; /* by their numbers */
    size_t device_count, device_capacity, point_count, point_capacity;
} RecordNames;

BpStatus record_names_read(SiteDatabase *database, const char *site, BpArena *arena, RecordNames *ret_names,
                           BpError *err) BP_CHECKED;

/* NULL: there is none of this number any more. */
const RecordName *record_names_point(const RecordNames *names, int64_t id);
const RecordName *record_names_device(const RecordNames *names, int64_t id);

/* The number of the point (or device) that a person means: a number, a name, or a part that only one has. A
 * number need not be there any more. */
BpStatus record_names_find(const RecordNames *names, bool is_device, const char *wanted, int64_t *ret_id,
                           BpError *err) BP_CHECKED;

#endif
