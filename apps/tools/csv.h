/* Rows of cells in text that other people's programs wrote: RFC 4180 with another separator, quotes with
 * newlines in them, lines ended by CRLF, LF or CR, comments. */
#ifndef TOOLS_CSV_H
#define TOOLS_CSV_H

#include "base/arena.h"
#include "base/buf.h"

/* What a file's octets turned out to be. */
typedef enum ToolsCsvText {
    TOOLS_CSV_UTF8,
    TOOLS_CSV_WINDOWS_1252, /* it was not UTF-8, and has been converted */
    TOOLS_CSV_UTF16,        /* not read */
} ToolsCsvText;

/* The octets as UTF-8 without a byte order mark: borrowed, or in the arena where they had to be converted.
 * Octets that Windows-1252 leaves out are ISO 8859-1's. */
BpStr tools_csv_decode(BpStr octets, BpArena *arena, ToolsCsvText *ret_text);

typedef struct ToolsCsvCell {
    BpStr text; /* without the quotes; blanks around what is not quoted are cut off */
    bool quoted;
} ToolsCsvCell;

enum { TOOLS_CSV_CELLS_MAX = 4096 };

typedef struct ToolsCsvRow {
    size_t line;         /* where it begins, from 1 */
    bool is_comment;     /* begins with '#', which its first cell keeps */
    bool is_empty;       /* nothing in any cell */
    ToolsCsvCell *cells; /* until the next row */
    size_t count;
    const char *problem; /* a sentence, where quotes are wrong or cells too many; else NULL */
    size_t problem_cell;
} ToolsCsvRow;

typedef struct ToolsCsv {
    BpStr text; /* what is left */
    size_t line;
    char separator;
    BpArena *arena; /* of cells whose quotes had to be taken out */
    ToolsCsvCell *cells;
} ToolsCsv;

/* Begins to read UTF-8 text, which is borrowed. */
void tools_csv_init(ToolsCsv *csv, BpStr text, char separator, BpArena *arena);

/* The next row; false at the end. After a problem it goes on with the rest of the row. */
bool tools_csv_next(ToolsCsv *csv, ToolsCsvRow *ret_row);

/* The first of ; , and tab in the text's first line that is not inside quotes; 0: none. */
char tools_csv_separator_of(BpStr line);

/* Writes a cell so that tools_csv_next gives the same text. */
void tools_csv_write(BpBuf *out, BpStr text, char separator);

#endif
