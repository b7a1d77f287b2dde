#include "apps/web/points/load.h"

#include "apps/web/points/load_rows.h"
#include "apps/web/points/put.h"

#include "base/log.h"
#include "base/time.h"
#include "io/pg/listener.h"

#include <jansson.h>
#include <stdlib.h>

enum { PIECE_MAX = 1000 }; /* points: some 3 ms of work where there are 100,000 */
static const int64_t LOOK_EVERY_US = 10 * BP_SECOND, AGAIN_US = 5 * BP_SECOND, PAUSE_MIN_US = 20000;

/* What is to be read: sites with their devices, points that are new, all points, who holds what. */
enum { DEVICES = 1, POINTS = 2, WHOLE = 4, HELD = 8 };

struct Load {
    LoadOptions options;
    PgListener *listener;
    LoopTimer *timer; /* the next round */
    LoopTimer *go_on; /* the rest of the stream */
    unsigned wanted;  /* in the next round */
    unsigned round;   /* in the one that is under way */
    bool is_round;
    bool is_asking;  /* an answer is to come */
    bool is_leaving; /* load_free has been called: the answer frees it */
    bool has_failed; /* and that was said */
    bool has_loaded;
    int64_t began_us, next_us;              /* monotonic: the round; and none begins sooner than that */
    char seen_from[24], next_seen_from[24]; /* what stream_web_points.sql asks for; "": all */
    PgTicket stream;
    BpArena arena; /* of the piece */
    StoreGiven piece[PIECE_MAX];
    size_t piece_count;
    StoreSite *piece_site;
    size_t refused;  /* points, in this round */
    char *counts;    /* {"demo": 500}: of points, as the database has them */
    char (*odd)[64]; /* sites that have not as many points as they should */
    size_t odd_count;
};

static void want(Load *load, unsigned wanted)
{
    load->wanted |= wanted;
    if (!load->is_round && !load->is_leaving)
        loop_timer_set(load->timer, load->next_us);
}

static void free_all(Load *load)
{
    bp_arena_done(&load->arena);
    free(load->counts);
    free(load->odd);
    free(load);
}

/* True: go on with the answer. */
static bool is_answered(Load *load, BpStatus status, const BpError *err)
{
    load->is_asking = false;
    if (load->is_leaving) {
        free_all(load);
        return false;
    }
    if (status == BP_OK)
        return true;
    if (!load->has_failed)
        bp_log(BP_LOG_WARNING, "reading sites, devices and points: %s; they are read again", err->text);
    load->has_failed = true;
    load->wanted |= load->round;
    load->is_round = false;
    load->next_us = loop_now_us(load->options.loop) + AGAIN_US;
    loop_timer_set(load->timer, load->next_us);
    return false;
}

static void ask(Load *load, SqlQuery query, const PgValue *values, size_t count, PgDone done)
{
    load->is_asking = true;
    (void)pg_pool_request(load->options.pool, query, values, count, done, load);
}

static StoreSite *site_of_row(Load *load, const PgRows *rows, size_t row, int column)
{
    const StoreSite *site = store_site(load->options.store, pg_get_text(rows, row, column));
    return (StoreSite *)(uintptr_t)site; /* NULL: it came meanwhile */
}

/* ---- 5: the round is over ---- */

static void end_round(Load *load)
{
    const int64_t now_us = loop_now_us(load->options.loop);
    const int64_t pause_us = 4 * (now_us - load->began_us);
    Store *store = load->options.store;
    load->has_failed = false;
    if (load->round & (POINTS | WHOLE))
        memcpy(load->seen_from, load->next_seen_from, sizeof load->seen_from);
    if (load->refused) /* of a site or device that came meanwhile */
        load->wanted |= DEVICES | WHOLE;
    load->is_round = false;
    /* A fifth of the time at most goes into reading: who says all the time that something is new takes no
     * more. */
    load->next_us = now_us + (pause_us > PAUSE_MIN_US ? pause_us : PAUSE_MIN_US);
    for (size_t i = 0; i < store_site_count(store); i++)
        store_put_loaded((StoreSite *)(uintptr_t)store_site_at(store, i));
    if (!load->has_loaded && load->options.on_loaded)
        load->options.on_loaded(load->options.owner);
    load->has_loaded = true;
    loop_timer_set(load->timer, load->wanted ? load->next_us : now_us + LOOK_EVERY_US);
}

/* ---- 4: who holds what ---- */

static void on_overrides(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Load *load = context;
    if (!is_answered(load, status, err))
        return;
    load_put_overrides(load->options.store, rows);
    end_round(load);
}

static void read_held(Load *load)
{
    if (load->round & HELD)
        ask(load, SQL_SELECT_WEB_OVERRIDES, NULL, 0, on_overrides);
    else
        end_round(load);
}

/* ---- 3: points that are no more ---- */

static void keep_points(Load *load);

static void on_ids(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Load *load = context;
    if (!is_answered(load, status, err))
        return;
    StoreSite *site =
        (StoreSite *)(uintptr_t)store_site(load->options.store, bp_str(load->odd[load->odd_count]));
    const size_t count = pg_row_count(rows);
    int32_t *ids = calloc(count + 1, sizeof *ids);
    if (!ids)
        abort();
    for (size_t row = 0; row < count; row++)
        ids[row] = (int32_t)pg_get_integer(rows, row, 0);
    if (site)
        store_keep_points(site, ids, count);
    if (site && site->point_count < count)
        load->refused += count - site->point_count;
    free(ids);
    keep_points(load);
}

static void keep_points(Load *load)
{
    if (!load->odd_count) {
        read_held(load);
        return;
    }
    load->odd_count--;
    const PgValue site = pg_text(bp_str(load->odd[load->odd_count]));
    ask(load, SQL_SELECT_WEB_POINT_IDS, &site, 1, on_ids);
}

/* Sites that have not as many points as `counts` says: {"demo": 500}. */
static void find_odd(Load *load)
{
    Store *store = load->options.store;
    json_auto_t *counts = json_loads(load->counts ? load->counts : "{}", 0, NULL);
    load->odd_count = 0;
    load->odd = reallocarray(load->odd, store_site_count(store) + 1, sizeof *load->odd);
    if (!load->odd)
        abort();
    for (size_t i = 0; i < store_site_count(store); i++) {
        const StoreSite *site = store_site_at(store, i);
        if ((size_t)json_integer_value(json_object_get(counts, site->id)) != site->point_count)
            (void)bp_str_copy(bp_str(site->id), load->odd[load->odd_count++], sizeof *load->odd);
    }
}

/* ---- 2: points ---- */

static void put_piece(Load *load)
{
    if (load->piece_site)
        load->refused += store_put_points(load->piece_site, load->piece, load->piece_count);
    load->piece_count = 0;
    bp_arena_reset(&load->arena);
}

static bool on_point(void *owner, const PgRows *rows)
{
    enum { COUNTS = 23 };
    Load *load = owner;
    if (load->is_leaving)
        return true;
    if (pg_is_null(rows, 0, 1)) {
        const BpStr counts = pg_get_text(rows, 0, COUNTS);
        (void)bp_str_copy(pg_get_text(rows, 0, 0), load->next_seen_from, sizeof load->next_seen_from);
        free(load->counts);
        load->counts = strndup(counts.size ? counts.data : "", counts.size);
        return true;
    }
    StoreSite *site = site_of_row(load, rows, 0, 1);
    if (site != load->piece_site)
        put_piece(load);
    load->piece_site = site;
    if (!site) { /* which came meanwhile */
        load->refused++;
        return true;
    }
    StoreGiven given = load_given(rows, 0);
    const StorePoint *known = store_point(site, given.id);
    if (!(load->round & WHOLE) && known && known->version > given.version)
        return true; /* load_put_rows was quicker */
    load_keep_texts(&given, &load->arena);
    load->piece[load->piece_count++] = given;
    if (load->piece_count < PIECE_MAX)
        return true;
    put_piece(load);
    loop_timer_set(load->go_on, loop_now_us(load->options.loop)); /* in the loop's next turn */
    return false;
}

static void on_go_on(void *owner)
{
    Load *load = owner;
    pg_pool_go_on(load->options.pool, load->stream);
}

static void on_points(void *owner, BpStatus status, const BpError *err)
{
    Load *load = owner;
    if (!load->is_leaving)
        put_piece(load);
    load->piece_site = NULL;
    if (!is_answered(load, status, err))
        return;
    find_odd(load);
    keep_points(load);
}

static void stream_points(Load *load)
{
    const PgValue since =
        load->round & WHOLE || !*load->seen_from ? pg_null() : pg_text(bp_str(load->seen_from));
    load->is_asking = true;
    load->piece_count = 0;
    load->piece_site = NULL;
    load->stream = pg_pool_stream(load->options.pool, &(PgStreamOptions){.query = SQL_STREAM_WEB_POINTS,
                                                                         .values = &since,
                                                                         .count = 1,
                                                                         .owner = load,
                                                                         .on_row = on_point,
                                                                         .on_end = on_points});
}

static void read_points(Load *load)
{
    if (load->round & (POINTS | WHOLE))
        stream_points(load);
    else
        read_held(load);
}

/* ---- 1: sites, and their devices ---- */

static void on_devices(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Load *load = context;
    if (!is_answered(load, status, err))
        return;
    load_put_devices(load->options.store, rows);
    read_points(load);
}

static void on_sites(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Load *load = context;
    if (!is_answered(load, status, err))
        return;
    load_put_sites(load->options.store, rows);
    ask(load, SQL_SELECT_WEB_DEVICES, NULL, 0, on_devices);
}

static void on_due(void *owner)
{
    Load *load = owner;
    if (load->is_round)
        return;
    load->is_round = true;
    load->round = load->wanted ? load->wanted : DEVICES | HELD;
    load->wanted = 0;
    load->refused = 0;
    load->began_us = loop_now_us(load->options.loop);
    if (load->round & DEVICES)
        ask(load, SQL_SELECT_WEB_SITES, NULL, 0, on_sites);
    else
        read_points(load);
}

/* ---- notices: anybody may send some ---- */

static void on_notice(void *owner, const char *channel, const char *payload)
{
    Load *load = owner;
    if (strcmp(channel, "bacpipes_config") != 0) {
        want(load, HELD); /* a command has ended: somebody may hold something now */
        return;
    }
    json_auto_t *notice = json_loads(payload, 0, NULL);
    const char *table = json_string_value(json_object_get(notice, "table"));
    const char *name = json_string_value(json_object_get(notice, "site"));
    const StoreSite *site = name ? store_site(load->options.store, bp_str(name)) : NULL;
    if (table && strcmp(table, "saved_view") == 0 && site)
        store_put_views((StoreSite *)(uintptr_t)site);
    else if (table && strcmp(table, "point") == 0)
        want(load, POINTS);
    else if (table && (strcmp(table, "device") == 0 || strcmp(table, "site") == 0))
        want(load, DEVICES | POINTS);
    else if (table && strcmp(table, "setting") == 0)
        want(load, DEVICES);
}

void load_again(Load *load)
{
    want(load, DEVICES);
}

static void on_listening(void *owner)
{
    Load *load = owner;
    want(load, DEVICES | WHOLE | HELD);
}

Load *load_new(const LoadOptions *options)
{
    static const char *const channels[] = {"bacpipes_config", "bacpipes_command_end"};
    Load *load = calloc(1, sizeof *load);
    if (!load)
        abort();
    load->options = *options;
    load->timer = loop_timer_new(options->loop, on_due, load);
    load->go_on = loop_timer_new(options->loop, on_go_on, load);
    load->listener = pg_listener_new(options->loop, &(PgListenerOptions){.connection = options->connection,
                                                                         .channels = channels,
                                                                         .channel_count = 2,
                                                                         .owner = load,
                                                                         .on_notice = on_notice,
                                                                         .on_listening = on_listening});
    return load;
}

void load_free(Load *load)
{
    if (!load)
        return;
    pg_listener_free(load->listener);
    loop_timer_free(load->timer);
    loop_timer_free(load->go_on);
    load->is_leaving = true;
    if (load->stream) {
        pg_pool_go_on(load->options.pool, load->stream); /* one that was stopped reads on to its end */
        pg_pool_cancel(load->options.pool, load->stream);
    }
    if (!load->is_asking)
        free_all(load);
}
