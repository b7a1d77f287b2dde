#include "apps/ingest/store.h"

#include "apps/ingest/ingest.h"
#include "base/invariant.h"
#include "base/log.h"
#include "base/random.h"
#include "base/time.h"
#include "model/topic.h"

#include <assert.h>
#include <sys/random.h>

static const int64_t FIRST_PAUSE_US = 500 * BP_MS, LONGEST_PAUSE_US = 30 * BP_SECOND,
                     ANNOUNCE_EVERY_US = BP_SECOND, SAY_ASIDE_EVERY_US = BP_MINUTE;

static void try_part(Ingest *ingest);

/* ---- waiting ---- */

/* What central is sent costs least in few pieces; with something else on its way, readings go at once. */
static int64_t longest_wait(const Ingest *ingest)
{
    const Cfg *cfg = ingest->cfg;
    const bool is_patient = ingest->frames.is_linked && !ingest->is_urgent;
    return is_patient && cfg->sync_flush > cfg->ingest_flush ? cfg->sync_flush : cfg->ingest_flush;
}

/* For the first of what is due; the end of what the database is asked looks here again. */
void ingest_arm(Ingest *ingest)
{
    const Store *store = &ingest->store;
    int64_t due_us = INT64_MAX;
    if (store->state == STORE_IS_PAUSING)
        due_us = store->retry_at_us;
    else if (store->state == STORE_IS_IDLE && !gather_is_empty(ingest->gathering) &&
             !frames_are_busy(&ingest->frames))
        due_us = gather_is_enough(ingest->gathering) ? 0 : ingest->gathering_since_us + longest_wait(ingest);
    if (ingest->look_again_at_us && ingest->look_again_at_us < due_us)
        due_us = ingest->look_again_at_us;
    loop_timer_set(ingest->flush_timer, ingest->is_ready ? due_us : INT64_MAX);
}

void store_init(Store *store)
{
    *store = (Store){.part = bp_buf_growing(2 * GATHER_ROWS_OCTETS_MAX)};
    journal_init(&store->journal);
}

void store_done(Store *store)
{
    bp_buf_done(&store->part);
    journal_done(&store->journal);
}

void store_check(const Store *store)
{
    const Gather *gather = store->gather;
    assert((store->state == STORE_IS_IDLE) == !gather);
    assert(gather ? store->end_count > 0 : store->end_count == 0 && store->begin == 0);
    assert(store->end_count <= STORE_PARTS_MAX);
    for (size_t i = 0; i < store->end_count; i++) {
        assert(store->ends[i] > store->begin);
        assert(i == 0 ? store->ends[i] == gather->count : store->ends[i] < store->ends[i - 1]);
    }
    assert(store->state != STORE_IS_PAUSING || store->troubled_since_us);
    /* A try ends where a pause begins, and days are asked for as a part of one. */
    assert(store_is_asking(store) || (!store->is_beside && !store->has_asked_for_days));
    assert(store->state != STORE_IS_MAKING_DAYS || store->has_asked_for_days);
    assert(store->has_asked_for_days || !*store->days_err.text);
}

/* ---- announcing ---- */

void ingest_announce(Ingest *ingest)
{
    Mqtt *mqtt = site_broker_mqtt(ingest->broker);
    if (!ingest->is_ready || !mqtt)
        return;
    MdlPosition positions[MDL_POSITIONS_MAX];
    const size_t count = positions_announced(&ingest->positions, positions);
    char topic[MDL_TOPIC_MAX];
    BpError err;
    BpBuf stored = bp_buf_growing(64 * 1024);
    mdl_stored_encode(&stored, &ingest->session, positions, count);
    /* Not connected: on_connected announces. */
    if (mqtt_publish(mqtt, mdl_topic(ingest->cfg->site, "readings/stored", topic), bp_buf_text(&stored), 1,
                     true, NULL, &err) == BP_FULL)
        bp_log(BP_LOG_WARNING, "announcing what is stored: %s", err.text);
    bp_buf_done(&stored);
    ingest->store.announced_at_us = loop_now_us(ingest->loop);
}

/* ---- beginning and ending ---- */

/* The next try is another one: what this one has learned means nothing to it. */
static void forget_try(Store *store)
{
    store->is_beside = store->is_framed = store->has_asked_for_days = false;
    store->days_err = (BpError){0};
}

static void end_gather(Store *store)
{
    forget_try(store);
    gather_clear(store->gather);
    store->gather = NULL;
    store->state = STORE_IS_IDLE;
    store->begin = store->end_count = 0;
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
    ingest->look_again_at_us = 0;
    if (ingest->store.state == STORE_IS_PAUSING)
        end_gather(&ingest->store);
    ingest_arm(ingest);
}

static void ask_for_let_go(Ingest *ingest)
{
    if (ingest->has_let_go)
        ingest_ask_for_missing(ingest);
    ingest->has_let_go = false;
    ingest->look_again_at_us = 0;
}

static void end_storing(Ingest *ingest)
{
    end_gather(&ingest->store);
    ingest_announce(ingest);
    ask_for_let_go(ingest);
    ingest_arm(ingest);
    ingest_frames_go_on(ingest);
}

/* ---- after a try ---- */

static size_t part_end(const Store *store)
{
    assert(store->end_count > 0);
    return store->ends[store->end_count - 1];
}

/* The next try is of the first half of the part, then the others follow. */
static void halve(Store *store)
{
    const size_t end = part_end(store);
    if (end - store->begin > 1 && store->end_count < STORE_PARTS_MAX)
        store->ends[store->end_count++] = store->begin + (end - store->begin) / 2;
}

static void say_aside(Ingest *ingest, const Gather *gather, size_t begin, size_t end)
{
    Store *store = &ingest->store;
    const int64_t now_us = loop_now_us(ingest->loop);
    const size_t put_aside = gather_part(gather, begin, end).put_aside;
    ingest->counts.quarantined += put_aside;
    store->unsaid_aside += put_aside;
    if (!put_aside || (store->said_aside_at_us && now_us - store->said_aside_at_us < SAY_ASIDE_EVERY_US))
        return;
    bp_log(BP_LOG_WARNING,
           "%zu readings or batches went into ingest_quarantine: `bacpipes quarantine list` tells why",
           store->unsaid_aside);
    store->said_aside_at_us = now_us;
    store->unsaid_aside = 0;
}

static void say_trouble_is_over(Ingest *ingest)
{
    Store *store = &ingest->store;
    char interval[BP_TIME_TEXT_MAX];
    if (store->troubled_since_us)
        bp_log(BP_LOG_NOTICE, "the database stores readings again, after %s",
               bp_interval_format(loop_now_us(ingest->loop) - store->troubled_since_us, interval));
    store->troubled_since_us = 0;
    store->pause_us = FIRST_PAUSE_US;
}

/* The database's word goes: it may know more than was ours to say. */
static void keep_positions(Ingest *ingest, const PgRows *rows)
{
    for (size_t row = 0; row < pg_row_count(rows); row++) {
        MdlRun run;
        (void)bp_str_copy(pg_get_text(rows, row, 0), run.text, sizeof run.text);
        positions_stored(&ingest->positions, &run, pg_get_integer(rows, row, 1),
                         pg_get_integer(rows, row, 2));
    }
}

static void on_committed(Ingest *ingest, const PgRows *rows)
{
    Store *store = &ingest->store;
    Gather *gather = store->gather;
    const size_t begin = store->begin, end = part_end(store);
    const GatherPart part = gather_part(gather, begin, end);
    if (store->journal.has_positions)
        keep_positions(ingest, rows);
    if (store->is_framed)
        frames_committed(&ingest->frames);
    else if (store->is_beside && ingest->frames.is_linked)
        frames_doubt(&ingest->frames);
    ingest->counts.transactions++;
    ingest->counts.batches_stored += part.batches;
    ingest->counts.readings_stored += part.readings;
    say_aside(ingest, gather, begin, end);
    say_trouble_is_over(ingest);
    store->begin = end;
    store->end_count--;
    forget_try(store);
    if (store->end_count == 0) {
        end_storing(ingest);
        return;
    }
    if (loop_now_us(ingest->loop) - store->announced_at_us >= ANNOUNCE_EVERY_US)
        ingest_announce(ingest);
    try_part(ingest);
}

/* Not the data's fault: nothing of it may be put aside. A smaller part may pass, as within a statement's
 * time, and a commit brings the others soon after it. */
static void pause_storing(Ingest *ingest, const BpError *err)
{
    Store *store = &ingest->store;
    const int64_t now_us = loop_now_us(ingest->loop);
    char longest[BP_TIME_TEXT_MAX];
    ingest->counts.failures++;
    if (!store->troubled_since_us) {
        bp_log(BP_LOG_ERROR,
               "the database does not store readings, which wait with the collector; trying again, at the "
               "latest every %s: %s",
               bp_interval_format(LONGEST_PAUSE_US, longest), err->text);
        store->troubled_since_us = now_us;
        store->pause_us = FIRST_PAUSE_US;
    }
    halve(store);
    forget_try(store);
    store->state = STORE_IS_PAUSING;
    store->retry_at_us = now_us + store->pause_us;
    ingest_arm(ingest);
    store->pause_us = store->pause_us * 2 < LONGEST_PAUSE_US ? store->pause_us * 2 : LONGEST_PAUSE_US;
}

/* The data is at fault. Of many batches nobody can tell which one; one alone goes aside whole, and where even
 * that is refused, it is the quarantine that is in trouble. */
static void on_bad_data(Ingest *ingest, const BpError *err)
{
    Store *store = &ingest->store;
    const GatherItem *item = &store->gather->items[store->begin];
    if (part_end(store) - store->begin > 1) {
        ingest->counts.failures++;
        halve(store);
    } else if (!item->reason && item->readings) {
        ingest->counts.failures++;
        gather_refuse(store->gather, store->begin, err->text);
    } else {
        if (item->is_refused)
            gather_refuse(store->gather, store->begin, NULL);
        pause_storing(ingest, err);
        return;
    }
    forget_try(store);
    try_part(ingest);
}

/* The connection is gone, and what was under way may be committed or not: its numbers tell when it comes
 * again. */
static void give_up(Ingest *ingest, const BpError *err)
{
    const Store *store = &ingest->store;
    bp_log(BP_LOG_WARNING, "%zu batches could not be stored and will be asked for again: %s",
           store->gather->count - store->begin, err->text);
    ingest_start_over(ingest);
    end_storing(ingest);
}

/* ---- what has become of a try ---- */

typedef enum Outcome {
    COMMITTED,
    CONNECTION_IS_LOST,
    ROWS_ARE_THERE, /* repeats that the positions did not know, as after a restore */
    DAY_IS_MISSING, /* somebody dropped one that we made */
    DATA_IS_AT_FAULT,
    DATABASE_IS_AT_FAULT, /* also where a remedy was tried already and did not help */
} Outcome;

static Outcome outcome_of(const Ingest *ingest, BpStatus status)
{
    const Store *store = &ingest->store;
    if (status == BP_OK)
        return COMMITTED;
    if (!pg_is_connected(ingest->pg))
        return CONNECTION_IS_LOST;
    if (status == BP_CONFLICT && !store->is_beside)
        return ROWS_ARE_THERE;
    if (status == BP_NOT_FOUND && !store->has_asked_for_days)
        return DAY_IS_MISSING;
    return status == BP_INVALID ? DATA_IS_AT_FAULT : DATABASE_IS_AT_FAULT;
}

static void on_outcome(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Ingest *ingest = context;
    Store *store = &ingest->store;
    assert(store->state == STORE_IS_COMMITTING);
    if (status != BP_OK && store->is_framed) {
        frames_discard(&ingest->frames);
        frames_doubt(&ingest->frames);
    }
    switch (outcome_of(ingest, status)) {
    case COMMITTED: on_committed(ingest, rows); break;
    case CONNECTION_IS_LOST: give_up(ingest, err); break;
    case ROWS_ARE_THERE:
        ingest->counts.conflicts++;
        store->is_beside = true;
        try_part(ingest);
        break;
    case DAY_IS_MISSING:
        store->ensured_count = 0;
        try_part(ingest);
        break;
    case DATA_IS_AT_FAULT: on_bad_data(ingest, err); break;
    case DATABASE_IS_AT_FAULT:
        pause_storing(ingest, status == BP_NOT_FOUND && *store->days_err.text ? &store->days_err : err);
        break;
    }
    BP_INVARIANT(store_check(store));
}

/* ---- a try ---- */

static bool day_is_ensured(const Store *store, int32_t day)
{
    const size_t count = store->ensured_count < ENSURED_DAYS_MAX ? store->ensured_count : ENSURED_DAYS_MAX;
    for (size_t i = count; i-- > 0;)
        if (store->ensured_days[i] == day)
            return true;
    return false;
}

static bool days_are_ensured(const Store *store, const GatherPart *part)
{
    for (int64_t day = part->first_us / BP_DAY; part->readings && day <= part->last_us / BP_DAY; day++)
        if (!day_is_ensured(store, (int32_t)day))
            return false;
    return true;
}

static void on_days(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Ingest *ingest = context;
    Store *store = &ingest->store;
    (void)rows;
    assert(store->state == STORE_IS_MAKING_DAYS);
    if (status != BP_OK && !pg_is_connected(ingest->pg)) {
        give_up(ingest, err);
        BP_INVARIANT(store_check(store));
        return;
    }
    if (status != BP_OK) {
        store->days_err = *err;
    } else {
        const GatherPart part = gather_part(store->gather, store->begin, part_end(store));
        for (int64_t day = part.first_us / BP_DAY; day <= part.last_us / BP_DAY; day++)
            if (!day_is_ensured(store, (int32_t)day))
                store->ensured_days[store->ensured_count++ % ENSURED_DAYS_MAX] = (int32_t)day;
    }
    try_part(ingest);
    BP_INVARIANT(store_check(store));
}

/* Rows that go beside the table are noted there, since only some of them may be new. */
static bool make_frames(Ingest *ingest, BpStr copy)
{
    Frames *frames = &ingest->frames;
    if (!frames->is_linked || ingest->store.is_beside || copy.size == 0)
        return false;
    if (!frames_of_copy(frames, copy, loop_now_us(ingest->loop))) {
        ingest->store.is_beside = true;
        return false;
    }
    return frames->frame_count > 0;
}

static void try_part(Ingest *ingest)
{
    Store *store = &ingest->store;
    const GatherPart part = gather_part(store->gather, store->begin, part_end(store));
    if (!store->has_asked_for_days && !days_are_ensured(store, &part)) {
        const PgValue span[] = {pg_time(part.first_us), pg_time(part.last_us)};
        store->has_asked_for_days = true;
        store->state = STORE_IS_MAKING_DAYS;
        pg_request(ingest->pg, SQL_ENSURE_DAYS, span, 2, on_days, ingest);
        return;
    }
    store->state = STORE_IS_COMMITTING;
    const BpStr copy =
        part.readings ? gather_copy(store->gather, store->begin, part_end(store), &store->part) : (BpStr){0};
    store->is_framed = make_frames(ingest, copy);
    const JournalOptions options = {ingest->site_id, store->is_beside, ingest->cfg->quarantine_size,
                                    store->is_framed ? &ingest->frames : NULL};
    Journal *journal = &store->journal;
    journal_write(journal, store->gather, store->begin, part_end(store), &options);
    if (part.readings == 0) {
        pg_transaction(ingest->pg, journal->steps, journal->step_count, on_outcome, ingest);
        return;
    }
    if (store->is_beside)
        pg_request(ingest->pg, SQL_CREATE_READINGS_STAGE, NULL, 0, NULL, NULL);
    pg_copy(ingest->pg, store->is_beside ? SQL_COPY_READINGS_STAGE : SQL_COPY_READINGS, copy, journal->steps,
            journal->step_count, on_outcome, ingest);
}

static void begin_storing(Ingest *ingest)
{
    Store *store = &ingest->store;
    store->gather = ingest->gathering;
    store->begin = 0;
    store->ends[0] = store->gather->count;
    store->end_count = 1;
    forget_try(store);
    ingest->gathering = store->gather == &ingest->gathers[0] ? &ingest->gathers[1] : &ingest->gathers[0];
    ingest->gathering_since_us = 0;
    ingest->is_urgent = false;
    try_part(ingest);
}

/* Stores what is gathered, unless something is being stored: its end looks here again. */
void ingest_flush(void *owner)
{
    Ingest *ingest = owner;
    const Store *store = &ingest->store;
    const int64_t now_us = loop_now_us(ingest->loop);
    if (!ingest->is_ready)
        return;
    if (ingest->look_again_at_us && now_us >= ingest->look_again_at_us)
        ask_for_let_go(ingest);
    if (store->state == STORE_IS_PAUSING && now_us >= store->retry_at_us)
        try_part(ingest);
    else if (store->state == STORE_IS_IDLE && !gather_is_empty(ingest->gathering) &&
             !frames_are_busy(&ingest->frames))
        begin_storing(ingest);
    ingest_arm(ingest);
    BP_INVARIANT(store_check(store));
}
