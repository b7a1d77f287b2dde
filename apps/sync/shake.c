/* A turn: how the site stands is in its journal, what both ends have is compared, what differs is filed
 * again, and then entries go up and what is asked for comes down. */
#include "apps/sync/sync.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/time.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t ANSWER_US = BP_MINUTE, FIRST_PAUSE_US = 2 * BP_SECOND, LONGEST_PAUSE_US = 5 * BP_MINUTE,
                     REFILE_EVERY_US = BP_MINUTE;

/* ---- asking, and what goes wrong ---- */

typedef struct Asked {
    Sync *sync;
    uint64_t turn;
    SyncThen *then;
    SyncElse *otherwise;
    bool is_site;
} Asked;

static void on_answer(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    const Asked asked = *(Asked *)context;
    free(context);
    if (asked.turn != asked.sync->turn)
        return;
    if (status == BP_FORBIDDEN && !asked.is_site)
        asked.sync->is_refused = true;
    if (status != BP_OK && asked.otherwise && status != BP_UNAVAILABLE)
        asked.otherwise(asked.sync, err);
    else if (status != BP_OK)
        sync_start_over(asked.sync, asked.is_site ? "the site's database" : "central", err);
    else if (asked.then)
        asked.then(asked.sync, rows);
}

void sync_ask(Sync *sync, Pg *pg, SqlQuery query, const PgValue *values, size_t count, SyncThen *then,
              SyncElse *otherwise)
{
    Asked *asked = malloc(sizeof *asked);
    if (!asked)
        abort();
    *asked = (Asked){sync, sync->turn, then, otherwise, pg == sync->local};
    const PgTicket ticket = pg_request(pg, query, values, count, on_answer, asked);
    pg_set_deadline(pg, ticket, loop_now_us(sync->loop) + ANSWER_US);
}

void sync_ask_site(Sync *sync, SqlQuery query, const PgValue *values, size_t count, SyncThen *then)
{
    sync_ask(sync, sync->local, query, values, count, then, NULL);
}

void sync_ask_central(Sync *sync, SqlQuery query, const PgValue *values, size_t count, SyncThen *then)
{
    sync_ask(sync, sync->central, query, values, count, then, NULL);
}

void sync_set_state(Sync *sync, SyncState state, const char *why)
{
    const bool is_new = state != sync->state;
    sync->state = state;
    (void)bp_str_copy(bp_str(why), sync->why, sizeof sync->why);
    if (is_new)
        sync_report(sync);
}

void sync_end_turn(Sync *sync)
{
    sync->turn++;
    sync_send_end(sync);
    sync_carry_end(sync);
    loop_timer_clear(sync->again);
}

void sync_start_over(Sync *sync, const char *what, const BpError *why)
{
    sync_end_turn(sync);
    if (sync->is_ending)
        return;
    sync->pause_us = sync->pause_us ? sync->pause_us * 2 : FIRST_PAUSE_US;
    if (sync->pause_us > LONGEST_PAUSE_US)
        sync->pause_us = LONGEST_PAUSE_US;
    if (pg_is_connected(sync->local) && pg_is_connected(sync->central)) {
        char pause[BP_TIME_TEXT_MAX];
        bp_log(BP_LOG_WARNING, "%s: %s; comparing again in %s", what, why->text,
               bp_interval_format(sync->pause_us, pause));
        loop_timer_set(sync->again, loop_now_us(sync->loop) + sync->pause_us);
    } /* else the connection's return begins one */
    sync_set_state(sync, sync->is_refused || sync->is_shut_out ? SYNC_REFUSED : SYNC_CONNECTING, why->text);
}

/* Central takes nothing for now. What it asks for is carried out all the same, where nothing has to be
 * settled first. */
static void wait_and_carry(Sync *sync)
{
    const int64_t wait_s = sync->plan.wait_s;
    const char *text = sync->plan.why;
    if (sync->state != SYNC_WAITING)
        bp_log(BP_LOG_NOTICE, "central asks to wait for %" PRId64 " s: %s; everything is kept here", wait_s,
               text);
    loop_timer_set(sync->again, loop_now_us(sync->loop) + wait_s * BP_SECOND);
    sync_set_state(sync, SYNC_WAITING, text);
    if (plan_next(&sync->plan).step == PLAN_SEND)
        sync_carry_begin(sync);
}

/* ---- where the two differ ---- */

static void search(Sync *sync);

static void on_new_life(Sync *sync, const PgRows *rows)
{
    bp_log(BP_LOG_NOTICE,
           "another life of the journal has begun; %" PRId64 " entries that central lacked stand in it again",
           pg_get_integer(rows, 0, 0));
    sync_begin_turn(sync);
}

static void on_closed(Sync *sync, const PgRows *rows)
{
    (void)rows;
    sync_begin_turn(sync);
}

/* Both agree up to next.low, and no further. */
static void part_ways(Sync *sync)
{
    const PlanLife *life = &sync->plan.lives[sync->next.life];
    const int64_t agreed = sync->next.low;
    const bool is_present = sync->next.life + 1 == sync->plan.count;
    if (!is_present && agreed >= life->last) { /* another life has begun already, and nothing is missing */
        const PgValue values[] = {pg_text(sync->site_id), pg_integer(life->epoch)};
        sync_ask_site(sync, SQL_LINK_CLOSE, values, 2, on_closed);
        return;
    }
    const int64_t now_us = loop_now_us(sync->loop);
    if (sync->refiled_at_us && now_us - sync->refiled_at_us < REFILE_EVERY_US) {
        BpError err;
        bp_fail(&err, BP_CONFLICT, "the journals differ again, just after they were parted");
        sync_start_over(sync, "central", &err);
        return;
    }
    sync->refiled_at_us = now_us;
    char why[BP_ERROR_TEXT_MAX];
    snprintf(why, sizeof why,
             "%s; they agree up to entry %" PRId64 " of epoch %" PRId64
             ", and what is here behind it is sent again in a new epoch. Whatever was asked for before "
             "is not carried out",
             sync->next.why, agreed, life->epoch);
    bp_log(BP_LOG_WARNING, "%s", why);
    const PgValue values[] = {pg_text(sync->site_id),
                              pg_integer(life->epoch),
                              pg_integer(agreed),
                              pg_integer(sync->plan.device_end),
                              pg_integer(sync->plan.point_end),
                              pg_text(bp_str(why))};
    sync_ask_site(sync, SQL_LINK_REFILE, values, 6, on_new_life);
}

static size_t probe_of(const Sync *sync, int64_t seq)
{
    size_t i = 0;
    while (i < sync->probe_count && sync->probes[i] != seq)
        i++;
    return i;
}

static void on_their_digests(Sync *sync, const PgRows *rows)
{
    for (size_t row = 0; row < pg_row_count(rows); row++) {
        const size_t i = probe_of(sync, pg_get_integer(rows, row, 0));
        if (i < sync->probe_count && *sync->digests[i])
            sync->matches[i] =
                bp_str_equal(pg_get_text(rows, row, 1), bp_str(sync->digests[i])) ? PLAN_SAME : PLAN_OTHER;
    }
    plan_narrow(&sync->next.low, &sync->next.high, sync->probes, sync->matches, sync->probe_count);
    search(sync);
}

static void ask_for_digests(Sync *sync, bool at_central, SyncThen *then)
{
    BpBuf list = bp_buf_growing(PLAN_PROBES_MAX * 24);
    for (size_t i = 0; i < sync->probe_count; i++)
        bp_buf_printf(&list, "%c%" PRId64, i ? ',' : '{', sync->probes[i]);
    bp_buf_u8(&list, '}');
    const PgValue values[] = {pg_text(sync->site_id), pg_integer(sync->plan.lives[sync->next.life].epoch),
                              pg_text(bp_buf_text(&list))};
    if (at_central)
        sync_ask_central(sync, SQL_SYNC_DIGESTS, values + 1, 2, then);
    else
        sync_ask_site(sync, SQL_LINK_DIGESTS, values, 3, then);
    bp_buf_done(&list);
}

static void on_our_digests(Sync *sync, const PgRows *rows)
{
    for (size_t row = 0; row < pg_row_count(rows); row++) {
        const size_t i = probe_of(sync, pg_get_integer(rows, row, 0));
        if (i < sync->probe_count)
            (void)bp_str_copy(pg_get_text(rows, row, 1), sync->digests[i], sizeof sync->digests[i]);
    }
    ask_for_digests(sync, true, on_their_digests);
}

static void search(Sync *sync)
{
    sync->probe_count = plan_probes(sync->next.low, sync->next.high, sync->probes);
    memset(sync->digests, 0, sizeof sync->digests);
    memset(sync->matches, 0, sizeof sync->matches);
    if (sync->probe_count == 0)
        part_ways(sync);
    else
        ask_for_digests(sync, false, on_our_digests);
}

/* ---- a life that central does not know ---- */

static void on_begun(Sync *sync, const PgRows *rows)
{
    (void)rows;
    sync_begin_turn(sync); /* another downlink has begun with it: hello tells which */
}

static void on_beginning(Sync *sync, const PgRows *rows)
{
    const PlanLife *life = &sync->plan.lives[sync->next.life];
    const PgValue values[] = {pg_integer(life->epoch),
                              life->previous ? pg_integer(life->previous) : pg_null(),
                              pg_integer(pg_get_integer(rows, 0, 0)), pg_text(pg_get_text(rows, 0, 1))};
    sync_ask_central(sync, SQL_SYNC_BEGIN_EPOCH, values, 4, on_begun);
}

/* ---- a turn ---- */

static void go_on(Sync *sync)
{
    const PlanLife *life = NULL;
    sync->next = plan_next(&sync->plan);
    life = &sync->plan.lives[sync->next.life];
    const PgValue values[] = {pg_text(sync->site_id), pg_integer(life->epoch)};
    switch (sync->next.step) {
    case PLAN_DIFFERS: search(sync); break;
    case PLAN_BEGIN: sync_ask_site(sync, SQL_LINK_BEGINS, values, 2, on_beginning); break;
    case PLAN_SEND:
        sync_set_state(sync, SYNC_SENDING, "");
        sync_carry_begin(sync);
        sync_send_begin(sync);
        break;
    }
}

static void on_compared(Sync *sync, const PgRows *rows)
{
    for (size_t row = 0; row < pg_row_count(rows); row++) {
        PlanLife *life = plan_life(&sync->plan, pg_get_integer(rows, row, 0));
        if (life && life->match != PLAN_SAME && !pg_is_null(rows, row, 1))
            life->match = pg_get_bool(rows, row, 1) ? PLAN_SAME : PLAN_OTHER;
    }
    if (sync->plan.wait_s > 0)
        wait_and_carry(sync);
    else
        go_on(sync);
}

static void on_floors(Sync *sync, const PgRows *rows)
{
    (void)rows;
    const PgValue values[] = {pg_text(sync->site_id), pg_text(bp_str(sync->hello))};
    sync_ask_site(sync, SQL_LINK_COMPARE, values, 2, on_compared);
}

static void on_hello(Sync *sync, const PgRows *rows)
{
    BpError err;
    const BpStr text = pg_get_text(rows, 0, 0);
    if (plan_read_hello(&sync->plan, text, &err) != BP_OK) {
        sync_start_over(sync, "central", &err);
        return;
    }
    free(sync->hello);
    sync->hello = strndup(text.data, text.size);
    const PgValue values[] = {pg_text(sync->site_id), pg_integer(sync->plan.device_end),
                              pg_integer(sync->plan.point_end)};
    sync_ask_site(sync, SQL_LINK_FLOORS, values, 3, on_floors);
}

static void on_state(Sync *sync, const PgRows *rows)
{
    BpError err;
    const BpStr text = pg_get_text(rows, 0, 0);
    if (plan_read_state(&sync->plan, text, &err) != BP_OK) {
        sync_start_over(sync, "the site's database", &err);
        return;
    }
    char now[BP_TIME_TEXT_MAX];
    json_auto_t *said = json_loadb(text.data, text.size, 0, NULL);
    json_object_set_new(said, "program", json_string(BACPIPES_VERSION));
    json_object_set_new(said, "now", json_string(bp_time_format(bp_wall_us(), 6, now)));
    char *hello = json_dumps(said, JSON_COMPACT);
    const PgValue value = pg_text(bp_str(hello));
    sync_ask_central(sync, SQL_SYNC_HELLO, &value, 1, on_hello);
    free(hello);
}

static void on_prepared(Sync *sync, const PgRows *rows)
{
    (void)rows;
    const PgValue site = pg_text(sync->site_id);
    sync_ask_site(sync, SQL_LINK_STATE, &site, 1, on_state);
}

void sync_begin_turn(Sync *sync)
{
    sync_end_turn(sync);
    if (sync->is_ending || !pg_is_connected(sync->local) || !site_alone_is_held(sync->alone) ||
        !pg_is_connected(sync->central))
        return;
    sync->turns++;
    if (sync->state != SYNC_WAITING)
        sync_set_state(sync, SYNC_COMPARING, "");
    const PgValue site = pg_text(sync->site_id);
    sync_ask_site(sync, SQL_LINK_PREPARE, &site, 1, on_prepared);
}

void sync_on_again(void *owner)
{
    Sync *sync = owner;
    if (sync->is_refused)
        sync_connect_central(sync); /* which begins one */
    else
        sync_begin_turn(sync);
}
