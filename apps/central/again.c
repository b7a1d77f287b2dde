#include "apps/central/again.h"

#include "base/log.h"
#include "base/time.h"
#include "io/pg/stream.h"

#include <stdlib.h>
#include <string.h>

enum { STEPS = 3, VALUES = 4 };
/* Of an entry, which fails by what may pass another time: then those behind it have their turn. */
static const int64_t TRIES = 5;
/* A frame is read from the key frame before it on, which is among as many entries before it: frames of hours.
 */
static const int64_t FRAMES_BEFORE = 3000;
/* What the site sends meanwhile waits: so the rest is for another time. */
static const int64_t TURN_US = BP_SECOND;
/* One try is over after that, as the first one of a slow site's portion is. */
static const int64_t TRY_US = 30 * BP_SECOND;

struct Again {
    Loop *loop;
    Sites *sites;
    Notices *notices;
    const Cfg *const *cfg;
    Pg *pg;
    Portion portion;
    Site frame;                /* a place of its own in the site's journal: just before the frame */
    int64_t epoch, seq, tries; /* the entry, and which of its tries this is; 0: none is under way */
    int64_t due_us;            /* the end of the try; monotonic */
    bool is_busy;
    char site[SITE_ID_MAX];
    int64_t since_us; /* monotonic: when it began with the site */
    int64_t day;
    PgValue work, place[VALUES];
    PgStep steps[STEPS];
    int64_t applied;
};

static void next_entry(Again *again);

static void end(Again *again)
{
    if (again->applied)
        bp_log(BP_LOG_NOTICE, "site %s: %lld entries that were put aside are applied by now", again->site,
               (long long)again->applied);
    site_release(sites_get(again->sites, bp_str(again->site)));
    again->is_busy = false;
}

static void on_set_aside(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Again *again = context;
    (void)rows;
    if (status != BP_OK)
        bp_log(BP_LOG_WARNING, "site %s: entry %lld, which was tried again: %s", again->site,
               (long long)again->seq, err->text);
    end(again);
}

static void set_aside(Again *again, BpStr why)
{
    again->place[0] = pg_text(bp_str(again->site));
    again->place[1] = pg_integer(again->epoch);
    again->place[2] = pg_integer(again->seq);
    again->place[3] = pg_text(why);
    pg_request(again->pg, SQL_END_RETRY, again->place, VALUES, on_set_aside, again);
}

/* Nothing of the try has happened. What may pass is tried again, in its order, when the others have had their
 * turn; but no entry keeps those behind it from theirs for ever. Who is held by a session of his own site
 * (BP_TIMEOUT before the try's end) waits for that. */
static void give_up(Again *again, BpStatus status, const BpError *err)
{
    const bool is_long = again->tries && status == BP_TIMEOUT && loop_now_us(again->loop) >= again->due_us;
    site_forget_decoder(&again->frame);
    bp_log(BP_LOG_WARNING, "site %s: what was put aside cannot be tried now: %s", again->site,
           is_long ? "it takes too long to apply" : err->text);
    if (is_long)
        set_aside(again, bp_str("it takes too long to apply, each time"));
    else if (again->tries >= TRIES && status != BP_TIMEOUT && pg_is_connected(again->pg))
        set_aside(again, bp_str(err->text));
    else
        end(again);
}

/* ---- a frame ---- */

static void on_concluded(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Again *again = context;
    if (status != BP_OK) {
        give_up(again, status, err);
        return;
    }
    if (pg_get_bool(rows, 0, 0)) {
        again->applied++;
        notices_told(again->notices, bp_str(again->site), bp_str("values"));
    }
    next_entry(again);
}

/* What stands against the frame; empty: nothing. */
static BpStr reason_of(const Again *again)
{
    return bp_buf_text(&again->portion.sites[0].aside);
}

static void conclude(Again *again)
{
    const bool is_good = !reason_of(again).size && again->portion.readings;
    size_t count = 0;
    again->place[0] = pg_text(bp_str(again->site));
    again->place[1] = pg_integer(again->frame.epoch);
    again->place[2] = pg_integer(again->frame.received);
    again->place[3] = is_good ? pg_null() : pg_text(reason_of(again));
    if (!is_good) {
        again->steps[count++] = (PgStep){SQL_CONCLUDE_ASIDE, again->place, VALUES};
        pg_transaction(again->pg, again->steps, count, on_concluded, again);
        return;
    }
    again->work = pg_text(portion_work(&again->portion, true));
    again->steps[count++] = (PgStep){SQL_INSERT_UPLINK_STAGED, NULL, 0};
    again->steps[count++] = (PgStep){SQL_INSERT_UPLINK_DIRTY, &again->work, 1};
    again->steps[count++] = (PgStep){SQL_CONCLUDE_ASIDE, again->place, VALUES};
    const PgTicket ticket = pg_copy(again->pg, SQL_COPY_READINGS_STAGE, portion_copy(&again->portion),
                                    again->steps, count, on_concluded, again);
    pg_set_deadline(again->pg, ticket, again->due_us);
}

static void on_day(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Again *again = context;
    (void)rows;
    if (status != BP_OK) {
        give_up(again, status, err);
    } else if ((size_t)again->day < again->portion.day_count) {
        const int64_t at_us = again->portion.days[again->day++] * BP_DAY;
        const PgValue span[] = {pg_time(at_us), pg_time(at_us)};
        const PgTicket ticket = pg_request(again->pg, SQL_ENSURE_DAYS, span, 2, on_day, again);
        pg_set_deadline(again->pg, ticket, again->due_us);
    } else {
        conclude(again);
    }
}

static bool on_entry(void *owner, const PgRows *rows)
{
    Again *again = owner;
    (void)portion_take(&again->portion, 0, pg_get_integer(rows, 0, 1), pg_get_text(rows, 0, 2),
                       pg_get_text(rows, 0, 3), (size_t)pg_get_integer(rows, 0, 4));
    return true;
}

static void on_entries(void *owner, BpStatus status, const BpError *err)
{
    Again *again = owner;
    again->day = 0;
    on_day(again, status, NULL, err);
}

/* Frames are tried in their order: where the one before was of the same life, its decoder goes on. */
static void try_frame(Again *again)
{
    Site *place = &again->frame;
    const int64_t epoch = again->epoch, seq = again->seq;
    if (place->epoch != epoch || place->decoded >= seq || place->decoded < seq - FRAMES_BEFORE ||
        strcmp(place->id, again->site) != 0)
        site_forget_decoder(place);
    place->epoch = epoch;
    place->applied = seq - 1;
    place->received = place->careful_until = seq;
    place->key_seq = seq > FRAMES_BEFORE ? seq - FRAMES_BEFORE : 1;
    (void)bp_str_copy(bp_str(again->site), place->id, sizeof place->id);
    portion_begin(&again->portion, &place, 1, bp_wall_us(), (*again->cfg)->central_retention);
    const PgValue values[] = {pg_text(portion_places(&again->portion)),
                              pg_integer(portion_entries(&again->portion))};
    const PgStreamOptions options = {.query = SQL_SELECT_UPLINK_ENTRIES,
                                     .values = values,
                                     .count = 2,
                                     .owner = again,
                                     .on_row = on_entry,
                                     .on_end = on_entries};
    pg_stream_set_deadline(pg_stream_new(again->pg, &options), again->due_us);
}

/* ---- a record ---- */

static void on_record(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Again *again = context;
    if (status != BP_OK) {
        give_up(again, status, err);
        return;
    }
    again->applied += pg_get_integer(rows, 0, 1);
    notices_told(again->notices, bp_str(again->site), pg_get_text(rows, 0, 0));
    next_entry(again);
}

static void try_record(Again *again)
{
    const PgValue values[] = {pg_text(bp_str(again->site)), pg_integer(again->epoch), pg_integer(again->seq)};
    const PgTicket ticket = pg_request(again->pg, SQL_RETRY_UPLINK, values, 3, on_record, again);
    pg_set_deadline(again->pg, ticket, again->due_us);
}

/* ---- whose turn it is ---- */

static void on_begun(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Again *again = context;
    if (status != BP_OK) {
        give_up(again, status, err);
        return;
    }
    if (!pg_row_count(rows)) {
        end(again);
        return;
    }
    again->epoch = pg_get_integer(rows, 0, 0);
    again->seq = pg_get_integer(rows, 0, 1);
    again->tries = pg_get_integer(rows, 0, 3);
    again->due_us = loop_now_us(again->loop) + TRY_US;
    if (pg_get_bool(rows, 0, 2))
        try_frame(again);
    else
        try_record(again);
}

static void next_entry(Again *again)
{
    const PgValue values[] = {pg_text(bp_str(again->site)), pg_integer(TRIES)};
    again->tries = 0;
    if (loop_now_us(again->loop) - again->since_us > TURN_US) {
        end(again);
        return;
    }
    pg_request(again->pg, SQL_BEGIN_RETRY, values, 2, on_begun, again);
}

bool again_try(Again *again, BpStr site_id)
{
    Site *site = sites_get(again->sites, site_id);
    if (again->is_busy || site->is_busy || !pg_is_connected(again->pg))
        return false;
    (void)bp_str_copy(site_id, again->site, sizeof again->site);
    site_hold(site);
    again->is_busy = true;
    again->applied = 0;
    again->since_us = loop_now_us(again->loop);
    next_entry(again);
    return true;
}

/* ---- making and freeing ---- */

static void on_connected(void *owner)
{
    const Again *again = owner;
    pg_request(again->pg, SQL_CREATE_READINGS_STAGE, NULL, 0, NULL, NULL);
}

static void on_lost(void *owner, const BpError *why)
{
    (void)owner;
    bp_log(BP_LOG_DEBUG, "what is tried again: %s", why->text);
}

Again *again_new(Loop *loop, const PgOptions *database, Sites *sites, Notices *notices, const Cfg *const *cfg)
{
    Again *again = calloc(1, sizeof *again);
    PgOptions options = *database;
    if (!again)
        abort();
    again->loop = loop;
    again->sites = sites;
    again->notices = notices;
    again->cfg = cfg;
    portion_init(&again->portion);
    options.owner = again;
    options.on_connected = on_connected;
    options.on_lost = on_lost;
    options.on_notice = NULL;
    again->pg = pg_new(loop, &options);
    return again;
}

void again_free(Again *again)
{
    if (!again)
        return;
    pg_free(again->pg);
    site_forget_decoder(&again->frame);
    portion_done(&again->portion);
    free(again);
}
