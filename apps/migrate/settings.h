/* The settings that there are, as the database is told them, so that it refuses wrong rows in table setting.
 */
#ifndef MIGRATE_SETTINGS_H
#define MIGRATE_SETTINGS_H

#include <jansson.h>

/* A new array of {"name", "place", "kind", "scope", "minimum", "maximum", "fallback", "range", "meaning"}. */
json_t *migrate_settings_json(void);

#endif
