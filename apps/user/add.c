/* bacpipes user add and passwd. */
#include "apps/user/user.h"

#include "say/begin.h"
#include "say/exit.h"
#include "say/json.h"
#include "tool/ask.h"

#include <stdio.h>
#include <string.h>

static const char *role = "viewer", *site, *full_name, *password_file;

/* ---- add ---- */

static const CfgOption add_options[] = {
    {"role", "ROLE", "viewer, operator, engineer or admin. Default: viewer.", .text = &role},
    {"site", "SITE", "The role is at this site alone. Default: at all sites, and those to come.",
     .text = &site},
    {"full-name", "TEXT", "For people: \"Anna Lei\".", .text = &full_name},
    {"password-file", "FILE",
     "The first line of this file, which nobody else may read, is the password. Default: none yet; `bacpipes "
     "user "
     "link` makes a link with which the user chooses one.",
     .text = &password_file},
    {0},
};

static const CfgCommand add_command = {
    .name = "bacpipes user add",
    .positionals = "NAME",
    .positionals_min = 1,
    .positionals_max = 1,
    .summary = "Adds a user of the web. NAME is what they log in with: small letters, digits, and . _ @ -.",
    .options = add_options,
    .offers_json = true,
    .details =
        "Exit codes: 0 added; 1 there is one of that name, or the database refuses;\n" SAY_EXIT_OF_DATABASE,
    .examples = "bacpipes user add anna --role engineer --full-name 'Anna Lei'\n"
                "bacpipes user add joao@example.org --role operator --site demo",
};

static BpStatus add(const char *name, const Cfg *cfg, BpArena *arena, const char **ret_user, BpError *err)
{
    const char *hash = NULL;
    const PgValue values[] = {pg_text(bp_str(name)), pg_text(bp_str(full_name ? full_name : "")),
                              pg_text(bp_str(role)), site ? pg_text(bp_str(site)) : pg_null()};
    if (password_file)
        BP_TRY(user_read_password(password_file, name, arena, &hash, err));
    BP_TRY(tool_ask_text(cfg, SQL_ADD_USER, values, sizeof values / sizeof values[0], arena, ret_user, err));
    if (!hash)
        return BP_OK;
    const PgValue password[] = {pg_text(bp_str(name)), pg_text(bp_str(hash))};
    const char *is_set = NULL;
    return tool_ask_text(cfg, SQL_SET_USER_PASSWORD, password, 2, arena, &is_set, err);
}

static int run_add(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    const char *user = NULL, *name = arguments->positionals.items[0];
    if (add(name, cfg, arena, &user, &err) != BP_OK)
        return say_fail(add_command.name, &err);
    if (arguments->json) {
        say_json_print(json_loads(user, 0, NULL));
        return EX_OK;
    }
    json_auto_t *made = json_loads(user, 0, NULL);
    const char *as = json_string_value(json_object_get(made, "name"));
    const bool is_other = as && strcmp(as, name) != 0;
    name = as ? as : name;
    printf("User %s%s is %s at %s.\n", name, is_other ? " (names have small letters)" : "", role,
           site ? site : "all sites");
    if (!password_file)
        printf("There is no password yet: `bacpipes user link %s` makes a link with which one is chosen.\n",
               name);
    return EX_OK;
}

int user_add(int argc, char **argv)
{
    return say_run(&add_command, argc, argv, run_add);
}

/* ---- passwd ---- */

static const CfgOption passwd_options[] = {
    {"password-file", "FILE",
     "The first line of this file, which nobody else may read, is the password. Default: it is typed at the "
     "terminal, twice, and not shown.",
     .text = &password_file},
    {0},
};

static const CfgCommand passwd_command = {
    .name = "bacpipes user passwd",
    .positionals = "NAME",
    .positionals_min = 1,
    .positionals_max = 1,
    .summary = "Sets the password of a user of the web, and ends their sessions. It has 12 letters or more, "
               "and does "
               "not follow from the name.",
    .options = passwd_options,
    .details = "A second factor stays as it is: `bacpipes user set NAME --no-second-factor` takes it away.\n"
               "Exit codes: 0 set; 1 there is no such user;\n" SAY_EXIT_OF_DATABASE,
    .examples = "bacpipes user passwd admin\nbacpipes user passwd admin --password-file /etc/bacpipes/admin",
};

static BpStatus set_password(const char *name, const Cfg *cfg, BpArena *arena, BpError *err)
{
    const char *hash = NULL, *is_set = NULL;
    BP_TRY(user_read_password(password_file, name, arena, &hash, err));
    const PgValue values[] = {pg_text(bp_str(name)), pg_text(bp_str(hash))};
    BP_TRY(tool_ask_text(cfg, SQL_SET_USER_PASSWORD, values, 2, arena, &is_set, err));
    return is_set && *is_set == 't' ? BP_OK : user_is_missing(name, err);
}

static int run_passwd(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    const char *name = arguments->positionals.items[0];
    if (set_password(name, cfg, arena, &err) != BP_OK)
        return say_fail(passwd_command.name, &err);
    printf("The password of %s is set, and the sessions there were have ended.\n", name);
    return EX_OK;
}

int user_passwd(int argc, char **argv)
{
    return say_run(&passwd_command, argc, argv, run_passwd);
}
