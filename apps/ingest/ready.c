/* Becoming ready: alone for the site, then its settings, points, and how far readings are stored, on each
 * connection anew. And what the database says has changed since. */
#include "apps/ingest/ingest.h"
#include "base/log.h"
#include "base/time.h"
#include "model/topic.h"
#include "site/database.h"
#include "site/site.h"

#include <sysexits.h>

/* ---- what has been read ---- */

static void on_settings(void *owner)
{
    const Ingest *ingest = owner;
    maintenance_settings_read(ingest->maintenance);
}

static void on_points(void *owner)
{
    Ingest *ingest = owner;
    if (ingest->is_ready && ingest->store.state == STORE_IS_IDLE)
        ingest_ask_for_missing(ingest);
}

/* The last answer of those that make us ready: requests are answered in the order asked. */
static void on_positions(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Ingest *ingest = context;
    if (status != BP_OK) {
        bp_log(BP_LOG_ERROR, "reading how far readings are stored: %s; has `bacpipes migrate` been run?",
               err->text);
        return;
    }
    positions_forget(&ingest->positions);
    for (size_t row = pg_row_count(rows); row-- > 0;) { /* the newest is the first row */
        MdlRun run;
        (void)bp_str_copy(pg_get_text(rows, row, 0), run.text, sizeof run.text);
        positions_load(&ingest->positions, &run, pg_get_integer(rows, row, 1), pg_get_integer(rows, row, 2));
    }
    ingest->is_ready = true;
    ingest_frames_go_on(ingest);
    ingest_start_over(ingest);
    ingest_announce(ingest);
    const size_t points = points_reader_points(ingest->points)->count;
    bp_log(BP_LOG_INFO, "ready: %zu points of site %s, %zu collector runs known", points - (points > 0),
           ingest->cfg->site, ingest->positions.count);
}

/* ---- the broker ---- */

static void on_broker_connected(void *owner)
{
    Ingest *ingest = owner;
    char topic[MDL_TOPIC_MAX];
    mqtt_subscribe(site_broker_mqtt(ingest->broker), mdl_topic(ingest->cfg->site, "readings", topic), 1);
    /* What was on its way is asked for again by the new session. */
    ingest_start_over(ingest);
    ingest_announce(ingest);
    ingest_status(ingest);
}

static void on_broker_lost(void *owner, const BpError *why)
{
    Ingest *ingest = owner;
    ingest->counts.reconnects++;
    bp_log(BP_LOG_WARNING, "%s; trying again", why->text);
}

static void on_message(void *owner, const MqttMessage *message)
{
    ingest_receive(owner, message->topic, message->payload);
}

/* ---- one ingest a site ---- */

static void on_alone(void *owner)
{
    Ingest *ingest = owner;
    const PgValue site = pg_text(ingest->site_id);
    site_make(ingest->pg, ingest->cfg->site);
    site_settings_connected(ingest->settings);
    points_reader_connected(ingest->points);
    ingest_frames_look(ingest);
    pg_request(ingest->pg, SQL_SELECT_POSITIONS, &site, 1, on_positions, ingest);
    site_broker_database_connected(ingest->broker);
}

static void on_other(void *owner)
{
    const Ingest *ingest = owner;
    site_broker_leave(ingest->broker); /* what is sent is for the other to store */
}

static void on_superfluous(void *owner)
{
    Ingest *ingest = owner;
    ingest->code = EX_TEMPFAIL;
    loop_stop(ingest->loop);
}

/* ---- the database ---- */

void ingest_connected(void *owner)
{
    Ingest *ingest = owner;
    bp_log(BP_LOG_INFO, "connected to the database");
    ingest->knows_database = true;
    pg_request(ingest->pg, SQL_SET_SYNCHRONOUS_COMMIT, NULL, 0, NULL, NULL); /* before anything is stored */
    site_alone_connected(ingest->alone);
}

/* Once, for who has started us by hand. */
static void tell_waiting(Ingest *ingest, const BpError *why)
{
    uint8_t memory[BP_ERROR_TEXT_MAX];
    BpBuf hint = bp_buf(memory, sizeof memory);
    site_database_hint(ingest->cfg, &hint);
    bp_log(BP_LOG_NOTICE, "waiting for the database: %s; %.*s", why->text, BP_STR_ARGS(bp_buf_text(&hint)));
    ingest->knows_database = true;
}

void ingest_database_lost(void *owner, const BpError *why)
{
    Ingest *ingest = owner;
    if (ingest->is_ready)
        bp_log(BP_LOG_WARNING, "%s; readings wait with the collector", why->text);
    else if (ingest->knows_database)
        bp_log(BP_LOG_INFO, "%s; trying again", why->text);
    else
        tell_waiting(ingest, why);
    ingest->is_ready = false;
    ingest_frames_lost(ingest);
    site_alone_lost(ingest->alone);
}

/* Something else is on its way to central; or readings have been noted. */
static void on_entry(Ingest *ingest, BpStr whose)
{
    BpStr what;
    if (!bp_str_equal(bp_str_cut(whose, ' ', &what), ingest->site_id))
        return;
    if (what.size) {
        frames_doubt(&ingest->frames);
        ingest_frames_go_on(ingest);
    } else if (!gather_is_empty(ingest->gathering)) {
        ingest->is_urgent = true;
        ingest_arm(ingest);
    }
}

void ingest_notice(void *owner, const char *channel, const char *payload)
{
    Ingest *ingest = owner;
    if (!site_alone_is_held(ingest->alone))
        return; /* all is read once we are */
    if (strcmp(channel, INGEST_ENTRIES) == 0) {
        on_entry(ingest, bp_str(payload));
        return;
    }
    switch (site_notice_read(payload, ingest->cfg->site)) {
    case SITE_POINTS_CHANGED: points_reader_changed(ingest->points); break;
    case SITE_SETTING_CHANGED: site_settings_changed(ingest->settings); break;
    case SITE_BROKER_CHANGED: site_broker_changed(ingest->broker); break;
    case SITE_LINK_CHANGED:
        frames_doubt(&ingest->frames);
        ingest_frames_go_on(ingest);
        break;
    case SITE_NOTHING_CHANGED:
    case SITE_OTHER_CHANGED: break;
    }
}

/* ---- making and freeing ---- */

void ingest_begin(Ingest *ingest)
{
    const SiteBrokerOptions broker = {.loop = ingest->loop,
                                      .pg = ingest->pg,
                                      .site = ingest->file_cfg.site,
                                      .role = "ingest",
                                      .started_at_us = ingest->started_at_us,
                                      .without = "insert one, and it is used at once",
                                      .owner = ingest,
                                      .on_connected = on_broker_connected,
                                      .on_lost = on_broker_lost,
                                      .on_message = on_message};
    const SiteAloneOptions alone = {.loop = ingest->loop,
                                    .pg = ingest->pg,
                                    .site = ingest->file_cfg.site,
                                    .work = "ingest",
                                    .who = "ingest",
                                    .owner = ingest,
                                    .on_alone = on_alone,
                                    .on_other = on_other,
                                    .on_superfluous = on_superfluous};
    ingest->alone = site_alone_new(&alone);
    ingest->settings = site_settings_new(ingest->loop, ingest->pg, &ingest->file_cfg, on_settings, ingest);
    ingest->cfg = site_settings_cfg(ingest->settings);
    ingest->points = points_reader_new(ingest->loop, ingest->pg, ingest->file_cfg.site, on_points, ingest);
    ingest->broker = site_broker_new(&broker);
}

void ingest_end(Ingest *ingest)
{
    points_reader_free(ingest->points);
    site_broker_free(ingest->broker, BP_SECOND);
    ingest->cfg = &ingest->file_cfg;
    site_settings_free(ingest->settings);
    site_alone_free(ingest->alone);
}
