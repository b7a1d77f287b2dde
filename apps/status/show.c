#include "apps/status/status.h"
#include "base/time.h"
#include "say/json.h"

#include <math.h>
#include <stdio.h>

static const char *const words[] = {[STATUS_OK] = "ok",
                                    [STATUS_WARNING] = "warning",
                                    [STATUS_BROKEN] = "broken",
                                    [STATUS_UNKNOWN] = "unknown"};

void status_show(const StatusReport *report)
{
    for (size_t i = 0; i < report->count; i++)
        printf("%-8s  %-7s  %s\n", report->lines[i].thing, words[report->lines[i].level],
               report->lines[i].text);
    fflush(stdout);
}

static json_t *time_json(int64_t time_us)
{
    char text[BP_TIME_TEXT_MAX];
    return time_us ? json_string(bp_time_format(time_us, 3, text)) : json_null();
}

static void set_integer(json_t *object, const char *name, int64_t value)
{
    json_object_set_new(object, name, json_integer((json_int_t)value));
}

/* Numbers for who keeps them; null for what nobody could be asked. */
static json_t *figures_json(const Cfg *cfg, const StatusFacts *facts)
{
    const StatusDatabase *database = &facts->database;
    json_t *figures = json_object();
    const double days = status_days_left(cfg, facts);
    json_object_set_new(figures, "disk_free_octets",
                        facts->folder.free_octets < 0 ? json_null()
                                                      : json_integer((json_int_t)facts->folder.free_octets));
    json_object_set_new(figures, "disk_days_left", days < 0 || isinf(days) ? json_null() : json_real(days));
    json_object_set_new(figures, "collect_at", time_json(facts->broker.collect.at_us));
    json_object_set_new(figures, "ingest_at", time_json(facts->broker.ingest.at_us));
    if (facts->broker.collect.is_known) {
        set_integer(figures, "batches_waiting", facts->broker.collect.waiting);
        set_integer(figures, "spool_octets", facts->broker.collect.spool_octets);
    }
    if (!database->is_there)
        return figures;
    set_integer(figures, "database_octets", database->octets);
    set_integer(figures, "devices_online", database->online);
    set_integer(figures, "devices_silent", database->silent);
    set_integer(figures, "points", database->points);
    json_object_set_new(figures, "readings_per_s", json_real((double)database->readings_last_minute / 60));
    json_object_set_new(figures, "newest_reading_at", time_json(database->newest_us));
    json_object_set_new(figures, "newest_reading_age_s",
                        database->newest_us
                            ? json_real((double)(database->now_us - database->newest_us) / BP_SECOND)
                            : json_null());
    set_integer(figures, "quarantined", database->quarantined);
    set_integer(figures, "skipped", database->skipped);
    set_integer(figures, "commands_pending", database->pending);
    set_integer(figures, "values_held", database->holds);
    if (database->link.is_joined) {
        set_integer(figures, "unsent_entries", database->link.unsent);
        set_integer(figures, "unsent_octets", database->link.unsent_octets);
        json_object_set_new(figures, "oldest_unsent_s",
                            database->link.oldest_s < 0 ? json_null() : json_real(database->link.oldest_s));
    }
    if (status_is_central(cfg)) {
        set_integer(figures, "sites", database->portfolio.sites);
        set_integer(figures, "sites_joined", database->portfolio.joined);
        set_integer(figures, "sites_silent", database->portfolio.silent);
        set_integer(figures, "put_aside", database->portfolio.put_aside);
    }
    json_object_set_new(figures, "past_share",
                        database->past_share < 0 ? json_null() : json_real(database->past_share));
    return figures;
}

void status_show_json(const Cfg *cfg, const StatusFacts *facts, const StatusReport *report)
{
    json_t *things = json_array();
    for (size_t i = 0; i < report->count; i++)
        json_array_append_new(things, json_pack("{s:s, s:s, s:o}", "thing", report->lines[i].thing, "state",
                                                words[report->lines[i].level], "text",
                                                say_json_text(bp_str(report->lines[i].text))));
    say_json_print(json_pack("{s:s, s:i, s:s, s:b, s:o, s:o, s:o}", "state", words[report->level], "code",
                             (int)report->level, "site", cfg->site, "simulated", facts->database.is_simulated,
                             "at", time_json(facts->now_us), "things", things, "figures",
                             figures_json(cfg, facts)));
    fflush(stdout);
}
