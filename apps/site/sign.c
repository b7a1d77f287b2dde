/* bacpipes site sign. */
#include "apps/site/site.h"

#include "base/time.h"
#include "link/signer.h"
#include "say/begin.h"
#include "say/exit.h"
#include "site/database.h"
#include "site/owner.h"

#include <stdio.h>

static const int64_t WITHIN_US = 60 * BP_SECOND;
static bool keep_on;

static const CfgOption options[] = {
    {"keep-on", NULL, "Goes on until it is stopped. Default: signs what waits, and ends.", .flag = &keep_on},
    {0},
};

static const CfgCommand command = {
    .name = "bacpipes site sign",
    .summary = "Signs what sites have asked for, lists what was revoked, and renews central's own "
               "certificate where that is due. `bacpipes central` does "
               "all of that by itself: this is for where it does not run.",
    .options = options,
    .details = "Exit codes: 0 done; 1 the authority is missing or damaged;\n" SAY_EXIT_OF_DATABASE,
    .examples = "bacpipes site sign\nbacpipes site sign --keep-on",
};

static BpStatus sign(const Cfg *cfg, BpArena *arena, SiteDatabase *database, LinkSigner **ret_signer,
                     BpError *err)
{
    LinkServer server;
    LinkServerNews news;
    BP_TRY(site_become_owner(cfg->data_folder, err));
    BP_TRY(link_server_read(cfg, arena, &server, err));
    BP_TRY(link_server_keep(&server, bp_wall_us(), false, &news,
                            err)); /* what is wrong with it is told at once */
    BP_TRY(site_database_open_as(database, cfg, PG_CENTRAL, arena, err));
    BP_TRY(link_signer_new(database->loop, database->pg, cfg, ret_signer, err));
    link_signer_connected(*ret_signer);
    if (keep_on) {
        loop_stop_on_signals(database->loop);
        loop_run(database->loop);
        return BP_OK;
    }
    const int64_t until_us = loop_now_us(database->loop) + WITHIN_US;
    while (!link_signer_is_idle(*ret_signer) && database->lost.status == BP_OK &&
           loop_now_us(database->loop) < until_us)
        loop_run_once(database->loop, until_us - loop_now_us(database->loop));
    if (database->lost.status != BP_OK)
        return bp_fail(err, BP_UNAVAILABLE, "the database is away: %s", database->lost.text);
    return link_signer_is_idle(*ret_signer)
               ? BP_OK
               : bp_fail(err, BP_TIMEOUT, "it is not done within a minute: the database is slow");
}

static int run(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    SiteDatabase database = {0};
    LinkSigner *signer = NULL;
    (void)arguments;
    const BpStatus status = sign(cfg, arena, &database, &signer, &err);
    link_signer_free(signer);
    site_database_close(&database);
    if (status != BP_OK)
        return say_fail(command.name, &err);
    if (!keep_on)
        printf("Nothing waits to be signed (any more).\n");
    return EX_OK;
}

int site_tool_sign(int argc, char **argv)
{
    return say_run(&command, argc, argv, run);
}
