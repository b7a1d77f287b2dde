/* Becoming ready: alone, the settings read, and what was given to sites compared with what the last run wrote
 * down. Then sites are looked at, ten times a second. */
#include "apps/central/central.h"
#include "base/log.h"
#include "base/time.h"
#include "site/database.h"
#include "site/site.h"

#include <sysexits.h>

static const int64_t LOOK_EVERY_US = 100 * BP_MS;

/* ---- looking ---- */

static void on_due(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    static BpLogKind not_read;
    Central *central = context;
    central->is_looking = false;
    if (status != BP_OK) {
        if (pg_is_connected(central->pg))
            bp_log_some(&not_read, loop_now_us(central->loop), BP_LOG_WARNING,
                        "reading what sites have sent: %s", err->text);
        return;
    }
    sites_take(central->sites, rows);
    workers_go_on(central->workers);
}

static void on_waiting(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    const Central *central = context;
    (void)err;
    if (status == BP_OK)
        notices_waiting(central->notices, rows);
}

void central_look(void *owner)
{
    Central *central = owner;
    loop_timer_set(central->look_timer, loop_now_us(central->loop) + LOOK_EVERY_US);
    if (!central->is_ready || central->is_looking || !pg_is_connected(central->pg))
        return;
    central->is_looking = true;
    sites_ask(central->sites);
    pg_request(central->pg, SQL_SELECT_DOWNLINK_WAITING, NULL, 0, on_waiting, central);
    pg_request(central->pg, SQL_SELECT_UPLINK_DUE, NULL, 0, on_due, central);
}

/* ---- becoming ready ---- */

static void on_compared(void *owner)
{
    Central *central = owner;
    const PgValue all = pg_null();
    central->is_ready = true;
    central->is_looking = false;
    /* We may be newer than who put it aside. */
    const PgValue wanted[] = {pg_null(), pg_text(bp_str(BACPIPES_VERSION))};
    pg_request(central->pg, SQL_WANT_RETRY, wanted, 2, NULL, NULL);
    pg_request(central->pg, SQL_FILL_CURRENT_VALUES, &all, 1, NULL, NULL);
    workers_allow(central->workers, true);
    central_look(central);
    bp_log(BP_LOG_INFO, "ready: applying what sites send");
}

static void on_settings(void *owner)
{
    const Central *central = owner;
    maintenance_settings_read(central->maintenance);
}

static void on_alone(void *owner)
{
    Central *central = owner;
    site_settings_connected(central->settings);
    heads_connected(central->heads);
}

static void on_other(void *owner)
{
    const Central *central = owner;
    workers_allow(central->workers, false);
}

static void on_superfluous(void *owner)
{
    Central *central = owner;
    central->code = EX_TEMPFAIL;
    loop_stop(central->loop);
}

/* ---- the database ---- */

void central_connected(void *owner)
{
    Central *central = owner;
    bp_log(BP_LOG_INFO, "connected to the database");
    central->knows_database = true;
    pg_request(central->pg, SQL_SET_PATIENCE, NULL, 0, NULL, NULL);
    site_alone_connected(central->alone);
    link_signer_connected(central->signer);
}

static void tell_waiting(Central *central, const BpError *why)
{
    uint8_t memory[BP_ERROR_TEXT_MAX];
    BpBuf hint = bp_buf(memory, sizeof memory);
    site_database_hint(central->cfg, &hint);
    bp_log(BP_LOG_NOTICE, "waiting for the database: %s; %.*s", why->text, BP_STR_ARGS(bp_buf_text(&hint)));
    central->knows_database = true;
}

void central_database_lost(void *owner, const BpError *why)
{
    Central *central = owner;
    if (central->is_ready)
        bp_log(BP_LOG_WARNING, "%s; what sites have sent waits", why->text);
    else if (central->knows_database)
        bp_log(BP_LOG_INFO, "%s; trying again", why->text);
    else
        tell_waiting(central, why);
    central->is_ready = central->is_looking = false;
    workers_allow(central->workers, false);
    site_alone_lost(central->alone);
}

void central_notice(void *owner, const char *channel, const char *payload)
{
    Central *central = owner;
    central_noticed(central, pg_noticed_by(central->pg));
    if (strcmp(channel, SITE_NOTICES) == 0 && site_alone_is_held(central->alone) &&
        site_notice_read(payload, central->cfg->site) == SITE_SETTING_CHANGED)
        site_settings_changed(central->settings);
}

/* ---- making and freeing ---- */

void central_begin(Central *central)
{
    const SiteAloneOptions alone = {.loop = central->loop,
                                    .pg = central->pg,
                                    .site = central->file_cfg.site,
                                    .work = "central",
                                    .who = "central",
                                    .owner = central,
                                    .on_alone = on_alone,
                                    .on_other = on_other,
                                    .on_superfluous = on_superfluous};
    central->alone = site_alone_new(&alone);
    central->settings =
        site_settings_new(central->loop, central->pg, &central->file_cfg, on_settings, central);
    central->cfg = site_settings_cfg(central->settings);
    central->heads =
        heads_new(central->loop, central->pg, central->file_cfg.data_folder, on_compared, central);
    central->look_timer = loop_timer_new(central->loop, central_look, central);
    central->keep_timer = loop_timer_new(central->loop, central_keep, central);
    central_keep(central);
}

void central_end(Central *central)
{
    loop_timer_free(central->keep_timer);
    loop_timer_free(central->look_timer);
    heads_free(central->heads);
    central->cfg = &central->file_cfg;
    site_settings_free(central->settings);
    site_alone_free(central->alone);
}
