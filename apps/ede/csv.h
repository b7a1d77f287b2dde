/* Rows of cells in text that other people's programs wrote: RFC 4180 with another separator, quotes with
 * newlines in them, lines ended by CRLF, LF or CR, comments. */
#ifndef EDE_CSV_H
#define EDE_CSV_H

#include "base/arena.h"
#include "say/problem.h"

/* Of UTF-8. */
#define EDE_BYTE_ORDER_MARK "\xEF\xBB\xBF"

/* What a file's octets turned out to be. */
typedef enum EdeCsvText {
    EDE_CSV_UTF8,
    EDE_CSV_WINDOWS_1252, /* it was not UTF-8, and has been converted */
    EDE_CSV_UTF16,        /* not read */
} EdeCsvText;

/* The octets as UTF-8 without a byte order mark: borrowed, or in the arena where they had to be converted.
 * Octets that Windows-1252 leaves out are ISO 8859-1's. */
BpStr ede_csv_decode(BpStr octets, BpArena *arena, EdeCsvText *ret_text);

/* The same, where a problem is added when the text cannot be read. */
BpStr ede_csv_text(BpStr octets, const char *file, BpArena *arena, SayProblems *problems,
                   bool *ret_was_windows_1252);

typedef struct EdeCsvCell {
    BpStr text; /* without the quotes; blanks around what is not quoted are cut off */
    bool quoted;
} EdeCsvCell;

enum { EDE_CSV_CELLS_MAX = 4096 };

typedef struct EdeCsvRow {
    size_t line;       /* where it begins, from 1 */
    bool is_comment;   /* begins with '#', which its first cell keeps */
    bool is_empty;     /* nothing in any cell */
    EdeCsvCell *cells; /* until the next row */
    size_t count;
    const char *problem; /* a sentence, where quotes are wrong or cells too many; else NULL */
    size_t problem_cell;
} EdeCsvRow;

typedef struct EdeCsv {
    BpStr text; /* what is left */
    size_t line;
    char separator;
    BpArena *arena; /* of cells whose quotes had to be taken out */
    EdeCsvCell *cells;
} EdeCsv;

/* Begins to read UTF-8 text, which is borrowed. */
void ede_csv_init(EdeCsv *csv, BpStr text, char separator, BpArena *arena);

/* The next row; false at the end. After a problem it goes on with the rest of the row. */
bool ede_csv_next(EdeCsv *csv, EdeCsvRow *ret_row);

/* The first of ; , and tab in the text's first line that is not inside quotes; 0: none. */
char ede_csv_separator_of(BpStr line);

/* Writes a cell so that ede_csv_next gives the same text. */
void ede_csv_write(BpBuf *out, BpStr text, char separator);

#endif
