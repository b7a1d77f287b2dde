#include "apps/collect/site/known.h"
#include "apps/collect/site/devices.h"
#include "base/invariant.h"
#include "base/log.h"
#include "io/pg/reload.h"

#include <stdlib.h>

struct CollectKnown {
    CollectKnownOptions options;
    CollectSitePoints *points;
    PgReload *reload;
    bool is_loaded, is_behind, is_recalled;
    size_t missing; /* points that were recalled; while on_known is called */
};

static void take(CollectKnown *known, const PgRows *rows)
{
    const CollectKnownOptions *options = &known->options;
    const bool is_first = !known->is_loaded;
    const size_t devices = collect_site_count_devices(rows);
    known->missing = known->is_recalled ? collect_site_points_missing(known->points, rows, devices) : 0;
    known->is_recalled = false;
    collect_site_take_devices(options, rows, devices);
    collect_site_points_set(known->points, rows, devices, loop_now_us(options->loop));
    known->is_loaded = true;
    if (is_first)
        bp_log(BP_LOG_INFO, "ready: %zu points of site %s are known", pg_row_count(rows) - devices,
               options->cfg->site);
    options->on_known(options->owner, is_first);
    BP_INVARIANT(collect_known_check(known));
}

static void on_rows(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    CollectKnown *known = context;
    const bool is_news = pg_reload_answered(known->reload, status);
    known->is_behind = status == BP_OK && pg_reload_is_waiting(known->reload);
    if (status != BP_OK) {
        if (is_news)
            bp_log(BP_LOG_WARNING, "reading tables device and point: %s; they are read again", err->text);
        return;
    }
    if (known->options.keep)
        collect_keep_known(known->options.keep, rows);
    take(known, rows);
}

static void ask(void *owner)
{
    CollectKnown *known = owner;
    const PgValue site = pg_text(bp_str(known->options.cfg->site));
    pg_request(known->options.pg, SQL_SELECT_COLLECT_KNOWN, &site, 1, on_rows, known);
}

CollectKnown *collect_known_new(const CollectKnownOptions *options)
{
    CollectKnown *known = calloc(1, sizeof *known);
    if (!known)
        abort();
    known->options = *options;
    known->points = collect_site_points_new(options->poller);
    known->reload = pg_reload_new(options->loop, options->pg, PG_RELOAD_PAUSE_US, ask, known);
    return known;
}

void collect_known_close(CollectKnown *known)
{
    pg_reload_free(known->reload);
    known->reload = NULL;
}

void collect_known_free(CollectKnown *known)
{
    if (!known)
        return;
    collect_known_close(known);
    collect_site_points_free(known->points);
    free(known);
}

void collect_known_connected(CollectKnown *known)
{
    pg_reload_anew(known->reload);
}

void collect_known_lost(CollectKnown *known)
{
    known->is_behind = false; /* all is read when it is back */
}

void collect_known_changed(CollectKnown *known)
{
    known->is_behind = true;
    pg_reload_soon(known->reload);
}

void collect_known_recall(CollectKnown *known, const PgRows *rows)
{
    take(known, rows);
    known->is_recalled = true;
}

size_t collect_known_missing(const CollectKnown *known)
{
    return known->missing;
}

bool collect_known_is_loaded(const CollectKnown *known)
{
    return known->is_loaded;
}

bool collect_known_is_behind(const CollectKnown *known)
{
    return known->is_behind;
}

bool collect_known_is_reading(const CollectKnown *known)
{
    return pg_reload_is_under_way(known->reload);
}

int32_t collect_known_points_end(const CollectKnown *known)
{
    return collect_site_points_end(known->points);
}

const CollectSitePoint *collect_known_point(const CollectKnown *known, int32_t point_id)
{
    return collect_site_points_find(known->points, point_id);
}

void collect_known_check(const CollectKnown *known)
{
    collect_site_points_check(known->points);
}
