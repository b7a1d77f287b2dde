/* Binary COPY: rows as PostgreSQL's COPY ... (FORMAT binary) takes them (documentation of COPY, "Binary
 * Format"). */
#ifndef IO_PG_COPY_H
#define IO_PG_COPY_H

#include "base/buf.h"

void pg_copy_begin(BpBuf *out);
void pg_copy_row(BpBuf *out, int16_t columns); /* opens a row; its columns follow */
void pg_copy_null(BpBuf *out);
void pg_copy_text(BpBuf *out, BpStr text);
void pg_copy_text_or_null(BpBuf *out, BpStr text); /* null where it is empty */
void pg_copy_int2(BpBuf *out, int16_t value);
void pg_copy_int4(BpBuf *out, int32_t value);
void pg_copy_int8(BpBuf *out, int64_t value);
void pg_copy_float8(BpBuf *out, double value);
void pg_copy_bool(BpBuf *out, bool value);
void pg_copy_time(BpBuf *out, int64_t instant_us); /* timestamptz */
void pg_copy_end(BpBuf *out);

#endif
