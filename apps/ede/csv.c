#include "apps/ede/csv.h"

#include <stdint.h>

/* ---- characters ---- */

/* Windows-1252 from 0x80 to 0x9F; elsewhere it is ISO 8859-1, whose controls fill its five holes. */
static const uint16_t windows_1252[32] = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178,
};

static size_t put_letter(char *to, uint16_t letter)
{
    if (letter < 0x80) {
        to[0] = (char)letter;
        return 1;
    }
    if (letter < 0x800) {
        to[0] = (char)(0xC0 | letter >> 6);
        to[1] = (char)(0x80 | (letter & 0x3F));
        return 2;
    }
    to[0] = (char)(0xE0 | letter >> 12);
    to[1] = (char)(0x80 | (letter >> 6 & 0x3F));
    to[2] = (char)(0x80 | (letter & 0x3F));
    return 3;
}

static BpStr from_windows_1252(BpStr octets, BpArena *arena)
{
    enum { LETTER_OCTETS_MAX = 3 };
    char *text = bp_arena_take(arena, octets.size * LETTER_OCTETS_MAX);
    size_t size = 0;
    for (size_t i = 0; i < octets.size; i++) {
        const uint8_t octet = (uint8_t)octets.data[i];
        size += put_letter(text + size, octet >= 0x80 && octet < 0xA0 ? windows_1252[octet - 0x80] : octet);
    }
    return (BpStr){text, size};
}

static bool begins_with(BpStr text, const char *beginning)
{
    const size_t size = strlen(beginning);
    return text.size >= size && memcmp(text.data, beginning, size) == 0;
}

static BpStr without_first(BpStr text, size_t size)
{
    return (BpStr){text.data + size, text.size - size};
}

BpStr ede_csv_decode(BpStr octets, BpArena *arena, EdeCsvText *ret_text)
{
    *ret_text = EDE_CSV_UTF8;
    if (begins_with(octets, "\xFF\xFE") || begins_with(octets, "\xFE\xFF")) {
        *ret_text = EDE_CSV_UTF16;
        return (BpStr){"", 0};
    }
    if (begins_with(octets, EDE_BYTE_ORDER_MARK))
        octets = without_first(octets, sizeof EDE_BYTE_ORDER_MARK - 1);
    if (bp_str_is_utf8(octets))
        return octets;
    *ret_text = EDE_CSV_WINDOWS_1252;
    return from_windows_1252(octets, arena);
}

BpStr ede_csv_text(BpStr octets, const char *file, BpArena *arena, SayProblems *problems,
                   bool *ret_was_windows_1252)
{
    EdeCsvText kind;
    const BpStr text = ede_csv_decode(octets, arena, &kind);
    *ret_was_windows_1252 = kind == EDE_CSV_WINDOWS_1252;
    if (kind == EDE_CSV_UTF16)
        say_problem(problems, file, 1, bp_str(""), "the text is UTF-16: save it as CSV in UTF-8");
    return text;
}

/* ---- reading ---- */

void ede_csv_init(EdeCsv *csv, BpStr text, char separator, BpArena *arena)
{
    *csv = (EdeCsv){.text = text, .line = 1, .separator = separator, .arena = arena};
    csv->cells = bp_arena_take(arena, EDE_CSV_CELLS_MAX * sizeof *csv->cells);
}

static size_t line_size(BpStr text)
{
    size_t size = 0;
    while (size < text.size && text.data[size] != '\n' && text.data[size] != '\r')
        size++;
    return size;
}

/* CRLF, LF or CR in front of `text`; 0 where there is none. */
static size_t newline_size(BpStr text)
{
    if (text.size && text.data[0] == '\r')
        return text.size > 1 && text.data[1] == '\n' ? 2 : 1;
    return text.size && text.data[0] == '\n' ? 1 : 0;
}

static bool is_blank(char c, char separator)
{
    return (c == ' ' || c == '\t') && c != separator;
}

static BpStr without_blanks(BpStr text)
{
    while (text.size && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = without_first(text, 1);
    while (text.size && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t'))
        text.size--;
    return text;
}

/* Up to a separator or the row's end. */
static BpStr take_plain(BpStr *rest, char separator)
{
    const size_t line = line_size(*rest);
    const char *at = line ? memchr(rest->data, separator, line) : NULL;
    const BpStr cell = {rest->data, at ? (size_t)(at - rest->data) : line};
    *rest = without_first(*rest, cell.size);
    return cell;
}

static BpStr without_doubled_quotes(BpStr quoted, BpArena *arena)
{
    if (!quoted.size || !memchr(quoted.data, '"', quoted.size))
        return quoted;
    char *text = bp_arena_take(arena, quoted.size);
    size_t size = 0;
    for (size_t i = 0; i < quoted.size; i++) {
        text[size++] = quoted.data[i];
        if (quoted.data[i] == '"')
            i++;
    }
    return (BpStr){text, size};
}

/* From the opening quote on; what stands between the closing one and the separator must be blank. */
static BpStr take_quoted(EdeCsv *csv, BpStr *rest, const char **problem)
{
    *rest = without_first(*rest, 1);
    size_t size = 0;
    while (size < rest->size &&
           (rest->data[size] != '"' || (size + 1 < rest->size && rest->data[size + 1] == '"')))
        size += rest->data[size] == '"' ? 2 : 1;
    const BpStr quoted = {rest->data, size};
    for (BpStr left = quoted; left.size;) {
        const size_t newline = newline_size(left);
        csv->line += newline != 0;
        left = without_first(left, newline ? newline : 1);
    }
    *rest = without_first(*rest, size);
    if (rest->size == 0)
        *problem =
            "the quote that opens this cell is never closed: close it, or write quotes inside a cell as \"\"";
    else
        *rest = without_first(*rest, 1);
    if (without_blanks(take_plain(rest, csv->separator)).size && !*problem)
        *problem = "text follows the closing quote: a quote inside quotes is written as \"\"";
    return without_doubled_quotes(quoted, csv->arena);
}

static EdeCsvCell take_cell(EdeCsv *csv, BpStr *rest, const char **problem)
{
    BpStr ahead = *rest;
    while (ahead.size && is_blank(ahead.data[0], csv->separator))
        ahead = without_first(ahead, 1);
    if (ahead.size == 0 || ahead.data[0] != '"')
        return (EdeCsvCell){.text = without_blanks(take_plain(rest, csv->separator))};
    *rest = ahead;
    return (EdeCsvCell){.text = take_quoted(csv, rest, problem), .quoted = true};
}

static void keep_cell(EdeCsv *csv, EdeCsvRow *row, EdeCsvCell cell, const char *problem)
{
    if (row->count == EDE_CSV_CELLS_MAX && !problem)
        problem = "the row has more than 4096 cells: is a quote missing?";
    if (cell.text.size && memchr(cell.text.data, '\0', cell.text.size) && !problem)
        problem = "an octet of value 0 is no text: save the file as UTF-8";
    if (problem && !row->problem) {
        row->problem = problem;
        row->problem_cell = row->count;
    }
    row->is_empty = row->is_empty && cell.text.size == 0;
    if (row->count < EDE_CSV_CELLS_MAX)
        csv->cells[row->count++] = cell;
}

/* A comment ends with its line, whatever quotes it has, and nothing is wrong with it. */
static void take_comment(EdeCsv *csv, EdeCsvRow *row)
{
    BpStr line = {csv->text.data, line_size(csv->text)};
    const size_t size = line.size, at = csv->line;
    for (bool more = true; more;) {
        const char *problem = NULL;
        keep_cell(csv, row, take_cell(csv, &line, &problem), NULL);
        more = line.size != 0;
        line = more ? without_first(line, 1) : line;
    }
    row->problem = NULL;
    csv->line = at;
    csv->text = without_first(csv->text, size);
}

bool ede_csv_next(EdeCsv *csv, EdeCsvRow *ret_row)
{
    if (csv->text.size == 0)
        return false;
    EdeCsvRow row = {.line = csv->line, .cells = csv->cells, .is_empty = true};
    row.is_comment = csv->text.data[0] == '#';
    if (row.is_comment)
        take_comment(csv, &row);
    for (bool more = !row.is_comment; more;) {
        const char *problem = NULL;
        const EdeCsvCell cell = take_cell(csv, &csv->text, &problem);
        keep_cell(csv, &row, cell, problem);
        more = csv->text.size && csv->text.data[0] == csv->separator;
        csv->text = more ? without_first(csv->text, 1) : csv->text;
    }
    const size_t newline = newline_size(csv->text);
    csv->text = without_first(csv->text, newline);
    csv->line += newline != 0;
    *ret_row = row;
    return true;
}

char ede_csv_separator_of(BpStr line)
{
    bool is_quoted = false;
    line.size = line_size(line);
    for (size_t i = 0; i < line.size; i++) {
        const char c = line.data[i];
        if (c == '"')
            is_quoted = !is_quoted;
        else if (!is_quoted && (c == ';' || c == ',' || c == '\t'))
            return c;
    }
    return '\0';
}

/* ---- writing ---- */

void ede_csv_write(BpBuf *out, BpStr text, char separator)
{
    bool wants_quotes = text.size && (text.data[0] == '#' || without_blanks(text).size < text.size);
    for (size_t i = 0; i < text.size && !wants_quotes; i++)
        wants_quotes = text.data[i] == separator || strchr("\"\r\n;,\t", text.data[i]);
    if (!wants_quotes) {
        bp_buf_str(out, text);
        return;
    }
    bp_buf_u8(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"')
            bp_buf_u8(out, '"');
        bp_buf_u8(out, (uint8_t)text.data[i]);
    }
    bp_buf_u8(out, '"');
}
