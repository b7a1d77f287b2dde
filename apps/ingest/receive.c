/* What arrives from the broker: judged by its number, then gathered. */
#include "apps/ingest/ingest.h"
#include "base/log.h"
#include "base/time.h"
#include "model/topic.h"

static const int64_t ASK_EVERY_US = BP_SECOND, CLOCKS_APART_US = BP_MINUTE, LOOK_AGAIN_US = 5 * BP_SECOND,
                     SAY_CLOCKS_EVERY_US = 10 * BP_MINUTE;

/* It is stored when there is enough of it, or when it has waited long enough. */
static void has_gathered(Ingest *ingest)
{
    if (!ingest->gathering_since_us)
        ingest->gathering_since_us = loop_now_us(ingest->loop);
    if (gather_is_enough(ingest->gathering))
        ingest_flush(ingest);
    else
        ingest_arm(ingest);
}

static void ask(Ingest *ingest, Position *position)
{
    const int64_t now_us = loop_now_us(ingest->loop);
    if (position->asked_at_us < 0 || (position->asked_at_us && now_us - position->asked_at_us < ASK_EVERY_US))
        return;
    Mqtt *mqtt = site_broker_mqtt(ingest->broker);
    if (!mqtt)
        return;
    char topic[MDL_TOPIC_MAX];
    BpBuf want = bp_buf_growing(256);
    BpError err;
    mdl_want_encode(&want, &position->run, position->accepted + 1);
    if (mqtt_publish(mqtt, mdl_topic(ingest->cfg->site, "readings/want", topic), bp_buf_text(&want), 1, false,
                     NULL, &err) == BP_OK)
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

/* The batch is not kept: for want of room until the transaction under way has ended, or since it cannot be
 * judged yet. It is asked for again then. */
static void let_go(Ingest *ingest, Position *position)
{
    ingest->counts.let_go++;
    ingest->has_let_go = true;
    position->asked_at_us = -1;
}

/* What cannot be understood goes aside; without a number it holds nobody up. */
static bool put_aside(Ingest *ingest, Position *position, BpStr payload, const MdlBatch *batch,
                      const BpError *err)
{
    ingest->counts.malformed++;
    const bool has_room =
        gather_add_aside(ingest->gathering, err->text, payload, batch, position ? position->gap : 0);
    if (has_room) {
        if (position)
            position_accept(position, batch->n);
        has_gathered(ingest);
    } else if (position) {
        let_go(ingest, position);
    } else {
        ingest->counts.forgotten++;
    }
    return has_room;
}

/* Its number is not done with it, so its collector sends it again and again, in order: once is enough. */
static void put_aside_once(Ingest *ingest, const MdlBatch *batch, BpStr payload, const BpError *err)
{
    Position *position = positions_find(&ingest->positions, &batch->run);
    if (batch->n <= position->aside)
        ingest->counts.repeats++;
    else if (put_aside(ingest, NULL, payload, NULL, err))
        position->aside = batch->n;
}

static Window believed(const Ingest *ingest, int64_t now_us)
{
    return (Window){now_us - ingest->cfg->retention_readings, now_us + ingest->cfg->readings_future_max};
}

/* True if readings would be believed by the clock of the collector, which is another than ours: one of the
 * two is wrong, and the readings are not to blame. Where both clocks say the same a reading is really old. */
static bool is_matter_of_clocks(const Ingest *ingest, const MdlBatch *batch, int64_t now_us)
{
    const int64_t apart_us = batch->sent_us ? now_us - batch->sent_us : 0;
    if (apart_us < CLOCKS_APART_US && apart_us > -CLOCKS_APART_US)
        return false;
    const Window ours = believed(ingest, now_us), theirs = believed(ingest, batch->sent_us);
    for (size_t i = 0; i < batch->count; i++)
        if (!window_has(&ours, batch->readings[i].at_us) && window_has(&theirs, batch->readings[i].at_us))
            return true;
    return false;
}

/* Said when it begins and when it is over, and not each time where two collectors take turns. */
static void look_at_clocks(Ingest *ingest, const MdlBatch *batch, int64_t now_us, bool disagree)
{
    char ours[BP_TIME_TEXT_MAX], theirs[BP_TIME_TEXT_MAX];
    const int64_t said_us = ingest->said_clocks_at_us, tick_us = loop_now_us(ingest->loop);
    if (disagree && !ingest->clocks_disagree && (!said_us || tick_us - said_us > SAY_CLOCKS_EVERY_US)) {
        bp_log(BP_LOG_ERROR,
               "our clock says %s and the collector's %s: nothing is stored until they agree, readings wait "
               "with the collector; set the one that is wrong (timedatectl, chronyc makestep)",
               bp_time_format(now_us, 0, ours), bp_time_format(batch->sent_us, 0, theirs));
        ingest->said_clocks_at_us = tick_us;
        ingest->clocks_disagree = true;
    } else if (!disagree && ingest->clocks_disagree && batch->sent_us) {
        bp_log(BP_LOG_NOTICE, "our clock and the collector's agree again: readings are stored");
        ingest->clocks_disagree = false;
    }
}

/* True if the batch has a point that our list lacks, and which may be newer than it. The collector has its
 * points from the database, so a list that was asked for after the readings were made has the last word;
 * their age is told by the collector's own clock. */
static bool may_have_a_new_point(const Ingest *ingest, const MdlBatch *batch, int64_t now_us)
{
    const IngestPoints *points = points_reader_points(ingest->points);
    if (!batch_has_unknown_point(batch, points))
        return false;
    const int64_t sent_us = batch->sent_us ? batch->sent_us : now_us;
    const int64_t as_of_us = points->as_of_us - (now_us - sent_us); /* by that clock */
    for (size_t i = 0; i < batch->count; i++)
        if (batch->readings[i].at_us >= as_of_us && batch->readings[i].at_us <= sent_us)
            return true;
    return false; /* nor does what claims to be of the future wait for ever */
}

/* A batch in its turn. Where a point may be newer than our list, that is read again first, and the batch
 * comes again since it was not accepted. */
static void gather_next(Ingest *ingest, Position *position, const MdlBatch *batch, BpStr payload)
{
    const int64_t now_us = bp_wall_us();
    const bool disagree = is_matter_of_clocks(ingest, batch, now_us);
    look_at_clocks(ingest, batch, now_us, disagree);
    if (disagree) {
        let_go(ingest, position);
        if (!ingest->look_again_at_us)
            ingest->look_again_at_us = loop_now_us(ingest->loop) + LOOK_AGAIN_US;
        ingest_arm(ingest);
        return;
    }
    if (may_have_a_new_point(ingest, batch, now_us)) {
        points_reader_changed(ingest->points);
        let_go(ingest, position);
        return;
    }
    const Window window = believed(ingest, now_us);
    if (!gather_add(ingest->gathering, batch, payload, position->gap, ingest->site_id,
                    points_reader_points(ingest->points), &window)) {
        let_go(ingest, position);
        ingest_flush(ingest);
        return;
    }
    position_accept(position, batch->n);
    has_gathered(ingest);
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
        if (status == BP_UNSUPPORTED && batch.n)
            put_aside_once(ingest, &batch, payload, &err);
        else
            put_aside(ingest, NULL, payload, NULL, &err);
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
        put_aside_once(ingest, &batch, payload, &err);
        break;
    case BATCH_IS_NEXT:
        if (status == BP_OK)
            gather_next(ingest, position, &batch, payload);
        else
            put_aside(ingest, position, payload, &batch, &err);
        break;
    }
}
