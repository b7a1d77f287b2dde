#include "apps/ede/ede.h"

#include "base/parse.h"
#include "say/number.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- titles ---- */

enum { FOLDED_MAX = 40, TITLES_PER_COLUMN_MAX = 6, CELL_OCTETS_MAX = 8192 };

/* The layout's title, and how it and its older and vendors' names fold. */
static const struct {
    const char *title;
    const char *folded[TITLES_PER_COLUMN_MAX];
} columns[EDE_COLUMNS] = {
    [EDE_KEYNAME] = {"keyname", {"keyname"}},
    [EDE_DEVICE] = {"device obj.-instance",
                    {"deviceobjinstance", "deviceobjectinstance", "deviceinstance", "deviceobjinst"}},
    [EDE_NAME] = {"object-name", {"objectname"}},
    [EDE_TYPE] = {"object-type", {"objecttype"}},
    [EDE_INSTANCE] = {"object-instance", {"objectinstance", "objectinst"}},
    [EDE_DESCRIPTION] = {"description", {"description", "objectdescription"}},
    [EDE_DEFAULT] = {"present-value-default", {"presentvaluedefault", "defaultvalue"}},
    [EDE_MIN] = {"min-present-value", {"minpresentvalue", "minvalue"}},
    [EDE_MAX] = {"max-present-value", {"maxpresentvalue", "maxvalue"}},
    [EDE_SETTABLE] = {"settable", {"settable", "commandable"}},
    [EDE_COV] = {"supports COV", {"supportscov", "supportcov", "cov"}},
    [EDE_HIGH_LIMIT] = {"hi-limit", {"hilimit", "highlimit"}},
    [EDE_LOW_LIMIT] = {"low-limit", {"lowlimit", "lolimit"}},
    [EDE_STATES] = {"state-text-reference", {"statetextreference", "statetextref"}},
    [EDE_UNITS] = {"unit-code", {"unitcode", "unitscode"}},
    /* Widely copied with a letter missing. */
    [EDE_ADDRESS] = {"vendor-specific-address", {"vendorspecificaddress", "vendorspecificaddres"}},
    [EDE_NOTIFICATION_CLASS] = {"notification-class", {"notificationclass"}},
};

/* Letters and digits only, the letters small: titles differ in all else. */
static BpStr fold(BpStr text, char memory[FOLDED_MAX])
{
    size_t size = 0;
    for (size_t i = 0; i < text.size && size < FOLDED_MAX; i++)
        if (isalnum((unsigned char)text.data[i]))
            memory[size++] = (char)tolower((unsigned char)text.data[i]);
    return (BpStr){memory, size};
}

static bool folds_to(BpStr text, const char *folded)
{
    char memory[FOLDED_MAX];
    return bp_str_equal(fold(text, memory), bp_str(folded));
}

static int column_of(BpStr title)
{
    char memory[FOLDED_MAX];
    const BpStr folded = fold(title, memory);
    for (int column = 0; column < EDE_COLUMNS; column++)
        for (size_t i = 0; i < TITLES_PER_COLUMN_MAX && columns[column].folded[i]; i++)
            if (bp_str_equal(folded, bp_str(columns[column].folded[i])))
                return column;
    return -1;
}

/* ---- reading ---- */

typedef struct Reading {
    const char *file;
    BpArena *arena;
    SayProblems *problems;
    Ede ede;
    size_t capacity;
    bool has_titles, had_titles; /* somewhere in the file; already */
    int cell_of[EDE_COLUMNS];    /* -1: the file has no such column */
    const EdeCsvRow *row;        /* the one being read */
    size_t cells_max;            /* further ones have no title */
    bool row_is_wrong;
} Reading;

static void wrong(Reading *reading, EdeColumn column, const char *format, ...) BP_PRINTF(3, 4);
static void wrong(Reading *reading, EdeColumn column, const char *format, ...)
{
    char sentence[BP_ERROR_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    reading->row_is_wrong = true;
    say_problem(reading->problems, reading->file, reading->row->line, reading->ede.titles[column], "%s",
                sentence);
}

static BpStr cell(const Reading *reading, EdeColumn column)
{
    const int at = reading->cell_of[column];
    if (at < 0 || (size_t)at >= reading->row->count)
        return bp_str("");
    return reading->row->cells[at].text;
}

static BpStr text_in(Reading *reading, EdeColumn column)
{
    const BpStr text = cell(reading, column);
    if (text.size > CELL_OCTETS_MAX)
        wrong(reading, column, "the text has %zu octets: at most %d can be; is a quote missing?", text.size,
              CELL_OCTETS_MAX);
    return text;
}

static bool parse_whole(BpStr text, uint32_t max, uint32_t *ret_number)
{
    int64_t number;
    if (text.size == 0 || !isdigit((unsigned char)text.data[0]) ||
        bp_parse_i64(text, 0, max, &number, NULL) != BP_OK)
        return false;
    *ret_number = (uint32_t)number;
    return true;
}

/* An empty cell is EDE_NOTHING. */
static uint32_t whole_in(Reading *reading, EdeColumn column, uint32_t max)
{
    char quoted[SAY_QUOTE_MAX];
    uint32_t number = EDE_NOTHING;
    const BpStr text = cell(reading, column);
    if (text.size && !parse_whole(text, max, &number))
        wrong(reading, column, "\"%s\" is no whole number from 0 to %" PRIu32, say_quote(text, quoted), max);
    return number;
}

static uint32_t mandatory_in(Reading *reading, EdeColumn column, uint32_t max)
{
    if (cell(reading, column).size)
        return whole_in(reading, column, max);
    wrong(reading, column, "the cell is empty: a whole number from 0 to %" PRIu32 " must be there", max);
    return EDE_NOTHING;
}

static void tell_type(Reading *reading, BpStr text)
{
    char quoted[SAY_QUOTE_MAX];
    uint32_t number;
    if (bac_words_parse(&bac_object_types, text, &number, NULL) == BP_OK)
        wrong(reading, EDE_TYPE, "\"%s\" is a name: its number, %" PRIu32 ", must be there",
              say_quote(text, quoted), number);
    else
        wrong(reading, EDE_TYPE,
              "\"%s\" is no number of an object type from 0 to %d: 0 is analog-input, "
              "5 binary-value, 8 device",
              say_quote(text, quoted), BAC_OBJECT_TYPE_MAX);
}

static uint16_t type_in(Reading *reading)
{
    uint32_t number = 0;
    const BpStr text = cell(reading, EDE_TYPE);
    if (text.size == 0)
        return (uint16_t)mandatory_in(reading, EDE_TYPE, BAC_OBJECT_TYPE_MAX);
    if (!parse_whole(text, BAC_OBJECT_TYPE_MAX, &number))
        tell_type(reading, text);
    return (uint16_t)number;
}

static uint32_t units_in(Reading *reading)
{
    enum { UNITS_MAX = 65535 };
    char quoted[SAY_QUOTE_MAX];
    uint32_t number = EDE_NOTHING;
    const BpStr text = cell(reading, EDE_UNITS);
    if (text.size == 0 || parse_whole(text, UNITS_MAX, &number))
        return number;
    if (bac_words_parse(&bac_units, text, &number, NULL) == BP_OK)
        wrong(reading, EDE_UNITS, "\"%s\" is a name: its code, %" PRIu32 ", must be there",
              say_quote(text, quoted), number);
    else
        wrong(reading, EDE_UNITS,
              "\"%s\" is no code of a unit from 0 to %d: 62 is degrees-celsius, 95 no units",
              say_quote(text, quoted), UNITS_MAX);
    return EDE_NOTHING;
}

/* With a decimal point or comma; not both, since one of them would part thousands. */
static bool parse_number(BpStr text, double *ret_number)
{
    char copy[SAY_QUOTE_MAX];
    size_t commas = 0;
    if (!bp_str_copy(text, copy, sizeof copy))
        return false;
    for (char *c = copy; *c; c++) {
        if (!strchr("0123456789+-.,eE", *c))
            return false; /* nan, inf, hexadecimal */
        commas += *c == ',';
    }
    char *comma = strchr(copy, ',');
    if (commas > 1 || (comma && strchr(copy, '.')))
        return false;
    if (comma)
        *comma = '.';
    return bp_parse_double(bp_str(copy), ret_number, NULL) == BP_OK && isfinite(*ret_number);
}

static double number_in(Reading *reading, EdeColumn column)
{
    char quoted[SAY_QUOTE_MAX];
    double number = NAN;
    const BpStr text = cell(reading, column);
    if (text.size == 0 || parse_number(text, &number))
        return number;
    wrong(reading, column,
          "\"%s\" is no number: write it as -12.5, or -12,5, without a unit and without marks "
          "between thousands",
          say_quote(text, quoted));
    return NAN;
}

static EdeAnswer answer_in(Reading *reading, EdeColumn column)
{
    static const char *const yes[] = {"y", "yes", "true", "1"}, *const no[] = {"n", "no", "false", "0"};
    char quoted[SAY_QUOTE_MAX];
    const BpStr text = cell(reading, column);
    if (text.size == 0)
        return EDE_EMPTY;
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        if (folds_to(text, yes[i]))
            return EDE_YES;
        if (folds_to(text, no[i]))
            return EDE_NO;
    }
    wrong(reading, column, "\"%s\" is neither Y nor N", say_quote(text, quoted));
    return EDE_EMPTY;
}

/* ---- a row ---- */

static void check_row(Reading *reading, const EdeObject *object)
{
    if (!reading->row_is_wrong && object->object.type == BAC_DEVICE &&
        object->object.instance != object->device)
        wrong(reading, EDE_INSTANCE,
              "device object %" PRIu32 " cannot be in device %" PRIu32 ": both numbers must be the same",
              object->object.instance, object->device);
    if (object->min > object->max)
        wrong(reading, EDE_MIN,
              "the smallest value is larger than the largest: exchange them, or leave both empty");
    for (size_t i = reading->cells_max; i < reading->row->count; i++) {
        char quoted[SAY_QUOTE_MAX];
        if (reading->row->cells[i].text.size == 0)
            continue;
        reading->row_is_wrong = true;
        say_problem(
            reading->problems, reading->file, reading->row->line, bp_str(""),
            "cell %zu, \"%s\", has no title, there are %zu: text with separators in it must be in quotes",
            i + 1, say_quote(reading->row->cells[i].text, quoted), reading->cells_max);
        return;
    }
}

static void keep(Reading *reading, const EdeObject *object)
{
    Ede *ede = &reading->ede;
    if (ede->count == reading->capacity) {
        reading->capacity = reading->capacity ? 2 * reading->capacity : 64;
        EdeObject *objects = bp_arena_take(reading->arena, reading->capacity * sizeof *objects);
        if (ede->count)
            memcpy(objects, ede->objects, ede->count * sizeof *objects);
        ede->objects = objects;
    }
    ede->objects[ede->count++] = *object;
}

static void read_object(Reading *reading)
{
    EdeObject object = {.line = reading->row->line};
    object.keyname = text_in(reading, EDE_KEYNAME);
    object.device = mandatory_in(reading, EDE_DEVICE, BAC_INSTANCE_MAX);
    object.name = text_in(reading, EDE_NAME);
    object.object.type = type_in(reading);
    object.object.instance = mandatory_in(reading, EDE_INSTANCE, BAC_INSTANCE_MAX);
    object.description = text_in(reading, EDE_DESCRIPTION);
    object.min = number_in(reading, EDE_MIN);
    object.max = number_in(reading, EDE_MAX);
    object.settable = answer_in(reading, EDE_SETTABLE);
    object.cov = answer_in(reading, EDE_COV);
    (void)number_in(reading, EDE_HIGH_LIMIT);
    (void)number_in(reading, EDE_LOW_LIMIT);
    object.states = whole_in(reading, EDE_STATES, EDE_NOTHING - 1);
    object.units = units_in(reading);
    object.address = text_in(reading, EDE_ADDRESS);
    (void)whole_in(reading, EDE_NOTIFICATION_CLASS, BAC_INSTANCE_MAX);
    check_row(reading, &object);
    if (!reading->row_is_wrong)
        keep(reading, &object);
}

/* ---- what is not an object ---- */

/* "# keyname" and "keyname" are the same title. */
static BpStr without_hash(BpStr text)
{
    while (text.size && (text.data[0] == '#' || isspace((unsigned char)text.data[0])))
        text = (BpStr){text.data + 1, text.size - 1};
    return text;
}

static void read_titles(Reading *reading)
{
    const EdeCsvRow *row = reading->row;
    reading->had_titles = true;
    reading->cells_max = row->count;
    for (int column = 0; column < EDE_COLUMNS; column++)
        reading->cell_of[column] = -1;
    for (size_t i = 0; i < row->count; i++) {
        const BpStr title = i == 0 ? without_hash(row->cells[i].text) : row->cells[i].text;
        const int column = column_of(title);
        if (column < 0)
            continue; /* vendors add their own */
        if (reading->cell_of[column] >= 0)
            wrong(reading, (EdeColumn)column, "two columns have this title: leave one of them out");
        reading->cell_of[column] = (int)i;
        reading->ede.titles[column] = title;
    }
    for (int column = EDE_KEYNAME; column <= EDE_INSTANCE; column++)
        if (reading->cell_of[column] < 0)
            wrong(reading, (EdeColumn)column, "no column has this title: the layout wants one");
}

static void check_layout(Reading *reading, BpStr version)
{
    char quoted[SAY_QUOTE_MAX];
    if (version.size == 0)
        return;
    if (version.data[0] == '2' && (version.size == 1 || version.data[1] == '.' || version.data[1] == ','))
        return;
    say_problem(reading->problems, reading->file, reading->row->line, bp_str("VERSION_OF_LAYOUT"),
                "layout %s is not known here: 2, 2.1, 2.2 and 2.3 are", say_quote(version, quoted));
}

/* True: the row is one of the lines that say what the file is. */
static bool read_key(Reading *reading)
{
    const EdeCsvRow *row = reading->row;
    const BpStr key = without_hash(row->cells[0].text);
    const BpStr value = row->count > 1 ? row->cells[1].text : bp_str("");
    const struct {
        const char *folded;
        BpStr *to;
    } keys[] = {{"projectname", &reading->ede.project},
                {"versionofreferencefile", &reading->ede.version},
                {"timestampoflastchange", &reading->ede.timestamp},
                {"authoroflastchange", &reading->ede.author}};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (folds_to(key, keys[i].folded)) {
            *keys[i].to = value;
            return true;
        }
    if (!folds_to(key, "versionoflayout"))
        return false;
    check_layout(reading, value);
    return true;
}

static void read_row(Reading *reading, const EdeCsvRow *row)
{
    reading->row = row;
    reading->row_is_wrong = false;
    if (row->problem) {
        BpStr title = bp_str("");
        for (int column = 0; column < EDE_COLUMNS; column++)
            if (reading->cell_of[column] == (int)row->problem_cell)
                title = reading->ede.titles[column];
        say_problem(reading->problems, reading->file, row->line, title, "%s", row->problem);
        return;
    }
    if (!reading->had_titles && folds_to(without_hash(row->cells[0].text), "keyname")) {
        read_titles(reading);
        return;
    }
    if (row->is_empty || (reading->ede.count == 0 && read_key(reading)) || row->is_comment)
        return;
    /* Above the titles stand lines of all kinds, also without '#'; below them one of "mandatory", "optional".
     */
    if ((reading->has_titles && !reading->had_titles) || folds_to(row->cells[0].text, "mandatory"))
        return;
    read_object(reading);
}

/* The line of titles, wherever it is; empty: there is none. */
static BpStr find_titles(BpStr text)
{
    while (text.size) {
        const BpStr whole = text;
        BpStr line = bp_str_cut(text, '\n', &text);
        line = without_hash(line);
        while (line.size && (line.data[0] == '"' || line.data[0] == '#' || line.data[0] == ' '))
            line = (BpStr){line.data + 1, line.size - 1};
        size_t size = 0;
        while (size < line.size && !strchr(";,\t\"\r", line.data[size]))
            size++;
        if (folds_to((BpStr){line.data, size}, "keyname"))
            return (BpStr){whole.data, whole.size - text.size};
    }
    return bp_str("");
}

/* ---- a file ---- */

static int compare_numbers(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

int ede_compare(const void *a, const void *b)
{
    const EdeObject *one = a, *other = b;
    if (one->device != other->device)
        return compare_numbers(one->device, other->device);
    const bool one_is_device = one->object.type == BAC_DEVICE,
               other_is_device = other->object.type == BAC_DEVICE;
    if (one_is_device != other_is_device)
        return one_is_device ? -1 : 1;
    const int by_object = compare_numbers(bac_object_id_to(one->object), bac_object_id_to(other->object));
    return by_object ? by_object : compare_numbers(one->line, other->line);
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
        if (first->device == again->device && bac_object_equal(first->object, again->object))
            say_problem(problems, file, again->line, ede->titles[EDE_INSTANCE],
                        "%s of device %" PRIu32 " is in line %zu too: an object has one line",
                        bac_object_format(again->object, object), again->device, first->line);
    }
}

static BpStr decode(BpStr octets, const char *file, BpArena *arena, SayProblems *problems,
                    bool *ret_converted)
{
    EdeCsvText kind;
    const BpStr text = ede_csv_decode(octets, arena, &kind);
    *ret_converted = kind == EDE_CSV_WINDOWS_1252;
    if (kind == EDE_CSV_UTF16)
        say_problem(problems, file, 1, bp_str(""), "the text is UTF-16: save it as CSV in UTF-8");
    return text;
}

bool ede_read(BpStr octets, const char *file, BpArena *arena, SayProblems *problems, Ede *ret_ede)
{
    Reading reading = {.file = file, .arena = arena, .problems = problems, .cells_max = EDE_COLUMNS};
    const size_t before = problems->count;
    for (int column = 0; column < EDE_COLUMNS; column++) {
        reading.ede.titles[column] = bp_str(columns[column].title);
        reading.cell_of[column] = column;
    }
    EdeCsv csv;
    EdeCsvRow row;
    const BpStr text = decode(octets, file, arena, problems, &reading.ede.was_windows_1252);
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
    if (reading.ede.count == 0 && problems->count == before)
        say_problem(
            problems, file, 0, bp_str(""),
            "there is no object in it: is it an EDE file, and not one of the texts or units beside it?");
    check_twice(&reading.ede, file, arena, problems);
    *ret_ede = reading.ede;
    return problems->count == before;
}

/* ---- texts of states ---- */

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
    if (states->count == reading->capacity) {
        reading->capacity = reading->capacity ? 2 * reading->capacity : 16;
        EdeStates *lists = bp_arena_take(reading->arena, reading->capacity * sizeof *lists);
        if (states->count)
            memcpy(lists, states->lists, states->count * sizeof *lists);
        states->lists = lists;
    }
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
    if (!parse_whole(number, EDE_NOTHING - 1, &list.number)) {
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
        if (list.texts[i].size > CELL_OCTETS_MAX)
            say_problem(reading->problems, reading->file, row->line, bp_str("text"),
                        "text %zu has %zu octets: at most %d can be; is a quote missing?", i + 1,
                        list.texts[i].size, CELL_OCTETS_MAX);
    }
    keep_states(reading, &list);
}

static int compare_states(const void *a, const void *b)
{
    const EdeStates *one = a, *other = b;
    const int by_number = compare_numbers(one->number, other->number);
    return by_number ? by_number : compare_numbers(one->line, other->line);
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
    const BpStr text = decode(octets, file, arena, problems, &reading.states.was_windows_1252);
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

const EdeStates *ede_find_states(const EdeStatesFile *states, uint32_t number)
{
    const EdeStates wanted = {.number = number};
    size_t first = 0, behind = states->count;
    while (first < behind) {
        const size_t middle = first + (behind - first) / 2;
        if (states->lists[middle].number < wanted.number)
            first = middle + 1;
        else
            behind = middle;
    }
    return first < states->count && states->lists[first].number == number ? &states->lists[first] : NULL;
}

/* ---- writing ---- */

#define SEPARATOR ';'
#define NEWLINE   "\r\n"

static void write_key(BpBuf *out, const char *key, BpStr value)
{
    bp_buf_printf(out, "%s%c", key, SEPARATOR);
    ede_csv_write(out, value, SEPARATOR);
    bp_buf_str(out, bp_str(NEWLINE));
}

static void write_titles(BpBuf *out)
{
    for (int column = 0; column < EDE_COLUMNS; column++)
        bp_buf_printf(out, "%s%s", column == 0 ? "#" : ";",
                      column <= EDE_INSTANCE ? "mandatory" : "optional");
    bp_buf_str(out, bp_str(NEWLINE));
    for (int column = 0; column < EDE_COLUMNS; column++)
        bp_buf_printf(out, "%s%s", column == 0 ? "# " : ";", columns[column].title);
    bp_buf_str(out, bp_str(NEWLINE));
}

static void write_whole(BpBuf *out, uint32_t number)
{
    if (number != EDE_NOTHING)
        bp_buf_printf(out, "%" PRIu32, number);
}

static void write_number(BpBuf *out, double number)
{
    if (isfinite(number))
        say_number(out, number == 0 ? 0 : number); /* no -0, which databases lose */
}

static void write_answer(BpBuf *out, EdeAnswer answer)
{
    if (answer != EDE_EMPTY)
        bp_buf_u8(out, answer == EDE_YES ? 'Y' : 'N');
}

static void write_cell(BpBuf *out, const EdeObject *object, EdeColumn column)
{
    switch (column) {
    case EDE_KEYNAME: ede_csv_write(out, object->keyname, SEPARATOR); return;
    case EDE_DEVICE: write_whole(out, object->device); return;
    case EDE_NAME: ede_csv_write(out, object->name, SEPARATOR); return;
    case EDE_TYPE: write_whole(out, object->object.type); return;
    case EDE_INSTANCE: write_whole(out, object->object.instance); return;
    case EDE_DESCRIPTION: ede_csv_write(out, object->description, SEPARATOR); return;
    case EDE_MIN: write_number(out, object->min); return;
    case EDE_MAX: write_number(out, object->max); return;
    case EDE_SETTABLE: write_answer(out, object->settable); return;
    case EDE_COV: write_answer(out, object->cov); return;
    case EDE_STATES: write_whole(out, object->states); return;
    case EDE_UNITS: write_whole(out, object->units); return;
    case EDE_ADDRESS: ede_csv_write(out, object->address, SEPARATOR); return;
    default: return; /* not kept */
    }
}

void ede_write(BpBuf *out, const Ede *ede)
{
    bp_buf_str(out, bp_str("#Engineering-Data-Exchange - B.I.G.-EU" NEWLINE));
    write_key(out, "PROJECT_NAME", ede->project);
    write_key(out, "VERSION_OF_REFERENCEFILE", ede->version);
    write_key(out, "TIMESTAMP_OF_LAST_CHANGE", ede->timestamp);
    write_key(out, "AUTHOR_OF_LAST_CHANGE", ede->author);
    write_key(out, "VERSION_OF_LAYOUT", bp_str("2.3"));
    write_titles(out);
    for (size_t i = 0; i < ede->count; i++) {
        for (int column = 0; column < EDE_COLUMNS; column++) {
            if (column)
                bp_buf_u8(out, SEPARATOR);
            write_cell(out, &ede->objects[i], (EdeColumn)column);
        }
        bp_buf_str(out, bp_str(NEWLINE));
    }
}

void ede_write_states(BpBuf *out, const EdeStates *lists, size_t count)
{
    bp_buf_str(out, bp_str("#State Text Reference" NEWLINE));
    bp_buf_str(out, bp_str("#Reference Number;Text 1 or Inactive-Text;Text 2 or Active-Text" NEWLINE));
    for (size_t i = 0; i < count; i++) {
        bp_buf_printf(out, "%" PRIu32, lists[i].number);
        for (size_t j = 0; j < lists[i].count; j++) {
            bp_buf_u8(out, SEPARATOR);
            ede_csv_write(out, lists[i].texts[j], SEPARATOR);
            if (lists[i].texts[j].size == 0 && j + 1 == lists[i].count)
                bp_buf_str(out, bp_str("\"\"")); /* or it would be no text at all */
        }
        bp_buf_str(out, bp_str(NEWLINE));
    }
}
