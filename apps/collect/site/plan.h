/* The plan: settings, devices and points as the database last had them, in a file of the data folder, so that
 * a collector that starts while the database is away knows what to poll. Its numbers of devices and points
 * are the database's own: nothing is made up, and what it has no more is put aside by ingest.
 *
 * The file is written whole beside its place and then put there, so that it is the old one or the new one
 * after a power cut. It begins with a hash of all that follows: the queries that it is of (a program with
 * others does not read it), the site, when it was known, and the rows. */
#ifndef COLLECT_SITE_PLAN_H
#define COLLECT_SITE_PLAN_H

#include "base/buf.h"
#include "base/cursor.h"
#include "io/pg/kept.h"

enum { COLLECT_PLAN_OCTETS_MAX = 256 * 1024 * 1024 };

typedef struct CollectPlan {
    int64_t known_us; /* wall clock: when the database said so */
    PgRows *settings; /* of select_settings */
    PgRows *known;    /* of select_collect_known */
} CollectPlan;

/* ---- as octets ---- */

void collect_plan_encode(BpBuf *out, BpStr site, int64_t known_us, BpStr settings, BpStr known);

/* BP_MALFORMED: it is damaged. BP_REFUSED: it is another site's, or another version's. */
BpStatus collect_plan_decode(BpCursor octets, BpStr site, CollectPlan *ret_plan, BpError *err) BP_CHECKED;
void collect_plan_done(CollectPlan *plan);

/* ---- as a file ---- */

BpStatus collect_plan_write(const char *path, BpStr octets, BpError *err) BP_CHECKED;

/* BP_NOT_FOUND: there is none. Otherwise as collect_plan_decode. */
BpStatus collect_plan_read(const char *path, BpStr site, CollectPlan *ret_plan, BpError *err) BP_CHECKED;

#endif
