/* What keeps the tables of readings in shape: days made ahead of time, rollups of spans that have ended, and
 * what is forgotten. It has a connection of its own, as the owner of those tables, so that storing waits
 * neither for its work nor for the locks that it waits for. Before anything is forgotten the database is told
 * what the clock says and how long this has run since: after a leap nothing is, see retention_look
 * (sql/migrations). */
#ifndef SITE_MAINTAIN_H
#define SITE_MAINTAIN_H

#include "config/config.h"
#include "io/loop/loop.h"

typedef struct Maintenance Maintenance;

/* Of whose readings: a site's own, or at central those of all sites, which are kept for longer
 * (central.retention), come later, and have their frames kept elsewhere. */
typedef enum MaintenanceOf { MAINTENANCE_OF_SITE, MAINTENANCE_OF_CENTRAL } MaintenanceOf;

/* Begins to connect. `cfg` is borrowed and may change: each round reads what it needs. NULL: a setting of the
 * database cannot be, see pg_settings_options. */
Maintenance *maintenance_new(Loop *loop, const Cfg *cfg, MaintenanceOf of, BpError *err);
void maintenance_free(Maintenance *maintenance);

/* The settings have been read, or read again: a round begins now. None begins before, as the file alone may
 * keep less than table setting does. */
void maintenance_settings_read(Maintenance *maintenance);

#endif
