/* bacpipes user grant, set, logout and remove. */
#include "apps/user/user.h"

#include "model/right.h"
#include "say/begin.h"
#include "say/confirm.h"
#include "say/exit.h"
#include "tool/ask.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_CODES                                                                                           \
    "Exit codes: 0 done; 1 there is no such user, or the database refuses;\n" SAY_EXIT_OF_DATABASE

static const char *site, *full_name;
static bool on, off, no_second_factor, yes;

/* ---- grant ---- */

static const CfgOption grant_options[] = {
    {"site", "SITE", "At this site alone. Default: at all sites, and those to come.", .text = &site},
    {0},
};

static const CfgCommand grant_command = {
    .name = "bacpipes user grant",
    .positionals = "NAME ROLE",
    .positionals_min = 2,
    .positionals_max = 2,
    .summary =
        "Gives a user of the web a role, in place of the one that they had there. ROLE is viewer, operator, "
        "engineer, admin, or none.",
    .options = grant_options,
    .details = "Of a role at all sites and one at a site the higher counts. It counts at once, in sessions "
               "that go on, "
               "too.\n" EXIT_CODES,
    .examples = "bacpipes user grant anna engineer --site demo\nbacpipes user grant anna none",
};

static BpStatus grant(const char *name, const char *role, const Cfg *cfg, BpArena *arena,
                      const char **ret_user, BpError *err)
{
    Role known;
    const bool is_none = strcmp(role, "none") == 0;
    if (!is_none && !role_read(bp_str(role), &known))
        return bp_fail(err, BP_INVALID, "role \"%s\": viewer, operator, engineer, admin and none are known",
                       role);
    const PgValue values[] = {pg_text(bp_str(name)), site ? pg_text(bp_str(site)) : pg_null(),
                              is_none ? pg_null() : pg_text(bp_str(role))};
    BP_TRY(tool_ask_text(cfg, SQL_GRANT_USER, values, 3, arena, ret_user, err));
    return *ret_user ? BP_OK : user_is_missing(name, err);
}

static int run_grant(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    const char *name = arguments->positionals.items[0], *role = arguments->positionals.items[1], *user = NULL;
    if (grant(name, role, cfg, arena, &user, &err) != BP_OK)
        return say_fail(grant_command.name, &err);
    if (strcmp(role, "none") != 0) {
        printf("User %s is %s at %s.\n", name, role, site ? site : "all sites");
        return EX_OK;
    }
    json_auto_t *now = json_loads(user, 0, NULL);
    BpBuf left = bp_buf_growing(4096);
    user_say_grants(json_object_get(now, "grants"), &left);
    printf("User %s has no role at %s any more. What is left: %.*s.\n", name,
           site ? site : "all sites together", BP_STR_ARGS(bp_buf_text(&left)));
    bp_buf_done(&left);
    return EX_OK;
}

int user_grant(int argc, char **argv)
{
    return say_run(&grant_command, argc, argv, run_grant);
}

/* ---- set ---- */

static const CfgOption set_options[] = {
    {"full-name", "TEXT", "For people: \"Anna Lei\".", .text = &full_name},
    {"off", NULL, "Shut out: sessions and tokens end at once, what there is stays.", .flag = &off},
    {"on", NULL, "Let in again.", .flag = &on},
    {"no-second-factor", NULL, "Take the second factor away, of who has lost it with all recovery codes.",
     .flag = &no_second_factor},
    {0},
};

static const CfgCommand set_command = {
    .name = "bacpipes user set",
    .positionals = "NAME",
    .positionals_min = 1,
    .positionals_max = 1,
    .summary = "Changes a user of the web.",
    .options = set_options,
    .details = EXIT_CODES,
    .examples = "bacpipes user set anna --off\nbacpipes user set anna --on\nbacpipes user set anna "
                "--no-second-factor",
};

/* Where they have no second factor and nothing else is asked for: nothing is changed. */
static bool is_as_asked(const json_t *user)
{
    return no_second_factor && !json_is_true(json_object_get(user, "totp")) && !full_name && !on && !off;
}

static BpStatus set(const char *name, const Cfg *cfg, BpArena *arena, bool *ret_is_changed, BpError *err)
{
    const char *user = NULL;
    json_auto_t *was = NULL;
    json_auto_t *change = json_object();
    if (on && off)
        return bp_fail(err, BP_INVALID, "--on and --off say different things");
    if (full_name)
        json_object_set_new(change, "full_name", json_string(full_name));
    if (on || off)
        json_object_set_new(change, "enabled", json_boolean(on));
    if (no_second_factor)
        json_object_set_new(change, "totp", json_false());
    if (!json_object_size(change))
        return bp_fail(err, BP_INVALID,
                       "nothing is to be changed: --off, --on, --full-name or --no-second-factor");
    BP_TRY(user_find(cfg, name, arena, &was, err));
    *ret_is_changed = !is_as_asked(was);
    if (!*ret_is_changed)
        return BP_OK;
    char *text = json_dumps(change, JSON_COMPACT);
    const PgValue values[] = {pg_text(bp_str(name)), pg_text(bp_str(text))};
    const BpStatus status = tool_ask_text(cfg, SQL_SET_USER, values, 2, arena, &user, err);
    free(text);
    if (status != BP_OK)
        return status;
    return user ? BP_OK : user_is_missing(name, err);
}

static int run_set(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    bool is_changed = false;
    const char *name = arguments->positionals.items[0];
    if (set(name, cfg, arena, &is_changed, &err) != BP_OK)
        return say_fail(set_command.name, &err);
    printf("User %s %s.\n", name, is_changed ? "is changed" : "has no second factor: nothing is changed");
    return EX_OK;
}

int user_set(int argc, char **argv)
{
    return say_run(&set_command, argc, argv, run_set);
}

/* ---- logout ---- */

static const CfgCommand logout_command = {
    .name = "bacpipes user logout",
    .positionals = "NAME",
    .positionals_min = 1,
    .positionals_max = 1,
    .summary =
        "Ends all sessions of a user of the web, and the streams in them within seconds. Tokens go on.",
    .details = EXIT_CODES,
    .examples = "bacpipes user logout anna",
};

static int run_logout(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    const char *count = NULL, *name = arguments->positionals.items[0];
    const PgValue values[] = {pg_text(bp_str(name))};
    BpStatus status = tool_ask_text(cfg, SQL_LOG_OUT_USER, values, 1, arena, &count, &err);
    if (status == BP_OK && !count)
        status = user_is_missing(name, &err);
    if (status != BP_OK)
        return say_fail(logout_command.name, &err);
    printf("Sessions of %s that ended: %s.\n", name, count);
    return EX_OK;
}

int user_logout(int argc, char **argv)
{
    return say_run(&logout_command, argc, argv, run_logout);
}

/* ---- remove ---- */

static const CfgOption remove_options[] = {
    {"yes", NULL, "Do not ask.", .flag = &yes},
    {0},
};

static const CfgCommand remove_command = {
    .name = "bacpipes user remove",
    .positionals = "NAME",
    .positionals_min = 1,
    .positionals_max = 1,
    .summary = "Removes a user of the web, with their sessions and tokens. What they did stays on record "
               "under their "
               "name.",
    .options = remove_options,
    .details = EXIT_CODES,
    .examples = "bacpipes user remove anna --yes",
};

static BpStatus remove_user(const char *name, const Cfg *cfg, BpArena *arena, BpError *err)
{
    const char *is_gone = NULL;
    char what[200];
    snprintf(what, sizeof what, "User %.100s goes, with all sessions and tokens.", name);
    if (!yes)
        BP_TRY(say_confirm(what, err));
    const PgValue values[] = {pg_text(bp_str(name))};
    BP_TRY(tool_ask_text(cfg, SQL_REMOVE_USER, values, 1, arena, &is_gone, err));
    return is_gone && *is_gone == 't' ? BP_OK : user_is_missing(name, err);
}

static int run_remove(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    const char *name = arguments->positionals.items[0];
    if (remove_user(name, cfg, arena, &err) != BP_OK)
        return say_fail(remove_command.name, &err);
    printf("User %s is removed.\n", name);
    return EX_OK;
}

int user_remove(int argc, char **argv)
{
    return say_run(&remove_command, argc, argv, run_remove);
}
