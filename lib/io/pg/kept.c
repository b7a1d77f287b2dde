#include "io/pg/kept.h"

#include "io/pg/request.h"

#include <limits.h>
#include <stdlib.h>

enum { COLUMNS_MAX = 64, ROWS_MAX = 10 * 1000 * 1000 };
static const uint32_t IS_NULL = UINT32_MAX;

void pg_rows_encode(BpBuf *out, const PgRows *rows)
{
    const int columns = PQnfields(rows->result), count = PQntuples(rows->result);
    bp_buf_u16(out, (uint16_t)columns);
    bp_buf_u32(out, (uint32_t)count);
    for (int column = 0; column < columns; column++)
        bp_buf_u8(out, (uint8_t)PQfformat(rows->result, column));
    for (int row = 0; row < count; row++)
        for (int column = 0; column < columns; column++) {
            const BpStr value = pg_get_text(rows, (size_t)row, column);
            const bool is_null = pg_is_null(rows, (size_t)row, column);
            bp_buf_u32(out, is_null ? IS_NULL : (uint32_t)value.size);
            if (!is_null)
                bp_buf_str(out, value);
        }
}

static BpStatus make_columns(PGresult *result, BpCursor *in, uint16_t columns, BpError *err)
{
    static char no_name[] = "";
    PGresAttDesc descriptions[COLUMNS_MAX];
    for (uint16_t i = 0; i < columns; i++)
        descriptions[i] = (PGresAttDesc){.name = no_name, .format = bp_cursor_u8(in) == 1};
    if (in->failed)
        return bp_fail(err, BP_TRUNCATED, "its columns are cut short");
    if (!PQsetResultAttrs(result, columns, descriptions))
        abort();
    return BP_OK;
}

static BpStatus take_value(PGresult *result, BpCursor *in, int row, int column, BpError *err)
{
    const uint32_t size = bp_cursor_u32(in);
    const bool is_null = size == IS_NULL;
    const uint8_t *octets = is_null ? NULL : bp_cursor_take(in, size);
    if (in->failed || (!is_null && size > INT_MAX))
        return bp_fail(err, BP_TRUNCATED, "row %d is cut short", row);
    char *value = NULL; /* libpq copies it, and does not change it */
    memcpy(&value, &octets, sizeof value);
    if (!PQsetvalue(result, row, column, value, is_null ? -1 : (int)size))
        abort();
    return BP_OK;
}

static BpStatus fill(PGresult *result, BpCursor *in, BpError *err)
{
    const uint16_t columns = bp_cursor_u16(in);
    const uint32_t count = bp_cursor_u32(in);
    if (in->failed || columns > COLUMNS_MAX || count > ROWS_MAX || (columns == 0 && count > 0))
        return bp_fail(err, BP_MALFORMED, "it does not begin as rows do");
    BP_TRY(make_columns(result, in, columns, err));
    for (uint32_t row = 0; row < count; row++)
        for (uint16_t column = 0; column < columns; column++)
            BP_TRY(take_value(result, in, (int)row, column, err));
    return BP_OK;
}

BpStatus pg_rows_decode(BpCursor *in, PgRows **ret_rows, BpError *err)
{
    PgRows *rows = calloc(1, sizeof *rows);
    if (!rows || !(rows->result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK)))
        abort();
    const BpStatus status = fill(rows->result, in, err);
    if (status == BP_OK)
        *ret_rows = rows;
    else
        pg_rows_free(rows);
    return status;
}

void pg_rows_free(PgRows *rows)
{
    if (rows)
        PQclear(rows->result);
    free(rows);
}
