#include "apps/status/status.h"
#include "base/time.h"
#include "say/problem.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Roles say how they are every 10 s; rollups are made within minutes of their span's end. */
static const int64_t STATUS_LATE_US = 45 * BP_SECOND, ROLLUPS_LATE_US = 20 * BP_MINUTE,
                     CLOCKS_APART_US = 10 * BP_SECOND, TOO_SOON_US = BP_HOUR;
enum { WAITING_MANY = 1000, DISK_LOW = 256 * 1024 * 1024, DAYS_FEW = 7, SPOOL_MUCH = 1024 * 1024 };

/* ---- lines ---- */

void status_put(StatusReport *report, const char *thing, StatusLevel level, const char *format, ...)
{
    StatusLine *line = &report->lines[report->count++];
    va_list args;
    *line = (StatusLine){.thing = thing, .level = level};
    va_start(args, format);
    vsnprintf(line->text, sizeof line->text, format, args);
    va_end(args);
    say_plain(line->text); /* others' words are in it */
}

static StatusLevel worse(StatusLevel one, StatusLevel other)
{
    /* What is not known is worse than what is well, and better than what is known to be wrong. */
    static const int order[] = {
        [STATUS_OK] = 0, [STATUS_UNKNOWN] = 1, [STATUS_WARNING] = 2, [STATUS_BROKEN] = 3};
    return order[one] > order[other] ? one : other;
}

const char *status_octets(int64_t size, char ret_text[32])
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    double value = (double)size;
    size_t i = 0;
    for (; value >= 1024 && i + 1 < sizeof units / sizeof units[0]; i++)
        value /= 1024;
    snprintf(ret_text, 32, i && value < 10 ? "%.1f %s" : "%.0f %s", value, units[i]);
    return ret_text;
}

/* ---- what is there ---- */

/* Parts that are not there yet, or no more, are nothing to be woken for. */
static bool is_under_way(const StatusFolder *folder)
{
    return folder->up && !folder->is_up_ready;
}

static void judge_folder(const Cfg *cfg, const StatusFacts *facts, StatusReport *report)
{
    const StatusFolder *folder = &facts->folder;
    if (is_under_way(folder))
        status_put(report, "up", STATUS_WARNING,
                   "`bacpipes up` in %s, process %" PRId64 ", is starting or stopping", folder->path,
                   folder->up);
    else if (folder->up)
        status_put(report, "up", STATUS_OK, "`bacpipes up` runs in %s, process %" PRId64, folder->path,
                   folder->up);
    else if (folder->has_servers)
        status_put(report, "up", facts->database.is_there ? STATUS_BROKEN : STATUS_UNKNOWN,
                   "nobody runs the %s in %s: bacpipes up%s --data %s",
                   status_is_central(cfg) ? "central" : "site", folder->path,
                   !status_is_central(cfg) ? ""
                   : folder->has_sites     ? " --demo"
                                           : " --central",
                   folder->path);
    else if (!facts->database.is_there && !folder->has_settings && !*cfg->database_host)
        status_put(report, "up", STATUS_UNKNOWN,
                   "%s %s: --data names the folder of a site, and `bacpipes up --data FOLDER` begins one",
                   folder->path, folder->is_there ? "is no site's folder" : "is not there");
}

static void judge_database(const StatusFacts *facts, StatusReport *report)
{
    const StatusDatabase *database = &facts->database;
    char size[32];
    if (database->is_there)
        status_put(report, "database", STATUS_OK, "PostgreSQL %s, readings in %s, %s", database->version,
                   database->engine, status_octets(database->octets, size));
    else if (*database->lost && facts->folder.up && facts->folder.has_servers)
        status_put(report, "database", STATUS_BROKEN,
                   "does not answer; `up` starts it again, and log/postgresql.log says why it ended (%s)",
                   database->lost);
    else
        status_put(report, "database", STATUS_BROKEN, "%s", database->why);
}

static void judge_broker(const StatusFacts *facts, StatusReport *report)
{
    const StatusBroker *broker = &facts->broker;
    if (broker->is_there)
        status_put(report, "broker", STATUS_OK, "answers at %s", broker->where);
    else if (*broker->where)
        status_put(report, "broker", STATUS_BROKEN, "%s: %s", broker->where, broker->why);
    else
        status_put(report, "broker", facts->database.is_there ? STATUS_BROKEN : STATUS_UNKNOWN, "%s",
                   broker->why);
}

/* Whether the role works, as far as it says so itself; else its line is put. */
static bool role_works(const StatusFacts *facts, StatusReport *report, const char *name,
                       const StatusRole *role)
{
    char age[BP_TIME_TEXT_MAX];
    if (!facts->broker.is_there)
        status_put(report, name, STATUS_UNKNOWN, "says how it is at the broker, which cannot be asked");
    else if (!role->is_known)
        status_put(
            report, name, STATUS_BROKEN,
            "has never said that it is there: `bacpipes up` starts it, and log/%s.log says why it does not "
            "start",
            name);
    else if (!role->is_online)
        status_put(report, name, STATUS_BROKEN,
                   "does not run: `bacpipes up` starts it, and log/%s.log says why it ended", name);
    else if (role->at_us && facts->now_us - role->at_us > STATUS_LATE_US)
        status_put(report, name, STATUS_BROKEN,
                   "was last heard %s ago: it hangs, or has lost the broker; see log/%s.log",
                   bp_interval_format(facts->now_us - role->at_us, age), name);
    else
        return true;
    return false;
}

static void judge_collector(const StatusFacts *facts, StatusReport *report)
{
    const StatusRole *role = &facts->broker.collect;
    char age[BP_TIME_TEXT_MAX], spool[32], text[96] = "";
    if (!role_works(facts, report, "collect", role))
        return;
    if (role->at_us)
        snprintf(text, sizeof text, "runs, last heard %s ago",
                 bp_interval_format(facts->now_us - role->at_us, age));
    if (!role->has_network)
        status_put(report, "collect", STATUS_BROKEN, "runs, and is not on the BACnet network: %s",
                   role->no_network);
    else if (role->dropped)
        status_put(report, "collect", STATUS_WARNING,
                   "%s; %" PRId64 " batches were lost for want of room (spool.size), %s in the spool",
                   *text ? text : "runs", role->dropped, status_octets(role->spool_octets, spool));
    else if (role->spool_octets > SPOOL_MUCH)
        status_put(report, "collect", STATUS_WARNING, "%s; %s wait in the spool for ingest",
                   *text ? text : "runs", status_octets(role->spool_octets, spool));
    else
        status_put(report, "collect", STATUS_OK, "%s; %s in the spool", *text ? text : "runs",
                   role->spool_octets ? status_octets(role->spool_octets, spool) : "nothing");
}

static void judge_devices(const StatusFacts *facts, StatusReport *report)
{
    const StatusDatabase *database = &facts->database;
    const double rate = (double)database->readings_last_minute / 60;
    if (database->silent)
        status_put(report, "devices", STATUS_WARNING,
                   "%" PRId64 " online, %" PRId64
                   " silent or replaced: `bacpipes device list` says which; %" PRId64
                   " points, %.1f readings/s",
                   database->online, database->silent, database->points, rate);
    else if (database->online + database->unasked == 0)
        status_put(report, "devices", STATUS_WARNING,
                   "none is known: `bacpipes discover` shows who answers, `bacpipes doctor` why nobody does");
    else
        status_put(report, "devices", STATUS_OK, "%" PRId64 " online%s, %" PRId64 " points, %.1f readings/s",
                   database->online, database->unasked ? ", others not asked yet" : "", database->points,
                   rate);
}

static void judge_ingest(const StatusFacts *facts, StatusReport *report)
{
    const StatusDatabase *database = &facts->database;
    const StatusBroker *broker = &facts->broker;
    if (!role_works(facts, report, "ingest", &broker->ingest))
        return;
    if (database->skipped)
        status_put(report, "ingest", STATUS_WARNING,
                   "runs; %" PRId64
                   " batches of the last day will never come: the collector had no room for them",
                   database->skipped);
    else if (database->quarantined)
        status_put(report, "ingest", STATUS_WARNING,
                   "runs; %" PRId64 " entries were put aside: `bacpipes quarantine list` says why",
                   database->quarantined);
    else
        status_put(report, "ingest", broker->collect.waiting > WAITING_MANY ? STATUS_WARNING : STATUS_OK,
                   "runs; %" PRId64 " batches on their way, nothing is put aside or lost",
                   broker->collect.waiting);
}

/* How often something new is to be expected, by the intervals that points really have. */
static int64_t shortest_interval_us(const Cfg *cfg, const StatusDatabase *database)
{
    const int64_t own_us = database->shortest_us, usual_us = database->usual_rounds * cfg->poll_interval;
    if (own_us && usual_us)
        return own_us < usual_us ? own_us : usual_us;
    return own_us ? own_us : usual_us;
}

static void judge_newest(const Cfg *cfg, const StatusFacts *facts, StatusReport *report)
{
    const int64_t newest_us = facts->database.newest_us,
                  interval_us = shortest_interval_us(cfg, &facts->database),
                  late_us = 4 * interval_us + BP_MINUTE;
    char age[BP_TIME_TEXT_MAX];
    if (interval_us == 0) {
        status_put(report, "newest", STATUS_OK,
                   "no point is polled: `bacpipes rule` and `bacpipes points set` choose which are");
        return;
    }
    if (newest_us == 0) {
        status_put(report, "newest", STATUS_WARNING, "no reading is stored yet");
        return;
    }
    const int64_t age_us = facts->database.now_us - newest_us;
    status_put(report, "newest",
               age_us > 10 * late_us ? STATUS_BROKEN
               : age_us > late_us    ? STATUS_WARNING
                                     : STATUS_OK,
               "reading %s old", bp_interval_format(age_us > 0 ? age_us : 0, age));
}

static void judge_history(const Cfg *cfg, const StatusFacts *facts, StatusReport *report)
{
    const StatusDatabase *database = &facts->database;
    const int64_t kept_us = cfg->retention_readings + 2 * BP_DAY,
                  dirty_us = database->dirty_since_us ? database->now_us - database->dirty_since_us : 0;
    char age[BP_TIME_TEXT_MAX];
    if (dirty_us > ROLLUPS_LATE_US)
        status_put(report, "history", STATUS_WARNING,
                   "rollups are %s behind: log/ingest.log says what holds them up",
                   bp_interval_format(dirty_us, age));
    else if (database->oldest_day_us && database->hold_s < 0 &&
             database->now_us - database->oldest_day_us > kept_us)
        status_put(report, "history", STATUS_WARNING,
                   "readings of %s ago are not forgotten yet: log/ingest.log says what holds that up",
                   bp_interval_format(database->now_us - database->oldest_day_us, age));
    else
        status_put(report, "history", STATUS_OK, "rollups and retention are up to date");
}

static void judge_building(const StatusFacts *facts, StatusReport *report)
{
    const StatusDatabase *database = &facts->database;
    char from[BP_TIME_TEXT_MAX], past[128] = "it has no past";
    if (!database->is_simulated)
        return;
    if (database->past_share >= 1)
        snprintf(past, sizeof past, "so is its past, from %.10s on",
                 bp_time_format(database->past_from_us, 0, from));
    else if (database->past_share >= 0)
        snprintf(past, sizeof past, "its past is being laid: %.0f %%", 100 * database->past_share);
    status_put(report, "building", STATUS_OK, "is simulated: nobody measured what is shown; %s", past);
}

/* That nobody may write is meant, and yet to be known. */
static void judge_control(const Cfg *cfg, const StatusFacts *facts, StatusReport *report)
{
    const StatusDatabase *database = &facts->database;
    const char *mode = cfg->control_mode ? cfg->control_mode : "normal";
    char waiting[128] = "";
    const char *values = database->holds == 1 ? "value" : "values";
    if (database->pending || database->executing)
        snprintf(waiting, sizeof waiting, "%" PRId64 " %s, %" PRId64 " %s under way, ", database->pending,
                 database->pending == 1 ? "command waits" : "commands wait", database->executing,
                 database->executing == 1 ? "is" : "are");
    if (strcmp(mode, "stop") == 0)
        status_put(report, "control", STATUS_WARNING,
                   "is stopped: values are refused, releases go on; %s%" PRId64
                   " %s held: `bacpipes control normal` has it go on",
                   waiting, database->holds, values);
    else if (strcmp(mode, "freeze") == 0)
        status_put(report, "control", STATUS_WARNING,
                   "is frozen: nothing is written or released; %s%" PRId64
                   " %s held, also beyond the end: `bacpipes control normal` has it go on",
                   waiting, database->holds, values);
    else
        status_put(report, "control", STATUS_OK, "goes on; %s%" PRId64 " %s held, %" PRId64 " until a time",
                   waiting, database->holds, values, database->holds_that_end);
}

static void judge_clock(const StatusFacts *facts, StatusReport *report)
{
    const StatusDatabase *database = &facts->database;
    const int64_t apart_us = facts->now_us - database->now_us;
    char span[BP_TIME_TEXT_MAX];
    if (database->hold_s >= 0)
        status_put(report, "clock", STATUS_WARNING,
                   "has leapt: nothing is forgotten for %s more of running; is it right now? "
                   "(select * from retention_clock)",
                   bp_interval_format((int64_t)(database->hold_s * (double)BP_SECOND), span));
    else if (apart_us > CLOCKS_APART_US || apart_us < -CLOCKS_APART_US)
        status_put(report, "clock", STATUS_WARNING,
                   "is %s apart from the database's: set the wrong one right",
                   bp_interval_format(apart_us > 0 ? apart_us : -apart_us, span));
    else
        status_put(report, "clock", STATUS_OK, "is believed");
}

/* ---- the disk ---- */

double status_days_left(const Cfg *cfg, const StatusFacts *facts)
{
    const StatusDatabase *database = &facts->database;
    const int64_t since_us = database->oldest_day_us > database->begun_us ? database->oldest_day_us
                                                                          : database->begun_us,
                  span_us = database->now_us - since_us;
    if (!database->is_there || since_us == 0 || span_us < TOO_SOON_US || facts->folder.free_octets < 0)
        return -1;
    const double a_day = (double)database->readings_octets * (double)BP_DAY / (double)span_us,
                 kept_days = (double)cfg->retention_readings / (double)BP_DAY + 1,
                 to_come = kept_days - (double)span_us / (double)BP_DAY;
    const double lasts = a_day > 0 ? (double)facts->folder.free_octets / a_day : INFINITY;
    return to_come < lasts ? INFINITY : lasts;
}

static void judge_disk(const Cfg *cfg, const StatusFacts *facts, StatusReport *report)
{
    const StatusFolder *folder = &facts->folder;
    const double days = status_days_left(cfg, facts);
    char size[32];
    if (folder->free_octets < 0 || !folder->has_settings)
        return;
    status_octets(folder->free_octets, size);
    if (folder->free_octets < DISK_LOW)
        status_put(report, "disk", STATUS_BROKEN,
                   "%s free in %s: make room, or keep less (retention.readings)", size, folder->path);
    else if (!folder->has_servers || days < 0)
        status_put(report, "disk", STATUS_OK, "%s free in %s", size, folder->path);
    else if (isinf(days))
        status_put(report, "disk", STATUS_OK, "%s free in %s, enough for all that is kept", size,
                   folder->path);
    else
        status_put(report, "disk", days < DAYS_FEW ? STATUS_WARNING : STATUS_OK,
                   "%s free in %s: enough for %.0f days of %.0f that are kept (retention.readings)", size,
                   folder->path, days, (double)cfg->retention_readings / (double)BP_DAY);
}

/* ---- all together ---- */

static void judge_web(const StatusFacts *facts, StatusReport *report)
{
    const StatusWeb *web = &facts->web;
    if (!web->is_wanted)
        return;
    if (*web->why)
        status_put(report, "web", STATUS_BROKEN, "%s %s", web->where, web->why);
    else if (web->answer != 200)
        status_put(report, "web", STATUS_WARNING, "%s answers, without its database", web->where);
    else
        status_put(report, "web", STATUS_OK, "answers at %s", web->where);
}

void status_judge(const Cfg *cfg, const StatusFacts *facts, StatusReport *ret_report)
{
    *ret_report = (StatusReport){0};
    judge_folder(cfg, facts, ret_report);
    /* Where nobody runs anything there is nothing more to say. */
    const bool is_moving = is_under_way(&facts->folder), is_central = status_is_central(cfg);
    const bool is_nobody = ret_report->count == 1 && ret_report->lines[0].level == STATUS_UNKNOWN;
    if (!is_nobody && !is_moving) {
        judge_database(facts, ret_report);
        if (!is_central) {
            judge_broker(facts, ret_report);
            judge_collector(facts, ret_report);
            judge_ingest(facts, ret_report);
        }
        judge_web(facts, ret_report);
    }
    if (facts->database.is_there && !is_moving) {
        if (is_central) {
            status_judge_portfolio(facts, ret_report);
        } else {
            judge_building(facts, ret_report);
            judge_devices(facts, ret_report);
            judge_newest(cfg, facts, ret_report);
            status_judge_link(facts, ret_report);
        }
        judge_history(cfg, facts, ret_report);
        if (!is_central)
            judge_control(cfg, facts, ret_report);
        judge_clock(facts, ret_report);
    }
    judge_disk(cfg, facts, ret_report);
    for (size_t i = 0; i < ret_report->count; i++)
        ret_report->level = worse(ret_report->level, ret_report->lines[i].level);
}
