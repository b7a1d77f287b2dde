/* A row of view commands, as the API tells it. Of this folder. */
#ifndef WEB_CONTROL_COMMAND_JSON_H
#define WEB_CONTROL_COMMAND_JSON_H

#include "apps/web/control/rows.h"

/* Its columns begin at `first`. */
json_t *command_json(const PgRows *rows, size_t row, int first);

BpStr command_id(const PgRows *rows, size_t row, int first);
int64_t command_number(const PgRows *rows, size_t row, int first);

#endif
