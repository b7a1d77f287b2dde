/* bacpipes central: what sites have sent becomes rows, each entry once.
 *
 *   ready.c                        that we are alone, and what is known of the last run
 *   sites.c                        which sites have sent more than is applied; whose turn it is
 *   worker.c -> portion.c          entries of some sites, applied in one transaction; several side by side
 *   notices.c                      who is told of it, many at once
 *   heads.c                        what was given to each site, outside the database
 *   again.c                        what was put aside is tried again
 *   keep.c                         the disk's floor, quotas
 *   guard.c                        sessions of sites, that none takes what others need
 *   lib/site/maintain.c            days, rollups, retention */
#ifndef CENTRAL_CENTRAL_H
#define CENTRAL_CENTRAL_H

#include "apps/central/again.h"
#include "apps/central/heads.h"
#include "apps/central/notices.h"
#include "apps/central/sites.h"
#include "apps/central/worker.h"
#include "config/config.h"
#include "link/signer.h"
#include "site/alone.h"
#include "site/maintain.h"
#include "site/settings.h"

enum { CENTRAL_NOTICING_MAX = 64 };

typedef struct Central {
    /* main.c's and ready.c's: */
    Loop *loop;
    Cfg file_cfg;
    const Cfg *cfg; /* of the file, and over it table setting */
    BpArena arena;
    int code; /* to end with */
    Pg *pg;   /* of the lock, of looks and notices */
    SiteAlone *alone;
    SiteSettings *settings;
    Maintenance *maintenance;
    bool is_ready, knows_database;

    Sites *sites;
    Workers *workers;
    Again *again;
    Notices *notices;
    Heads *heads;
    LinkSigner *signer; /* of what sites ask to be signed */

    /* sites are looked at: */
    LoopTimer *look_timer;
    bool is_looking;

    /* keep.c's and guard.c's: */
    LoopTimer *keep_timer;
    int64_t kept_at_us, guarded_at_us, started_at_us;
    char tried_again[SITE_ID_MAX];      /* the site whose entries that stand aside had their turn last */
    bool is_low;                        /* the disk, which has been said */
    int noticing[CENTRAL_NOTICING_MAX]; /* processes that sent notices since we looked at sessions */
    size_t noticing_count;
    int64_t guard_turn;
} Central;

/* ready.c */
void central_begin(Central *central);
void central_end(Central *central);
void central_connected(void *owner);
void central_database_lost(void *owner, const BpError *why);
void central_notice(void *owner, const char *channel, const char *payload);
void central_look(void *owner); /* look_timer's: what has come */

/* keys.c: whose keys changed, and whether rightly */
void central_look_at_keys(Central *central);

/* keep.c */
void central_keep(void *owner); /* keep_timer's */

/* guard.c */
void central_guard(Central *central);            /* ends what sessions of sites should not do */
void central_noticed(Central *central, int pid); /* a notice was sent by that process; 0: by ours */

#endif
