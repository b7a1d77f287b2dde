#include "site/database.h"
#include "apps/status/status.h"
#include "base/time.h"
#include "site/settings.h"

/* Columns of select_site_health.sql. */
enum {
    VERSION,
    ENGINE,
    OCTETS,
    NOW,
    ONLINE,
    SILENT,
    UNASKED,
    POINTS,
    READINGS,
    NEWEST,
    QUARANTINED,
    SKIPPED,
    DIRTY,
    OLDEST_DAY,
    READINGS_OCTETS,
    BEGUN,
    HOLD,
    SHORTEST_MS,
    USUAL_ROUNDS,
    IS_SIMULATED,
    PAST_SHARE,
    PAST_FROM,
};
/* And of select_control.sql. */
enum { CONTROL_SINCE, CONTROL_BY, CONTROL_PENDING, CONTROL_EXECUTING, CONTROL_HOLDS, CONTROL_HOLDS_THAT_END };
static const int64_t PATIENCE_US = 5 * BP_SECOND;

static int64_t time_or_0(const PgRows *rows, size_t row, int column)
{
    return pg_is_null(rows, row, column) ? 0 : pg_get_time_us(rows, row, column);
}

static void on_health(void *context, const PgRows *rows, size_t row)
{
    StatusDatabase *database = context;
    (void)bp_str_copy(pg_get_text(rows, row, VERSION), database->version, sizeof database->version);
    (void)bp_str_copy(pg_get_text(rows, row, ENGINE), database->engine, sizeof database->engine);
    database->octets = pg_get_integer(rows, row, OCTETS);
    database->now_us = pg_get_time_us(rows, row, NOW);
    database->online = pg_get_integer(rows, row, ONLINE);
    database->silent = pg_get_integer(rows, row, SILENT);
    database->unasked = pg_get_integer(rows, row, UNASKED);
    database->points = pg_get_integer(rows, row, POINTS);
    database->readings_last_minute = pg_get_integer(rows, row, READINGS);
    database->newest_us = time_or_0(rows, row, NEWEST);
    database->quarantined = pg_get_integer(rows, row, QUARANTINED);
    database->skipped = pg_get_integer(rows, row, SKIPPED);
    database->dirty_since_us = time_or_0(rows, row, DIRTY);
    database->oldest_day_us = time_or_0(rows, row, OLDEST_DAY);
    database->readings_octets = pg_get_integer(rows, row, READINGS_OCTETS);
    database->begun_us = time_or_0(rows, row, BEGUN);
    database->shortest_us =
        pg_is_null(rows, row, SHORTEST_MS) ? 0 : pg_get_integer(rows, row, SHORTEST_MS) * BP_MS;
    database->usual_rounds =
        pg_is_null(rows, row, USUAL_ROUNDS) ? 0 : pg_get_integer(rows, row, USUAL_ROUNDS);
    database->is_simulated = pg_get_bool(rows, row, IS_SIMULATED);
    database->past_share = pg_is_null(rows, row, PAST_SHARE) ? -1 : pg_get_double(rows, row, PAST_SHARE);
    database->past_from_us = time_or_0(rows, row, PAST_FROM);
    database->hold_s = pg_is_null(rows, row, HOLD) ? -1 : pg_get_double(rows, row, HOLD);
}

static void on_control(void *context, const PgRows *rows, size_t row)
{
    StatusDatabase *database = context;
    database->pending = pg_get_integer(rows, row, CONTROL_PENDING);
    database->executing = pg_get_integer(rows, row, CONTROL_EXECUTING);
    database->holds = pg_get_integer(rows, row, CONTROL_HOLDS);
    database->holds_that_end = pg_get_integer(rows, row, CONTROL_HOLDS_THAT_END);
}

static void on_broker(void *context, const PgRows *rows, size_t row)
{
    StatusDatabase *database = context;
    (void)bp_str_copy(pg_get_text(rows, row, 0), database->broker_host, sizeof database->broker_host);
    database->broker_port = pg_get_integer(rows, row, 1);
    (void)bp_str_copy(pg_get_text(rows, row, 2), database->broker_user, sizeof database->broker_user);
    (void)bp_str_copy(pg_get_text(rows, row, 3), database->broker_password_file,
                      sizeof database->broker_password_file);
    (void)bp_str_copy(pg_get_text(rows, row, 4), database->broker_ca_file, sizeof database->broker_ca_file);
}

static void on_link(void *context, const PgRows *rows, size_t row)
{
    StatusLink *link = &((StatusDatabase *)context)->link;
    link->is_joined = true;
    (void)bp_str_copy(pg_get_text(rows, row, 0), link->host, sizeof link->host);
    link->port = pg_get_integer(rows, row, 1);
    (void)bp_str_copy(pg_get_text(rows, row, 2), link->central, sizeof link->central);
    (void)bp_str_copy(pg_get_text(rows, row, 3), link->state, sizeof link->state);
    (void)bp_str_copy(pg_get_text(rows, row, 4), link->why, sizeof link->why);
    link->said_s = pg_is_null(rows, row, 5) ? 0 : pg_get_double(rows, row, 5);
    link->since_s = pg_is_null(rows, row, 6) ? 0 : pg_get_double(rows, row, 6);
    link->unsent = pg_get_integer(rows, row, 7);
    link->unsent_octets = pg_get_integer(rows, row, 8);
    link->oldest_s = pg_is_null(rows, row, 9) ? -1 : pg_get_double(rows, row, 9);
}

static void on_portfolio(void *context, const PgRows *rows, size_t row)
{
    StatusPortfolio *portfolio = &((StatusDatabase *)context)->portfolio;
    portfolio->sites = pg_get_integer(rows, row, 0);
    portfolio->joined = pg_get_integer(rows, row, 1);
    portfolio->silent = pg_get_integer(rows, row, 2);
    (void)bp_str_copy(pg_get_text(rows, row, 3), portfolio->silent_names, sizeof portfolio->silent_names);
    portfolio->waiting = pg_get_integer(rows, row, 4);
    (void)bp_str_copy(pg_get_text(rows, row, 5), portfolio->wait_why, sizeof portfolio->wait_why);
    portfolio->unapplied_s = pg_is_null(rows, row, 6) ? -1 : pg_get_double(rows, row, 6);
    portfolio->put_aside = pg_get_integer(rows, row, 7);
    portfolio->runs = pg_get_bool(rows, row, 8);
    portfolio->is_reached = pg_get_text(rows, row, 9).size > 0;
    portfolio->port = pg_get_integer(rows, row, 10);
}

/* Of a site whether it has a central, of a central how its sites are. */
static BpStatus ask_beyond(const Cfg *cfg, SiteDatabase *connection, StatusDatabase *database, BpError *err)
{
    const PgValue site = pg_text(bp_str(cfg->site));
    if (status_is_central(cfg))
        return site_database_ask(connection, SQL_SELECT_PORTFOLIO, NULL, 0, on_portfolio, database, err);
    return site_database_ask(connection, SQL_SELECT_LINK_HEALTH, &site, 1, on_link, database, err);
}

static BpStatus ask(Cfg *cfg, SiteDatabase *connection, BpArena *arena, StatusDatabase *database,
                    BpError *err)
{
    const PgValue values[] = {pg_text(bp_str(cfg->site)), pg_text(bp_str("status"))};
    BP_TRY(site_database_try(connection, cfg, PATIENCE_US, arena, err));
    BP_TRY(site_database_check_site(connection, cfg->site, err));
    BP_TRY(site_database_ask(connection, SQL_SELECT_SITE_HEALTH, values, 1, on_health, database, err));
    BP_TRY(site_database_ask(connection, SQL_SELECT_CONTROL, values, 1, on_control, database, err));
    BP_TRY(ask_beyond(cfg, connection, database, err));
    BP_TRY(site_database_ask(connection, SQL_SELECT_MQTT_CONFIG, values, 2, on_broker, database, err));
    return site_settings_read(connection, &(SiteSettingsWish){0}, arena, cfg, err);
}

void status_look_at_database(Cfg *cfg, BpArena *arena, StatusDatabase *ret_database)
{
    BpError err = {0};
    SiteDatabase connection = {0};
    *ret_database = (StatusDatabase){.hold_s = -1, .past_share = -1};
    ret_database->is_there = ask(cfg, &connection, arena, ret_database, &err) == BP_OK;
    if (connection.lost.status != BP_OK)
        (void)bp_str_copy(bp_str(connection.lost.text), ret_database->lost, sizeof ret_database->lost);
    site_database_close(&connection);
    (void)bp_str_copy(bp_str(ret_database->is_there ? "" : err.text), ret_database->why,
                      sizeof ret_database->why);
}
