/* bacpipes site revoke, rename and retire. */
#include "apps/site/site.h"

#include "base/time.h"
#include "say/begin.h"
#include "say/confirm.h"
#include "say/exit.h"
#include "site/database.h"
#include "tool/ask.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define EXIT_CODES                                                                                           \
    "`bacpipes site list` says which sites there are.\nExit codes: 0 done; 1 there is no such "              \
    "site;\n" SAY_EXIT_OF_DATABASE

static const int64_t LISTED_WITHIN_US = 20 * BP_SECOND, LOOK_EVERY_US = BP_SECOND / 5;
static const char *why;
static bool yes;

/* ---- revoke and retire ---- */

static const CfgOption revoke_options[] = {
    {"why", "TEXT", "For the record.", .text = &why},
    {"yes", NULL, "Does it without being asked.", .flag = &yes},
    {0},
};

static const CfgCommand revoke_command = {
    .name = "bacpipes site revoke",
    .positionals = "NAME",
    .positionals_min = 1,
    .positionals_max = 1,
    .summary = "Shuts a site out: its sessions end, its login is shut, and its certificates and join files "
               "count no more, whatever is done to central's "
               "database. For a machine that was stolen or broken into. What it recorded stays.",
    .options = revoke_options,
    .details = "A new join file (`bacpipes site add NAME`) lets it in again, with another key.\n" EXIT_CODES,
    .examples = "bacpipes site revoke macau --why 'the box was stolen'\nbacpipes site revoke macau --yes",
};

static const CfgOption retire_options[] = {
    {"yes", NULL, "Does it without being asked.", .flag = &yes},
    {0},
};

static const CfgCommand retire_command = {
    .name = "bacpipes site retire",
    .positionals = "NAME",
    .positionals_min = 1,
    .positionals_max = 1,
    .summary = "Shuts a site out for good: the building is no more, or is somebody else's. What it recorded "
               "stays as it is, and its name and number are "
               "never given again.",
    .options = retire_options,
    .details = EXIT_CODES,
    .examples = "bacpipes site retire macau\nbacpipes site retire macau --yes",
};

/* The signer has put it into the file that PostgreSQL looks at. */
static BpStatus wait_until_listed(const Cfg *cfg, const char *name, BpArena *arena, BpError *err)
{
    const PgValue values[] = {pg_text(bp_str(name))};
    for (const int64_t until_us = bp_monotonic_us() + LISTED_WITHIN_US; bp_monotonic_us() < until_us;
         usleep((useconds_t)LOOK_EVERY_US)) {
        const char *is_listed = NULL;
        BP_TRY(tool_ask_text(cfg, SQL_SELECT_IS_LISTED, values, 1, arena, &is_listed, err));
        if (is_listed && *is_listed == 't')
            return BP_OK;
    }
    return bp_fail(
        err, BP_UNAVAILABLE,
        "site %s is shut out of this database, and its certificates are not listed as of no more use yet: "
        "`bacpipes central` does "
        "that, or `bacpipes site sign`; until then a database that is put back would let it in again",
        name);
}

static BpStatus check_site(const Cfg *cfg, const char *name, BpArena *arena, BpError *err)
{
    SiteDatabase database;
    BpStatus status = site_database_open(&database, cfg, arena, err);
    if (status == BP_OK)
        status = site_database_check_site(&database, name, err);
    site_database_close(&database);
    return status;
}

static BpStatus shut(const CfgCommand *command, SqlQuery query, const char *name, const Cfg *cfg,
                     BpArena *arena, BpError *err)
{
    const char *ignored = NULL;
    char text[BP_ERROR_TEXT_MAX];
    const bool is_revoked = command == &revoke_command;
    const PgValue values[] = {pg_text(bp_str(name)), pg_text(bp_str(why ? why : ""))};
    snprintf(text, sizeof text,
             is_revoked ? "Site %.100s would be shut out, until it comes with a new join file."
                        : "Site %.100s would be shut out for good.",
             name);
    BP_TRY(check_site(cfg, name, arena, err));
    if (!yes)
        BP_TRY(say_confirm(text, err));
    BP_TRY(tool_ask_text(cfg, query, values, is_revoked ? 2 : 1, arena, &ignored, err));
    return wait_until_listed(cfg, name, arena, err);
}

static int run_revoke(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    const char *name = arguments->positionals.items[0];
    if (shut(&revoke_command, SQL_REVOKE_SITE, name, cfg, arena, &err) != BP_OK)
        return say_fail(revoke_command.name, &err);
    printf("Site %s is shut out: its sessions have ended, and its certificates count no more.\n"
           "To let it in again, with another key: bacpipes site add %s\n",
           name, name);
    return EX_OK;
}

int site_tool_revoke(int argc, char **argv)
{
    return say_run(&revoke_command, argc, argv, run_revoke);
}

static int run_retire(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    const char *name = arguments->positionals.items[0];
    if (shut(&retire_command, SQL_RETIRE_SITE, name, cfg, arena, &err) != BP_OK)
        return say_fail(retire_command.name, &err);
    printf(
        "Site %s is retired, for good: its name and number are never given again. What it recorded stays.\n",
        name);
    return EX_OK;
}

int site_tool_retire(int argc, char **argv)
{
    return say_run(&retire_command, argc, argv, run_retire);
}

/* ---- rename ---- */

static const CfgCommand rename_command = {
    .name = "bacpipes site rename",
    .positionals = "NAME TEXT",
    .positionals_min = 2,
    .positionals_max = 2,
    .summary = "Changes what people call a site. NAME, its site_id, stays, and so do its number, login and "
               "certificate.",
    .details = EXIT_CODES,
    .examples = "bacpipes site rename macau 'Macau tower, east'",
};

static int run_rename(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    const char *name = arguments->positionals.items[0], *text = arguments->positionals.items[1],
               *ignored = NULL;
    const PgValue values[] = {pg_text(bp_str(name)), pg_text(bp_str(text))};
    if (tool_ask_text(cfg, SQL_RENAME_SITE, values, 2, arena, &ignored, &err) != BP_OK)
        return say_fail(rename_command.name, &err);
    printf("Site %s is called %s.\n", name, text);
    return EX_OK;
}

int site_tool_rename(int argc, char **argv)
{
    return say_run(&rename_command, argc, argv, run_rename);
}
