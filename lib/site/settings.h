/* The settings that a role works with: those of its file, and over them table setting, which acts at once.
 * Tools read that table once. */
#ifndef SITE_SETTINGS_H
#define SITE_SETTINGS_H

#include "config/config.h"
#include "io/pg/pg.h"
#include "site/database.h"

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

/* Inside on_read: the rows that were read. */
const PgRows *site_settings_rows(const SiteSettings *settings);

/* Rows that were read before, by another run: they stand until the table is read. Calls on_read. */
void site_settings_recall(SiteSettings *settings, const PgRows *rows);

void site_settings_connected(SiteSettings *settings); /* the database is there, again or at first: reads */
void site_settings_changed(SiteSettings *settings);   /* table setting has: reads soon */

/* ---- for tools ---- */

/* How a tool reads the table. */
typedef struct SiteSettingsWish {
    const char *const *sets; /* "name=value", closed by NULL: these names stay as they are. NULL: none does */
    const char **origins; /* as of CfgSource: changed to SITE_SETTINGS_ORIGIN where the table says it; NULL */
    void (*on_wrong)(const BpError *err); /* a row is wrong, and nothing is changed by it; NULL: not said */
} SiteSettingsWish;

#define SITE_SETTINGS_ORIGIN "table setting"

/* Puts what the table says of site cfg->site over `cfg`, as the roles do. Texts are in the arena. */
BpStatus site_settings_read(SiteDatabase *database, const SiteSettingsWish *wish, BpArena *arena, Cfg *cfg,
                            BpError *err) BP_CHECKED;

/* The same for who has no connection, and can do without: where the database does not answer soon, nothing is
 * changed, and `err` says why. */
BpStatus site_settings_read_in_passing(const SiteSettingsWish *wish, BpArena *arena, Cfg *cfg,
                                       BpError *err) BP_CHECKED;

#endif
