/* The second file: texts of states, a list a line. */
#include "apps/ede/cell.h"
#include "apps/ede/ede.h"

#include "base/compare.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>

typedef struct StatesReading {
    const char *file;
    BpArena *arena;
    SayProblems *problems;
    EdeStatesFile states;
    size_t capacity;
} StatesReading;

#define REFERENCE_TITLE "reference number"

static void keep_states(StatesReading *reading, const EdeStates *list)
{
    EdeStatesFile *states = &reading->states;
    states->lists = bp_arena_grow(reading->arena, states->lists, states->count, &reading->capacity,
                                  sizeof *states->lists);
    states->lists[states->count++] = *list;
}

/* Texts as far as the last one that says something, or is an empty one in quotes: spreadsheets fill rows up.
 */
static void read_states_row(StatesReading *reading, const EdeCsvRow *row)
{
    char quoted[SAY_QUOTE_MAX];
    EdeStates list = {.line = row->line};
    if (row->problem) {
        say_problem(reading->problems, reading->file, row->line, bp_str(""), "%s", row->problem);
        return;
    }
    if (row->is_comment || row->is_empty)
        return;
    const BpStr number = row->cells[0].text;
    if (reading->states.count == 0 && number.size && isalpha((unsigned char)number.data[0]))
        return; /* titles without '#' */
    if (!ede_cell_whole(number, EDE_NOTHING - 1, &list.number)) {
        say_problem(reading->problems, reading->file, row->line, bp_str(REFERENCE_TITLE),
                    "\"%s\" is no whole number: a line is a number and texts, as 1;off;on",
                    say_quote(number, quoted));
        return;
    }
    for (size_t i = 1; i < row->count; i++)
        if (row->cells[i].text.size || row->cells[i].quoted)
            list.count = i;
    if (list.count == 0) {
        say_problem(reading->problems, reading->file, row->line, bp_str("text 1"),
                    "list %" PRIu32 " has no texts: leave its line out, or write them", list.number);
        return;
    }
    list.texts = bp_arena_take(reading->arena, list.count * sizeof *list.texts);
    for (size_t i = 0; i < list.count; i++) {
        list.texts[i] = row->cells[i + 1].text;
        if (list.texts[i].size > EDE_CELL_OCTETS_MAX)
            say_problem(reading->problems, reading->file, row->line, bp_str("text"),
                        "text %zu has %zu octets: at most %d can be; is a quote missing?", i + 1,
                        list.texts[i].size, EDE_CELL_OCTETS_MAX);
    }
    keep_states(reading, &list);
}

static int compare_states(const void *a, const void *b)
{
    const EdeStates *one = a, *other = b;
    const int by_number = bp_compare_u64(one->number, other->number);
    return by_number ? by_number : bp_compare_u64(one->line, other->line);
}

/* What follows the digits of the first list, since nothing else is sure to be there. */
static char states_separator(BpStr text)
{
    while (text.size) {
        size_t digits = 0;
        BpStr line = bp_str_cut(text, '\n', &text);
        while (line.size && (line.data[0] == ' ' || line.data[0] == '"'))
            line = (BpStr){line.data + 1, line.size - 1};
        while (digits < line.size && isdigit((unsigned char)line.data[digits]))
            digits++;
        if (digits == 0)
            continue;
        while (digits < line.size && (line.data[digits] == ' ' || line.data[digits] == '"'))
            digits++;
        const char separator = digits < line.size ? line.data[digits] : ';';
        return separator == ',' || separator == '\t' ? separator : ';';
    }
    return ';';
}

bool ede_read_states(BpStr octets, const char *file, BpArena *arena, SayProblems *problems,
                     EdeStatesFile *ret_states)
{
    StatesReading reading = {.file = file, .arena = arena, .problems = problems};
    const size_t before = problems->count;
    EdeCsv csv;
    EdeCsvRow row;
    const BpStr text = ede_csv_text(octets, file, arena, problems, &reading.states.was_windows_1252);
    ede_csv_init(&csv, text, states_separator(text), arena);
    while (ede_csv_next(&csv, &row))
        read_states_row(&reading, &row);
    EdeStatesFile *states = &reading.states;
    if (states->count)
        qsort(states->lists, states->count, sizeof *states->lists, compare_states);
    for (size_t i = 1; i < states->count; i++)
        if (states->lists[i].number == states->lists[i - 1].number)
            say_problem(problems, file, states->lists[i].line, bp_str(REFERENCE_TITLE),
                        "%" PRIu32 " is in line %zu too: each list has a number of its own",
                        states->lists[i].number, states->lists[i - 1].line);
    *ret_states = *states;
    return problems->count == before;
}

static int compare_number(const void *wanted, const void *list)
{
    return bp_compare_u64(*(const uint32_t *)wanted, ((const EdeStates *)list)->number);
}

const EdeStates *ede_find_states(const EdeStatesFile *states, uint32_t number)
{
    if (states->count == 0)
        return NULL;
    return bsearch(&number, states->lists, states->count, sizeof *states->lists, compare_number);
}
