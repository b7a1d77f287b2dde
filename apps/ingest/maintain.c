#include "apps/ingest/maintain.h"

#include "base/log.h"
#include "base/time.h"
#include "io/pg/settings.h"

#include <stdlib.h>

enum { ROLLUPS_AT_ONCE = 12 };
static const int64_t EVERY_US = 20 * BP_SECOND, SETTLE_US = 10 * BP_SECOND, JUMP_US = 5 * BP_SECOND;

struct Maintenance {
    Loop *loop;
    const Cfg *cfg;
    BpArena arena;
    Pg *pg;
    LoopTimer *timer;
    bool has_settings, is_working;
    int64_t clock_offset_us; /* wall minus monotonic clock, when last looked at */
};

static void end_round(Maintenance *maintenance, int64_t pause_us)
{
    maintenance->is_working = false;
    loop_timer_set(maintenance->timer, loop_now_us(maintenance->loop) + pause_us);
}

static void on_retained(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Maintenance *maintenance = context;
    int64_t next_us = EVERY_US;
    if (status != BP_OK) {
        if (status != BP_UNAVAILABLE)
            bp_log(BP_LOG_WARNING, "forgetting old readings: %s", err->text);
    } else if (!pg_is_null(rows, 0, 0)) {
        const BpStr did = pg_get_text(rows, 0, 0);
        const bool dropped = did.size > 7 && memcmp(did.data, "dropped", 7) == 0;
        bp_log(dropped ? BP_LOG_NOTICE : BP_LOG_INFO, "retention: %.*s", BP_STR_ARGS(did));
        next_us = dropped ? EVERY_US : 10 * BP_MINUTE;
    }
    end_round(maintenance, next_us);
}

static void on_rollups(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Maintenance *maintenance = context;
    if (status == BP_OK && pg_get_integer(rows, 0, 0) >= ROLLUPS_AT_ONCE) {
        end_round(maintenance, 100 * BP_MS); /* there are more */
        return;
    }
    if (status == BP_UNAVAILABLE) {
        end_round(maintenance, EVERY_US);
        return;
    }
    if (status != BP_OK)
        bp_log(BP_LOG_WARNING, "making rollups: %s", err->text);
    const PgValue values[] = {pg_time(bp_wall_us()),
                              pg_double((double)maintenance->cfg->retention_readings / BP_SECOND),
                              pg_double((double)maintenance->cfg->retention_5min / BP_SECOND),
                              pg_double((double)maintenance->cfg->retention_hourly / BP_SECOND)};
    pg_request(maintenance->pg, SQL_MAINTAIN_RETENTION, values, 4, on_retained, maintenance);
}

/* The wall clock is only ever set: against the monotonic one it shows. */
static void look_at_clock(Maintenance *maintenance)
{
    const int64_t offset_us = bp_wall_us() - loop_now_us(maintenance->loop);
    const int64_t jump_us = offset_us - maintenance->clock_offset_us;
    char interval[BP_TIME_TEXT_MAX];
    if (maintenance->clock_offset_us && (jump_us > JUMP_US || jump_us < -JUMP_US))
        bp_log(BP_LOG_WARNING, "the clock jumped by %s; readings keep the instants they were given",
               bp_interval_format(jump_us, interval));
    maintenance->clock_offset_us = offset_us;
}

static void begin_round(void *owner)
{
    Maintenance *maintenance = owner;
    look_at_clock(maintenance);
    loop_timer_set(maintenance->timer, loop_now_us(maintenance->loop) + EVERY_US);
    if (!maintenance->has_settings || maintenance->is_working || !pg_is_connected(maintenance->pg))
        return;
    maintenance->is_working = true;
    const int64_t now_us = bp_wall_us();
    const PgValue days[] = {pg_time(now_us), pg_time(now_us + BP_DAY)};
    pg_request(maintenance->pg, SQL_ENSURE_DAYS, days, 2, NULL, NULL);
    const PgValue ended[] = {pg_time(now_us - SETTLE_US), pg_integer(ROLLUPS_AT_ONCE)};
    pg_request(maintenance->pg, SQL_MAINTAIN_ROLLUPS, ended, 2, on_rollups, maintenance);
}

static void on_lost(void *owner, const BpError *why)
{
    Maintenance *maintenance = owner;
    maintenance->is_working = false;
    bp_log(BP_LOG_WARNING, "maintenance: %s; trying again", why->text);
}

Maintenance *maintenance_new(Loop *loop, const Cfg *cfg, BpError *err)
{
    Maintenance *maintenance = calloc(1, sizeof *maintenance);
    PgOptions options;
    if (!maintenance)
        abort();
    maintenance->loop = loop;
    maintenance->cfg = cfg;
    if (pg_settings_options(cfg, PG_MAINTAIN, "bacpipes maintain", &maintenance->arena, &options, err) !=
        BP_OK) {
        maintenance_free(maintenance);
        return NULL;
    }
    options.owner = maintenance;
    options.on_connected = begin_round;
    options.on_lost = on_lost;
    maintenance->timer = loop_timer_new(loop, begin_round, maintenance);
    maintenance->pg = pg_new(loop, &options);
    return maintenance;
}

void maintenance_free(Maintenance *maintenance)
{
    if (!maintenance)
        return;
    maintenance->is_working = true; /* who is answered here asks no more */
    pg_free(maintenance->pg);
    loop_timer_free(maintenance->timer);
    bp_arena_done(&maintenance->arena);
    free(maintenance);
}

void maintenance_settings_read(Maintenance *maintenance)
{
    maintenance->has_settings = true;
    loop_timer_set(maintenance->timer, 0);
}
