/* What entries call by number: devices and points as they are called today. */
#ifndef AUDIT_NAMES_H
#define AUDIT_NAMES_H

#include "site/database.h"

typedef struct AuditName {
    int64_t id, device_id; /* of a point: whose it is */
    BpStr name;
} AuditName;

typedef struct AuditNames {
    BpArena *arena;
    AuditName *devices, *points; /* by their numbers */
    size_t device_count, device_capacity, point_count, point_capacity;
} AuditNames;

BpStatus audit_names_read(SiteDatabase *database, const char *site, BpArena *arena, AuditNames *ret_names,
                          BpError *err) BP_CHECKED;

/* NULL: there is none of this number any more. */
const AuditName *audit_names_point(const AuditNames *names, int64_t id);
const AuditName *audit_names_device(const AuditNames *names, int64_t id);

/* The number of the point (or device) that a person means: a number, a name, or a part that only one has. A
 * number need not be there any more. */
BpStatus audit_names_find(const AuditNames *names, bool is_device, const char *wanted, int64_t *ret_id,
                          BpError *err) BP_CHECKED;

#endif
