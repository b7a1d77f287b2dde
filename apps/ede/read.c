/* An EDE file's octets to objects: what stands above them, the titles, a line each. */
#include "apps/ede/cell.h"
#include "apps/ede/columns.h"
#include "apps/ede/line.h"
#include "apps/ede/twins.h"

#include "base/compare.h"

#include <inttypes.h>
#include <stdlib.h>

typedef struct Reading {
    BpArena *arena;
    Ede ede; /* its titles at the end */
    size_t capacity;
    bool has_titles, had_titles; /* somewhere in the file; already */
    size_t rows, likely; /* that should be objects; and have the number of a device, which text has not */
    EdeLine line;        /* the one being read */
} Reading;

static void keep(Reading *reading, const EdeObject *object)
{
    Ede *ede = &reading->ede;
    ede->objects =
        bp_arena_grow(reading->arena, ede->objects, ede->count, &reading->capacity, sizeof *ede->objects);
    ede->objects[ede->count++] = *object;
}

static void read_titles(Reading *reading)
{
    const EdeCsvRow *row = reading->line.row;
    reading->had_titles = true;
    reading->line.cells_max = row->count;
    for (int column = 0; column < EDE_COLUMNS; column++)
        reading->line.cell_of[column] = -1;
    for (size_t i = 0; i < row->count; i++) {
        const BpStr title = i == 0 ? ede_cell_without_hash(row->cells[i].text) : row->cells[i].text;
        const EdeColumn column = ede_column_find(title);
        if (column == EDE_COLUMNS)
            continue; /* vendors add their own */
        if (reading->line.cell_of[column] >= 0)
            ede_line_wrong(&reading->line, column, "two columns have this title: leave one of them out");
        reading->line.cell_of[column] = (int)i;
        reading->line.titles[column] = title;
    }
    for (int column = EDE_KEYNAME; column <= EDE_INSTANCE; column++)
        if (reading->line.cell_of[column] < 0)
            ede_line_wrong(&reading->line, (EdeColumn)column,
                           "no column has this title: the layout wants one");
}

static void check_layout(Reading *reading, BpStr version)
{
    char quoted[SAY_QUOTE_MAX];
    if (version.size == 0)
        return;
    if (version.data[0] == '2' && (version.size == 1 || version.data[1] == '.' || version.data[1] == ','))
        return;
    say_problem(reading->line.problems, reading->line.file, reading->line.row->line,
                bp_str("VERSION_OF_LAYOUT"), "layout %s is not known here: 2, 2.1, 2.2 and 2.3 are",
                say_quote(version, quoted));
}

/* True: the row is one of the lines that say what the file is. */
static bool read_key(Reading *reading)
{
    const EdeCsvRow *row = reading->line.row;
    const BpStr key = ede_cell_without_hash(row->cells[0].text);
    const BpStr value = row->count > 1 ? row->cells[1].text : bp_str("");
    const struct {
        const char *folded;
        BpStr *to;
    } keys[] = {{"projectname", &reading->ede.project},
                {"versionofreferencefile", &reading->ede.version},
                {"timestampoflastchange", &reading->ede.timestamp},
                {"authoroflastchange", &reading->ede.author}};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (ede_cell_is(key, keys[i].folded)) {
            *keys[i].to = value;
            return true;
        }
    if (!ede_cell_is(key, "versionoflayout"))
        return false;
    check_layout(reading, value);
    return true;
}

static void count_row(Reading *reading, const EdeCsvRow *row)
{
    uint32_t device;
    reading->rows++;
    reading->likely += row->count > 1 && ede_cell_whole(row->cells[1].text, BAC_INSTANCE_MAX, &device);
}

static void read_row(Reading *reading, const EdeCsvRow *row)
{
    EdeObject object;
    reading->line.row = row;
    reading->line.is_wrong = false;
    if (row->problem) {
        BpStr title = bp_str("");
        for (int column = 0; column < EDE_COLUMNS; column++)
            if (reading->line.cell_of[column] == (int)row->problem_cell)
                title = reading->line.titles[column];
        say_problem(reading->line.problems, reading->line.file, row->line, title, "%s", row->problem);
        return;
    }
    if (!reading->had_titles && ede_cell_is(ede_cell_without_hash(row->cells[0].text), "keyname")) {
        read_titles(reading);
        return;
    }
    if (row->is_empty || (reading->ede.count == 0 && read_key(reading)) || row->is_comment)
        return;
    /* Above the titles stand lines of all kinds, also without '#'; below them one of "mandatory", "optional".
     */
    if ((reading->has_titles && !reading->had_titles) || ede_cell_is(row->cells[0].text, "mandatory"))
        return;
    count_row(reading, row);
    if (ede_line_read(&reading->line, &object))
        keep(reading, &object);
}

/* The line of titles, wherever it is; empty: there is none. */
static BpStr find_titles(BpStr text)
{
    while (text.size) {
        const BpStr whole = text;
        BpStr line = bp_str_cut(text, '\n', &text);
        line = ede_cell_without_hash(line);
        while (line.size && (line.data[0] == '"' || line.data[0] == '#' || line.data[0] == ' '))
            line = (BpStr){line.data + 1, line.size - 1};
        size_t size = 0;
        while (size < line.size && !strchr(";,\t\"\r", line.data[size]))
            size++;
        if (ede_cell_is((BpStr){line.data, size}, "keyname"))
            return (BpStr){whole.data, whole.size - text.size};
    }
    return bp_str("");
}

/* ---- a file ---- */

int ede_compare(const void *a, const void *b)
{
    const EdeObject *one = a, *other = b;
    if (one->device != other->device)
        return bp_compare_u64(one->device, other->device);
    const int by_twin = bp_str_compare(one->twin, other->twin);
    if (by_twin)
        return by_twin;
    const bool one_is_device = one->object.type == BAC_DEVICE,
               other_is_device = other->object.type == BAC_DEVICE;
    if (one_is_device != other_is_device)
        return one_is_device ? -1 : 1;
    const int by_object = bp_compare_u64(bac_object_id_to(one->object), bac_object_id_to(other->object));
    return by_object ? by_object : bp_compare_u64(one->line, other->line);
}

static void check_twice(const Ede *ede, const char *file, BpArena *arena, SayProblems *problems)
{
    if (ede->count < 2)
        return;
    EdeObject *sorted = bp_arena_take(arena, ede->count * sizeof *sorted);
    memcpy(sorted, ede->objects, ede->count * sizeof *sorted);
    qsort(sorted, ede->count, sizeof *sorted, ede_compare);
    for (size_t i = 1; i < ede->count; i++) {
        char object[BAC_REFERENCE_TEXT_MAX];
        const EdeObject *first = &sorted[i - 1], *again = &sorted[i];
        if (first->device == again->device && bp_str_equal(first->twin, again->twin) &&
            bac_object_equal(first->object, again->object))
            say_problem(problems, file, again->line, ede->titles[EDE_INSTANCE],
                        "%s of device %" PRIu32 " is in line %zu too: an object has one line",
                        bac_object_format(again->object, object), again->device, first->line);
    }
}

bool ede_read(BpStr octets, const char *file, BpArena *arena, SayProblems *problems, Ede *ret_ede)
{
    Reading reading = {.arena = arena,
                       .line = {.file = file, .problems = problems, .cells_max = EDE_COLUMNS}};
    const SayProblems before = *problems;
    for (int column = 0; column < EDE_COLUMNS; column++) {
        reading.line.titles[column] = bp_str(ede_column_title((EdeColumn)column));
        reading.line.cell_of[column] = column;
    }
    EdeCsv csv;
    EdeCsvRow row;
    const BpStr text = ede_csv_text(octets, file, arena, problems, &reading.ede.was_windows_1252);
    const BpStr titles = find_titles(text);
    const char separator = ede_csv_separator_of(titles);
    reading.has_titles = titles.size != 0;
    ede_csv_init(&csv, text, separator ? separator : ';', arena);
    while (ede_csv_next(&csv, &row))
        read_row(&reading, &row);
    if (reading.has_titles && !reading.had_titles)
        say_problem(problems, file, 0, bp_str(""),
                    "the titles stand in the middle of a cell: \"keyname\" must begin its line; is a quote "
                    "missing above it?");
    if (!reading.has_titles && reading.rows && reading.likely == 0) {
        say_problems_take_back(problems, &before);
        say_problem(
            problems, file, 0, bp_str(""),
            "this is no EDE file: none of its lines begins with \"keyname\", the first of the titles, "
            "and none has "
            "a device's number in its second cell");
    }
    if (reading.ede.count == 0 && problems->count == before.count)
        say_problem(
            problems, file, 0, bp_str(""),
            "there is no object in it: is it an EDE file, and not one of the texts or units beside it?");
    memcpy(reading.ede.titles, reading.line.titles, sizeof reading.ede.titles);
    ede_mark_twins(&reading.ede, file, arena, problems);
    check_twice(&reading.ede, file, arena, problems);
    *ret_ede = reading.ede;
    return problems->count == before.count;
}
