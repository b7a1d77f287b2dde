/* What people and programs did to a point, beside its readings. */
#ifndef WEB_HISTORY_MARKERS_H
#define WEB_HISTORY_MARKERS_H

#include "base/buf.h"
#include "io/pg/pg.h"

enum { MARKERS_MAX = 500 };

/* [{"kind": "command", ...}, ...] of the rows of select_web_markers. */
void markers_write(BpBuf *out, const PgRows *rows);

#endif
