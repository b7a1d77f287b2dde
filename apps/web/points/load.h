/* The store as the database has it: read whole at first, then what is new, whenever the database says that
 * something is (LISTEN bacpipes_config), in pieces that hold up nobody. States of devices and who holds what
 * are told by nobody, and looked at every 10 s. While the database is away, what was read last stays. */
#ifndef WEB_POINTS_LOAD_H
#define WEB_POINTS_LOAD_H

#include "apps/web/points/store.h"

#include "io/pg/pool.h"

typedef struct Load Load;

typedef struct LoadOptions {
    Loop *loop;
    PgPool *pool;
    PgOptions connection; /* for the notices, which come by one of its own */
    Store *store;
    void *owner;
    void (*on_loaded)(void *owner); /* all of it has been read, for the first time; may be NULL */
} LoadOptions;

Load *load_new(const LoadOptions *options);
/* Before the pool is freed; what it has asked is answered, and no more of it done. NULL is fine. */
void load_free(Load *load);

/* Somebody has just changed sites of which no notice tells: they are read again. */
void load_again(Load *load);

/* Rows of select_web_points.sql, of one site: what somebody has just changed is seen by who asks next. */
void load_put_rows(StoreSite *site, const PgRows *rows);

#endif
