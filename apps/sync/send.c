/* Entries go up: read from the site's database as they are appended, sent without waiting for answers as long
 * as not too many octets are under way, and known to be at central when it says so. */
#include "apps/sync/answer.h"
#include "apps/sync/batch.h"
#include "apps/sync/sync.h"
#include "base/log.h"
#include "base/time.h"
#include "io/pg/stream.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    CALL_OCTETS_MAX = 256 * 1024, /* of a call's bodies, but for one that is larger by itself */
    UNDER_WAY_MAX = 1024 * 1024,  /* octets that are not answered: 200 ms of 40 Mbit/s */
    BATCHES_MAX = 8,
};

/* A call of 256 kB takes half a minute at 64 kbit/s; a line that is dead is found by TCP's own patience. */
static const int64_t LOOK_EVERY_US = 250 * BP_MS, CALL_US = 10 * BP_MINUTE, NOTE_EVERY_US = 2 * BP_SECOND;

typedef struct Call {
    Sync *sync;
    uint64_t turn;
    Batch batch;
} Call;

static const PlanLife *life_of(const Sync *sync)
{
    return &sync->plan.lives[sync->next.life];
}

static bool is_present_life(const Sync *sync)
{
    return sync->next.life + 1 == sync->plan.count;
}

static void look_again(Sync *sync)
{
    loop_timer_set(sync->look, loop_now_us(sync->loop) + LOOK_EVERY_US);
}

/* ---- what central has is written down here: it keeps those frames from being kept for ever ---- */

static void note(Sync *sync, bool is_now)
{
    const int64_t now_us = loop_now_us(sync->loop);
    if (sync->noted_seq == sync->received_seq || (!is_now && now_us < sync->note_at_us))
        return;
    sync->noted_seq = sync->received_seq;
    sync->note_at_us = now_us + NOTE_EVERY_US;
    const PgValue values[] = {pg_text(sync->site_id), pg_integer(life_of(sync)->epoch),
                              pg_integer(sync->received_seq)};
    sync_ask_site(sync, SQL_LINK_ACKNOWLEDGE, values, 3, NULL);
}

/* ---- sending ---- */

static void read_more(Sync *sync);

static void take_answer(Sync *sync, const Batch *batch, const PgRows *rows)
{
    Answer answer;
    BpError err;
    if (answer_read(pg_get_text(rows, 0, 0), &answer, &err) != BP_OK) {
        sync_start_over(sync, "central", &err);
        return;
    }
    const int64_t received = answer.received;
    if (received > sync->received_seq) {
        sync->received_seq = received;
        sync->pause_us = 0;
    }
    if (answer.wait_s > 0) {
        note(sync, true);
        sync_begin_turn(sync); /* hello says it, too, and how far the other direction is */
        return;
    }
    if (answer_check(&answer, batch->last, sync->read_seq, &err) != BP_OK) {
        sync_start_over(sync, "central", &err);
        return;
    }
    if (batch->last >= batch->first) {
        sync->entries_sent += (uint64_t)(batch->last - batch->first + 1);
        sync->taken += batch->size;
    }
    sync_carry_due(sync, answer.down);
    if (!is_present_life(sync) && sync->received_seq >= life_of(sync)->last) {
        note(sync, true);
        sync_begin_turn(sync); /* the next life's entries */
        return;
    }
    note(sync, false);
    read_more(sync);
}

static void on_call(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Call *call = context;
    Sync *sync = call->sync;
    if (call->turn == sync->turn) {
        sync->under_way -= call->batch.size;
        sync->batches--;
        if (status == BP_OK)
            take_answer(sync, &call->batch, rows);
        else
            sync_start_over(sync, "central", err);
    }
    batch_done(&call->batch);
    free(call);
}

static void send_call(Sync *sync, Call *call)
{
    Batch *batch = &call->batch;
    BpArena arena = {0};
    const bool with_health = sync->is_health_due;
    sync->is_health_due = false;
    sync->under_way += batch->size;
    sync->batches++;
    sync->read_seq = batch->last;
    const PgValue epoch = pg_integer(life_of(sync)->epoch), first = pg_integer(batch->first),
                  health = with_health ? pg_text(bp_str(sync_health(sync, &arena))) : pg_null();
    const PgValue frame[] = {epoch,
                             first,
                             {.kind = PG_OCTETS, .text = batch_only(&batch->ats)},
                             {.kind = PG_OCTETS, .text = batch_only(&batch->bodies)},
                             {.kind = PG_OCTETS, .text = batch_only(&batch->digests)},
                             health};
    const PgValue values[] = {epoch,
                              first,
                              {.kind = PG_OCTETS, .text = batch_array(&batch->kinds)},
                              {.kind = PG_OCTETS, .text = batch_array(&batch->ats)},
                              {.kind = PG_OCTETS, .text = batch_array(&batch->bodies)},
                              {.kind = PG_OCTETS, .text = batch_array(&batch->digests)},
                              health};
    const PgTicket ticket = batch_is_one_frame(batch)
                                ? pg_request(sync->central, SQL_SYNC_APPEND_FRAME, frame, 6, on_call, call)
                                : pg_request(sync->central, SQL_SYNC_APPEND, values, 7, on_call, call);
    pg_set_deadline(sync->central, ticket, loop_now_us(sync->loop) + CALL_US);
    bp_arena_done(&arena);
}

static Call *call_new(Sync *sync)
{
    Call *call = calloc(1, sizeof *call);
    if (!call)
        abort();
    call->sync = sync;
    call->turn = sync->turn;
    batch_init(&call->batch, sync->read_seq + 1);
    return call;
}

/* ---- reading ---- */

static bool on_entry(void *owner, const PgRows *rows)
{
    Call *call = owner;
    batch_add(&call->batch, pg_get_text(rows, 0, 1), pg_get_time_us(rows, 0, 2), pg_get_text(rows, 0, 3),
              pg_get_text(rows, 0, 4));
    return true;
}

static void on_entries_end(void *owner, BpStatus status, const BpError *err)
{
    Call *call = owner;
    Sync *sync = call->sync;
    if (call->turn == sync->turn) {
        sync->is_reading = false;
        if (status != BP_OK) {
            sync_start_over(sync, "the site's database", err);
        } else if (call->batch.last >= call->batch.first) {
            send_call(sync, call);
            read_more(sync);
            return; /* the call is on its way */
        } else {
            sync->head_seq = sync->read_seq; /* the newest are gone: there is nothing more now */
            look_again(sync);
        }
    }
    batch_done(&call->batch);
    free(call);
}

static void read_more(Sync *sync)
{
    if (sync->is_reading || sync->under_way >= UNDER_WAY_MAX || sync->batches >= BATCHES_MAX)
        return;
    if (sync->read_seq >= sync->head_seq) {
        look_again(sync);
        return;
    }
    sync->is_reading = true;
    const Plan *plan = &sync->plan;
    const PgValue values[] = {
        pg_text(sync->site_id), pg_integer(life_of(sync)->epoch), pg_integer(sync->read_seq),
        pg_integer(plan->octets_max < CALL_OCTETS_MAX ? plan->octets_max : CALL_OCTETS_MAX),
        pg_integer(plan->entries_max < 1000 ? plan->entries_max : 1000)};
    const PgStreamOptions options = {.query = SQL_LINK_ENTRIES,
                                     .values = values,
                                     .count = sizeof values / sizeof values[0],
                                     .owner = call_new(sync),
                                     .on_row = on_entry,
                                     .on_end = on_entries_end};
    pg_stream_set_deadline(pg_stream_new(sync->local, &options), loop_now_us(sync->loop) + BP_MINUTE);
}

/* ---- the journal's head ---- */

static void on_head(Sync *sync, const PgRows *rows)
{
    sync->is_looking = false;
    if (is_present_life(sync) && pg_get_integer(rows, 0, 0) != life_of(sync)->epoch) {
        bp_log(BP_LOG_NOTICE, "another life of the journal has begun");
        sync_begin_turn(sync);
        return;
    }
    if (is_present_life(sync) && pg_get_integer(rows, 0, 1) > sync->head_seq)
        sync->head_seq = pg_get_integer(rows, 0, 1);
    note(sync, false);
    if (sync->is_health_due && sync->read_seq >= sync->head_seq && sync->batches == 0)
        send_call(sync, call_new(sync)); /* nothing else goes that it could ride in */
    read_more(sync);
}

void sync_look(void *owner)
{
    Sync *sync = owner;
    if (sync->is_looking)
        return;
    sync->is_looking = true;
    const PgValue site = pg_text(sync->site_id);
    sync_ask_site(sync, SQL_LINK_HEAD, &site, 1, on_head);
}

void sync_send_health(Sync *sync)
{
    sync->is_health_due = true;
}

void sync_send_begin(Sync *sync)
{
    const PlanLife *life = life_of(sync);
    sync->read_seq = sync->received_seq = sync->next.after;
    sync->noted_seq = -1; /* told in any case: central may have been put back */
    sync->head_seq = life->last;
    sync->note_at_us = 0;
    sync->is_health_due = true;
    note(sync, true);
    read_more(sync);
}

void sync_send_end(Sync *sync)
{
    sync->under_way = 0;
    sync->batches = 0;
    sync->is_reading = sync->is_looking = false;
    loop_timer_clear(sync->look);
}
