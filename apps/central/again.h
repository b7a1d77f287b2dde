/* What was put aside is tried again: after an upgrade, since what is newer may be known by now, and when
 * somebody says so. On a connection of its own, a site at a time; records in their order, then frames, each
 * by itself and for so long: what fails, or takes long, keeps nobody else from being tried. */
#ifndef CENTRAL_AGAIN_H
#define CENTRAL_AGAIN_H

#include "apps/central/notices.h"
#include "apps/central/portion.h"
#include "config/config.h"

typedef struct Again Again;

/* As workers_new. */
Again *again_new(Loop *loop, const PgOptions *database, Sites *sites, Notices *notices,
                 const Cfg *const *cfg);
void again_free(Again *again);

/* False: it is at another site, or this one is with a worker: later. */
bool again_try(Again *again, BpStr site_id);

#endif
