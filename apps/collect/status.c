/* How the collector is doing: the figures that the plan wants watched, in one place. */
#include "apps/collect/collect.h"
#include "base/log.h"
#include "base/time.h"
#include "model/topic.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

static const int64_t STATUS_EVERY_US = 10 * BP_SECOND, JUMP_US = 5 * BP_SECOND, STRANGER_AGAIN_US = BP_HOUR;

typedef struct Figure {
    const char *name;
    uint64_t value;
} Figure;

static void put_figures(const Figure *figures, size_t count, BpBuf *out)
{
    for (size_t i = 0; i < count; i++)
        bp_buf_printf(out, "%s\"%s\":%" PRIu64, i ? "," : "", figures[i].name, figures[i].value);
}

static void put_counters(const Collect *collect, BpBuf *out)
{
    const CollectPollCounts *poll = collect_poll_counts(collect->poller);
    const BacClientCounts *client = collect_poll_client_counts(collect->poller);
    const OutboxCounts outbox = collect_deliver_counts(collect->deliver);
    uint64_t devices = 0, offline = 0, points = 0, points_left_out = 0;
    for (const CollectDevice *device = collect_poll_devices(collect->poller); device; device = device->next) {
        devices++;
        offline += collect_device_is_away(device);
        points += device->point_count;
        points_left_out += device->points_left_out;
    }
    const CollectNewcomerCounts *newcomers = collect_newcomers_counts(collect->newcomers);
    const BipCounts bip = collect->bip ? bip_counts(collect->bip) : (BipCounts){0};
    const Figure figures[] = {
        {"devices", devices},
        {"devices_offline", offline},
        {"devices_left_out", collect->devices_left_out},
        {"newcomers", newcomers->heard},
        {"newcomers_waiting", collect_newcomers_waiting(collect->newcomers)},
        {"newcomers_silent", newcomers->silent},
        {"newcomers_left_out", newcomers->left_out},
        {"points", points},
        {"points_left_out", points_left_out},
        {"reads", poll->reads},
        {"reads_failed", poll->reads_failed},
        {"rounds", poll->rounds},
        {"rounds_skipped", poll->rounds_skipped},
        {"rounds_late", poll->rounds_late},
        {"lateness_max_ms", (uint64_t)(poll->lateness_max_us / BP_MS)},
        {"round_max_ms", (uint64_t)(poll->round_max_us / BP_MS)},
        {"requests", client->requests},
        {"retries", client->retries},
        {"answers", client->answers},
        {"errors", client->errors},
        {"rejects", client->rejects},
        {"aborts", client->aborts},
        {"timeouts", client->silent},
        {"late_replies", client->late},
        {"foreign_replies", client->foreign},
        {"duplicate_replies", client->duplicates},
        {"malformed_replies", client->malformed + bip.malformed},
        {"forwarded_ignored", bip.forwarded_ignored},
        {"datagrams_received", bip.received},
        {"datagrams_sent", bip.sent},
        {"batches", outbox.batches},
        {"readings", outbox.readings},
        {"cov_subscribed", poll->cov_subscribed},
        {"cov_told", poll->cov_told},
        {"cov_foreign", poll->cov_foreign},
        {"cov_missed", poll->cov_missed},
        {"cov_given_up", poll->cov_given_up},
        {"batches_sent", outbox.sent},
        {"batches_sent_again", outbox.repeated},
        {"batches_stored", outbox.stored},
        {"batches_spooled", outbox.spooled},
        {"batches_recovered", outbox.recovered},
        {"batches_given_up", outbox.given_up},
        {"batches_dropped", outbox.lost},
        {"batches_unsure", outbox.unsure},
        {"queue_batches", outbox.waiting},
        {"queue_octets", outbox.memory},
        {"spool_octets", outbox.on_disk},
    };
    put_figures(figures, sizeof figures / sizeof figures[0], out);
    bp_buf_str(out, bp_str(",\"latency_ms\":{"));
    for (size_t i = 0; i < COLLECT_LATENCIES; i++)
        bp_buf_printf(out, "%s\"%u\":%" PRIu64, i ? "," : "", 1U << i, poll->latencies[i]);
    bp_buf_u8(out, '}');
}

static void put_network(const Collect *collect, BpBuf *out)
{
    char address[BAC_ADDRESS_TEXT_MAX] = "";
    const BacAddress ours = collect->bip ? bip_address(collect->bip) : (BacAddress){0};
    if (collect->bip)
        bac_address_format(&ours, address);
    json_auto_t *network = json_pack("{s:b, s:s, s:s}", "open", collect->bip != NULL, "address", address,
                                     "reason", collect->no_network);
    char *text = network ? json_dumps(network, JSON_COMPACT) : NULL;
    bp_buf_printf(out, ",\"network\":%s", text ? text : "null");
    free(text);
}

static const char *status_text(const Collect *collect, const char *state, bool has_counters, BpBuf *out)
{
    char since[BP_TIME_TEXT_MAX];
    bp_buf_printf(out, "{\"v\":1,\"role\":\"collect\",\"state\":\"%s\",\"since\":\"%s\"", state,
                  bp_time_format(collect->started_at_us, 3, since));
    if (has_counters) {
        put_network(collect, out);
        bp_buf_str(out, bp_str(",\"counters\":{"));
        put_counters(collect, out);
        bp_buf_u8(out, '}');
    }
    bp_buf_u8(out, '}');
    bp_buf_u8(out, '\0');
    return (const char *)out->data;
}

const char *collect_will_text(const Collect *collect, BpBuf *out)
{
    return status_text(collect, "offline", false, out);
}

void collect_say_status(const Collect *collect, const char *state)
{
    if (!collect->mqtt || !mqtt_is_connected(collect->mqtt))
        return;
    char topic[MDL_TOPIC_MAX];
    BpError err;
    BpBuf out = bp_buf_growing(16 * 1024);
    const BpStr text = bp_str(status_text(collect, state, true, &out));
    /* A status that could not be said is followed by the next, or by our last will. */
    (void)!mqtt_publish(collect->mqtt, mdl_topic(collect->cfg.site, "collect/status", topic), text, 1, true,
                        NULL, &err);
    bp_buf_done(&out);
}

/* The wall clock is only ever set: against the monotonic one it shows. Readings are stamped anew from here
 * on. */
static void look_at_clock(Collect *collect)
{
    const int64_t now_us = loop_now_us(collect->loop), wall_us = bp_wall_us();
    const int64_t jump_us = wall_us - now_us - collect->clock_offset_us;
    char interval[BP_TIME_TEXT_MAX];
    if (collect->clock_offset_us && (jump_us > JUMP_US || jump_us < -JUMP_US))
        bp_log(BP_LOG_WARNING, "the clock jumped by %s; readings follow it from now on",
               bp_interval_format(jump_us, interval));
    collect->clock_offset_us = wall_us - now_us;
    collect_poll_set_wall(collect->poller, now_us, wall_us);
}

/* It may be a BBMD that people rely on. */
static void tell_stranger(Collect *collect)
{
    const int64_t now_us = loop_now_us(collect->loop);
    char text[BAC_ADDRESS_TEXT_MAX];
    const BipCounts bip = collect->bip ? bip_counts(collect->bip) : (BipCounts){0};
    if (bip.stranger.port == 0 || bip.forwarded_ignored == collect->told_forwarded ||
        (collect->told_forwarded > 0 && now_us - collect->told_stranger_us < STRANGER_AGAIN_US))
        return;
    collect->told_forwarded = bip.forwarded_ignored;
    collect->told_stranger_us = now_us;
    bp_log(BP_LOG_WARNING,
           "%s forwards broadcasts, which is not believed; where it is a BBMD of this building, name it in "
           "bacnet.bbmds",
           bac_address_format(&bip.stranger, text));
}

void collect_status(void *owner)
{
    Collect *collect = owner;
    look_at_clock(collect);
    bac_routes_expire(&collect->routes, loop_now_us(collect->loop));
    collect_device_learned(collect);
    collect_begin_scans(collect);
    tell_stranger(collect);
    collect_look_behind(collect);
    collect_ask_missed(collect);
    bp_log_left_out(loop_now_us(collect->loop));
    loop_timer_set(collect->status_timer, loop_now_us(collect->loop) + STATUS_EVERY_US);
    if (!collect->mqtt || !mqtt_is_connected(collect->mqtt))
        return;
    collect_say_status(collect, "online");
    collect_poll_take_extremes(collect->poller);
}
