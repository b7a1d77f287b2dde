/* How it is going: each 10 s and when that changes, in the site's database and for whoever listens at its
 * broker. */
#include "apps/sync/sync.h"
#include "base/time.h"

#include <jansson.h>

static const int64_t EVERY_US = 10 * BP_SECOND;
static const double MEMORY_S = 60; /* of the rate */

const char *sync_state_name(SyncState state)
{
    static const char *const names[] = {"connecting", "comparing", "sending",
                                        "waiting",    "refused",   "stopped"};
    return names[state];
}

static void weigh(Sync *sync, int64_t now_us)
{
    const double span_s = (double)(now_us - sync->reported_at_us) / BP_SECOND;
    if (span_s <= 0)
        return;
    const double share = span_s < MEMORY_S ? span_s / MEMORY_S : 1;
    sync->octets_s += share * ((double)sync->taken / span_s - sync->octets_s);
    sync->taken = 0;
    sync->reported_at_us = now_us;
}

static json_t *status_json(const Sync *sync)
{
    return json_pack("{s:{s:s, s:s, s:s, s:i}, s:{s:I, s:I, s:I, s:I, s:I, s:I}}", "link", "state",
                     sync_state_name(sync->state), "why", sync->why, "host", sync->link.host, "port",
                     (int)sync->link.port, "counters", "entries_sent", (json_int_t)sync->entries_sent,
                     "commands_carried", (json_int_t)sync->carried, "turns", (json_int_t)sync->turns,
                     "unsent_entries", (json_int_t)sync->unsent_entries, "unsent_octets",
                     (json_int_t)sync->unsent_octets, "octets_month", (json_int_t)sync->budget.used);
}

void sync_report(void *owner)
{
    Sync *sync = owner;
    const int64_t now_us = loop_now_us(sync->loop);
    loop_timer_set(sync->report, now_us + EVERY_US);
    weigh(sync, now_us);
    if (site_alone_is_held(sync->alone)) {
        const PgValue values[] = {pg_text(sync->site_id), pg_text(bp_str(sync_state_name(sync->state))),
                                  pg_text(bp_str(sync->why)), pg_double(sync->octets_s)};
        pg_request(sync->local, SQL_LINK_REPORT, values, 4, NULL, NULL);
    }
    site_broker_say_status(sync->broker, sync->state == SYNC_STOPPED ? "offline" : "online",
                           status_json(sync));
}
