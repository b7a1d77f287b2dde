/* What sites send to a central, for bench/central and tests/flow/central_apply.bats: frames and records
 * straight into its uplink, as sync.append leaves them there; and the same rows by plain COPY.
 *
 *   central_feed fill SITES POINTS ROUNDS POLLS PAUSE_MS   each round a frame of POLLS polls of each site
 *   central_feed state|frames SITES POINTS ROUNDS POLLS PAUSE_MS   the same in two: what there is, then the
 * frames central_feed copy SITES POINTS ROUNDS POLLS WRITERS    20,000 rows a commit; prints rows a second
 *
 * The point p of site number s has at poll k, FIRST_US + k * 15 s, the value ((p * 7 + k / 3 * 3 + s) % 1000)
 * / 10. PostgreSQL is where PGHOST says. */
#include "base/parse.h"
#include "base/time.h"
#include "io/pg/copy.h"
#include "io/pg/pg.h"
#include "journal/frame.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROWS_A_COMMIT = 20000, STATE_ROWS = 100, WRITERS_MAX = 16 };
static const int64_t EPOCH = 7, STEP_US = 15 * BP_SECOND;

typedef struct Feed {
    Loop *loop;
    Pg *pg;
    int sites, points, rounds, polls;
    int64_t first_us;
    BpBuf sql;
} Feed;

static void fail(const char *what, const BpError *err)
{
    fprintf(stderr, "central_feed: %s: %s\n", what, err->text);
    exit(1);
}

static int64_t number_of(const char *text, int64_t max)
{
    int64_t number = 0;
    BpError err = {0};
    if (bp_parse_i64(bp_str(text), 0, max, &number, &err) != BP_OK)
        fail("a number", &err);
    return number;
}

static void run_sql(Feed *feed, const char *what)
{
    BpError err = {0};
    if (feed->sql.failed || pg_wait_text(feed->pg, bp_buf_text(&feed->sql), &err) != BP_OK)
        fail(what, &err);
    bp_buf_clear(&feed->sql);
}

static PgOptions options_of(void)
{
    const char *host = getenv("PGHOST"), *port = getenv("PGPORT");
    return (PgOptions){.host = host ? host : "/tmp",
                       .port = (uint16_t)(port ? number_of(port, UINT16_MAX) : 5432),
                       .database = "bacpipes",
                       .user = "bacpipes",
                       .tls = "disable",
                       .application_name = "central_feed"};
}

static JournalReading reading_of(const Feed *feed, int site, int point, int poll)
{
    return (JournalReading){.point_id = point,
                            .device_id = 1,
                            .object_instance = point,
                            .at_us = feed->first_us + poll * STEP_US,
                            .value = ((point * 7 + poll / 3 * 3 + site) % 1000) / 10.0,
                            .has_value = true,
                            .has_object = true,
                            .units = bp_str("degrees-celsius"),
                            .object_type = bp_str("analog-input")};
}

/* ---- fill ---- */

static void put_entry(Feed *feed, int site, int64_t seq, const char *kind, BpStr body, int64_t at_us)
{
    char at[BP_TIME_TEXT_MAX];
    bp_buf_printf(&feed->sql, "('feed%d',%" PRId64 ",%" PRId64 ",'%s','%s','\\x", site, EPOCH, seq, kind,
                  bp_time_format(at_us, 6, at));
    for (size_t i = 0; i < body.size; i++)
        bp_buf_printf(&feed->sql, "%02x", (uint8_t)body.data[i]);
    bp_buf_printf(&feed->sql, "',sha256('x'),clock_timestamp()),");
}

static void begin_entries(Feed *feed)
{
    bp_buf_printf(
        &feed->sql,
        "begin;insert into uplink (site_id, epoch, seq, kind, at, body, digest, received_at) values ");
}

/* The last comma goes. `count` entries more are received of each site. */
static void end_entries(Feed *feed, int64_t count)
{
    bp_buf_rewind(&feed->sql, feed->sql.size - 1);
    bp_buf_printf(&feed->sql,
                  ";update uplink_cursor set received_seq = received_seq + %" PRId64
                  ", received_at = clock_timestamp() where site_id like 'feed%%';commit",
                  count);
    run_sql(feed, "entries");
}

static int64_t put_state(Feed *feed, int site)
{
    int64_t seq = 0;
    BpBuf body = bp_buf_growing(1024 * 1024);
    bp_buf_printf(&body, "{\"v\":1,\"table\":\"device\",\"op\":\"state\",\"complete\":true,\"rows\":[{"
                         "\"device_id\":1,\"address\":\"10.0.0.1\",\"instance\":1,\"name\":\"AHU-1\"}]}");
    put_entry(feed, site, ++seq, "device", bp_buf_text(&body), feed->first_us);
    for (int point = 1; point <= feed->points;) {
        bp_buf_clear(&body);
        bp_buf_printf(&body, "{\"v\":1,\"table\":\"point\",\"op\":\"state\",\"rows\":[");
        for (int i = 0; i < STATE_ROWS && point <= feed->points; i++, point++)
            bp_buf_printf(
                &body,
                "%s{\"point_id\":%d,\"device_id\":1,\"object_type\":\"analog-input\",\"object_instance\":%d,"
                "\"property\":"
                "\"present-value\",\"name\":\"T%d\",\"units\":\"degrees-celsius\",\"enabled\":true}",
                i ? "," : "", point, point, point);
        bp_buf_printf(&body, "],\"complete\":%s}", point > feed->points ? "true" : "false");
        put_entry(feed, site, ++seq, "point", bp_buf_text(&body), feed->first_us);
    }
    bp_buf_clear(&body);
    bp_buf_printf(&body, "{\"v\":1,\"table\":\"setting\",\"op\":\"state\",\"complete\":true,\"rows\":[]}");
    put_entry(feed, site, ++seq, "setting", bp_buf_text(&body), feed->first_us);
    bp_buf_done(&body);
    return seq;
}

static void put_frame(Feed *feed, JournalFrameEncoder *encoder, int site, int64_t seq, int round)
{
    const size_t count = (size_t)feed->points * (size_t)feed->polls;
    JournalReading *readings = malloc(count * sizeof *readings);
    BpBuf frame = bp_buf_growing(JOURNAL_FRAME_OCTETS_MAX);
    BpError err = {0};
    size_t i = 0;
    if (!readings)
        abort();
    for (int poll = round * feed->polls; poll < (round + 1) * feed->polls; poll++)
        for (int point = 1; point <= feed->points; point++)
            readings[i++] = reading_of(feed, site, point, poll);
    if (journal_frame_encode(encoder, readings, count, round % 60 == 0, &frame, &err) != BP_OK)
        fail("a frame", &err);
    journal_frame_committed(encoder);
    put_entry(feed, site, seq, "readings", bp_buf_text(&frame),
              feed->first_us + (int64_t)(round + 1) * feed->polls * STEP_US);
    bp_buf_done(&frame);
    free(readings);
}

static void make_sites(Feed *feed)
{
    bp_buf_printf(
        &feed->sql,
        "insert into site (site_id, name) values ('central', 'Central') on conflict do nothing;"
        "insert into site (site_id, name, is_remote) select 'feed' || n, 'Feed ' || n, true from "
        "generate_series(1, %d) as n;"
        "insert into remote_site (site_id, number, state, joined_at, seen_at) select 'feed' || n, n, "
        "'joined', now(), now() from generate_series(1, %d) as n;"
        "insert into uplink_cursor (site_id, epoch, life, first_seq, received_seq, record_seq, record_digest)"
        " select 'feed' || n, %" PRId64 ", 1, 1, 0, 0, sha256('x') from generate_series(1, %d) as n;"
        "insert into uplink_applied (site_id, epoch, applied_seq) select 'feed' || n, %" PRId64
        ", 0 from generate_series(1, %d) as n",
        feed->sites, feed->sites, EPOCH, feed->sites, EPOCH, feed->sites);
    run_sql(feed, "sites");
}

static int64_t put_states(Feed *feed)
{
    int64_t seq = 0;
    make_sites(feed);
    for (int site = 1; site <= feed->sites; site++) {
        begin_entries(feed);
        seq = put_state(feed, site);
        bp_buf_rewind(&feed->sql, feed->sql.size - 1);
        bp_buf_printf(&feed->sql,
                      ";update uplink_cursor set received_seq = %" PRId64 " where site_id = 'feed%d';commit",
                      seq, site);
        run_sql(feed, "what there is");
    }
    return seq;
}

/* Behind entry `seq` of each site. */
static void put_frames(Feed *feed, int64_t seq, int pause_ms)
{
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): they are pointers */
    JournalFrameEncoder **encoders = calloc((size_t)feed->sites + 1, sizeof *encoders);
    if (!encoders)
        abort();
    for (int site = 1; site <= feed->sites; site++)
        encoders[site] = journal_frame_encoder_new((uint64_t)site * 7919);
    for (int round = 0; round < feed->rounds; round++) {
        begin_entries(feed);
        seq++;
        for (int site = 1; site <= feed->sites; site++)
            put_frame(feed, encoders[site], site, seq, round);
        end_entries(feed, 1);
        if (pause_ms)
            usleep((useconds_t)pause_ms * 1000);
    }
    for (int site = 1; site <= feed->sites; site++)
        journal_frame_encoder_free(encoders[site]);
    free(encoders);
    printf("filled %" PRId64 " readings\n", (int64_t)feed->sites * feed->points * feed->rounds * feed->polls);
}

/* ---- copy ---- */

typedef struct Writer {
    const Feed *feed;
    Pg *pg;
    BpBuf rows;
    size_t count; /* in `rows` */
    int site, round;
    bool is_done;
    int step, steps; /* its rows: every so-many-th frame of all, in their order */
} Writer;

static void put_row(BpBuf *out, const char *site_id, const JournalReading *reading)
{
    pg_copy_row(out, 10);
    pg_copy_time(out, reading->at_us);
    pg_copy_text(out, bp_str(site_id));
    pg_copy_int4(out, reading->point_id);
    pg_copy_float8(out, reading->value);
    pg_copy_text(out, bp_str("good"));
    pg_copy_null(out);
    pg_copy_text(out, reading->units);
    pg_copy_int4(out, reading->device_id);
    pg_copy_text(out, reading->object_type);
    pg_copy_int4(out, reading->object_instance);
}

static void on_copied(void *context, BpStatus status, const PgRows *rows, const BpError *err);

static void write_more(Writer *writer)
{
    const Feed *feed = writer->feed;
    char site_id[32];
    bp_buf_clear(&writer->rows);
    pg_copy_begin(&writer->rows);
    writer->count = 0;
    for (; writer->step < feed->rounds * feed->sites && writer->count < ROWS_A_COMMIT;
         writer->step += writer->steps) {
        const int round = writer->step / feed->sites, site = writer->step % feed->sites + 1;
        snprintf(site_id, sizeof site_id, "feed%d", site);
        for (int poll = round * feed->polls; poll < (round + 1) * feed->polls; poll++)
            for (int point = 1; point <= feed->points; point++, writer->count++) {
                const JournalReading reading = reading_of(feed, site, point, poll);
                put_row(&writer->rows, site_id, &reading);
            }
    }
    pg_copy_end(&writer->rows);
    writer->is_done = writer->count == 0;
    if (!writer->is_done)
        pg_copy(writer->pg, SQL_COPY_READINGS, bp_buf_text(&writer->rows), NULL, 0, on_copied, writer);
}

static void on_copied(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    (void)rows;
    if (status != BP_OK)
        fail("COPY", err);
    write_more(context);
}

static void copy(Feed *feed, int writers)
{
    Writer all[WRITERS_MAX] = {0};
    const PgOptions options = options_of();
    BpError err = {0};
    bool is_done = false;
    for (int i = 0; i < writers; i++) {
        all[i] = (Writer){.feed = feed,
                          .pg = pg_new(feed->loop, &options),
                          .rows = bp_buf_growing(64 * 1024 * 1024),
                          .step = i,
                          .steps = writers};
        if (pg_wait_connected(all[i].pg, 10 * BP_SECOND, &err) != BP_OK)
            fail("a writer", &err);
    }
    const int64_t begin_us = loop_now_us(feed->loop);
    for (int i = 0; i < writers; i++)
        write_more(&all[i]);
    while (!is_done) {
        loop_run_once(feed->loop, BP_SECOND);
        is_done = true;
        for (int i = 0; i < writers; i++)
            is_done = is_done && all[i].is_done;
    }
    const double seconds = (double)(loop_now_us(feed->loop) - begin_us) / BP_SECOND;
    printf("%.0f\n", (double)feed->sites * feed->points * feed->rounds * feed->polls / seconds);
    for (int i = 0; i < writers; i++) {
        pg_free(all[i].pg);
        bp_buf_done(&all[i].rows);
    }
}

int main(int argc, char **argv)
{
    if (argc != 7) {
        fprintf(stderr,
                "usage: central_feed fill|state|frames|copy SITES POINTS ROUNDS POLLS PAUSE_MS|WRITERS\n");
        return 64;
    }
    const PgOptions options = options_of();
    BpError err = {0};
    const int last = (int)number_of(argv[6], INT_MAX);
    Feed feed = {.sites = (int)number_of(argv[2], INT_MAX),
                 .points = (int)number_of(argv[3], INT_MAX),
                 .rounds = (int)number_of(argv[4], INT_MAX),
                 .polls = (int)number_of(argv[5], INT_MAX),
                 .sql = bp_buf_growing(512 * 1024 * 1024)};
    const char *first = getenv("FIRST_S");
    /* The beginning of today's day (UTC), so that what is made is of one day as a rule. */
    feed.first_us =
        first ? number_of(first, INT64_MAX / BP_SECOND) * BP_SECOND : bp_wall_us() / BP_DAY * BP_DAY;
    feed.loop = loop_new();
    feed.pg = pg_new(feed.loop, &options);
    if (pg_wait_connected(feed.pg, 10 * BP_SECOND, &err) != BP_OK)
        fail("connecting", &err);
    if (strcmp(argv[1], "state") == 0)
        (void)put_states(&feed);
    else if (strcmp(argv[1], "fill") == 0)
        put_frames(&feed, put_states(&feed), last);
    else if (strcmp(argv[1], "frames") == 0) /* behind as many entries as put_state makes */
        put_frames(&feed, 2 + (feed.points + STATE_ROWS - 1) / STATE_ROWS, last);
    else
        copy(&feed, last < WRITERS_MAX ? last : WRITERS_MAX);
    pg_free(feed.pg);
    loop_free(feed.loop);
    bp_buf_done(&feed.sql);
    return 0;
}
