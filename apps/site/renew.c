/* bacpipes site renew. */
#include "apps/site/site.h"

#include "base/time.h"
#include "link/explain.h"
#include "link/renewal.h"
#include "say/begin.h"
#include "say/exit.h"
#include "say/json.h"
#include "say/progress.h"
#include "say/when.h"
#include "site/owner.h"

#include <stdio.h>

static const int64_t WITHIN_US = 60 * BP_SECOND;

static bool if_due;

static const CfgOption options[] = {
    {"if-due", NULL, "Only where half of its life is over, or central has other authorities.",
     .flag = &if_due},
    {0},
};

static const CfgCommand command = {
    .name = "bacpipes site renew",
    .summary = "Has central sign another certificate for this site now, for a key that is made here. "
               "`bacpipes sync` does so by itself when half of "
               "the certificate's two years are over.",
    .options = options,
    .offers_json = true,
    .details = "A certificate that has ended, or was revoked, renews nothing: the site comes back by a new "
               "join file (`bacpipes site add` at\n"
               "central).\n"
               "Exit codes: 0 renewed; 1 the site has joined no central, or that refuses; 64 wrong use; 69 "
               "central is away, or has not signed\n"
               "yet; 78 a setting is wrong.\n",
    .examples = "bacpipes site renew\nbacpipes site renew --if-due",
};

typedef struct Renewing {
    bool is_over, is_kept, is_lost;
    BpStatus status;
    BpError err;
    int64_t until_us;
} Renewing;

static void on_renewed(void *owner, int64_t until_us)
{
    Renewing *renewing = owner;
    renewing->until_us = until_us;
    renewing->is_over = true;
}

static void on_kept(void *owner, int64_t until_us)
{
    Renewing *renewing = owner;
    renewing->is_kept = true;
    on_renewed(owner, until_us);
}

static void on_failed(void *owner, const BpError *err)
{
    Renewing *renewing = owner;
    renewing->err = *err;
    renewing->status = err->status == BP_FORBIDDEN || err->status == BP_INVALID ? BP_REFUSED : err->status;
    renewing->err.status = renewing->status;
    renewing->is_over = true;
}

static void on_lost(void *owner, const BpError *err)
{
    Renewing *renewing = owner;
    renewing->is_lost = !renewing->is_over;
    on_failed(owner, err);
}

static BpStatus renew(const Cfg *cfg, BpArena *arena, Renewing *renewing, BpError *err)
{
    Link link;
    PgOptions central;
    const LinkRenewalOptions wish = {.data_folder = cfg->data_folder,
                                     .is_wanted_now = !if_due,
                                     .owner = renewing,
                                     .on_renewed = on_renewed,
                                     .on_kept = on_kept,
                                     .on_failed = on_failed};
    BP_TRY(site_become_owner(cfg->data_folder, err));
    BP_TRY(link_read(cfg->data_folder, arena, &link, err));
    link_options(&link, "bacpipes site renew", &central);
    central.owner = renewing;
    central.on_lost = on_lost;
    Loop *loop = loop_new();
    Pg *pg = pg_new(loop, &central);
    LinkRenewal *renewal = NULL;
    const int64_t since_us = loop_now_us(loop), until_us = since_us + WITHIN_US;
    while (!renewing->is_over && loop_now_us(loop) < until_us) {
        if (!renewal && pg_is_connected(pg))
            renewal = link_renewal_new(loop, pg, &wish);
        loop_run_once(loop, SAY_WAIT_LOOK_US);
        say_wait(loop_now_us(loop) - since_us,
                 renewal ? "waiting for central at %s, port %d, to sign the certificate"
                         : "waiting for central at %s, port %d, to answer",
                 link.host, (int)link.port);
    }
    say_progress_end();
    const bool was_connected = renewal != NULL;
    pg_free(pg);
    link_renewal_free(renewal);
    loop_free(loop);
    if (!renewing->is_over)
        return bp_fail(err, BP_UNAVAILABLE,
                       "central at %s, port %d, has not signed it yet: run this again, and it goes on",
                       link.host, (int)link.port);
    const LinkAttempt attempt = {link.host, link.port, link.site_id, false, bp_wall_us()};
    if (renewing->is_lost && !was_connected)
        return link_explain(&attempt, &renewing->err, err);
    *err = renewing->err;
    return renewing->status;
}

static int run(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    char when[BP_TIME_TEXT_MAX];
    Renewing renewing = {0};
    if (renew(cfg, arena, &renewing, &err) != BP_OK)
        return say_fail(command.name, &err);
    if (arguments->json)
        say_json_print(json_pack("{s:b, s:s}", "is_renewed", !renewing.is_kept, "until",
                                 bp_time_format(renewing.until_us, 0, when)));
    else
        printf("The site %s, good until %s.\n",
               renewing.is_kept ? "keeps its certificate" : "has another certificate",
               say_time(renewing.until_us, 0, when));
    return EX_OK;
}

int site_tool_renew(int argc, char **argv)
{
    return say_run(&command, argc, argv, run);
}
