/* The settings that a role works with: those of its file, and over them table setting, which acts at once. */
#ifndef SITE_SETTINGS_H
#define SITE_SETTINGS_H

#include "config/config.h"
#include "io/pg/pg.h"

typedef struct SiteSettings SiteSettings;

/* `file`, which is borrowed, says which site's they are. `on_read` is called after each reading. Until the
 * first, the settings are the file's. */
SiteSettings *site_settings_new(Loop *loop, Pg *pg, const Cfg *file, void (*on_read)(void *owner),
                                void *owner);

/* Before the loop runs on without `pg`. */
void site_settings_free(SiteSettings *settings);

/* Stays where it is; what it points to changes with each reading, and so do its texts. A row that is wrong is
 * said, and the file's value stays. */
const Cfg *site_settings_cfg(const SiteSettings *settings);

void site_settings_connected(SiteSettings *settings); /* the database is there, again or at first: reads */
void site_settings_changed(SiteSettings *settings);   /* table setting has: reads soon */

#endif
