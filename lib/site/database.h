/* The database, for tools that ask it a few things and end. */
#ifndef SITE_DATABASE_H
#define SITE_DATABASE_H

#include "config/config.h"
#include "io/pg/pg.h"
#include "io/pg/settings.h"

/* Whoever asks holds it; what is in it is database.c's. */
typedef struct SiteDatabase {
    Loop *loop;
    Pg *pg;
    BpError lost; /* why there is no connection; status BP_OK while nothing was lost */
} SiteDatabase;

/* Connects, or gives up at the first refusal: BP_UNAVAILABLE, with what to look at. To be closed in any case.
 */
BpStatus site_database_open(SiteDatabase *database, const Cfg *cfg, BpArena *arena, BpError *err) BP_CHECKED;

/* The same as another account than that of tools. */
BpStatus site_database_open_as(SiteDatabase *database, const Cfg *cfg, PgAccount account, BpArena *arena,
                               BpError *err) BP_CHECKED;

/* The same for who asks in passing and can do without: waits for `patience_us` and no longer. */
BpStatus site_database_try(SiteDatabase *database, const Cfg *cfg, int64_t patience_us, BpArena *arena,
                           BpError *err) BP_CHECKED;
void site_database_close(SiteDatabase *database);

/* What to look at where the database is away, to stand behind a semicolon: "is `bacpipes up` running? ...".
 */
void site_database_hint(const Cfg *cfg, BpBuf *out);

/* As pg_wait; where tables are missing, the sentence says how to make them. */
BpStatus site_database_ask(SiteDatabase *database, SqlQuery query, const PgValue *values, size_t count,
                           void (*each)(void *context, const PgRows *rows, size_t row), void *context,
                           BpError *err) BP_CHECKED;

/* BP_NOT_FOUND: the database has no such site; which it has stands in `err`. NULL, for any, is one. */
BpStatus site_database_check_site(SiteDatabase *database, const char *wanted, BpError *err) BP_CHECKED;

/* Carries out the steps in one transaction, all or nothing. */
BpStatus site_database_change(SiteDatabase *database, const PgStep *steps, size_t count,
                              BpError *err) BP_CHECKED;

#endif
