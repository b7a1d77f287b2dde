/* The settings of the site: table setting, read again when it changes, over those of the file. */
#ifndef COLLECT_SITE_SETTINGS_H
#define COLLECT_SITE_SETTINGS_H

#include "config/config.h"
#include "io/loop/loop.h"
#include "io/pg/pg.h"

typedef struct CollectSiteSettings CollectSiteSettings;

/* Writes to `cfg`, and then tells. All outlive it. */
CollectSiteSettings *collect_site_settings_new(Loop *loop, Pg *pg, const Cfg *file, Cfg *cfg,
                                               void (*on_settings)(void *owner), void *owner);
void collect_site_settings_close(CollectSiteSettings *settings); /* reads nothing any more */
/* Texts in `cfg` are gone with it. */
void collect_site_settings_free(CollectSiteSettings *settings);

void collect_site_settings_connected(CollectSiteSettings *settings);
void collect_site_settings_changed(CollectSiteSettings *settings);

#endif
