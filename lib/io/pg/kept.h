/* Rows of a query as octets, to be kept and read back, by the same query, while the database is away. */
#ifndef IO_PG_KEPT_H
#define IO_PG_KEPT_H

#include "base/buf.h"
#include "base/cursor.h"
#include "io/pg/pg.h"

void pg_rows_encode(BpBuf *out, const PgRows *rows);

/* Reads what pg_rows_encode wrote, whoever has changed it meanwhile. The rows are the caller's. */
BpStatus pg_rows_decode(BpCursor *in, PgRows **ret_rows, BpError *err) BP_CHECKED;
void pg_rows_free(PgRows *rows);

#endif
