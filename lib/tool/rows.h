/* Fields of the database's rows, as tools say them; and what they ask for. */
#ifndef TOOL_ROWS_H
#define TOOL_ROWS_H

#include "site/database.h"

#include <jansson.h>

/* As JSON; null where the field is null. A time is text with that many digits behind the second. */
json_t *tool_text_json(const PgRows *rows, size_t row, int column);
json_t *tool_integer_json(const PgRows *rows, size_t row, int column);
json_t *tool_real_json(const PgRows *rows, size_t row, int column);
json_t *tool_time_json(const PgRows *rows, size_t row, int column, int digits);

/* A copy in the arena. */
BpStr tool_text_kept(BpArena *arena, const PgRows *rows, size_t row, int column);

/* What somebody wants to see; NULL: anything. */
PgValue tool_text_or_any(const char *wanted);

#endif
