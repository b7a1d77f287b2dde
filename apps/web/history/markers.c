#include "apps/web/history/markers.h"

#include "base/time.h"
#include "say/json.h"
#include "say/number.h"

#include <jansson.h>
#include <stdlib.h>

/* Columns of select_web_markers. */
enum {
    POINT,
    AT,
    UNTIL,
    KIND,
    PRIORITY,
    COMMAND_TYPE,
    VALUE,
    STATE,
    UNITS,
    STATUS,
    VERDICT,
    BY,
    REASON,
    COMMAND
};
enum { SENTENCE_OCTETS = 2400 }; /* a reason has 1,000 letters, a state 200 */

static json_t *text_or_null(const PgRows *rows, size_t row, int column)
{
    const BpStr text = pg_get_text(rows, row, column);
    return pg_is_null(rows, row, column) ? json_null() : json_stringn(text.data, text.size);
}

static json_t *ms_or_null(const PgRows *rows, size_t row, int column)
{
    return pg_is_null(rows, row, column) ? json_null()
                                         : json_integer(pg_get_time_us(rows, row, column) / BP_MS);
}

static void write_value(BpBuf *out, const PgRows *rows, size_t row)
{
    if (!pg_is_null(rows, row, STATE)) {
        bp_buf_str(out, pg_get_text(rows, row, STATE));
        return;
    }
    say_number(out, pg_get_double(rows, row, VALUE));
    const BpStr units = say_units(pg_get_text(rows, row, UNITS));
    if (units.size)
        bp_buf_printf(out, " %.*s", BP_STR_ARGS(units));
}

/* "21.5 °C at 8 by alice: hot day"; "let go of 8 by alice"; "21.5 °C at 5 by others". */
static json_t *sentence(const PgRows *rows, size_t row)
{
    char memory[SENTENCE_OCTETS];
    BpBuf out = bp_buf(memory, sizeof memory);
    const bool is_override = bp_str_equal(pg_get_text(rows, row, KIND), bp_str("override"));
    if (bp_str_equal(pg_get_text(rows, row, COMMAND_TYPE), bp_str("release_priority"))) {
        bp_buf_printf(&out, "let go of %d", (int)pg_get_integer(rows, row, PRIORITY));
    } else {
        write_value(&out, rows, row);
        bp_buf_printf(&out, " at %d", (int)pg_get_integer(rows, row, PRIORITY));
    }
    bp_buf_str(&out, bp_str(" by "));
    bp_buf_str(&out, is_override ? bp_str("others") : pg_get_text(rows, row, BY));
    if (pg_get_text(rows, row, REASON).size) {
        bp_buf_str(&out, bp_str(": "));
        bp_buf_str(&out, pg_get_text(rows, row, REASON));
    }
    json_t *text = json_stringn((const char *)out.data, out.size);
    return text ? text : json_string("");
}

void markers_write(BpBuf *out, const PgRows *rows)
{
    bp_buf_u8(out, '[');
    for (size_t i = 0; i < pg_row_count(rows); i++) {
        json_auto_t *marker = json_pack(
            "{s:o, s:I, s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:o}", "kind", text_or_null(rows, i, KIND),
            "point", (json_int_t)pg_get_integer(rows, i, POINT), "at", ms_or_null(rows, i, AT), "until",
            ms_or_null(rows, i, UNTIL), "text", sentence(rows, i), "by", text_or_null(rows, i, BY),
            "priority", (json_int_t)pg_get_integer(rows, i, PRIORITY), "value",
            pg_is_null(rows, i, VALUE) ? json_null() : say_json_real(pg_get_double(rows, i, VALUE)), "status",
            text_or_null(rows, i, STATUS), "verdict", text_or_null(rows, i, VERDICT), "command",
            text_or_null(rows, i, COMMAND));
        char *text = json_dumps(marker, JSON_COMPACT | say_json_digits(marker));
        if (i)
            bp_buf_u8(out, ',');
        bp_buf_str(out, bp_str(text));
        free(text);
    }
    bp_buf_u8(out, ']');
}
