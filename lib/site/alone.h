/* Some work one process does for a site: whoever holds the database's lock for it, which ends with its
 * connection. */
#ifndef SITE_ALONE_H
#define SITE_ALONE_H

#include "io/pg/pg.h"

typedef struct SiteAlone SiteAlone;

typedef struct SiteAloneOptions {
    Loop *loop;
    Pg *pg;
    const char *site; /* the texts outlive it */
    const char *work; /* the lock's name: "ingest", "control" */
    const char *who;  /* for people, behind "another": "ingest" */
    void *owner;
    void (*on_alone)(void *owner); /* we are the one, on this connection */
    void (*on_other)(void *owner); /* another has the lock: wait. Where on_superfluous is given, only if we
                                      had it before. May be NULL */
    void (*on_superfluous)(void *owner); /* another has it, and we have just begun: end. NULL: wait, too */
} SiteAloneOptions;

SiteAlone *site_alone_new(const SiteAloneOptions *options);
void site_alone_free(SiteAlone *alone); /* NULL is fine */

void site_alone_connected(SiteAlone *alone); /* asks for the lock */
void site_alone_lost(SiteAlone *alone);      /* the connection is, and the lock with it */
bool site_alone_is_held(const SiteAlone *alone);

#endif
