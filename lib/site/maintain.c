#include "site/maintain.h"

#include "base/log.h"
#include "base/time.h"
#include "io/pg/settings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

enum { ROLLUPS_AT_ONCE = 12, DAYS_AHEAD = 3, STEPS_AT_ONCE = 8 };
static const int64_t EVERY_US = 20 * BP_SECOND, MORE_ROLLUPS_US = 100 * BP_MS, SETTLE_US = 10 * BP_SECOND,
                     JUMP_US = 5 * BP_SECOND, SAY_EVERY_US = 10 * BP_MINUTE;
/* What sites have recorded comes to central a while later: a rollup is made once. */
static const int64_t SETTLE_AT_CENTRAL_US = 90 * BP_SECOND;

/* What is said at once, and again while it lasts, but not each time. */
typedef struct Complaint {
    int64_t said_at_us;
} Complaint;

struct Maintenance {
    Loop *loop;
    const Cfg *cfg;
    MaintenanceOf of;
    BpArena arena;
    Pg *pg;
    LoopTimer *timer;
    bool has_settings, is_working;
    bool has_more_rollups;
    int64_t forget_at_us; /* at the soonest: rollups that wait do not keep it from its turn */
    char *said;           /* of the step of forgetting under way; NULL: nothing is done by it alone */
    unsigned steps;       /* of forgetting, in this round */
    Complaint connection, days, rollups, forgetting, looking, journal;
    int64_t clock_offset_us; /* wall minus monotonic clock, when last looked at */
    /* The clocks that the database was last told of: what is forgotten goes by no other. */
    int64_t looked_at_us, looked_tick_us, told_tick_us;
};

static void BP_PRINTF(3, 4)
    complain(const Maintenance *maintenance, Complaint *complaint, const char *format, ...)
{
    const int64_t now_us = loop_now_us(maintenance->loop);
    char text[BP_ERROR_TEXT_MAX];
    if (complaint->said_at_us && now_us - complaint->said_at_us < SAY_EVERY_US)
        return;
    complaint->said_at_us = now_us;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    bp_log(BP_LOG_WARNING, "%s; trying again", text);
}

static void end_round(Maintenance *maintenance)
{
    maintenance->is_working = false;
    loop_timer_set(maintenance->timer, loop_now_us(maintenance->loop) +
                                           (maintenance->has_more_rollups ? MORE_ROLLUPS_US : EVERY_US));
}

/* ---- what is forgotten ---- */

static void ask_for_step(Maintenance *maintenance);

static void on_step_done(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Maintenance *maintenance = context;
    (void)rows;
    if (status != BP_OK) {
        /* A reader's transaction that is open holds this up, and nothing else. */
        complain(maintenance, &maintenance->forgetting, "forgetting old readings: %s", err->text);
        end_round(maintenance);
        return;
    }
    maintenance->forgetting.said_at_us = 0;
    if (*maintenance->said)
        bp_log(BP_LOG_NOTICE, "retention: %s", maintenance->said);
    ask_for_step(maintenance);
}

static void on_step(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Maintenance *maintenance = context;
    if (status != BP_OK) {
        complain(maintenance, &maintenance->forgetting, "forgetting old readings: %s", err->text);
    } else if (pg_is_null(rows, 0, 0)) {
        const BpStr why_not = pg_get_text(rows, 0, 1);
        if (why_not.size)
            complain(maintenance, &maintenance->forgetting, "retention: %.*s", BP_STR_ARGS(why_not));
    } else {
        const BpStr said = pg_get_text(rows, 0, 1);
        free(maintenance->said);
        maintenance->said = strndup(said.data, said.size);
        pg_request_text(maintenance->pg, pg_get_text(rows, 0, 0), on_step_done, maintenance);
        return;
    }
    end_round(maintenance);
}

static void ask_for_step(Maintenance *maintenance)
{
    if (maintenance->steps++ == STEPS_AT_ONCE) {
        end_round(maintenance);
        return;
    }
    const Cfg *cfg = maintenance->cfg;
    const int64_t keep_us =
        maintenance->of == MAINTENANCE_OF_CENTRAL ? cfg->central_retention : cfg->retention_readings;
    const PgValue values[] = {pg_time(maintenance->looked_at_us), pg_double((double)keep_us / BP_SECOND)};
    pg_request(maintenance->pg, SQL_SELECT_RETENTION_STEP, values, 2, on_step, maintenance);
}

static void on_rollups_forgotten(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Maintenance *maintenance = context;
    (void)rows;
    if (status != BP_OK)
        complain(maintenance, &maintenance->forgetting, "forgetting old rollups: %s", err->text);
    if (!pg_is_connected(maintenance->pg)) {
        end_round(maintenance);
        return;
    }
    maintenance->steps = 0;
    ask_for_step(maintenance);
}

static void on_looked(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Maintenance *maintenance = context;
    if (status != BP_OK) {
        complain(maintenance, &maintenance->looking, "looking at the clock, before anything is forgotten: %s",
                 err->text);
        end_round(maintenance);
        return;
    }
    maintenance->looking.said_at_us = 0;
    maintenance->told_tick_us = maintenance->looked_tick_us;
    if (!pg_is_null(rows, 0, 1)) {
        const BpStr said = pg_get_text(rows, 0, 1);
        bp_log(pg_get_bool(rows, 0, 0) ? BP_LOG_WARNING : BP_LOG_NOTICE, "retention: %.*s",
               BP_STR_ARGS(said));
    }
    const PgValue values[] = {pg_time(maintenance->looked_at_us),
                              pg_double((double)maintenance->cfg->retention_5min / BP_SECOND),
                              pg_double((double)maintenance->cfg->retention_hourly / BP_SECOND)};
    pg_request(maintenance->pg, SQL_MAINTAIN_RETENTION, values, 3, on_rollups_forgotten, maintenance);
}

/* A clock that leapt ahead makes all that is there look old: it is looked at first, each time. */
static void forget(Maintenance *maintenance)
{
    const int64_t now_us = loop_now_us(maintenance->loop);
    const int64_t told_us = maintenance->told_tick_us;
    maintenance->forget_at_us = now_us + EVERY_US;
    maintenance->looked_at_us = bp_wall_us();
    maintenance->looked_tick_us = now_us;
    const PgValue values[] = {pg_time(maintenance->looked_at_us),
                              told_us ? pg_double((double)(now_us - told_us) / BP_SECOND) : pg_null()};
    pg_request(maintenance->pg, SQL_SELECT_RETENTION_LOOK, values, 2, on_looked, maintenance);
}

/* ---- what is made ---- */

static void on_rollups(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Maintenance *maintenance = context;
    maintenance->has_more_rollups = status == BP_OK && pg_get_integer(rows, 0, 0) >= ROLLUPS_AT_ONCE;
    if (status != BP_OK)
        complain(maintenance, &maintenance->rollups, "making rollups: %s", err->text);
    if (pg_is_connected(maintenance->pg) && loop_now_us(maintenance->loop) >= maintenance->forget_at_us)
        forget(maintenance);
    else
        end_round(maintenance);
}

static void on_days(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Maintenance *maintenance = context;
    (void)rows;
    if (status != BP_OK)
        complain(maintenance, &maintenance->days, "making days ahead of time: %s", err->text);
    else
        maintenance->days.said_at_us = 0;
}

/* ---- the journal ---- */

/* As journal_keep says it. */
static bool is_not_done(BpStr told)
{
    static const char mark[] = "not done: ";
    return told.size >= strlen(mark) && memcmp(told.data, mark, strlen(mark)) == 0;
}

static void on_journal(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Maintenance *maintenance = context;
    if (status != BP_OK) {
        complain(maintenance, &maintenance->journal, "keeping the journal in shape: %s", err->text);
        return;
    }
    const BpStr told = pg_is_null(rows, 0, 0) ? (BpStr){0} : pg_get_text(rows, 0, 0);
    if (is_not_done(told)) {
        complain(maintenance, &maintenance->journal, "journal: %.*s", BP_STR_ARGS(told));
        return;
    }
    maintenance->journal.said_at_us = 0;
    if (told.size)
        bp_log(BP_LOG_NOTICE, "journal: %.*s", BP_STR_ARGS(told));
}

/* Of a database on another machine nobody here knows the disk. Central has its sites wait instead. */
static bool is_disk_low(const Maintenance *maintenance)
{
    const Cfg *cfg = maintenance->cfg;
    struct statvfs disk;
    return maintenance->of == MAINTENANCE_OF_SITE && !*cfg->database_host && cfg->disk_floor > 0 &&
           statvfs(cfg->data_folder, &disk) == 0 &&
           (uint64_t)disk.f_bavail * disk.f_frsize < (uint64_t)cfg->disk_floor;
}

static void keep_journal(Maintenance *maintenance, int64_t now_us)
{
    const PgValue values[] = {pg_time(now_us), pg_bool(is_disk_low(maintenance))};
    pg_request(maintenance->pg, SQL_MAINTAIN_JOURNAL, values, 2, on_journal, maintenance);
}

/* ---- rounds ---- */

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
    const PgValue days[] = {pg_time(now_us), pg_time(now_us + DAYS_AHEAD * BP_DAY)};
    pg_request(maintenance->pg, SQL_ENSURE_DAYS, days, 2, on_days, maintenance);
    keep_journal(maintenance, now_us);
    const int64_t settle_us = maintenance->of == MAINTENANCE_OF_CENTRAL ? SETTLE_AT_CENTRAL_US : SETTLE_US;
    const PgValue ended[] = {pg_time(now_us - settle_us), pg_integer(ROLLUPS_AT_ONCE)};
    pg_request(maintenance->pg, SQL_MAINTAIN_ROLLUPS, ended, 2, on_rollups, maintenance);
}

static void on_lost(void *owner, const BpError *why)
{
    Maintenance *maintenance = owner;
    maintenance->is_working = false;
    complain(maintenance, &maintenance->connection, "maintenance: %s", why->text);
}

static void on_connected(void *owner)
{
    Maintenance *maintenance = owner;
    maintenance->connection.said_at_us = 0;
    pg_request(maintenance->pg, SQL_SET_LOCK_TIMEOUT, NULL, 0, NULL, NULL);
    begin_round(maintenance);
}

Maintenance *maintenance_new(Loop *loop, const Cfg *cfg, MaintenanceOf of, BpError *err)
{
    Maintenance *maintenance = calloc(1, sizeof *maintenance);
    PgOptions options;
    if (!maintenance)
        abort();
    maintenance->loop = loop;
    maintenance->cfg = cfg;
    maintenance->of = of;
    if (pg_settings_options(cfg, PG_MAINTAIN, "bacpipes maintain", &maintenance->arena, &options, err) !=
        BP_OK) {
        maintenance_free(maintenance);
        return NULL;
    }
    options.owner = maintenance;
    options.on_connected = on_connected;
    options.on_lost = on_lost;
    maintenance->timer = loop_timer_new(loop, begin_round, maintenance);
    maintenance->pg = pg_new(loop, &options);
    return maintenance;
}

void maintenance_free(Maintenance *maintenance)
{
    if (!maintenance)
        return;
    pg_free(maintenance->pg);
    loop_timer_free(maintenance->timer);
    bp_arena_done(&maintenance->arena);
    free(maintenance->said);
    free(maintenance);
}

void maintenance_settings_read(Maintenance *maintenance)
{
    maintenance->has_settings = true;
    maintenance->forget_at_us = 0;
    loop_timer_set(maintenance->timer, 0);
}
