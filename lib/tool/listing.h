/* Lists: the rows of one statement as a table, CSV or JSON. */
#ifndef TOOL_LISTING_H
#define TOOL_LISTING_H

#include "config/arguments.h"
#include "say/table.h"
#include "tool/rows.h"

/* What is listed so far. */
typedef struct ToolListing {
    int64_t now_us; /* when it began, for ages */
    SayTable table;
    json_t *json; /* an array; NULL: a table */
    size_t count; /* by tool_list_show */
} ToolListing;

typedef struct ToolList {
    const CfgCommand *command;
    const SayColumn *columns;
    size_t column_count;
    SqlQuery query;
    void (*add_row)(ToolListing *listing, const PgRows *rows, size_t row);
    json_t *(*make_json)(const PgRows *rows, size_t row);
    void (*tell_nothing)(void); /* on standard error: there is no row, and what helps */
} ToolList;

/* Which rows, and how they are shown. */
typedef struct ToolListWish {
    const PgValue *values;
    size_t value_count;
    const char *site; /* must be in the database; NULL: any */
    bool csv, json;
} ToolListWish;

/* Asks the database and shows what it says. Returns the exit code. */
int tool_list_show(const ToolList *list, const ToolListWish *wish, const Cfg *cfg, BpArena *arena);

#endif
