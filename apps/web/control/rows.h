/* Rows of the database as objects of JSON, by a table of their columns. Of this folder. */
#ifndef WEB_CONTROL_ROWS_H
#define WEB_CONTROL_ROWS_H

#include "io/pg/pg.h"

#include <jansson.h>

typedef enum RowKind {
    ROW_TEXT,
    ROW_INTEGER,
    ROW_REAL,
    ROW_BOOL,
    ROW_TIME,
    ROW_JSON,  /* jsonb, as it is */
    ROW_UNITS, /* a unit's name: its symbol, "" where it has none */
} RowKind;

typedef struct RowField {
    const char *name; /* NULL: it is not told */
    RowKind kind;
} RowField;

/* The columns from `first` on, one a field. A null is null. */
json_t *row_json(const PgRows *rows, size_t row, int first, const RowField *fields, size_t count);

/* All rows as an array. */
json_t *rows_json(const PgRows *rows, int first, const RowField *fields, size_t count);

/* {"items": items}; takes the reference. */
json_t *rows_items(json_t *items);

#endif
