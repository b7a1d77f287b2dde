/* How ingest is doing, for whoever listens. */
#include "apps/ingest/ingest.h"
#include "base/time.h"

static const int64_t STATUS_EVERY_US = 10 * BP_SECOND;

static json_t *counters_json(const IngestCounts *counts)
{
    const struct {
        const char *name;
        uint64_t value;
    } all[] = {
        {"batches_received", counts->received},       {"batches_stored", counts->batches_stored},
        {"batches_repeated", counts->repeats},        {"batches_ahead", counts->ahead},
        {"batches_let_go", counts->let_go},           {"batches_skipped", counts->skipped},
        {"messages_malformed", counts->malformed},    {"messages_forgotten", counts->forgotten},
        {"readings_stored", counts->readings_stored}, {"quarantined", counts->quarantined},
        {"transactions", counts->transactions},       {"unique_violations", counts->conflicts},
        {"transactions_refused", counts->failures},   {"broker_lost", counts->reconnects},
    };
    json_t *counters = json_object();
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        json_object_set_new(counters, all[i].name, json_integer((json_int_t)all[i].value));
    return counters;
}

void ingest_say_status(const Ingest *ingest, const char *state)
{
    site_broker_say_status(ingest->broker, state,
                           json_pack("{s:o}", "counters", counters_json(&ingest->counts)));
}

void ingest_status(void *owner)
{
    const Ingest *ingest = owner;
    loop_timer_set(ingest->status_timer, loop_now_us(ingest->loop) + STATUS_EVERY_US);
    ingest_say_status(ingest, "online");
}
