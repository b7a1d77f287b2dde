#include "tool/rows.h"

#include "base/time.h"
#include "say/json.h"

json_t *tool_text_json(const PgRows *rows, size_t row, int column)
{
    return pg_is_null(rows, row, column) ? json_null() : say_json_text(pg_get_text(rows, row, column));
}

json_t *tool_integer_json(const PgRows *rows, size_t row, int column)
{
    return pg_is_null(rows, row, column) ? json_null() : json_integer(pg_get_integer(rows, row, column));
}

json_t *tool_real_json(const PgRows *rows, size_t row, int column)
{
    return pg_is_null(rows, row, column) ? json_null() : say_json_real(pg_get_double(rows, row, column));
}

json_t *tool_time_json(const PgRows *rows, size_t row, int column, int digits)
{
    char time[BP_TIME_TEXT_MAX];
    if (pg_is_null(rows, row, column))
        return json_null();
    return json_string(bp_time_format(pg_get_time_us(rows, row, column), digits, time));
}

BpStr tool_text_kept(BpArena *arena, const PgRows *rows, size_t row, int column)
{
    const BpStr text = pg_get_text(rows, row, column);
    return (BpStr){bp_arena_text(arena, text), text.size};
}

PgValue tool_text_or_any(const char *wanted)
{
    return wanted ? pg_text(bp_str(wanted)) : pg_null();
}
