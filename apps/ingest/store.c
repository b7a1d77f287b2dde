/* Committing what was gathered, in one transaction with the positions, and announcing it. */
#include "apps/ingest/ingest.h"
#include "base/log.h"
#include "base/random.h"
#include "base/time.h"
#include "io/pg/copy.h"
#include "model/topic.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/random.h>

void ingest_announce(Ingest *ingest)
{
    if (!ingest->is_ready || !ingest->mqtt)
        return;
    MdlPosition positions[MDL_POSITIONS_MAX];
    const size_t count = positions_announced(&ingest->positions, positions);
    char topic[MDL_TOPIC_MAX];
    BpError err;
    BpBuf stored = bp_buf_growing(64 * 1024);
    mdl_stored_encode(&stored, &ingest->session, positions, count);
    /* Not connected: on_connected announces. */
    if (mqtt_publish(ingest->mqtt, mdl_topic(ingest->cfg.site, "readings/stored", topic),
                     bp_buf_text(&stored), 1, true, NULL, &err) == BP_FULL)
        bp_log(BP_LOG_WARNING, "announcing what is stored: %s", err.text);
    bp_buf_done(&stored);
}

void ingest_start_over(Ingest *ingest)
{
    uint64_t random;
    if (getrandom(&random, sizeof random, 0) != sizeof random)
        random = (uint64_t)bp_wall_us();
    ingest->session = mdl_run(random);
    positions_reset(&ingest->positions);
    gather_clear(ingest->gathering);
    ingest->gathering_since_us = 0;
    ingest->has_let_go = false;
}

static void free_texts(Ingest *ingest)
{
    bp_buf_clear(&ingest->positions_text);
    bp_buf_clear(&ingest->buckets_text);
    free(ingest->quarantine_text);
    ingest->quarantine_text = NULL;
}

/* ---- after a transaction ---- */

static void on_stored(Ingest *ingest)
{
    const Gather *gather = ingest->storing;
    ingest->counts.transactions++;
    ingest->counts.batches_stored += gather->batches;
    ingest->counts.readings_stored += gather->readings;
    ingest->counts.quarantined += gather->quarantined;
    if (gather->quarantined)
        bp_log(BP_LOG_WARNING, "%zu readings or messages were put into ingest_quarantine",
               gather->quarantined);
    positions_commit(&ingest->positions);
}

/* The database understood and refused: gathered together with others nobody can tell which batch it was, so
 * they come again one by one, and the one that is refused alone is put aside. */
static void on_refused(Ingest *ingest, const BpError *err)
{
    ingest->counts.failures++;
    if (!ingest->is_isolating || ingest->storing->batches != 1) {
        bp_log(BP_LOG_ERROR, "the database refused %zu batches, trying them one by one: %s",
               ingest->storing->batches, err->text);
        ingest->is_isolating = true;
        ingest_start_over(ingest);
        return;
    }
    bp_log(BP_LOG_ERROR, "the database refused a batch, which goes into ingest_quarantine: %s", err->text);
    ingest_start_over(ingest);
    for (size_t i = 0; i < ingest->positions.count; i++) {
        Position *position = &ingest->positions.items[i];
        if (position->committing == position->stored)
            continue;
        char payload[128];
        snprintf(payload, sizeof payload, "{\"run\": \"%s\", \"n\": %" PRId64 "}", position->run.text,
                 position->committing);
        gather_quarantine(ingest->gathering, err->text, bp_str(payload));
        position_accept(position, position->committing);
    }
    ingest->is_isolating = false;
    ingest->gathering_since_us = loop_now_us(ingest->loop);
}

static void end_storing(Ingest *ingest)
{
    free_texts(ingest);
    if (ingest->storing)
        gather_clear(ingest->storing);
    ingest->storing = NULL;
    ingest_announce(ingest);
    if (ingest->has_let_go) {
        ingest->has_let_go = false;
        ingest_ask_for_missing(ingest);
    }
    if (!gather_is_empty(ingest->gathering))
        loop_timer_set(ingest->flush_timer, ingest->gathering->readings >= GATHER_READINGS_ENOUGH
                                                ? 0
                                                : ingest->gathering_since_us + ingest->cfg.ingest_flush);
}

static void on_done(void *context, BpStatus status, const PgRows *rows, const BpError *err);

/* Repeats that the positions did not know, as after a restore: the same rows beside the table first. */
static void store_by_stage(Ingest *ingest)
{
    static const PgStep from_stage = {SQL_INSERT_STAGED_READINGS, NULL, 0};
    ingest->counts.conflicts++;
    for (size_t i = ingest->step_count; i > 0; i--)
        ingest->steps[i] = ingest->steps[i - 1];
    ingest->steps[0] = from_stage;
    pg_request(ingest->pg, SQL_CREATE_READINGS_STAGE, NULL, 0, NULL, NULL);
    pg_copy(ingest->pg, SQL_COPY_READINGS_STAGE, bp_buf_text(&ingest->storing->copy), ingest->steps,
            ingest->step_count + 1, on_done, ingest);
}

static void on_done(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Ingest *ingest = context;
    (void)rows;
    switch (status) {
    case BP_OK: on_stored(ingest); break;
    case BP_CONFLICT: store_by_stage(ingest); return;
    case BP_UNAVAILABLE:
        bp_log(BP_LOG_WARNING, "%zu batches could not be stored and will be asked for again: %s",
               ingest->storing->batches, err->text);
        ingest_start_over(ingest);
        break;
    default: on_refused(ingest, err); break;
    }
    end_storing(ingest);
}

/* ---- a transaction ---- */

static void add_step(Ingest *ingest, SqlQuery query, BpStr text)
{
    PgValue *values = ingest->values[ingest->step_count];
    values[0] = pg_text(ingest->site_id);
    values[1] = pg_text(text);
    ingest->steps[ingest->step_count++] = (PgStep){query, values, 2};
}

static void begin_transaction(Ingest *ingest)
{
    Gather *gather = ingest->storing;
    ingest->step_count = 0;
    if (positions_write_changed(&ingest->positions, &ingest->positions_text))
        add_step(ingest, SQL_UPSERT_POSITIONS, bp_buf_text(&ingest->positions_text));
    gather_write_buckets(gather, &ingest->buckets_text);
    if (gather->bucket_count)
        add_step(ingest, SQL_INSERT_DIRTY_BUCKETS, bp_buf_text(&ingest->buckets_text));
    if (json_array_size(gather->quarantine)) {
        ingest->quarantine_text = json_dumps(gather->quarantine, JSON_COMPACT);
        add_step(ingest, SQL_INSERT_QUARANTINE, bp_str(ingest->quarantine_text));
    }
    positions_begin(&ingest->positions);
    if (gather->readings) {
        pg_copy_end(&gather->copy);
        pg_copy(ingest->pg, SQL_COPY_READINGS, bp_buf_text(&gather->copy), ingest->steps, ingest->step_count,
                on_done, ingest);
    } else {
        pg_transaction(ingest->pg, ingest->steps, ingest->step_count, on_done, ingest);
    }
}

static bool day_is_ensured(const Ingest *ingest, int32_t day)
{
    const size_t count = ingest->ensured_count < ENSURED_DAYS_MAX ? ingest->ensured_count : ENSURED_DAYS_MAX;
    for (size_t i = count; i-- > 0;)
        if (ingest->ensured_days[i] == day)
            return true;
    return false;
}

static void on_days(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Ingest *ingest = context;
    (void)rows;
    if (status != BP_OK) {
        on_done(ingest, status == BP_CONFLICT ? BP_UNAVAILABLE : status, NULL, err);
        return;
    }
    const Gather *gather = ingest->storing;
    for (int64_t day = gather->first_us / BP_DAY; day <= gather->last_us / BP_DAY; day++)
        if (!day_is_ensured(ingest, (int32_t)day))
            ingest->ensured_days[ingest->ensured_count++ % ENSURED_DAYS_MAX] = (int32_t)day;
    begin_transaction(ingest);
}

/* Stores what is gathered, unless a transaction is under way: its end looks here again. */
void ingest_flush(void *owner)
{
    Ingest *ingest = owner;
    if (ingest->storing || !ingest->is_ready || gather_is_empty(ingest->gathering))
        return;
    loop_timer_clear(ingest->flush_timer);
    ingest->storing = ingest->gathering;
    ingest->gathering = ingest->storing == &ingest->gathers[0] ? &ingest->gathers[1] : &ingest->gathers[0];
    ingest->gathering_since_us = 0;
    const Gather *gather = ingest->storing;
    bool ensured = true;
    for (int64_t day = gather->first_us / BP_DAY; gather->readings && day <= gather->last_us / BP_DAY; day++)
        ensured = ensured && day_is_ensured(ingest, (int32_t)day);
    if (ensured) {
        begin_transaction(ingest);
        return;
    }
    const PgValue span[] = {pg_time(gather->first_us), pg_time(gather->last_us)};
    pg_request(ingest->pg, SQL_ENSURE_DAYS, span, 2, on_days, ingest);
}
