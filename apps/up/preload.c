/* TimescaleDB is preloaded in the private PostgreSQL, where it is installed: without that no database can
 * have it, and one that has it cannot be read. Whether one gets it is the matter of `bacpipes migrate`. */
#include "apps/up/up.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PRELOAD_LINE "shared_preload_libraries = 'timescaledb'\n"

/* It tells nobody of this site (it would, once a day), and has few workers: they compress a day. */
const char up_preload_settings[] = PRELOAD_LINE "timescaledb.telemetry_level = off\n"
                                                "timescaledb.max_background_workers = 4\n"
                                                "max_worker_processes = 16\n";

/* As it was configured the last time. */
static bool was_preloaded(Up *up)
{
    char line[256];
    bool was = false;
    FILE *file = up_read_file(up_path(up, "postgresql/postgresql.conf"), NULL);
    if (!file)
        return false;
    while (!was && fgets(line, sizeof line, file))
        was = strcmp(line, PRELOAD_LINE) == 0;
    fclose(file);
    return was;
}

static bool is_installed(Up *up)
{
    char path[128];
    snprintf(path, sizeof path, "%s/../lib/timescaledb.so", up->database.programs);
    return access(path, F_OK) == 0;
}

BpStatus up_choose_preload(Up *up, BpError *err)
{
    /* A database that has it stays, whatever is wished for new ones. */
    const bool is_wanted = strcmp(up->wish.cfg.history_engine, "native") != 0 || was_preloaded(up);
    BpError why;
    up->database.has_preload = false;
    if (!is_wanted || !is_installed(up))
        return BP_OK;
    /* This figure depends on what is preloaded: PostgreSQL loads it, prints, and ends. A library for another
     * minor version would keep it from starting, and from all readings that have nothing to do with it. */
    const char *postgres = up_program(up, "postgres");
    const char *const arguments[] = {postgres,
                                     "-D",
                                     up_path(up, "postgresql"),
                                     "-c",
                                     "shared_preload_libraries=timescaledb",
                                     "-C",
                                     "shared_memory_size",
                                     NULL};
    const BpStatus status = up_run(up, "preload", postgres, arguments, &why);
    if (up->end.is_near)
        return bp_fail(err, BP_UNAVAILABLE, "stopped before everything was up");
    up->database.has_preload = status == BP_OK;
    if (status != BP_OK)
        up_warn("PostgreSQL does not start with TimescaleDB, which is installed, and goes without: %s",
                why.text);
    return BP_OK;
}
