/* bacpipes site join. */
#include "apps/site/site.h"

#include "base/file.h"
#include "base/time.h"
#include "link/ca.h"
#include "link/draft.h"
#include "link/explain.h"
#include "model/topic.h"
#include "say/begin.h"
#include "say/confirm.h"
#include "say/exit.h"
#include "say/json.h"
#include "say/problem.h"
#include "say/progress.h"
#include "say/when.h"
#include "site/database.h"
#include "site/owner.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static const int64_t CONNECT_WITHIN_US = 30 * BP_SECOND, ASK_AGAIN_US = BP_SECOND / 4,
                     SIGNED_WITHIN_US = 60 * BP_SECOND;
static bool yes;

static const CfgOption options[] = {
    {"yes", NULL, "Joins without being asked where the site has joined another central.", .flag = &yes},
    {0},
};

static const CfgCommand command = {
    .name = "bacpipes site join",
    .positionals = "FILE",
    .positionals_min = 1,
    .positionals_max = 1,
    .summary = "Has this site join central by a join file, which `bacpipes site add` has made there: from "
               "then on what it records goes there, "
               "and commands come from there.",
    .options = options,
    .offers_json = true,
    .details = "The site's key is made here and stays here; central signs the request for it. What was cut "
               "short goes on when it is run again,\n"
               "with the same key. What the site records and sends stays as it is: who comes back by a new "
               "file goes on where it was.\n"
               "Exit codes: 0 joined; 1 central refuses, or who answers is not central; 64 wrong use, or the "
               "file is for another site or over;\n"
               "65 the file is damaged, or no join file; 69 central or the database is away, or has not "
               "signed yet; 70 the database refuses;\n"
               "78 a setting is wrong.\n",
    .examples = "bacpipes site join macau.join\nbacpipes site join macau.join --data /var/lib/bacpipes",
};

/* ---- the file ---- */

/* BP_MALFORMED: it is there, and of no use. */
static BpStatus read_file(const char *path, BpArena *arena, LinkJoinFile *ret_file, BpError *err)
{
    char real[PATH_MAX];
    BpStr contents;
    const BpStatus status =
        bp_file_read(realpath(path, real) ? real : path, LINK_JOIN_FILE_MAX, arena, &contents, err);
    if (status == BP_NOT_FOUND || status == BP_UNAVAILABLE)
        return err->status = BP_INVALID;
    if (status != BP_OK)
        bp_fail(err, BP_MALFORMED, "%s is no join file: `bacpipes site add` at central makes one", path);
    if (status != BP_OK || link_join_file_read(contents, arena, ret_file, err) != BP_OK ||
        link_join_file_check(ret_file, err) != BP_OK)
        return err->status = BP_MALFORMED;
    return BP_OK;
}

static BpStatus check_file(const LinkJoinFile *file, const Cfg *cfg, int64_t now_us, BpError *err)
{
    char until[BP_TIME_TEXT_MAX], now[BP_TIME_TEXT_MAX];
    if (strcmp(cfg->site, MDL_SITE_CENTRAL) == 0)
        return bp_fail(err, BP_INVALID,
                       "this is the folder of a central, which joins none: run this at site %s, or name its "
                       "folder by --data",
                       file->site_id);
    if (strcmp(file->site_id, cfg->site) != 0)
        return bp_fail(err, BP_INVALID,
                       "the join file is for site \"%s\", and this is site \"%s\": have one made for it by "
                       "`bacpipes site add %s` at central, or, where this is %s, say so in its settings "
                       "(site = %s)",
                       file->site_id, cfg->site, cfg->site, file->site_id, file->site_id);
    if (now_us > file->until_us)
        return bp_fail(err, BP_INVALID,
                       "the join file was good until %s, and it is %s by this machine's clock: where that is "
                       "right, have another made by `bacpipes site add %s` at central",
                       bp_time_format(file->until_us, 0, until), bp_time_format(now_us, 0, now), cfg->site);
    /* A machine without a battery begins in the past, and hears in a minute what time it is. */
    if (now_us < file->until_us - (LINK_JOIN_DAYS + 1) * BP_DAY)
        return bp_fail(err, BP_UNAVAILABLE,
                       "it is %s by this machine's clock, and the join file, which is good until %s, was not "
                       "made yet: set the clock right, and run this again",
                       bp_time_format(now_us, 0, now), bp_time_format(file->until_us, 0, until));
    return BP_OK;
}

/* ---- central ---- */

typedef struct Asking {
    Loop *loop;
    Pg *pg;
    LinkAttempt attempt;
    BpError lost;
    bool is_lost;
    const char *answer;
    BpArena *arena;
} Asking;

static LinkAttempt attempt_of(const char *host, int64_t port, const char *site_id, bool is_joining)
{
    return (LinkAttempt){host, port, site_id, is_joining, bp_wall_us()};
}

static void on_lost(void *owner, const BpError *why)
{
    Asking *asking = owner;
    asking->lost = *why;
    asking->is_lost = true;
}

static BpStatus explain(const Asking *asking, BpError *err)
{
    return link_explain(&asking->attempt, &asking->lost, err);
}

static void take_answer(void *context, const PgRows *rows, size_t row)
{
    Asking *asking = context;
    if (!pg_is_null(rows, row, 0))
        asking->answer = bp_arena_text(asking->arena, pg_get_text(rows, row, 0));
}

static BpStatus connect_to(Asking *asking, BpError *err)
{
    const LinkAttempt *attempt = &asking->attempt;
    const int64_t since_us = loop_now_us(asking->loop), until_us = since_us + CONNECT_WITHIN_US;
    while (!pg_is_connected(asking->pg) && !asking->is_lost && loop_now_us(asking->loop) < until_us) {
        loop_run_once(asking->loop, SAY_WAIT_LOOK_US);
        say_wait(loop_now_us(asking->loop) - since_us, "waiting for central at %s, port %d, to answer",
                 attempt->host, (int)attempt->port);
    }
    say_progress_end();
    if (pg_is_connected(asking->pg))
        return BP_OK;
    if (!asking->is_lost)
        bp_fail(&asking->lost, BP_TIMEOUT, "it did not answer in time");
    return explain(asking, err);
}

static void pause(Asking *asking)
{
    const int64_t until_us = loop_now_us(asking->loop) + ASK_AGAIN_US;
    while (loop_now_us(asking->loop) < until_us)
        loop_run_once(asking->loop, until_us - loop_now_us(asking->loop));
}

/* Central says why; what is to be done is the same. */
static BpStatus refuse(const Asking *asking, BpError *err)
{
    const BpError why = *err;
    return bp_fail(err, BP_REFUSED, "%s. `bacpipes site add %s` at central makes another", why.text,
                   asking->attempt.site_id);
}

/* Until it is signed. */
static BpStatus ask(Asking *asking, BpStr request, BpError *err)
{
    const PgValue values[] = {pg_text(request)};
    const int64_t until_us = loop_now_us(asking->loop) + SIGNED_WITHIN_US;
    BP_TRY(connect_to(asking, err));
    const int64_t since_us = loop_now_us(asking->loop);
    while (!asking->answer && loop_now_us(asking->loop) < until_us) {
        say_wait(loop_now_us(asking->loop) - since_us, "waiting for central to sign the site's certificate");
        const BpStatus status = pg_wait(asking->pg, SQL_JOIN_CENTRAL, values, 1, take_answer, asking, err);
        if (status == BP_UNAVAILABLE && asking->is_lost)
            return explain(asking, err);
        if (status == BP_FORBIDDEN || status == BP_INVALID)
            return refuse(asking, err);
        if (status != BP_OK)
            return status;
        if (!asking->answer)
            pause(asking);
    }
    return asking->answer ? BP_OK
                          : bp_fail(err, BP_UNAVAILABLE,
                                    "central has the request and has not signed it yet: does `bacpipes "
                                    "central` run there? Run this again, "
                                    "and it goes on");
}

/* Of two files that were mixed the other site's certificate is what central went by. */
static BpStatus check_answer(const char *answer, const LinkJoinFile *file, BpError *err)
{
    json_auto_t *json = json_loads(answer, 0, NULL);
    const char *site = json_string_value(json_object_get(json, "site_id"));
    return !site || strcmp(site, file->site_id) == 0
               ? BP_OK
               : bp_fail(err, BP_REFUSED,
                         "the certificate in this join file is that of site \"%s\", whose join file is used "
                         "now: have another made for each, by `bacpipes site add` at central",
                         site);
}

/* With the link that is there already. */
static BpStatus call_central(const Link *link, BpError *err)
{
    PgOptions pg_options;
    Asking asking = {.attempt = attempt_of(link->host, link->port, link->site_id, false)};
    link_options(link, "bacpipes site join", &pg_options);
    pg_options.owner = &asking;
    pg_options.on_lost = on_lost;
    asking.loop = loop_new();
    asking.pg = pg_new(asking.loop, &pg_options);
    const BpStatus status = connect_to(&asking, err);
    pg_free(asking.pg);
    loop_free(asking.loop);
    return status == BP_OK ? BP_OK : bp_within(err, "this site has joined by this file already");
}

static BpStatus ask_central(const char *data_folder, const LinkJoinFile *file, BpArena *arena,
                            const char **ret_answer, BpError *err)
{
    BpStr request;
    PgOptions pg_options;
    Asking asking = {.arena = arena, .attempt = attempt_of(file->host, file->port, file->site_id, true)};
    BP_TRY(link_draft_begin(data_folder, bp_str(file->certificate), arena, &request, err));
    BP_TRY(link_draft_options(data_folder, file, arena, &pg_options, err));
    pg_options.owner = &asking;
    pg_options.on_lost = on_lost;
    asking.loop = loop_new();
    asking.pg = pg_new(asking.loop, &pg_options);
    const BpStatus status = ask(&asking, request, err);
    say_progress_end();
    pg_free(asking.pg);
    loop_free(asking.loop);
    *ret_answer = asking.answer;
    return status;
}

/* ---- the site ---- */

/* Whether the site has joined another central than that of the file. */
static bool is_of_another(const Cfg *cfg, const LinkJoinFile *file, BpArena *arena, Link *ret_link)
{
    BpStr known;
    return link_read(cfg->data_folder, arena, ret_link, NULL) == BP_OK &&
           bp_file_read(ret_link->ca_file, LINK_JOIN_FILE_MAX, arena, &known, NULL) == BP_OK &&
           !link_has_authority(known, bp_str(file->authorities));
}

static BpStatus confirm(const Link *link, const LinkJoinFile *file, BpError *err)
{
    char text[BP_ERROR_TEXT_MAX];
    if (strcmp(link->host, file->host) == 0 && link->port == file->port)
        snprintf(
            text, sizeof text,
            "The central at %.150s, port %d, that this site has joined was of another authority than this "
            "join file: from now on it is another one that is there, or the same one, whose authority "
            "was lost and made anew.",
            link->host, (int)link->port);
    else
        snprintf(text, sizeof text,
                 "This site has joined the central at %.150s, port %d. From now on it sends to the one at "
                 "%.150s, port %d, from its next entry on.",
                 link->host, (int)link->port, file->host, (int)file->port);
    return yes ? BP_OK : say_confirm(text, err);
}

static BpStatus store(SiteDatabase *database, const Cfg *cfg, const Link *link, const LinkJoinFile *file,
                      bool is_other, BpError *err)
{
    const PgValue values[] = {pg_text(bp_str(link->site_id)),    pg_integer(link->number),
                              pg_text(bp_str(link->host)),       pg_integer(link->port),
                              pg_text(bp_str(link->central)),    pg_bool(is_other),
                              pg_text(bp_str(file->certificate))};
    BP_TRY(site_database_ask(database, SQL_STORE_CENTRAL_LINK, values, sizeof values / sizeof values[0], NULL,
                             NULL, err));
    link_forget_other(cfg->data_folder);
    return BP_OK;
}

static BpStatus join(const Cfg *cfg, const LinkJoinFile *file, SiteDatabase *database, BpArena *arena,
                     Link *ret_link, BpError *err)
{
    const char *answer = NULL;
    Link before;
    BP_TRY(site_database_open(database, cfg, arena, err));
    BP_TRY(site_database_check_site(database, cfg->site, err));
    if (link_is_made_for(cfg->data_folder,
                         bp_str(file->certificate))) { /* cut short behind that, or run again */
        BP_TRY(link_read(cfg->data_folder, arena, ret_link, err));
        BP_TRY(store(database, cfg, ret_link, file, link_is_to_other(cfg->data_folder), err));
        return call_central(ret_link, err);
    }
    BP_TRY(check_file(file, cfg, bp_wall_us(), err));
    const bool is_other = is_of_another(cfg, file, arena, &before);
    if (is_other)
        BP_TRY(confirm(&before, file, err));
    BP_TRY(ask_central(cfg->data_folder, file, arena, &answer, err));
    BP_TRY(check_answer(answer, file, err));
    const bool is_other_for_database = is_other || link_is_to_other(cfg->data_folder);
    BP_TRY(link_draft_note_other(cfg->data_folder, is_other_for_database, err));
    BP_TRY(link_draft_complete(cfg->data_folder, bp_str(answer), arena, ret_link, err));
    return store(database, cfg, ret_link, file, is_other_for_database, err);
}

static void show(const Link *link, BpArena *arena)
{
    const bool is_called = *link->central && strcmp(link->central, link->host) != 0;
    printf("The site has joined central%s%s at %s, port %d: it is %s there. Its key and certificate are in "
           "the data folder's link/, for this "
           "site alone.\n"
           "Next: `bacpipes up` sends what it records by itself; elsewhere `bacpipes sync` does. `bacpipes "
           "sync --status` says how far it is.\n",
           is_called ? " " : "", is_called ? say_plain(bp_arena_text(arena, bp_str(link->central))) : "",
           link->host, (int)link->port, link->user);
}

static int run(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    LinkJoinFile file;
    Link link;
    SiteDatabase database = {0};
    BpStatus status = read_file(arguments->positionals.items[0], arena, &file, &err);
    if (status == BP_MALFORMED)
        return say_fail_with(EX_DATAERR, command.name, bp_str(err.text));
    if (status == BP_OK && strcmp(file.site_id, cfg->site) != 0)
        status = check_file(&file, cfg, bp_wall_us(), &err); /* before anything else is looked for */
    if (status == BP_OK)
        status = site_become_owner(cfg->data_folder, &err);
    if (status == BP_OK)
        status = join(cfg, &file, &database, arena, &link, &err);
    site_database_close(&database);
    if (status != BP_OK)
        return say_fail(command.name, &err);
    if (arguments->json)
        say_json_print(json_pack("{s:s, s:s, s:s, s:s, s:I}", "site_id", link.site_id, "user", link.user,
                                 "central", link.central, "host", link.host, "port", (json_int_t)link.port));
    else
        show(&link, arena);
    return EX_OK;
}

int site_tool_join(int argc, char **argv)
{
    return say_run(&command, argc, argv, run);
}
