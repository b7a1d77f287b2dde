#include "io/pg/copy.h"

enum { HEADER_FIELDS_SIZE = 8 };

/* Microseconds from 1970 to 2000, where PostgreSQL's time begins. */
static const int64_t EPOCH_US = INT64_C(946684800000000);

void pg_copy_begin(BpBuf *out)
{
    static const char signature[] = "PGCOPY\n\377\r\n"; /* its closing zero belongs to it */
    bp_buf_octets(out, signature, sizeof signature);
    bp_buf_unsigned(out, 0, HEADER_FIELDS_SIZE); /* no flags, no extension */
}

void pg_copy_row(BpBuf *out, int16_t columns)
{
    bp_buf_u16(out, (uint16_t)columns);
}

void pg_copy_null(BpBuf *out)
{
    bp_buf_u32(out, UINT32_MAX);
}

void pg_copy_text(BpBuf *out, BpStr text)
{
    bp_buf_u32(out, (uint32_t)text.size);
    bp_buf_str(out, text);
}

void pg_copy_text_or_null(BpBuf *out, BpStr text)
{
    if (text.size)
        pg_copy_text(out, text);
    else
        pg_copy_null(out);
}

static void put_number(BpBuf *out, uint64_t value, uint32_t size)
{
    bp_buf_u32(out, size);
    bp_buf_unsigned(out, value, size);
}

void pg_copy_int2(BpBuf *out, int16_t value)
{
    put_number(out, (uint16_t)value, 2);
}

void pg_copy_int4(BpBuf *out, int32_t value)
{
    put_number(out, (uint32_t)value, 4);
}

void pg_copy_int8(BpBuf *out, int64_t value)
{
    put_number(out, (uint64_t)value, 8);
}

void pg_copy_float8(BpBuf *out, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_number(out, bits, 8);
}

void pg_copy_bool(BpBuf *out, bool value)
{
    put_number(out, value, 1);
}

void pg_copy_time(BpBuf *out, int64_t instant_us)
{
    put_number(out, (uint64_t)(instant_us - EPOCH_US), 8);
}

void pg_copy_end(BpBuf *out)
{
    bp_buf_u16(out, UINT16_MAX); /* a row of -1 columns */
}
