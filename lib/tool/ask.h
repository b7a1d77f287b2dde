/* One statement for a tool that asks no more, on a connection of its own. */
#ifndef TOOL_ASK_H
#define TOOL_ASK_H

#include "base/arena.h"
#include "config/config.h"
#include "io/pg/pg.h"

/* Asks it and keeps its first column as text, in the arena; NULL: it is null, or there is no row. That
 * something is there already is BP_REFUSED, as all that the database refuses. */
BpStatus tool_ask_text(const Cfg *cfg, SqlQuery query, const PgValue *values, size_t count, BpArena *arena,
                       const char **ret_text, BpError *err) BP_CHECKED;

#endif
