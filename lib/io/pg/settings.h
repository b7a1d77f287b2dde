/* How to reach the database, from the settings. */
#ifndef IO_PG_SETTINGS_H
#define IO_PG_SETTINGS_H

#include "config/config.h"
#include "io/pg/pg.h"

/* Fills *ret_options but for owner and callbacks; its texts are the settings' own or in `arena`. Where no
 * host is set it is the socket folder of the PostgreSQL that `bacpipes up` runs: <data>/run, as an absolute
 * path. The password is read from its file, without the newline at its end. BP_INVALID: others may read that
 * file (root's may be read by its group), or it is empty or too long; BP_UNAVAILABLE: it cannot be read. */
BpStatus pg_settings_options(const Cfg *cfg, const char *application_name, BpArena *arena,
                             PgOptions *ret_options, BpError *err) BP_CHECKED;

#endif
