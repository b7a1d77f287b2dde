/* What arrives from the broker: judged by its number, then gathered. */
#include "apps/ingest/ingest.h"
#include "base/log.h"
#include "base/time.h"
#include "model/topic.h"

static const int64_t ASK_EVERY_US = BP_SECOND, POINTS_AGE_US = 2 * BP_SECOND;

/* What does not tell its number can only be put aside: it holds nobody up. */
static void put_aside(Ingest *ingest, BpStr payload, const BpError *err)
{
    ingest->counts.malformed++;
    gather_quarantine(ingest->gathering, err->text, payload);
    if (!ingest->gathering_since_us)
        ingest->gathering_since_us = loop_now_us(ingest->loop);
}

static void ask(Ingest *ingest, Position *position)
{
    const int64_t now_us = loop_now_us(ingest->loop);
    if (position->asked_at_us && now_us - position->asked_at_us < ASK_EVERY_US)
        return;
    char topic[MDL_TOPIC_MAX];
    BpBuf want = bp_buf_growing(256);
    BpError err;
    mdl_want_encode(&want, &position->run, position->accepted + 1);
    if (mqtt_publish(ingest->mqtt, mdl_topic(ingest->cfg.site, "readings/want", topic), bp_buf_text(&want), 1,
                     false, NULL, &err) == BP_OK)
        position->asked_at_us = now_us;
    bp_buf_done(&want);
}

void ingest_ask_for_missing(Ingest *ingest)
{
    for (size_t i = 0; i < ingest->positions.count; i++)
        if (ingest->positions.items[i].asked_at_us < 0) { /* let go: see let_go */
            ingest->positions.items[i].asked_at_us = 0;
            ask(ingest, &ingest->positions.items[i]);
        }
}

/* No room until the transaction under way has ended. */
static void let_go(Ingest *ingest, Position *position)
{
    ingest->counts.let_go++;
    ingest->has_let_go = true;
    position->asked_at_us = -1;
}

static Window believed(const Ingest *ingest)
{
    const int64_t now_us = bp_wall_us();
    return (Window){now_us - ingest->cfg.retention_readings, now_us + ingest->cfg.readings_future_max};
}

/* A batch in its turn. A point that is not known may be newer than our list: that is read again first, and
 * the batch comes again since it was not accepted. */
static void take(Ingest *ingest, Position *position, const MdlBatch *batch)
{
    if (loop_now_us(ingest->loop) - ingest->points_read_at_us > POINTS_AGE_US &&
        batch_has_unknown_point(batch, &ingest->points)) {
        ingest_reload_points(ingest);
        let_go(ingest, position);
        return;
    }
    const Window window = believed(ingest);
    if ((ingest->is_isolating && ingest->gathering->batches > 0) ||
        !gather_add(ingest->gathering, batch, ingest->site_id, &ingest->points, &window)) {
        let_go(ingest, position);
        ingest_flush(ingest);
        return;
    }
    position_accept(position, batch->n);
    if (!ingest->gathering_since_us)
        ingest->gathering_since_us = loop_now_us(ingest->loop);
    if (ingest->gathering->readings >= GATHER_READINGS_ENOUGH || ingest->is_isolating)
        ingest_flush(ingest);
    else if (!ingest->storing)
        loop_timer_set(ingest->flush_timer, ingest->gathering_since_us + ingest->cfg.ingest_flush);
}

void ingest_receive(Ingest *ingest, BpStr topic, BpStr payload)
{
    (void)topic; /* only one is subscribed to */
    if (!ingest->is_ready)
        return; /* its sender keeps it */
    ingest->counts.received++;
    bp_arena_reset(&ingest->message_arena);
    MdlBatch batch;
    BpError err;
    bool has_position;
    const BpStatus status = mdl_batch_decode(payload, &ingest->message_arena, &batch, &has_position, &err);
    if (!has_position) {
        put_aside(ingest, payload, &err);
        loop_timer_set(ingest->flush_timer, ingest->gathering_since_us + ingest->cfg.ingest_flush);
        return;
    }
    Position *position = positions_find(&ingest->positions, &batch.run);
    const int64_t skipped = position->accepted_skipped;
    const Verdict verdict = position_judge(position, batch.n, batch.oldest);
    if (position->accepted_skipped > skipped) {
        ingest->counts.skipped += (uint64_t)(position->accepted_skipped - skipped);
        bp_log(BP_LOG_WARNING, "%lld batches of run %s will never come: the collector dropped them",
               (long long)(position->accepted_skipped - skipped), batch.run.text);
    }
    switch (verdict) {
    case BATCH_IS_REPEAT: ingest->counts.repeats++; break;
    case BATCH_IS_AHEAD:
        ingest->counts.ahead++;
        ask(ingest, position);
        break;
    case BATCH_IS_BEYOND:
        bp_fail(&err, BP_INVALID,
                "number %lld is too far ahead of %lld, the last that is known: no collector holds so many",
                (long long)batch.n, (long long)position->accepted);
        put_aside(ingest, payload, &err);
        loop_timer_set(ingest->flush_timer, ingest->gathering_since_us + ingest->cfg.ingest_flush);
        break;
    case BATCH_IS_NEXT:
        if (status == BP_OK) {
            take(ingest, position, &batch);
        } else {
            put_aside(ingest, payload, &err);
            position_accept(position, batch.n);
            loop_timer_set(ingest->flush_timer, ingest->gathering_since_us + ingest->cfg.ingest_flush);
        }
        break;
    }
}
