/* Tables: aligned for people, cut to their terminal, plain in a pipe, or CSV for programs. */
#ifndef SAY_TABLE_H
#define SAY_TABLE_H

#include "base/arena.h"
#include "base/error.h"

#include <stdio.h>

typedef struct SayColumn {
    const char *title;
    bool is_number;  /* aligned right */
    bool may_be_cut; /* where the terminal is too narrow */
} SayColumn;

typedef struct SayTable {
    const SayColumn *columns; /* borrowed */
    size_t column_count;
    BpStr *cells; /* row by row */
    size_t cell_count, capacity;
    BpArena arena;
} SayTable;

void say_table_init(SayTable *table, const SayColumn *columns, size_t column_count);
void say_table_done(SayTable *table);

/* Fills the next cell; the text is copied. After a row's last cell comes the next row's first. */
void say_table_add(SayTable *table, BpStr text);
void say_table_addf(SayTable *table, const char *format, ...) BP_PRINTF(2, 3);

/* The same for what changes: "12 -> 3", or "12" where it stays that. */
void say_table_add_change(SayTable *table, const char *now, const char *then);

size_t say_table_row_count(const SayTable *table);

/* Writes titles and rows, two blanks between columns, aligned by what letters take on a terminal (CJK two
 * places). Control characters become blanks. A `width` other than 0 cuts columns that may be cut, the widest
 * first, then lines. */
void say_table_print(const SayTable *table, FILE *to, size_t width);

/* RFC 4180, titles first, lines ended by LF. */
void say_table_print_csv(const SayTable *table, FILE *to);

/* A field of CSV, in quotes where it must be. */
void say_csv_text(BpStr text, FILE *to);

/* Places of the terminal that `file` is; 0 where it is none. */
size_t say_terminal_width(FILE *file);

/* Places that UTF-8 text takes on a terminal. */
size_t say_text_width(BpStr text);

#endif
