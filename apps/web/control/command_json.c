#include "apps/web/control/command_json.h"

/* In the order of the view's columns. */
static const RowField fields[] = {{"site", ROW_TEXT},
                                  {"id", ROW_TEXT},
                                  {NULL, ROW_INTEGER},
                                  {"point", ROW_INTEGER},
                                  {"path", ROW_TEXT},
                                  {"device", ROW_INTEGER},
                                  {NULL, ROW_TEXT},
                                  {"unit_symbol", ROW_UNITS},
                                  {"command_type", ROW_TEXT},
                                  {"value", ROW_REAL},
                                  {"state", ROW_TEXT},
                                  {"priority", ROW_INTEGER},
                                  {"status", ROW_TEXT},
                                  {"verdict", ROW_TEXT},
                                  {"rule", ROW_TEXT},
                                  {"text", ROW_TEXT},
                                  {"created_by", ROW_TEXT},
                                  {"source", ROW_TEXT},
                                  {"address", ROW_TEXT},
                                  {"reason", ROW_TEXT},
                                  {"restore", ROW_BOOL},
                                  {"created_at", ROW_TIME},
                                  {"execute_at", ROW_TIME},
                                  {"expires_at", ROW_TIME},
                                  {"executed_at", ROW_TIME},
                                  {"completed_at", ROW_TIME},
                                  {"release_after_s", ROW_REAL},
                                  {"release_at", ROW_TIME},
                                  {"value_before", ROW_REAL},
                                  {"state_before", ROW_TEXT},
                                  {"slots", ROW_JSON},
                                  {"held_by", ROW_INTEGER},
                                  {"held_value", ROW_REAL},
                                  {"shown_value", ROW_REAL},
                                  {"shown_state", ROW_TEXT},
                                  {NULL, ROW_TEXT},
                                  {"handed_over_at", ROW_TIME},
                                  {"arrived_at", ROW_TIME},
                                  {"taken_told_at", ROW_TIME},
                                  {"ended_told_at", ROW_TIME},
                                  {"cancel_asked_at", ROW_TIME},
                                  {"step", ROW_TEXT}};

enum { ID = 1, NUMBER = 2 };

json_t *command_json(const PgRows *rows, size_t row, int first)
{
    return row_json(rows, row, first, fields, sizeof fields / sizeof fields[0]);
}

BpStr command_id(const PgRows *rows, size_t row, int first)
{
    return pg_get_text(rows, row, first + ID);
}

int64_t command_number(const PgRows *rows, size_t row, int first)
{
    return pg_get_integer(rows, row, first + NUMBER);
}
