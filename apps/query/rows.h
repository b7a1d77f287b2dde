/* Fields of the database's rows, as the tools of this folder say them; and what they ask for. */
#ifndef QUERY_ROWS_H
#define QUERY_ROWS_H

#include "site/database.h"

#include <jansson.h>

/* As JSON; null where the field is null. A time is text with that many digits behind the second. */
json_t *query_text_json(const PgRows *rows, size_t row, int column);
json_t *query_integer_json(const PgRows *rows, size_t row, int column);
json_t *query_real_json(const PgRows *rows, size_t row, int column);
json_t *query_time_json(const PgRows *rows, size_t row, int column, int digits);

/* A copy in the arena. */
BpStr query_text_kept(BpArena *arena, const PgRows *rows, size_t row, int column);

/* What somebody wants to see; NULL: anything. */
PgValue query_text_or_any(const char *wanted);

#endif
