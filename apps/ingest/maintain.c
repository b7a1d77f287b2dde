/* Off the hot path: days made ahead of time, rollups of spans that have ended, retention, and a look at the
 * clock. */
#include "apps/ingest/ingest.h"
#include "base/log.h"
#include "base/time.h"

enum { ROLLUPS_AT_ONCE = 12 };
static const int64_t MAINTAIN_EVERY_US = 20 * BP_SECOND, SETTLE_US = 10 * BP_SECOND, JUMP_US = 5 * BP_SECOND;

static void on_retained(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Ingest *ingest = context;
    ingest->is_maintaining = false;
    int64_t next_us = MAINTAIN_EVERY_US;
    if (status != BP_OK) {
        if (status != BP_UNAVAILABLE)
            bp_log(BP_LOG_WARNING, "forgetting old readings: %s", err->text);
    } else if (!pg_is_null(rows, 0, 0)) {
        const BpStr did = pg_get_text(rows, 0, 0);
        const bool dropped = did.size > 7 && memcmp(did.data, "dropped", 7) == 0;
        bp_log(dropped ? BP_LOG_NOTICE : BP_LOG_INFO, "retention: %.*s", BP_STR_ARGS(did));
        next_us = dropped ? MAINTAIN_EVERY_US : 10 * BP_MINUTE;
    }
    loop_timer_set(ingest->maintain_timer, loop_now_us(ingest->loop) + next_us);
}

static void on_rollups(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Ingest *ingest = context;
    if (status == BP_OK && pg_get_integer(rows, 0, 0) >= ROLLUPS_AT_ONCE) {
        ingest->is_maintaining = false; /* there are more: go on soon, readings first */
        loop_timer_set(ingest->maintain_timer, loop_now_us(ingest->loop) + 100 * BP_MS);
        return;
    }
    if (status != BP_OK && status != BP_UNAVAILABLE)
        bp_log(BP_LOG_WARNING, "making rollups: %s", err->text);
    const PgValue values[] = {pg_time(bp_wall_us()),
                              pg_double((double)ingest->cfg.retention_readings / BP_SECOND),
                              pg_double((double)ingest->cfg.retention_5min / BP_SECOND),
                              pg_double((double)ingest->cfg.retention_hourly / BP_SECOND)};
    pg_request(ingest->pg, SQL_MAINTAIN_RETENTION, values, 4, on_retained, ingest);
}

/* The wall clock is only ever set: against the monotonic one it shows. */
static void look_at_clock(Ingest *ingest)
{
    const int64_t offset_us = bp_wall_us() - loop_now_us(ingest->loop);
    const int64_t jump_us = offset_us - ingest->clock_offset_us;
    char interval[BP_TIME_TEXT_MAX];
    if (ingest->clock_offset_us && (jump_us > JUMP_US || jump_us < -JUMP_US))
        bp_log(BP_LOG_WARNING, "the clock jumped by %s; readings keep the instants they were given",
               bp_interval_format(jump_us, interval));
    ingest->clock_offset_us = offset_us;
}

void ingest_maintain(void *owner)
{
    Ingest *ingest = owner;
    look_at_clock(ingest);
    loop_timer_set(ingest->maintain_timer, loop_now_us(ingest->loop) + MAINTAIN_EVERY_US);
    if (!ingest->is_ready || ingest->is_maintaining)
        return;
    ingest->is_maintaining = true;
    const int64_t now_us = bp_wall_us();
    const PgValue days[] = {pg_time(now_us), pg_time(now_us + BP_DAY)};
    pg_request(ingest->pg, SQL_ENSURE_DAYS, days, 2, NULL, NULL);
    const PgValue ended[] = {pg_time(now_us - SETTLE_US), pg_integer(ROLLUPS_AT_ONCE)};
    pg_request(ingest->pg, SQL_MAINTAIN_ROLLUPS, ended, 2, on_rollups, ingest);
}
