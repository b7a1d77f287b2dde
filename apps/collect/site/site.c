#include "apps/collect/site/site.h"
#include "apps/collect/site/known.h"
#include "apps/collect/site/states.h"
#include "apps/collect/site/store_scan.h"
#include "base/log.h"
#include "base/time.h"
#include "site/broker.h"
#include "site/settings.h"
#include "site/site.h"

#include <stdlib.h>

static const int64_t PATIENCE_US = 5 * BP_SECOND; /* with a database that does not answer at a start */

struct CollectSite {
    CollectSiteOptions options;
    Pg *pg;
    SiteSettings *settings;
    SiteBroker *broker;
    CollectStates *states;
    CollectKnown *known; /* devices and points */
    CollectKeep *keep;
    LoopTimer *patience; /* until what was kept is taken */
};

/* ---- the database ---- */

static void on_connected(void *owner)
{
    CollectSite *site = owner;
    bp_log(BP_LOG_INFO, "connected to the database");
    site_make(site->pg, site->options.file->site);
    site_settings_connected(site->settings);
    site_broker_database_connected(site->broker);
    collect_known_connected(site->known);
    collect_states_tell_all(site->states); /* what changed while it was away */
}

static void on_settings(void *owner)
{
    CollectSite *site = owner;
    collect_keep_settings(site->keep, site_settings_rows(site->settings));
    site->options.on_settings(site->options.owner);
}

/* The database was not there in time: what the last run knew is polled, until it is. */
static void recall(void *owner)
{
    CollectSite *site = owner;
    CollectPlan plan;
    BpError err;
    char when[BP_TIME_TEXT_MAX];
    if (collect_known_is_loaded(site->known))
        return;
    const BpStatus status = collect_keep_recall(site->keep, &plan, &err);
    if (status == BP_NOT_FOUND)
        bp_log(BP_LOG_WARNING,
               "no earlier run has kept what to poll (%s): nothing is, until the database is there",
               err.text);
    else if (status != BP_OK)
        bp_log(BP_LOG_WARNING, "%s: it is not used, and nothing is polled until the database is there",
               err.text);
    if (status != BP_OK)
        return;
    bp_log(
        BP_LOG_NOTICE,
        "the database does not answer: polling what was known at %s; readings are kept, and nothing new is "
        "stored until it is back",
        bp_time_format(plan.known_us, 0, when));
    site_settings_recall(site->settings, plan.settings);
    collect_known_recall(site->known, plan.known);
    collect_plan_done(&plan);
}

static void on_lost(void *owner, const BpError *why)
{
    CollectSite *site = owner;
    collect_known_lost(site->known);
    if (collect_known_is_loaded(site->known))
        bp_log(BP_LOG_WARNING, "%s; polling goes on with what is known", why->text);
    else
        bp_log(BP_LOG_WARNING, "%s; waiting for it to know what to poll", why->text);
}

static void on_notice(void *owner, const char *channel, const char *payload)
{
    CollectSite *site = owner;
    (void)channel;
    switch (site_notice_read(payload, site->options.file->site)) {
    case SITE_NOTHING_CHANGED:
    case SITE_LINK_CHANGED: return;
    case SITE_BROKER_CHANGED: site_broker_changed(site->broker); return;
    case SITE_SETTING_CHANGED: site_settings_changed(site->settings); break; /* intervals of points, too */
    case SITE_POINTS_CHANGED:
    case SITE_OTHER_CHANGED: break;
    }
    collect_known_changed(site->known);
}

/* ---- the broker ---- */

static void on_broker_lost(void *owner, const BpError *why)
{
    (void)owner;
    bp_log(BP_LOG_WARNING, "%s; readings are kept, trying again", why->text);
}

Mqtt *collect_site_mqtt(const CollectSite *site)
{
    return site->broker ? site_broker_mqtt(site->broker) : NULL;
}

void collect_site_say_status(CollectSite *site, const char *state, json_t *more)
{
    site_broker_say_status(site->broker, state, more);
}

/* ---- what the header promises ---- */

static void on_scan_stored(void *owner, CollectDevice *device, const char *failure)
{
    CollectSite *site = owner;
    site->options.on_scan_stored(site->options.owner, device, failure);
    if (!failure)
        collect_states_tell(site->states, device); /* how many of its points were left out */
}

void collect_site_store_scan(CollectSite *site, const CollectDevice *device, const CollectScan *scan)
{
    const CollectStore store = {.pg = site->pg,
                                .poller = site->options.poller,
                                .cfg = site_settings_cfg(site->settings),
                                .owner = site,
                                .on_stored = on_scan_stored};
    const CollectKin kin = collect_site_find_kin(site->options.poller, device);
    collect_store_scan(&store, device, scan, &kin);
}

void collect_site_tell_state(CollectSite *site, CollectDevice *device)
{
    collect_states_tell(site->states, device);
}

void collect_site_tell_learned(CollectSite *site)
{
    collect_states_tell_learned(site->states);
}

const Cfg *collect_site_cfg(const CollectSite *site)
{
    return site_settings_cfg(site->settings);
}

bool collect_site_is_behind(const CollectSite *site)
{
    return collect_known_is_behind(site->known);
}

size_t collect_site_missing_points(const CollectSite *site)
{
    return collect_known_missing(site->known);
}

int32_t collect_site_end(const CollectSite *site)
{
    return collect_known_points_end(site->known);
}

const CollectSitePoint *collect_site_point(const CollectSite *site, int32_t point_id)
{
    return collect_known_point(site->known, point_id);
}

void collect_site_check(const CollectSite *site)
{
    collect_known_check(site->known);
    collect_states_check(site->states);
}

CollectSite *collect_site_new(const CollectSiteOptions *options)
{
    CollectSite *site = calloc(1, sizeof *site);
    if (!site)
        abort();
    site->options = *options;
    PgOptions database = *options->database;
    database.owner = site;
    database.on_connected = on_connected;
    database.on_lost = on_lost;
    database.on_notice = on_notice;
    site->pg = pg_new(options->loop, &database);
    site->settings = site_settings_new(options->loop, site->pg, options->file, on_settings, site);
    site->keep = collect_keep_new(options->loop, options->file->data_folder, options->file->site);
    site->patience = loop_timer_new(options->loop, recall, site);
    loop_timer_set(site->patience, loop_now_us(options->loop) + PATIENCE_US);
    site->broker = site_broker_new(&(SiteBrokerOptions){.loop = options->loop,
                                                        .pg = site->pg,
                                                        .site = options->file->site,
                                                        .role = "collect",
                                                        .started_at_us = options->started_at_us,
                                                        .without = "readings are kept in the spool",
                                                        .owner = options->owner,
                                                        .on_connected = options->on_broker_connected,
                                                        .on_lost = on_broker_lost,
                                                        .on_message = options->on_message});
    site->states = collect_states_new(site->pg, options->poller, options->file->site);
    site->known = collect_known_new(&(CollectKnownOptions){.loop = options->loop,
                                                           .pg = site->pg,
                                                           .poller = options->poller,
                                                           .cfg = site_settings_cfg(site->settings),
                                                           .states = site->states,
                                                           .keep = site->keep,
                                                           .owner = options->owner,
                                                           .forget = options->forget,
                                                           .on_known = options->on_known});
    pg_listen(site->pg, SITE_NOTICES);
    return site;
}

void collect_site_close(CollectSite *site)
{
    loop_timer_free(site->patience);
    site->patience = NULL;
    pg_free(site->pg); /* answers what is under way, and so goes first */
    site->pg = NULL;
    collect_known_close(site->known);
    site_settings_free(site->settings);
    site->settings = NULL;
    collect_keep_free(site->keep);
    site->keep = NULL;
    site_broker_free(site->broker, BP_SECOND);
    site->broker = NULL;
}

void collect_site_free(CollectSite *site)
{
    if (!site)
        return;
    collect_site_close(site);
    collect_known_free(site->known);
    collect_states_free(site->states);
    free(site);
}
