#include "link/renewal.h"

#include "base/file.h"
#include "base/log.h"
#include "base/time.h"
#include "io/tls/request.h"
#include "link/draft.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

enum { CERTIFICATE_MAX = 64 * 1024 };
static const int64_t LOOK_EVERY_US = 10 * BP_MINUTE, ASK_AGAIN_US = BP_SECOND, TRUST_EVERY_US = 6 * BP_HOUR;

/* Files are written on the loop: once a year, for some milliseconds. */
struct LinkRenewal {
    Loop *loop;
    Pg *pg;
    LinkRenewalOptions options;
    char data_folder[PATH_MAX];
    LoopTimer *timer;
    PgTicket asked; /* 0: nothing is under way */
    int64_t trust_due_us;
    bool is_told; /* that it failed */
};

static void look_again(LinkRenewal *renewal, int64_t pause_us)
{
    loop_timer_set(renewal->timer, loop_now_us(renewal->loop) + pause_us);
}

static void fail(LinkRenewal *renewal, const BpError *err)
{
    if (renewal->options.on_failed)
        renewal->options.on_failed(renewal->options.owner, err);
    else if (!renewal->is_told)
        bp_log(BP_LOG_WARNING, "the certificate of the link to central is not renewed: %s; it is tried again",
               err->text);
    renewal->is_told = true;
    look_again(renewal, LOOK_EVERY_US);
}

/* ---- what it is now ---- */

static BpStatus read_about(const LinkRenewal *renewal, BpArena *arena, TlsAbout *ret_about,
                           BpStr *ret_certificate, BpError *err)
{
    Link link;
    BP_TRY(link_read(renewal->data_folder, arena, &link, err));
    BP_TRY(tls_client_check(link.certificate, link.key, link.ca_file, ret_about, err));
    return bp_file_read(link.certificate, CERTIFICATE_MAX, arena, ret_certificate, err);
}

static bool is_due(const LinkRenewal *renewal, const TlsAbout *about)
{
    return renewal->options.is_wanted_now ||
           bp_wall_us() >= about->from_us + (about->until_us - about->from_us) / 2;
}

/* ---- another certificate ---- */

static void complete(LinkRenewal *renewal, BpStr answer)
{
    BpArena arena = {0};
    BpError err;
    Link link;
    TlsAbout about = {0};
    BpStr unused;
    BpStatus status = link_draft_complete(renewal->data_folder, answer, &arena, &link, &err);
    if (status == BP_OK)
        status = read_about(renewal, &arena, &about, &unused, &err);
    bp_arena_done(&arena);
    if (status != BP_OK) {
        link_draft_drop(renewal->data_folder);
        fail(renewal, &err);
        return;
    }
    char when[BP_TIME_TEXT_MAX];
    bp_log(BP_LOG_NOTICE, "the certificate of the link to central was renewed: it is good until %s",
           bp_time_format(about.until_us, 0, when));
    renewal->options.is_wanted_now = renewal->is_told = false;
    look_again(renewal, LOOK_EVERY_US);
    if (renewal->options.on_renewed)
        renewal->options.on_renewed(renewal->options.owner, about.until_us);
}

static void on_answer(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    LinkRenewal *renewal = context;
    renewal->asked = 0;
    if (status == BP_UNAVAILABLE) /* it is asked again on the next connection */
        look_again(renewal, LOOK_EVERY_US);
    else if (status != BP_OK)
        fail(renewal, err);
    else if (!rows || pg_row_count(rows) == 0 || pg_is_null(rows, 0, 0))
        look_again(renewal, ASK_AGAIN_US); /* it is signed in a moment */
    else
        complete(renewal, pg_get_text(rows, 0, 0));
}

/* ---- whom it trusts ---- */

static void on_authorities(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    LinkRenewal *renewal = context;
    BpError wrong;
    bool is_news = false;
    (void)err; /* of a connection that broke, or a central that has not told yet: asked again */
    renewal->asked = 0;
    renewal->trust_due_us = loop_now_us(renewal->loop) + (status == BP_OK ? TRUST_EVERY_US : LOOK_EVERY_US);
    if (status == BP_OK && rows && pg_row_count(rows) && !pg_is_null(rows, 0, 0)) {
        if (link_trust(renewal->data_folder, pg_get_text(rows, 0, 0), &is_news, &wrong) != BP_OK)
            bp_log(BP_LOG_WARNING, "%s", wrong.text);
        else if (is_news)
            bp_log(BP_LOG_NOTICE, "central has other authorities: this site trusts them from now on");
    }
    look_again(renewal, 0);
}

static void look(void *owner)
{
    LinkRenewal *renewal = owner;
    BpArena arena = {0};
    BpError err;
    TlsAbout about;
    BpStr certificate, request;
    look_again(renewal, LOOK_EVERY_US);
    if (renewal->asked || !pg_is_connected(renewal->pg))
        return;
    if (loop_now_us(renewal->loop) >= renewal->trust_due_us) {
        renewal->asked = pg_request(renewal->pg, SQL_SELECT_AUTHORITIES, NULL, 0, on_authorities, renewal);
        return;
    }
    BpStatus status = read_about(renewal, &arena, &about, &certificate, &err);
    const bool is_wanted = status == BP_OK && is_due(renewal, &about);
    if (is_wanted)
        status = link_draft_begin(renewal->data_folder, certificate, &arena, &request, &err);
    if (status != BP_OK) {
        fail(renewal, &err);
    } else if (is_wanted) {
        const PgValue values[] = {pg_text(request)};
        renewal->asked = pg_request(renewal->pg, SQL_RENEW_CERTIFICATE, values, 1, on_answer, renewal);
    } else if (renewal->options.on_kept) {
        renewal->options.on_kept(renewal->options.owner, about.until_us);
    }
    bp_arena_done(&arena);
}

void link_renewal_connected(LinkRenewal *renewal)
{
    look_again(renewal, 0);
}

LinkRenewal *link_renewal_new(Loop *loop, Pg *pg, const LinkRenewalOptions *options)
{
    LinkRenewal *renewal = calloc(1, sizeof *renewal);
    if (!renewal)
        abort();
    renewal->loop = loop;
    renewal->pg = pg;
    renewal->options = *options;
    snprintf(renewal->data_folder, sizeof renewal->data_folder, "%s", options->data_folder);
    renewal->timer = loop_timer_new(loop, look, renewal);
    look_again(renewal, 0);
    return renewal;
}

void link_renewal_free(LinkRenewal *renewal)
{
    if (!renewal)
        return;
    loop_timer_free(renewal->timer);
    free(renewal);
}
