#include "link/signer.h"

#include "base/log.h"
#include "base/time.h"

#include <stdlib.h>
#include <string.h>

enum { WORK_MAX = 256, CERTIFICATE_MAX = 64 * 1024, TEXT_MAX = 16 * 1024 * 1024 };
static const int64_t LOOK_EVERY_US = 300 * BP_MS, KEEP_EVERY_US = BP_HOUR, TRY_AGAIN_US = 10 * BP_SECOND;

/* One thing to be signed or listed, and what came of it. */
typedef struct Task {
    int64_t id, number;
    bool is_revocation, is_join_file;
    const char *site_id;
    BpStr request;
    BpStatus status;
    BpError err;
    BpStr certificate;
    LinkSigned made;
} Task;

/* What another thread does: its own copy of everything. */
typedef struct Round {
    LinkSigner *signer;
    BpArena arena;
    LinkServer server;
    Task tasks[WORK_MAX];
    size_t count;
    BpStatus status; /* of all of it */
    BpError err;
    LinkServerNews news;
    BpStr authorities, revoked, issued; /* PEM; an array's literal; JSON */
    int64_t last_number;
} Round;

struct LinkSigner {
    Loop *loop;
    Pg *pg;
    BpArena arena;
    LinkServer server;
    LoopTimer *timer;
    Round *round;       /* under way; NULL: none is */
    size_t answers_due; /* of the database */
    int64_t keep_due_us;
    bool has_looked, is_told, is_ending;
};

/* ---- on another thread ---- */

static void sign(LinkCa *ca, Task *task, BpArena *arena)
{
    BpBuf out = bp_buf_growing(CERTIFICATE_MAX);
    const LinkSigning signing = {.request = task->request,
                                 .number = task->number,
                                 .site_id = task->site_id,
                                 .is_join_file = task->is_join_file};
    task->status = link_ca_sign(ca, &signing, bp_wall_us(), &out, &task->made, &task->err);
    if (task->status == BP_OK)
        task->certificate = bp_str(bp_arena_text(arena, bp_buf_text(&out)));
    bp_buf_done(&out);
}

/* What sites had before this round, as {"NUMBER SITE_ID": SERIAL}: of those of one name the last counts. What
 * is signed in the round the database hears of next; if it stood here, it would look put back. */
static void keep_issued(Round *round, const LinkCa *ca)
{
    const LinkLedger *ledger = link_ca_ledger(ca);
    const int64_t now_us = bp_wall_us();
    BpBuf out = bp_buf_growing(TEXT_MAX);
    bp_buf_u8(&out, '{');
    for (size_t i = 0; i < ledger->issued_count; i++) {
        const LinkEntry *entry = &ledger->issued[i];
        if (!entry->is_join_file && entry->until_us > now_us && !strpbrk(entry->site_id, "\"\\"))
            bp_buf_printf(&out, "%s\"%lld %s\":\"%s\"", out.size > 1 ? "," : "", (long long)entry->number,
                          entry->site_id, entry->serial);
    }
    bp_buf_u8(&out, '}');
    round->issued = bp_str(bp_arena_text(&round->arena, bp_buf_text(&out)));
    bp_buf_done(&out);
}

static void keep_texts(Round *round, const LinkCa *ca)
{
    const LinkLedger *ledger = link_ca_ledger(ca);
    BpBuf out = bp_buf_growing(TEXT_MAX);
    link_ca_authorities(ca, &out);
    round->authorities = bp_str(bp_arena_text(&round->arena, bp_buf_text(&out)));
    bp_buf_clear(&out);
    bp_buf_u8(&out, '{');
    for (size_t i = 0; i < ledger->revoked_count; i++)
        bp_buf_printf(&out, "%s%s", i ? "," : "", ledger->revoked[i].serial);
    bp_buf_u8(&out, '}');
    round->revoked = bp_str(bp_arena_text(&round->arena, bp_buf_text(&out)));
    round->last_number = link_ledger_last_number(ledger);
    bp_buf_done(&out);
}

static void work(void *job)
{
    Round *round = job;
    LinkCa *ca = NULL;
    round->status = link_ca_open(round->server.ca_folder, "BacPipes central", bp_wall_us(), false, &ca,
                                 &round->news.ca, &round->err);
    if (round->status == BP_OK)
        keep_issued(round, ca);
    for (size_t i = 0; i < round->count && round->status == BP_OK; i++) {
        Task *task = &round->tasks[i];
        if (task->is_revocation)
            round->status = link_ca_revoke(ca, task->number, bp_wall_us(), &round->err);
        else
            sign(ca, task, &round->arena);
    }
    if (round->status == BP_OK)
        round->status = link_server_write(&round->server, ca, bp_wall_us(), &round->news, &round->err);
    if (round->status == BP_OK)
        keep_texts(round, ca);
    link_ca_free(ca);
}

/* ---- what came of it ---- */

static void end_round(LinkSigner *signer)
{
    bp_arena_done(&signer->round->arena);
    free(signer->round);
    signer->round = NULL;
}

/* What was not written down is asked for again: it stands in the database as not signed. */
static void on_stored(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    LinkSigner *signer = context;
    (void)rows;
    if (status != BP_OK && status != BP_UNAVAILABLE)
        bp_log(BP_LOG_ERROR, "what was signed for a site cannot be written down: %s", err->text);
    if (--signer->answers_due == 0)
        end_round(signer);
}

static void store(LinkSigner *signer, SqlQuery query, const PgValue *values, size_t count)
{
    signer->answers_due++;
    pg_request(signer->pg, query, values, count, on_stored, signer);
}

static void store_task(LinkSigner *signer, const Task *task)
{
    const PgValue listed[] = {pg_integer(task->number)};
    const PgValue refused[] = {pg_integer(task->id), pg_text(bp_str(task->err.text))};
    const PgValue made[] = {pg_integer(task->id), pg_text(task->certificate),
                            pg_text(bp_str(task->made.serial)), pg_time(task->made.until_us)};
    if (task->is_revocation) {
        bp_log(BP_LOG_NOTICE, "site %s: its certificates are listed as of no more use", task->site_id);
        store(signer, SQL_STORE_REVOCATION_LISTED, listed, 1);
    } else if (task->status == BP_OK) {
        bp_log(BP_LOG_NOTICE, "site %s: %s is signed", task->site_id,
               task->is_join_file ? "a join file" : "its certificate");
        store(signer, SQL_STORE_SIGNED, made, 4);
    } else if (task->status != BP_UNAVAILABLE) {
        bp_log(BP_LOG_WARNING, "site %s: what it asked for is not signed: %s", task->site_id, task->err.text);
        store(signer, SQL_REFUSE_REQUEST, refused, 2);
    }
}

static void say_news(const LinkServerNews *news)
{
    if (news->ca == LINK_CA_NEXT_MADE)
        bp_log(BP_LOG_NOTICE,
               "the authority's successor is made: sites hear of it, and in 400 days it signs");
    if (news->ca == LINK_CA_SUCCEEDED)
        bp_log(BP_LOG_NOTICE, "another authority signs from now on, of which sites have heard long ago");
    if (news->is_renewed)
        bp_log(BP_LOG_NOTICE, "central's own certificate was renewed");
}

static void done(void *job)
{
    Round *round = job;
    LinkSigner *signer = round->signer;
    if (signer->is_ending) {
        end_round(signer);
        return;
    }
    const bool is_done = round->status == BP_OK;
    signer->keep_due_us = loop_now_us(signer->loop) + (is_done ? KEEP_EVERY_US : TRY_AGAIN_US);
    if (!is_done && !signer->is_told)
        bp_log(BP_LOG_ERROR, "nothing is signed for sites: %s; it is tried again", round->err.text);
    signer->is_told = !is_done;
    if (!is_done) {
        end_round(signer);
        return;
    }
    say_news(&round->news);
    const PgValue told[] = {pg_text(round->authorities),    pg_text(bp_str(round->server.hosts->items[0])),
                            pg_integer(round->server.port), pg_integer(round->last_number),
                            pg_text(round->revoked),        pg_text(round->issued)};
    signer->answers_due = 0;
    store(signer, SQL_TELL_CENTRAL, told, sizeof told / sizeof told[0]);
    for (size_t i = 0; i < round->count; i++)
        store_task(signer, &round->tasks[i]);
}

/* ---- looking ---- */

static void add_task(Round *round, const PgRows *rows, size_t row)
{
    if (round->count == WORK_MAX)
        return;
    Task *task = &round->tasks[round->count++];
    const BpStr purpose = pg_get_text(rows, row, 1);
    task->id = pg_get_integer(rows, row, 0);
    task->is_revocation = bp_str_equal(purpose, bp_str("revoke"));
    task->is_join_file = bp_str_equal(purpose, bp_str("invite"));
    task->site_id = bp_arena_text(&round->arena, pg_get_text(rows, row, 2));
    task->number = pg_get_integer(rows, row, 3);
    task->request = bp_str(bp_arena_text(&round->arena, pg_get_text(rows, row, 4)));
}

static void on_due(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    LinkSigner *signer = context;
    (void)err;
    signer->answers_due--;
    if (status != BP_OK)
        return;
    const bool must_keep = loop_now_us(signer->loop) >= signer->keep_due_us;
    signer->has_looked = true;
    if (pg_row_count(rows) == 0 && !must_keep)
        return;
    if (signer->is_told && !must_keep)
        return;
    signer->round = calloc(1, sizeof *signer->round);
    if (!signer->round)
        abort();
    signer->round->signer = signer;
    signer->round->server = signer->server;
    for (size_t i = 0; i < pg_row_count(rows); i++)
        add_task(signer->round, rows, i);
    loop_work(signer->loop, work, done, signer->round);
}

static void look(void *owner)
{
    LinkSigner *signer = owner;
    loop_timer_set(signer->timer, loop_now_us(signer->loop) + LOOK_EVERY_US);
    if (signer->round || signer->answers_due || !pg_is_connected(signer->pg))
        return;
    signer->answers_due = 1;
    pg_request(signer->pg, SQL_SELECT_SIGNING, NULL, 0, on_due, signer);
}

/* ---- the part itself ---- */

BpStatus link_signer_new(Loop *loop, Pg *pg, const Cfg *cfg, LinkSigner **ret_signer, BpError *err)
{
    LinkSigner *signer = calloc(1, sizeof *signer);
    if (!signer)
        abort();
    const BpStatus status = link_server_read(cfg, &signer->arena, &signer->server, err);
    if (status != BP_OK) {
        bp_arena_done(&signer->arena);
        free(signer);
        return status;
    }
    signer->loop = loop;
    signer->pg = pg;
    signer->timer = loop_timer_new(loop, look, signer);
    *ret_signer = signer;
    look(signer);
    return BP_OK;
}

void link_signer_connected(LinkSigner *signer)
{
    signer->keep_due_us = loop_now_us(signer->loop); /* it may be another database than it was */
    loop_timer_set(signer->timer, loop_now_us(signer->loop));
}

bool link_signer_is_idle(const LinkSigner *signer)
{
    return signer->has_looked && !signer->round && !signer->answers_due;
}

void link_signer_free(LinkSigner *signer)
{
    if (!signer)
        return;
    loop_timer_free(signer->timer);
    signer->is_ending = true; /* the connection is gone: what is signed now is asked for again */
    while (signer->round)
        loop_run_once(signer->loop, BP_SECOND);
    bp_arena_done(&signer->arena);
    free(signer);
}
