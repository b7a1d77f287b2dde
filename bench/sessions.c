/* Sites that send, for bench/central: each a TLS session of its own that calls sync.append, as bacpipes sync
 * does.
 *
 *   central_sessions SITES POINTS SECONDS BACKLOG HOST PORT FOLDER
 *
 * Site number s (feed<s>, login site_<s>, behind what `central_feed state` lays) sends a frame of one poll
 * each 15 s, all spread over that time, for SECONDS. With BACKLOG, site 1 sends so many frames of two polls
 * first, as fast as central takes them. FIRST_SITE: the first one's number is this instead of 1; FIRST_SEQ:
 * its first entry's. FOLDER has ca.crt, site.crt and site.key, which are every site's. Says "ready" when all
 * are connected, "caught up" when central has the backlog, and in the end how many readings it took. */
#include "base/parse.h"
#include "base/time.h"
#include "io/pg/pg.h"
#include "journal/frame.h"

#include <limits.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>

enum { STATE_ROWS = 100, UNDER_WAY = 8, BACKLOG_POLLS = 2, KEY_EVERY = 60 };
static const int64_t EPOCH = 7, STEP_US = 15 * BP_SECOND, EPOCH_OF_2000_US = 946684800 * BP_SECOND;

typedef struct Run Run;
typedef struct Site {
    Run *run;
    Pg *pg;
    JournalFrameEncoder *encoder;
    LoopTimer *timer;
    int number, frames, under_way;
    int64_t seq, poll_us; /* of the next */
    int backlog;          /* frames that are to be sent yet */
} Site;

struct Run {
    Loop *loop;
    Site *sites;
    JournalReading *readings;
    BpBuf frame;
    int count, points, connected, first;
    int64_t end_us, taken, refused;
    char folder[3][512];
};

static void die(const char *what, const BpError *err)
{
    fprintf(stderr, "central_sessions: %s: %s\n", what, err->text);
    exit(1);
}

static int64_t number_of(const char *text, int64_t min, int64_t max)
{
    int64_t number = 0;
    BpError err = {0};
    if (bp_parse_i64(bp_str(text), min, max, &number, &err) != BP_OK)
        die("a number", &err);
    return number;
}

static void send_frame(Site *site, int polls);

static void go_on(Site *site)
{
    while (site->backlog > 0 && site->under_way < UNDER_WAY) {
        site->backlog--;
        send_frame(site, BACKLOG_POLLS);
    }
}

static void on_taken(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Site *site = context;
    (void)rows;
    if (status != BP_OK)
        die("an entry", err);
    site->under_way--;
    const bool had = site->backlog > 0 || site->under_way > 0;
    go_on(site);
    if (had && site->backlog == 0 && site->under_way == 0) {
        puts("caught up");
        (void)fflush(stdout);
    }
}

static void send_frame(Site *site, int polls)
{
    Run *run = site->run;
    size_t count = 0;
    BpError err = {0};
    for (int poll = 0; poll < polls; poll++, site->poll_us += STEP_US)
        for (int point = 1; point <= run->points; point++)
            run->readings[count++] = (JournalReading){
                .point_id = point,
                .device_id = 1,
                .object_instance = point,
                .at_us = site->poll_us,
                .value = (double)((point * 7 + site->frames / 3 * 3 + site->number) % 1000) / 10.0,
                .has_value = true,
                .has_object = true,
                .units = bp_str("degrees-celsius"),
                .object_type = bp_str("analog-input")};
    bp_buf_clear(&run->frame);
    if (journal_frame_encode(site->encoder, run->readings, count, site->frames % KEY_EVERY == 0, &run->frame,
                             &err) != BP_OK)
        die("a frame", &err);
    journal_frame_committed(site->encoder);
    const BpStr body = bp_buf_text(&run->frame);
    uint8_t digest[SHA256_DIGEST_LENGTH], at[8];
    SHA256((const uint8_t *)body.data, body.size, digest);
    BpBuf when = bp_buf(at, sizeof at);
    bp_buf_unsigned(&when, (uint64_t)(bp_wall_us() - EPOCH_OF_2000_US), sizeof at);
    const PgValue values[] = {
        pg_integer(EPOCH),
        pg_integer(site->seq++),
        {.kind = PG_OCTETS, .text = bp_buf_text(&when)},
        {.kind = PG_OCTETS, .text = body},
        {.kind = PG_OCTETS, .text = {(const char *)digest, sizeof digest}},
        pg_null(),
    };
    site->frames++;
    site->under_way++;
    run->taken += (int64_t)count;
    pg_request(site->pg, SQL_SYNC_APPEND_FRAME, values, 6, on_taken, site);
}

static void on_poll(void *owner)
{
    Site *site = owner;
    const int64_t now_us = loop_now_us(site->run->loop);
    if (now_us >= site->run->end_us)
        return;
    loop_timer_set(site->timer, now_us + STEP_US);
    if (site->backlog == 0 && site->under_way == 0)
        send_frame(site, 1);
    else
        site->run->refused++; /* the one before has no answer: central is behind */
}

static void on_connected(void *owner)
{
    Site *site = owner;
    site->run->connected++;
}

static void on_lost(void *owner, const BpError *why)
{
    (void)owner;
    die("a session", why);
}

static void connect_all(Run *run, char **argv)
{
    char user[32];
    const char *behind = getenv("FIRST_SEQ");
    const int64_t first_seq =
        behind ? number_of(behind, 1, INT64_MAX) : 3 + (run->points + STATE_ROWS - 1) / STATE_ROWS;
    PgOptions options = {.host = argv[5],
                         .port = (uint16_t)number_of(argv[6], 0, UINT16_MAX),
                         .database = "bacpipes",
                         .user = user,
                         .ca_file = run->folder[0],
                         .client_certificate = run->folder[1],
                         .client_key = run->folder[2],
                         .application_name = "bacpipes sync",
                         .is_pipelined = true,
                         .on_connected = on_connected,
                         .on_lost = on_lost};
    for (int i = 0; i < run->count; i++) {
        Site *site = &run->sites[i];
        *site = (Site){.run = run, .number = run->first + i, .seq = first_seq};
        snprintf(user, sizeof user, "site_%d", site->number);
        options.owner = site;
        site->encoder = journal_frame_encoder_new((uint64_t)site->number * 7919);
        site->timer = loop_timer_new(run->loop, on_poll, site);
        site->poll_us = bp_wall_us();
        site->pg = pg_new(run->loop, &options);
        while (run->connected < i - 8) /* the server listens to so many at once */
            loop_run_once(run->loop, BP_SECOND);
    }
    while (run->connected < run->count)
        loop_run_once(run->loop, BP_SECOND);
}

int main(int argc, char **argv)
{
    static const char *const files[] = {"ca.crt", "site.crt", "site.key"};
    if (argc != 8) {
        fprintf(stderr, "usage: central_sessions SITES POINTS SECONDS BACKLOG HOST PORT FOLDER\n");
        return 64;
    }
    const int64_t seconds = number_of(argv[3], 0, INT64_MAX / BP_SECOND / 2);
    const int backlog = (int)number_of(argv[4], 0, INT_MAX);
    const char *first = getenv("FIRST_SITE");
    Run run = {.loop = loop_new(),
               .first = first ? (int)number_of(first, 1, INT_MAX) : 1,
               .count = (int)number_of(argv[1], 1, INT_MAX),
               .points = (int)number_of(argv[2], 0, INT_MAX),
               .frame = bp_buf_growing(JOURNAL_FRAME_OCTETS_MAX)};
    run.sites = calloc((size_t)run.count, sizeof *run.sites);
    run.readings = calloc((size_t)run.points * BACKLOG_POLLS, sizeof *run.readings);
    if (!run.sites || !run.readings)
        abort();
    for (size_t i = 0; i < 3; i++)
        snprintf(run.folder[i], sizeof run.folder[i], "%s/%s", argv[7], files[i]);
    connect_all(&run, argv);
    puts("ready");
    (void)fflush(stdout);
    const int64_t begin_us = loop_now_us(run.loop);
    run.end_us = begin_us + seconds * BP_SECOND;
    for (int i = 0; i < run.count; i++)
        loop_timer_set(run.sites[i].timer, begin_us + STEP_US * i / run.count);
    run.sites[0].backlog = backlog;
    run.sites[0].poll_us -= run.sites[0].backlog * BACKLOG_POLLS * STEP_US;
    go_on(&run.sites[0]);
    bool is_busy = true;
    while (loop_now_us(run.loop) < run.end_us || is_busy) {
        loop_run_once(run.loop, BP_SECOND);
        is_busy = false;
        for (int i = 0; i < run.count; i++)
            is_busy = is_busy || run.sites[i].under_way > 0 || run.sites[i].backlog > 0;
    }
    printf("took %lld readings, %lld polls were late\n", (long long)run.taken, (long long)run.refused);
    for (int i = 0; i < run.count; i++) {
        pg_free(run.sites[i].pg);
        journal_frame_encoder_free(run.sites[i].encoder);
        loop_timer_free(run.sites[i].timer);
    }
    loop_free(run.loop);
    bp_buf_done(&run.frame);
    free(run.readings);
    free(run.sites);
    return 0;
}
