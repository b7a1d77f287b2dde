/* What people may do with which role, as the database is told. */
#ifndef MIGRATE_RIGHTS_H
#define MIGRATE_RIGHTS_H

#include <jansson.h>

/* A new array of {"name", "place", "role", "meaning"}. */
json_t *migrate_rights_json(void);

#endif
