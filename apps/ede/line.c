#include "apps/ede/line.h"

#include "apps/ede/cell.h"

#include <inttypes.h>
#include <math.h>

void ede_line_wrong(EdeLine *line, EdeColumn column, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    line->is_wrong = true;
    say_problem_va(line->problems, line->file, line->row->line, line->titles[column], format, arguments);
    va_end(arguments);
}

static BpStr cell(const EdeLine *line, EdeColumn column)
{
    const int at = line->cell_of[column];
    if (at < 0 || (size_t)at >= line->row->count)
        return bp_str("");
    return line->row->cells[at].text;
}

static BpStr text_in(EdeLine *line, EdeColumn column)
{
    const BpStr text = cell(line, column);
    if (text.size > EDE_CELL_OCTETS_MAX)
        ede_line_wrong(line, column, "the text has %zu octets: at most %d can be; is a quote missing?",
                       text.size, EDE_CELL_OCTETS_MAX);
    return text;
}

/* An empty cell is EDE_NOTHING. */
static uint32_t whole_in(EdeLine *line, EdeColumn column, uint32_t max)
{
    char quoted[SAY_QUOTE_MAX];
    uint32_t number = EDE_NOTHING;
    const BpStr text = cell(line, column);
    if (text.size && !ede_cell_whole(text, max, &number))
        ede_line_wrong(line, column, "\"%s\" is no whole number from 0 to %" PRIu32, say_quote(text, quoted),
                       max);
    return number;
}

static uint32_t mandatory_in(EdeLine *line, EdeColumn column, uint32_t max)
{
    if (cell(line, column).size)
        return whole_in(line, column, max);
    ede_line_wrong(line, column, "the cell is empty: a whole number from 0 to %" PRIu32 " must be there",
                   max);
    return EDE_NOTHING;
}

static void tell_type(EdeLine *line, BpStr text)
{
    char quoted[SAY_QUOTE_MAX];
    uint32_t number;
    if (bac_words_parse(&bac_object_types, text, &number, NULL) == BP_OK)
        ede_line_wrong(line, EDE_TYPE, "\"%s\" is a name: its number, %" PRIu32 ", must be there",
                       say_quote(text, quoted), number);
    else
        ede_line_wrong(line, EDE_TYPE,
                       "\"%s\" is no number of an object type from 0 to %d: 0 is analog-input, "
                       "5 binary-value, 8 device",
                       say_quote(text, quoted), BAC_OBJECT_TYPE_MAX);
}

static uint16_t type_in(EdeLine *line)
{
    uint32_t number = 0;
    const BpStr text = cell(line, EDE_TYPE);
    if (text.size == 0)
        return (uint16_t)mandatory_in(line, EDE_TYPE, BAC_OBJECT_TYPE_MAX);
    if (!ede_cell_whole(text, BAC_OBJECT_TYPE_MAX, &number))
        tell_type(line, text);
    return (uint16_t)number;
}

static uint32_t units_in(EdeLine *line)
{
    enum { UNITS_MAX = 65535 };
    char quoted[SAY_QUOTE_MAX];
    uint32_t number = EDE_NOTHING;
    const BpStr text = cell(line, EDE_UNITS);
    if (text.size == 0 || ede_cell_whole(text, UNITS_MAX, &number))
        return number;
    if (bac_words_parse(&bac_units, text, &number, NULL) == BP_OK)
        ede_line_wrong(line, EDE_UNITS, "\"%s\" is a name: its code, %" PRIu32 ", must be there",
                       say_quote(text, quoted), number);
    else
        ede_line_wrong(line, EDE_UNITS,
                       "\"%s\" is no code of a unit from 0 to %d: 62 is degrees-celsius, 95 no units",
                       say_quote(text, quoted), UNITS_MAX);
    return EDE_NOTHING;
}

static double number_in(EdeLine *line, EdeColumn column)
{
    char quoted[SAY_QUOTE_MAX];
    double number = NAN;
    const BpStr text = cell(line, column);
    if (text.size == 0 || ede_cell_number(text, &number))
        return number;
    ede_line_wrong(line, column,
                   "\"%s\" is no number: write it as -12.5, or -12,5, without a unit and without marks "
                   "between thousands",
                   say_quote(text, quoted));
    return NAN;
}

static EdeAnswer answer_in(EdeLine *line, EdeColumn column)
{
    static const char *const yes[] = {"y", "yes", "true", "1"}, *const no[] = {"n", "no", "false", "0"};
    char quoted[SAY_QUOTE_MAX];
    const BpStr text = cell(line, column);
    if (text.size == 0)
        return EDE_EMPTY;
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        if (ede_cell_is(text, yes[i]))
            return EDE_YES;
        if (ede_cell_is(text, no[i]))
            return EDE_NO;
    }
    ede_line_wrong(line, column, "\"%s\" is neither Y nor N", say_quote(text, quoted));
    return EDE_EMPTY;
}

static void check_row(EdeLine *line, const EdeObject *object)
{
    if (!line->is_wrong && object->object.type == BAC_DEVICE && object->object.instance != object->device)
        ede_line_wrong(line, EDE_INSTANCE,
                       "device object %" PRIu32 " cannot be in device %" PRIu32
                       ": both numbers must be the same",
                       object->object.instance, object->device);
    if (object->min > object->max)
        ede_line_wrong(line, EDE_MIN,
                       "the smallest value is larger than the largest: exchange them, or leave both empty");
    for (size_t i = line->cells_max; i < line->row->count; i++) {
        char quoted[SAY_QUOTE_MAX];
        if (line->row->cells[i].text.size == 0)
            continue;
        line->is_wrong = true;
        say_problem(
            line->problems, line->file, line->row->line, bp_str(""),
            "cell %zu, \"%s\", has no title, there are %zu: text with separators in it must be in quotes",
            i + 1, say_quote(line->row->cells[i].text, quoted), line->cells_max);
        return;
    }
}

bool ede_line_read(EdeLine *line, EdeObject *ret_object)
{
    EdeObject object = {.line = line->row->line};
    object.keyname = text_in(line, EDE_KEYNAME);
    object.device = mandatory_in(line, EDE_DEVICE, BAC_INSTANCE_MAX);
    object.name = text_in(line, EDE_NAME);
    object.object.type = type_in(line);
    object.object.instance = mandatory_in(line, EDE_INSTANCE, BAC_INSTANCE_MAX);
    object.description = text_in(line, EDE_DESCRIPTION);
    object.min = number_in(line, EDE_MIN);
    object.max = number_in(line, EDE_MAX);
    object.settable = answer_in(line, EDE_SETTABLE);
    object.cov = answer_in(line, EDE_COV);
    (void)number_in(line, EDE_HIGH_LIMIT);
    (void)number_in(line, EDE_LOW_LIMIT);
    object.states = whole_in(line, EDE_STATES, EDE_NOTHING - 1);
    object.units = units_in(line);
    object.address = text_in(line, EDE_ADDRESS);
    (void)whole_in(line, EDE_NOTIFICATION_CLASS, BAC_INSTANCE_MAX);
    check_row(line, &object);
    if (!line->is_wrong)
        *ret_object = object;
    return !line->is_wrong;
}
