/* How to reach the database, from the settings. */
#ifndef IO_PG_SETTINGS_H
#define IO_PG_SETTINGS_H

#include "config/config.h"
#include "io/pg/pg.h"

/* Whom a program logs in as, where database.user names nobody for all: sql/rights.sql says what each may do.
 */
typedef enum PgAccount {
    PG_ADMIN,
    PG_OWNER,
    PG_COLLECT,
    PG_INGEST,
    PG_MAINTAIN,
    PG_WEB,
    PG_SYNC,
    PG_CENTRAL
} PgAccount;

/* Fills *ret_options but for owner and callbacks; its texts are the settings' own or in `arena`. Where no
 * host is set it is the socket folder of the PostgreSQL that `bacpipes up` runs: <data>/run, as an absolute
 * path. A server that is not on this machine has its certificate checked, unless database.tls says otherwise.
 * The password is read from its file, without the newline at its end. BP_INVALID: others may read that file
 * (root's may be read by its group), or it is empty or too long, or database.tls cannot be; BP_UNAVAILABLE:
 * it cannot be read. */
BpStatus pg_settings_options(const Cfg *cfg, PgAccount account, const char *application_name, BpArena *arena,
                             PgOptions *ret_options, BpError *err) BP_CHECKED;

#endif
