/* The site itself: its row in the database, and what the database says has changed (docs/protocol.md). */
#ifndef SITE_SITE_H
#define SITE_SITE_H

#include "io/pg/pg.h"

/* The channel of notices. */
#define SITE_NOTICES "bacpipes_config"

typedef enum SiteChange {
    SITE_NOTHING_CHANGED, /* another site's, or nobody can tell whose */
    SITE_SETTING_CHANGED, /* table setting */
    SITE_BROKER_CHANGED,  /* mqtt_config, mqtt_account */
    SITE_POINTS_CHANGED,  /* device, point */
    SITE_LINK_CHANGED,    /* central_link */
    SITE_OTHER_CHANGED,   /* a table that this version does not know */
} SiteChange;

/* What a notice says. Anybody who is let into the database can send any. */
SiteChange site_notice_read(const char *payload, const char *site);

/* Makes the site's row where there is none. That it could not be is said in the log. */
void site_make(Pg *pg, const char *site);

#endif
