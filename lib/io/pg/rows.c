/* Values of results, as text or in PostgreSQL's binary format (streams have that). */
#include "io/pg/request.h"

#include "base/parse.h"
#include "base/time.h"

#include <string.h>

static const int64_t EPOCH_OF_2000_US = 946684800 * BP_SECOND;

static bool is_binary(const PgRows *rows, int column)
{
    return PQfformat(rows->result, column) == 1;
}

/* A big-endian number of 1, 2, 4 or 8 octets, with its sign. */
static int64_t read_binary(BpStr octets)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < octets.size; i++)
        bits = bits << 8 | (uint8_t)octets.data[i];
    switch (octets.size) {
    case 2: return (int16_t)bits;
    case 4: return (int32_t)bits;
    default: return (int64_t)bits;
    }
}

static double read_binary_double(BpStr octets)
{
    const uint64_t bits = (uint64_t)read_binary(octets);
    const uint32_t low = (uint32_t)bits;
    float narrow;
    double wide;
    memcpy(&narrow, &low, sizeof narrow);
    memcpy(&wide, &bits, sizeof wide);
    return octets.size == sizeof narrow ? (double)narrow : octets.size == sizeof wide ? wide : 0;
}

size_t pg_row_count(const PgRows *rows)
{
    return rows->result ? (size_t)PQntuples(rows->result) : 0;
}

bool pg_is_null(const PgRows *rows, size_t row, int column)
{
    return PQgetisnull(rows->result, (int)row, column);
}

BpStr pg_get_text(const PgRows *rows, size_t row, int column)
{
    return (BpStr){PQgetvalue(rows->result, (int)row, column),
                   (size_t)PQgetlength(rows->result, (int)row, column)};
}

int64_t pg_get_integer(const PgRows *rows, size_t row, int column)
{
    int64_t value = 0;
    if (is_binary(rows, column))
        return read_binary(pg_get_text(rows, row, column));
    if (bp_parse_i64(pg_get_text(rows, row, column), INT64_MIN, INT64_MAX, &value, NULL) != BP_OK)
        return 0;
    return value;
}

double pg_get_double(const PgRows *rows, size_t row, int column)
{
    double value = 0;
    if (is_binary(rows, column))
        return read_binary_double(pg_get_text(rows, row, column));
    if (bp_parse_double(pg_get_text(rows, row, column), &value, NULL) != BP_OK)
        return 0;
    return value;
}

bool pg_get_bool(const PgRows *rows, size_t row, int column)
{
    return bp_str_equal(pg_get_text(rows, row, column),
                        is_binary(rows, column) ? (BpStr){"\1", 1} : bp_str("t"));
}

int64_t pg_get_time_us(const PgRows *rows, size_t row, int column)
{
    int64_t instant_us = 0;
    if (is_binary(rows, column))
        return pg_is_null(rows, row, column) ? 0
                                             : read_binary(pg_get_text(rows, row, column)) + EPOCH_OF_2000_US;
    if (bp_time_parse(pg_get_text(rows, row, column), &instant_us, NULL) != BP_OK)
        return 0;
    return instant_us;
}
