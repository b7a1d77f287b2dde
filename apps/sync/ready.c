/* Becoming ready: the site's database, in which we are the only sync, and central. A turn begins when both
 * are there. */
#include "apps/sync/sync.h"
#include "base/log.h"
#include "base/time.h"
#include "io/pg/settings.h"
#include "link/explain.h"
#include "site/database.h"
#include "site/site.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static const int64_t TOLD_EVERY_US = 10 * BP_MINUTE;

#define ENTRIES "bacpipes_entry" /* a notice of ingest's: there is an entry that must not wait */

/* ---- the broker: nothing arrives from it, and what we are is said there ---- */

static void on_broker_connected(void *owner)
{
    sync_report(owner);
}

static void on_broker_lost(void *owner, const BpError *why)
{
    (void)owner;
    bp_log(BP_LOG_WARNING, "%s; trying again", why->text);
}

static void on_message(void *owner, const MqttMessage *message)
{
    (void)owner, (void)message;
}

/* ---- the site's database ---- */

static void on_alone(void *owner)
{
    Sync *sync = owner;
    site_settings_connected(sync->settings);
    site_broker_database_connected(sync->broker);
    sync_minute(sync);
    sync_begin_turn(sync);
}

static void on_superfluous(void *owner)
{
    Sync *sync = owner;
    sync->code = EX_TEMPFAIL;
    loop_stop(sync->loop);
}

static void on_settings(void *owner)
{
    Sync *sync = owner;
    sync->over_budget = 0; /* which may be another one now */
}

static void on_local(void *owner)
{
    Sync *sync = owner;
    bp_log(BP_LOG_INFO, "connected to the site's database");
    sync->knows_database = true;
    pg_request(sync->local, SQL_SET_SYNCHRONOUS_COMMIT, NULL, 0, NULL, NULL);
    site_alone_connected(sync->alone);
}

static void on_local_lost(void *owner, const BpError *why)
{
    Sync *sync = owner;
    if (sync->knows_database)
        bp_log(BP_LOG_WARNING, "the site's database: %s; trying again", why->text);
    else
        bp_log(BP_LOG_NOTICE, "waiting for the site's database: %s", why->text);
    sync->knows_database = true;
    site_alone_lost(sync->alone);
    sync_start_over(sync, "the site's database", why);
}

/* The site may have joined another central meanwhile, or left: whoever runs us begins anew, or not. */
static bool is_link_the_same(Sync *sync)
{
    BpError err;
    BpArena arena = {0};
    Link now;
    const BpStatus status = link_read(sync->cfg->data_folder, &arena, &now, &err);
    const bool is_same =
        status == BP_UNAVAILABLE || (status == BP_OK && strcmp(now.host, sync->link.host) == 0 &&
                                     now.port == sync->link.port && now.number == sync->link.number);
    if (status == BP_NOT_FOUND)
        bp_log(BP_LOG_NOTICE, "the site has left its central: nothing more to do");
    else if (!is_same)
        bp_log(BP_LOG_NOTICE, "the link to central is another one now%s%s: beginning anew",
               status == BP_OK ? "" : ": ", status == BP_OK ? "" : err.text);
    bp_arena_done(&arena);
    return is_same;
}

static void on_local_notice(void *owner, const char *channel, const char *payload)
{
    Sync *sync = owner;
    if (!site_alone_is_held(sync->alone))
        return;
    if (strcmp(channel, ENTRIES) == 0) {
        if (sync->state == SYNC_SENDING)
            sync_look(sync); /* at once, where the next look would come in a quarter of a second */
        return;
    }
    switch (site_notice_read(payload, sync->file_cfg.site)) {
    case SITE_SETTING_CHANGED: site_settings_changed(sync->settings); break;
    case SITE_BROKER_CHANGED: site_broker_changed(sync->broker); break;
    case SITE_LINK_CHANGED:
        if (!is_link_the_same(sync))
            loop_stop(sync->loop);
        break;
    case SITE_NOTHING_CHANGED:
    case SITE_POINTS_CHANGED:
    case SITE_OTHER_CHANGED: break;
    }
}

/* ---- central ---- */

static void on_central(void *owner)
{
    Sync *sync = owner;
    bp_log(BP_LOG_INFO, "connected to central at %s port %u", sync->link.host, sync->link.port);
    sync->knows_central = sync->is_let_in = true;
    sync->is_shut_out = false;
    sync->told_why[0] = '\0';
    sync->is_refused = false;
    link_renewal_connected(sync->renewal);
    sync_begin_turn(sync);
}

/* Why it is not reached may change while it is not: that is said, and not each of two that take turns. What
 * time it is stands behind what is compared. */
static bool is_another_reason(Sync *sync, const char *text)
{
    const int64_t now_us = loop_now_us(sync->loop);
    if (strncmp(sync->told_why, text, sizeof sync->told_why - 1) == 0 ||
        (*sync->told_why && now_us < sync->told_why_us + TOLD_EVERY_US))
        return false;
    snprintf(sync->told_why, sizeof sync->told_why, "%.127s", text);
    sync->told_why_us = now_us;
    return true;
}

static void on_central_lost(void *owner, const BpError *why)
{
    Sync *sync = owner;
    BpError explained;
    const LinkAttempt attempt = {sync->link.host, sync->link.port, sync->link.site_id, false, bp_wall_us()};
    bool is_news = (sync->state != SYNC_CONNECTING && sync->state != SYNC_REFUSED) || !sync->knows_central;
    if (sync->is_let_in) {
        bp_fail(&explained, BP_UNAVAILABLE, "central: %s", why->text);
    } else {
        (void)link_explain(&attempt, why, &explained);
        is_news = is_another_reason(sync, explained.text) || is_news;
    }
    bp_log(is_news ? BP_LOG_WARNING : BP_LOG_DEBUG, "%s; what is recorded waits here", explained.text);
    sync->knows_central = true;
    sync->is_let_in = false;
    sync->is_shut_out = explained.status == BP_REFUSED;
    sync_start_over(sync, "central", &explained);
    if (!is_link_the_same(sync))
        loop_stop(sync->loop);
}

static void on_central_notice(void *owner, const char *channel, const char *payload)
{
    (void)channel, (void)payload; /* what it says is that there is something to fetch */
    sync_carry_noticed(owner);
}

/* ---- making and freeing ---- */

static void connect_central(Sync *sync)
{
    PgOptions central;
    link_options(&sync->link, "bacpipes sync", &central);
    central.is_pipelined = true;
    central.patience_s = 45;
    central.owner = sync;
    central.on_connected = on_central;
    central.on_lost = on_central_lost;
    central.on_notice = on_central_notice;
    sync->central = pg_new(sync->loop, &central);
    pg_listen(sync->central, sync->link.user);
    const LinkRenewalOptions renewal = {.data_folder = sync->file_cfg.data_folder};
    sync->renewal = link_renewal_new(sync->loop, sync->central, &renewal);
}

static void make_connections(Sync *sync, const PgOptions *local)
{
    PgOptions options = *local;
    options.owner = sync;
    options.on_connected = on_local;
    options.on_lost = on_local_lost;
    options.on_notice = on_local_notice;
    sync->local = pg_new(sync->loop, &options);
    pg_listen(sync->local, SITE_NOTICES);
    pg_listen(sync->local, ENTRIES);
    connect_central(sync);
}

void sync_connect_central(Sync *sync)
{
    sync->is_refused = false;
    sync_end_turn(sync);
    sync_count(sync); /* which counts what this connection cost */
    sync->counted = (PgOctets){0};
    pg_free(sync->central);
    link_renewal_free(sync->renewal);
    connect_central(sync);
}

void sync_begin(Sync *sync, const PgOptions *local)
{
    make_connections(sync, local);
    const SiteBrokerOptions broker = {.loop = sync->loop,
                                      .pg = sync->local,
                                      .site = sync->file_cfg.site,
                                      .role = "sync",
                                      .started_at_us = sync->started_at_us,
                                      .without = "nobody is told there how the link is",
                                      .owner = sync,
                                      .on_connected = on_broker_connected,
                                      .on_lost = on_broker_lost,
                                      .on_message = on_message};
    const SiteAloneOptions alone = {.loop = sync->loop,
                                    .pg = sync->local,
                                    .site = sync->file_cfg.site,
                                    .work = "sync",
                                    .who = "sync",
                                    .owner = sync,
                                    .on_alone = on_alone,
                                    .on_superfluous = on_superfluous};
    sync->alone = site_alone_new(&alone);
    sync->settings = site_settings_new(sync->loop, sync->local, &sync->file_cfg, on_settings, sync);
    sync->cfg = site_settings_cfg(sync->settings);
    sync->broker = site_broker_new(&broker);
    sync->again = loop_timer_new(sync->loop, sync_on_again, sync);
    sync->look = loop_timer_new(sync->loop, sync_look, sync);
    sync->fetch = loop_timer_new(sync->loop, sync_fetch_again, sync);
    sync->minute = loop_timer_new(sync->loop, sync_minute, sync);
    sync->report = loop_timer_new(sync->loop, sync_report, sync);
    sync->carry = sync_carry_new();
    sync->reported_at_us = loop_now_us(sync->loop);
    loop_timer_set(sync->minute, loop_now_us(sync->loop) + BP_MINUTE);
    sync_report(sync);
}

static void on_said(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Sync *sync = context;
    (void)status, (void)rows, (void)err;
    sync->has_said = true;
}

/* What was counted and how we end is told, if the database lets us soon. */
static void say_the_last(Sync *sync)
{
    const int64_t until_us = loop_now_us(sync->loop) + BP_SECOND;
    if (!site_alone_is_held(sync->alone))
        return;
    sync_set_state(sync, SYNC_STOPPED, "");
    pg_request_text(sync->local, bp_str("select 1"), on_said, sync);
    while (!sync->has_said && loop_now_us(sync->loop) < until_us)
        loop_run_once(sync->loop, until_us - loop_now_us(sync->loop));
}

void sync_end(Sync *sync)
{
    sync->is_ending = true;
    sync_end_turn(sync);
    sync_count(sync);
    pg_free(sync->central);
    link_renewal_free(sync->renewal);
    say_the_last(sync);
    pg_free(sync->local);
    site_broker_free(sync->broker, BP_SECOND);
    site_settings_free(sync->settings);
    site_alone_free(sync->alone);
    LoopTimer *const timers[] = {sync->again, sync->look, sync->fetch, sync->minute, sync->report};
    for (size_t i = 0; i < sizeof timers / sizeof timers[0]; i++)
        loop_timer_free(timers[i]);
    sync_carry_free(sync->carry);
    sync->cfg = &sync->file_cfg;
}
