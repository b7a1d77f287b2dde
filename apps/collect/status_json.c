#include "apps/collect/status_json.h"
#include "base/time.h"

#include <stdio.h>

typedef struct Figure {
    const char *name;
    uint64_t value;
} Figure;

static json_t *network_json(const CollectNetworkFigures *network)
{
    char address[BAC_ADDRESS_TEXT_MAX] = "";
    if (network->is_open)
        bac_address_format(&network->address, address);
    return json_pack("{s:b, s:s, s:s}", "open", network->is_open, "address", address, "reason",
                     network->reason);
}

/* How many requests were answered within 1, 2, 4 ... ms. */
static json_t *latencies_json(const CollectPollCounts *poll)
{
    json_t *json = json_object();
    for (size_t i = 0; i < COLLECT_LATENCIES; i++) {
        char within_ms[16];
        snprintf(within_ms, sizeof within_ms, "%u", 1U << i);
        json_object_set_new(json, within_ms, json_integer((json_int_t)poll->latencies[i]));
    }
    return json;
}

static json_t *counters_json(const CollectStatusFigures *figures)
{
    const CollectNetworkFigures *network = &figures->network;
    const CollectPollCounts *poll = figures->poll;
    const BacClientCounts *client = figures->client;
    const OutboxCounts *outbox = &figures->outbox;
    const Figure all[] = {
        {"devices", figures->devices},
        {"devices_offline", figures->devices_offline},
        {"devices_left_out", network->devices_left_out},
        {"newcomers", network->newcomers.heard},
        {"newcomers_waiting", network->newcomers_waiting},
        {"newcomers_silent", network->newcomers.silent},
        {"newcomers_left_out", network->newcomers.left_out},
        {"points", figures->points},
        {"points_left_out", figures->points_left_out},
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
        {"malformed_replies", client->malformed + network->bip.malformed},
        {"forwarded_ignored", network->bip.forwarded_ignored},
        {"datagrams_received", network->bip.received},
        {"datagrams_sent", network->bip.sent},
        {"batches", outbox->batches},
        {"readings", outbox->readings},
        {"cov_subscribed", poll->cov_subscribed},
        {"cov_told", poll->cov_told},
        {"cov_foreign", poll->cov_foreign},
        {"cov_missed", poll->cov_missed},
        {"cov_given_up", poll->cov_given_up},
        {"cov_cancelled", poll->cov_cancelled},
        {"batches_sent", outbox->sent},
        {"batches_sent_again", outbox->repeated},
        {"batches_stored", outbox->stored},
        {"batches_spooled", outbox->spooled},
        {"batches_recovered", outbox->recovered},
        {"batches_given_up", outbox->given_up},
        {"batches_dropped", outbox->lost},
        {"batches_unsure", outbox->unsure},
        {"queue_batches", outbox->waiting},
        {"queue_octets", outbox->memory},
        {"spool_octets", outbox->on_disk},
    };
    json_t *json = json_object();
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        json_object_set_new(json, all[i].name, json_integer((json_int_t)all[i].value));
    json_object_set_new(json, "latency_ms", latencies_json(poll));
    return json;
}

json_t *collect_status_json(const CollectStatusFigures *figures)
{
    json_t *json = json_object();
    json_object_set_new(json, "network", network_json(&figures->network));
    json_object_set_new(json, "counters", counters_json(figures));
    return json;
}
