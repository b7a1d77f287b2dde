#include "apps/web/control/rows.h"

#include "bacnet/wire/enums.h"
#include "tool/rows.h"

#include <stdlib.h>

static json_t *units_json(BpStr name)
{
    uint32_t number;
    const char *symbol =
        bac_words_parse(&bac_units, name, &number, NULL) == BP_OK ? bac_units_symbol(number) : NULL;
    return symbol ? json_string(symbol) : json_string("");
}

static json_t *field_json(const PgRows *rows, size_t row, int column, RowKind kind)
{
    const BpStr text = pg_get_text(rows, row, column);
    if (kind == ROW_UNITS)
        return units_json(text);
    if (pg_is_null(rows, row, column))
        return json_null();
    switch (kind) {
    case ROW_INTEGER: return tool_integer_json(rows, row, column);
    case ROW_REAL: return tool_real_json(rows, row, column);
    case ROW_BOOL: return json_boolean(pg_get_bool(rows, row, column));
    case ROW_TIME: return tool_time_json(rows, row, column, 6);
    case ROW_JSON: return json_loadb(text.data, text.size, JSON_DECODE_ANY, NULL);
    default: return tool_text_json(rows, row, column);
    }
}

json_t *row_json(const PgRows *rows, size_t row, int first, const RowField *fields, size_t count)
{
    json_t *json = json_object();
    for (size_t i = 0; i < count; i++) {
        if (!fields[i].name)
            continue;
        json_t *value = field_json(rows, row, first + (int)i, fields[i].kind);
        if (json_object_set_new(json, fields[i].name, value ? value : json_null()) != 0)
            abort();
    }
    return json;
}

json_t *rows_json(const PgRows *rows, int first, const RowField *fields, size_t count)
{
    json_t *list = json_array();
    for (size_t row = 0; row < pg_row_count(rows); row++)
        if (json_array_append_new(list, row_json(rows, row, first, fields, count)) != 0)
            abort();
    return list;
}

json_t *rows_items(json_t *items)
{
    json_t *json = json_pack("{s:o}", "items", items);
    if (!json)
        abort();
    return json;
}
