/* Lists: the rows of one statement as a table, CSV or JSON. */
#ifndef QUERY_LISTING_H
#define QUERY_LISTING_H

#include "apps/query/rows.h"
#include "config/arguments.h"
#include "say/table.h"

/* What is listed so far. */
typedef struct QueryListing {
    int64_t now_us; /* when it began, for ages */
    SayTable table;
    json_t *json; /* an array; NULL: a table */
    size_t count; /* by query_list_show */
} QueryListing;

typedef struct QueryList {
    const CfgCommand *command;
    const SayColumn *columns;
    size_t column_count;
    SqlQuery query;
    void (*add_row)(QueryListing *listing, const PgRows *rows, size_t row);
    json_t *(*make_json)(const PgRows *rows, size_t row);
    void (*tell_nothing)(void); /* on standard error: there is no row, and what helps */
} QueryList;

/* Which rows, and how they are shown. */
typedef struct QueryListWish {
    const PgValue *values;
    size_t value_count;
    const char *site; /* must be in the database; NULL: any */
    bool csv, json;
} QueryListWish;

/* Asks the database and shows what it says. Returns the exit code. */
int query_list_show(const QueryList *list, const QueryListWish *wish, const Cfg *cfg, BpArena *arena);

#endif
