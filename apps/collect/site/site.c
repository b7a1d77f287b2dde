#include "apps/collect/site/site.h"
#include "apps/collect/site/known.h"
#include "apps/collect/site/settings.h"
#include "apps/collect/site/states.h"
#include "apps/collect/site/store_scan.h"
#include "base/log.h"
#include "io/pg/reload.h"

#include <jansson.h>
#include <stdlib.h>

struct CollectSite {
    CollectSiteOptions options;
    Pg *pg;
    CollectSiteSettings *settings;
    PgReload *reload_broker;
    CollectStates *states;
    CollectKnown *known; /* devices and points */
};

/* ---- the broker ---- */

static void on_mqtt_config(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    CollectSite *site = context;
    if (pg_reload_answered(site->reload_broker, status))
        bp_log(BP_LOG_WARNING, "reading table mqtt_config: %s; it is read again", err->text);
    if (status == BP_OK)
        site->options.on_broker(site->options.owner, rows);
}

static void ask_broker(void *owner)
{
    CollectSite *site = owner;
    const PgValue values[] = {pg_text(bp_str(site->options.cfg->site)), pg_text(bp_str("collect"))};
    pg_request(site->pg, SQL_SELECT_MQTT_CONFIG, values, 2, on_mqtt_config, site);
}

/* ---- the connection ---- */

static void on_site(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    (void)context;
    (void)rows;
    if (status != BP_OK && status != BP_UNAVAILABLE)
        bp_log(BP_LOG_ERROR, "naming the site: %s; has `bacpipes migrate` been run?", err->text);
}

static void on_connected(void *owner)
{
    CollectSite *site = owner;
    const PgValue site_id = pg_text(bp_str(site->options.cfg->site));
    bp_log(BP_LOG_INFO, "connected to the database");
    pg_request(site->pg, SQL_UPSERT_SITE, &site_id, 1, on_site, site);
    collect_site_settings_connected(site->settings);
    pg_reload_anew(site->reload_broker);
    collect_known_connected(site->known);
    collect_states_tell_all(site->states); /* what changed while it was away */
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
    const char *site_id = "", *table = "";
    json_auto_t *notice = json_loads(payload, 0, NULL);
    if (!notice || json_unpack(notice, "{s:s, s:s}", "site", &site_id, "table", &table) != 0 ||
        strcmp(site_id, site->options.cfg->site) != 0)
        return;
    if (strcmp(table, "setting") == 0)
        collect_site_settings_changed(site->settings);
    if (strcmp(table, "mqtt_config") == 0 || strcmp(table, "mqtt_account") == 0)
        pg_reload_soon(site->reload_broker);
    else
        collect_known_changed(site->known);
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
                                .cfg = site->options.cfg,
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

bool collect_site_is_behind(const CollectSite *site)
{
    return collect_known_is_behind(site->known);
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
    site->settings = collect_site_settings_new(options->loop, site->pg, options->file, options->cfg,
                                               options->on_settings, options->owner);
    site->reload_broker = pg_reload_new(options->loop, site->pg, 0, ask_broker, site);
    site->states = collect_states_new(site->pg, options->poller, options->cfg->site);
    site->known = collect_known_new(&(CollectKnownOptions){.loop = options->loop,
                                                           .pg = site->pg,
                                                           .poller = options->poller,
                                                           .cfg = options->cfg,
                                                           .states = site->states,
                                                           .owner = options->owner,
                                                           .forget = options->forget,
                                                           .on_known = options->on_known});
    pg_listen(site->pg, "bacpipes_config");
    return site;
}

void collect_site_close(CollectSite *site)
{
    pg_free(site->pg); /* answers what is under way, and so goes first */
    site->pg = NULL;
    collect_known_close(site->known);
    collect_site_settings_close(site->settings);
    pg_reload_free(site->reload_broker);
    site->reload_broker = NULL;
}

void collect_site_free(CollectSite *site)
{
    if (!site)
        return;
    collect_site_close(site);
    collect_known_free(site->known);
    collect_states_free(site->states);
    collect_site_settings_free(site->settings);
    free(site);
}
