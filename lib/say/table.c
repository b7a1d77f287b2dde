#include "say/table.h"

#include <assert.h>
#include <limits.h>
#include <locale.h>
#include <sys/ioctl.h>
#include <wchar.h>

enum { COLUMNS_MAX = 32, CUT_WIDTH_MIN = 8 };
#define GAP      "  "
#define ELLIPSIS "\xE2\x80\xA6"

/* ---- how wide letters are ---- */

/* wcwidth and mbrtowc go by the process's locale, which may know nothing but ASCII. */
static void know_utf8(void)
{
    static bool known;
    if (!known && !setlocale(LC_CTYPE, "C.UTF-8"))
        setlocale(LC_CTYPE, "");
    known = true;
}

/* Octets and places of the first letter of `text`, which is not empty. What is no UTF-8, or no letter, counts
 * as one octet or letter and one place: it is shown as a blank. */
static size_t first_letter(BpStr text, size_t *ret_places, bool *ret_printable)
{
    wchar_t letter = 0;
    mbstate_t state = {0};
    size_t octets = mbrtowc(&letter, text.data, text.size, &state);
    const bool valid = octets != 0 && octets <= text.size;
    const int places = valid ? wcwidth(letter) : -1;
    *ret_printable = places >= 0;
    *ret_places = places >= 0 ? (size_t)places : 1;
    return valid ? octets : 1;
}

size_t say_text_width(BpStr text)
{
    know_utf8();
    size_t width = 0;
    while (text.size) {
        size_t places;
        bool printable;
        const size_t octets = first_letter(text, &places, &printable);
        text = (BpStr){text.data + octets, text.size - octets};
        width += places;
    }
    return width;
}

/* Writes as much of `text` as fits, with an ellipsis where that is not all. Returns the places taken. */
static size_t print_text(FILE *to, BpStr text, size_t width)
{
    const bool whole = say_text_width(text) <= width;
    const size_t room = whole || width == 0 ? width : width - 1;
    size_t used = 0;
    while (text.size) {
        size_t places;
        bool printable;
        const size_t octets = first_letter(text, &places, &printable);
        if (used + places > room)
            break;
        if (printable)
            fwrite(text.data, 1, octets, to);
        else
            fputc(' ', to);
        used += places;
        text = (BpStr){text.data + octets, text.size - octets};
    }
    if (!whole && width) {
        fputs(ELLIPSIS, to);
        used++;
    }
    return used;
}

size_t say_terminal_width(FILE *file)
{
    struct winsize size;
    return ioctl(fileno(file), TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/* ---- filling ---- */

void say_table_init(SayTable *table, const SayColumn *columns, size_t column_count)
{
    assert(column_count > 0 && column_count <= COLUMNS_MAX);
    *table = (SayTable){.columns = columns, .column_count = column_count};
}

void say_table_done(SayTable *table)
{
    bp_arena_done(&table->arena);
    *table = (SayTable){0};
}

void say_table_add(SayTable *table, BpStr text)
{
    if (table->cell_count == table->capacity) {
        /* The old array stays in the arena: all of them together are no larger than the newest. */
        const size_t capacity = table->capacity ? table->capacity * 2 : 256;
        BpStr *cells = bp_arena_take(&table->arena, capacity * sizeof *cells);
        if (table->cell_count)
            memcpy(cells, table->cells, table->cell_count * sizeof *cells);
        table->cells = cells;
        table->capacity = capacity;
    }
    table->cells[table->cell_count++] = (BpStr){bp_arena_text(&table->arena, text), text.size};
}

void say_table_addf(SayTable *table, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    const int size = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const size_t used = size < 0 ? 0 : (size_t)size;
    say_table_add(table, (BpStr){text, used < sizeof text ? used : sizeof text - 1});
}

void say_table_add_change(SayTable *table, const char *now, const char *then)
{
    if (strcmp(now, then) == 0)
        say_table_add(table, bp_str(now));
    else
        say_table_addf(table, "%s -> %s", now, then);
}

size_t say_table_row_count(const SayTable *table)
{
    return table->cell_count / table->column_count;
}

/* ---- for people ---- */

static void measure(const SayTable *table, size_t *ret_widths)
{
    for (size_t i = 0; i < table->column_count; i++)
        ret_widths[i] = say_text_width(bp_str(table->columns[i].title));
    for (size_t i = 0; i < table->cell_count; i++) {
        size_t *width = &ret_widths[i % table->column_count];
        const size_t needed = say_text_width(table->cells[i]);
        if (needed > *width)
            *width = needed;
    }
}

static size_t sum(const SayTable *table, const size_t *widths)
{
    size_t total = (table->column_count - 1) * strlen(GAP);
    for (size_t i = 0; i < table->column_count; i++)
        total += widths[i];
    return total;
}

/* Takes places from the widest column that may be cut until all fit or none can give more. */
static void fit(const SayTable *table, size_t width, size_t *widths)
{
    while (sum(table, widths) > width) {
        size_t widest = SIZE_MAX;
        for (size_t i = 0; i < table->column_count; i++)
            if (table->columns[i].may_be_cut && widths[i] > CUT_WIDTH_MIN &&
                (widest == SIZE_MAX || widths[i] > widths[widest]))
                widest = i;
        if (widest == SIZE_MAX)
            return;
        widths[widest]--;
    }
}

/* One line; `cells` NULL stands for the titles. Trailing blanks are left out. */
static void print_line(const SayTable *table, const BpStr *cells, const size_t *widths, size_t line_width,
                       FILE *to)
{
    size_t at = 0, used = 0; /* where the column begins, and places written */
    for (size_t i = 0; i < table->column_count; at += widths[i] + strlen(GAP), i++) {
        const BpStr text = cells ? cells[i] : bp_str(table->columns[i].title);
        const size_t needed = say_text_width(text);
        size_t begin = at;
        if (table->columns[i].is_number && needed < widths[i])
            begin += widths[i] - needed;
        if (text.size == 0 || begin >= line_width)
            continue;
        const size_t room = line_width - begin;
        fprintf(to, "%*s", (int)(begin - used), "");
        used = begin + print_text(to, text, widths[i] < room ? widths[i] : room);
    }
    fputc('\n', to);
}

void say_table_print(const SayTable *table, FILE *to, size_t width)
{
    assert(table->column_count && table->cell_count % table->column_count == 0);
    size_t widths[COLUMNS_MAX];
    measure(table, widths);
    if (width)
        fit(table, width, widths);
    const size_t line_width = width ? width : SIZE_MAX;
    print_line(table, NULL, widths, line_width, to);
    for (size_t i = 0; i < table->cell_count; i += table->column_count)
        print_line(table, &table->cells[i], widths, line_width, to);
}

/* ---- for programs ---- */

void say_csv_text(BpStr text, FILE *to)
{
    bool plain = true;
    for (size_t i = 0; i < text.size; i++)
        plain = plain && !strchr(",\"\r\n", text.data[i]);
    if (plain) {
        fwrite(text.data, 1, text.size, to);
        return;
    }
    fputc('"', to);
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"')
            fputc('"', to);
        fputc(text.data[i], to);
    }
    fputc('"', to);
}

void say_table_print_csv(const SayTable *table, FILE *to)
{
    assert(table->column_count && table->cell_count % table->column_count == 0);
    for (size_t i = 0; i < table->column_count; i++) {
        fputs(i ? "," : "", to);
        say_csv_text(bp_str(table->columns[i].title), to);
    }
    for (size_t i = 0; i < table->cell_count; i++) {
        fputc(i % table->column_count ? ',' : '\n', to);
        say_csv_text(table->cells[i], to);
    }
    fputc('\n', to);
}
