/* Both files' octets. */
#include "apps/ede/columns.h"

#include "say/number.h"

#include <inttypes.h>
#include <math.h>

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
        bp_buf_printf(out, "%s%s", column == 0 ? "# " : ";", ede_column_title((EdeColumn)column));
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
    bp_buf_str(out, bp_str(EDE_BYTE_ORDER_MARK "#Engineering-Data-Exchange - B.I.G.-EU" NEWLINE));
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
    bp_buf_str(out, bp_str(EDE_BYTE_ORDER_MARK "#State Text Reference" NEWLINE));
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
