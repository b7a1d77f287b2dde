/* How ingest is doing, for whoever listens. */
#include "apps/ingest/ingest.h"
#include "base/time.h"
#include "model/topic.h"

#include <inttypes.h>

static const int64_t STATUS_EVERY_US = 10 * BP_SECOND;

static void put_counters(const IngestCounts *counts, BpBuf *out)
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
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        bp_buf_printf(out, "%s\"%s\":%" PRIu64, i ? "," : "", all[i].name, all[i].value);
}

static const char *status_text(const Ingest *ingest, const char *state, bool has_counters, BpBuf *out)
{
    char since[BP_TIME_TEXT_MAX];
    bp_buf_printf(out, "{\"v\":1,\"role\":\"ingest\",\"state\":\"%s\",\"since\":\"%s\"", state,
                  bp_time_format(ingest->started_at_us, 3, since));
    if (has_counters) {
        bp_buf_str(out, bp_str(",\"counters\":{"));
        put_counters(&ingest->counts, out);
        bp_buf_u8(out, '}');
    }
    bp_buf_u8(out, '}');
    bp_buf_u8(out, '\0');
    return (const char *)out->data;
}

const char *ingest_will_text(const Ingest *ingest, BpBuf *out)
{
    return status_text(ingest, "offline", false, out);
}

void ingest_say_status(const Ingest *ingest, const char *state)
{
    if (!ingest->mqtt)
        return;
    char topic[MDL_TOPIC_MAX];
    BpError err;
    BpBuf out = bp_buf_growing(4096);
    const BpStr text = bp_str(status_text(ingest, state, true, &out));
    /* A status that could not be said is followed by the next, or by our last will. */
    (void)!mqtt_publish(ingest->mqtt, mdl_topic(ingest->cfg.site, "ingest/status", topic), text, 1, true,
                        NULL, &err);
    bp_buf_done(&out);
}

void ingest_status(void *owner)
{
    Ingest *ingest = owner;
    loop_timer_set(ingest->status_timer, loop_now_us(ingest->loop) + STATUS_EVERY_US);
    ingest_say_status(ingest, "online");
}
