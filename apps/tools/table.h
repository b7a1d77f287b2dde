/* Tables: aligned for people, cut to their terminal, plain in a pipe, or CSV for programs. */
#ifndef TOOLS_TABLE_H
#define TOOLS_TABLE_H

#include "base/arena.h"
#include "base/error.h"

#include <stdio.h>

typedef struct ToolsColumn {
    const char *title;
    bool is_number;  /* aligned right */
    bool may_be_cut; /* where the terminal is too narrow */
} ToolsColumn;

typedef struct ToolsTable {
    const ToolsColumn *columns; /* borrowed */
    size_t column_count;
    BpStr *cells; /* row by row */
    size_t cell_count, capacity;
    BpArena arena;
} ToolsTable;

void tools_table_init(ToolsTable *table, const ToolsColumn *columns, size_t column_count);
void tools_table_done(ToolsTable *table);

/* Fills the next cell; the text is copied. After a row's last cell comes the next row's first. */
void tools_table_add(ToolsTable *table, BpStr text);
void tools_table_addf(ToolsTable *table, const char *format, ...) BP_PRINTF(2, 3);

size_t tools_table_row_count(const ToolsTable *table);

/* Writes titles and rows, two blanks between columns, aligned by what letters take on a terminal (CJK two
 * places). Control characters become blanks. A `width` other than 0 cuts columns that may be cut, the widest
 * first, then lines. */
void tools_table_print(const ToolsTable *table, FILE *to, size_t width);

/* RFC 4180, titles first, lines ended by LF. */
void tools_table_print_csv(const ToolsTable *table, FILE *to);

/* Places of the terminal that `file` is; 0 where it is none. */
size_t tools_terminal_width(FILE *file);

/* Places that UTF-8 text takes on a terminal. */
size_t tools_text_width(BpStr text);

#endif
