/* What central does now and then beside applying: sites wait where the disk is nearly full or where they have
 * sent their share, and what was put aside is tried again. */
#include "apps/central/central.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/time.h"

#include <jansson.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { SLOW_TOLD_MAX = 100 };
static const int64_t TICK_US = BP_SECOND, KEEP_EVERY_US = 5 * BP_SECOND;

/* Free octets of the disk that the database is on, as far as it is this machine's; -1: nobody here knows. */
static int64_t free_octets(const Cfg *cfg)
{
    struct statvfs disk;
    if (*cfg->database_host && cfg->database_host[0] != '/')
        return -1;
    return statvfs(cfg->data_folder, &disk) == 0 ? (int64_t)disk.f_bavail * (int64_t)disk.f_frsize : -1;
}

static void say(const PgRows *rows)
{
    for (size_t row = 0; row < pg_row_count(rows); row++)
        if (!pg_is_null(rows, row, 0))
            bp_log(BP_LOG_WARNING, "%.*s", BP_STR_ARGS(pg_get_text(rows, row, 0)));
}

static void on_kept(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    static BpLogKind not_kept;
    const Central *central = context;
    if (status == BP_OK)
        say(rows);
    else if (pg_is_connected(central->pg))
        bp_log_some(&not_kept, loop_now_us(central->loop), BP_LOG_WARNING,
                    "whether sites have to wait: %s; has `bacpipes migrate` been run?", err->text);
}

static void on_expired(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    static BpLogKind not_expired;
    const Central *central = context;
    (void)rows;
    if (status != BP_OK && pg_is_connected(central->pg))
        bp_log_some(&not_expired, loop_now_us(central->loop), BP_LOG_WARNING,
                    "what nobody came for in time: %s", err->text);
}

/* The first that can be, of those behind the one that was tried last, or of all. */
static bool try_one(Central *central, const PgRows *rows, bool is_of_all)
{
    const BpStr last = bp_str(central->tried_again);
    for (size_t row = 0; row < pg_row_count(rows); row++) {
        const BpStr site = pg_get_text(rows, row, 0);
        if ((!is_of_all && bp_str_compare(site, last) <= 0) || !again_try(central->again, site))
            continue;
        (void)bp_str_copy(site, central->tried_again, sizeof central->tried_again);
        return true;
    }
    return false;
}

/* One after the other, whatever became of the one before: who holds his own rows holds up nobody else. */
static void on_wanted(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Central *central = context;
    (void)err;
    if (status == BP_OK && !try_one(central, rows, false))
        (void)try_one(central, rows, true);
}

static json_t *slow_sites(const Central *central)
{
    const Site *slow[SLOW_TOLD_MAX];
    const size_t count = sites_slow(central->sites, loop_now_us(central->loop), slow, SLOW_TOLD_MAX);
    json_t *ids = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(ids, json_string(slow[i]->id));
    return ids;
}

/* How it is, for table central_status. */
static char *write_status(const Central *central)
{
    const WorkersCounts *counts = workers_counts(central->workers);
    int64_t entries;
    const size_t waiting = sites_waiting(central->sites, &entries);
    json_auto_t *status = json_pack(
        "{s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "pid", (int)getpid(),
        "sites_waiting", (json_int_t)waiting, "entries_waiting", (json_int_t)entries, "transactions",
        (json_int_t)counts->portions, "readings_stored", (json_int_t)counts->readings, "entries_applied",
        (json_int_t)counts->entries, "put_aside", (json_int_t)counts->put_aside, "unique_violations",
        (json_int_t)counts->conflicts, "transactions_refused", (json_int_t)counts->refused,
        "transactions_failed", (json_int_t)counts->failures, "transactions_held", (json_int_t)counts->held,
        "transactions_slow", (json_int_t)counts->slow, "slow_sites", slow_sites(central));
    return status ? json_dumps(status, JSON_COMPACT) : NULL;
}

static void keep_all(Central *central)
{
    char *status = write_status(central);
    const int64_t octets = free_octets(central->cfg);
    const PgValue values[] = {
        octets < 0 ? pg_null() : pg_integer(octets), pg_integer(central->cfg->central_floor),
        pg_integer(central->cfg->central_site_quota), pg_text(bp_str(status ? status : "{}"))};
    pg_request(central->pg, SQL_KEEP_CENTRAL, values, 4, on_kept, central);
    pg_request(central->pg, SQL_SELECT_WANTED_RETRIES, NULL, 0, on_wanted, central);
    free(status);
}

void central_keep(void *owner)
{
    Central *central = owner;
    const int64_t now_us = loop_now_us(central->loop);
    loop_timer_set(central->keep_timer, now_us + TICK_US);
    if (!central->is_ready || !pg_is_connected(central->pg))
        return;
    heads_look(central->heads);
    central_guard(central);
    pg_request(central->pg, SQL_EXPIRE_REMOTE, NULL, 0, on_expired, central);
    if (now_us - central->kept_at_us < KEEP_EVERY_US)
        return;
    central->kept_at_us = now_us;
    pg_request(central->pg, SQL_LISTEN_TO_SITES, NULL, 0, NULL, NULL);
    keep_all(central);
    central_look_at_keys(central);
}
