/* bacpipes user link. */
#include "apps/user/user.h"

#include "io/secret/secret.h"
#include "say/begin.h"
#include "say/exit.h"
#include "say/json.h"
#include "tool/ask.h"

#include <stdio.h>
#include <unistd.h>

static bool print;

static const CfgOption options[] = {
    {"print", NULL, "Print it where no terminal is, too: whoever reads that may become this user.",
     .flag = &print},
    {0},
};

static const CfgCommand command = {
    .name = "bacpipes user link",
    .positionals = "NAME",
    .positionals_min = 1,
    .positionals_max = 1,
    .summary =
        "Makes a link with which a user of the web chooses a password: the first one, or another. It works "
        "once, within 15 minutes, and the one before it works no more.",
    .options = options,
    .offers_json = true,
    .details = "Its secret stands behind the #, which no browser sends in an address and no log has.\n"
               "Exit codes: 0 made; 1 there is no such user, or they are shut out;\n" SAY_EXIT_OF_DATABASE,
    .examples = "bacpipes user link admin\nbacpipes user link admin --print | tail -1",
};

static BpStatus make(const char *name, const Cfg *cfg, BpArena *arena, char ret_secret[SECRET_TEXT_SIZE],
                     const char **ret_until, BpError *err)
{
    char digest[SECRET_DIGEST_SIZE];
    json_auto_t *user = NULL;
    BP_TRY(user_find(cfg, name, arena, &user, err));
    if (!json_is_true(json_object_get(user, "enabled")))
        return bp_fail(
            err, BP_REFUSED,
            "user %s is shut out, and no link lets them in: `bacpipes user set %s --on` does, and then "
            "this",
            name, name);
    if (!print && !isatty(STDOUT_FILENO))
        return bp_fail(
            err, BP_INVALID,
            "the link is printed to a terminal alone, where it stays with who sees it: --print says that it "
            "is meant for this file or pipe");
    secret_digest(bp_str(secret_draw(ret_secret)), digest);
    const PgValue values[] = {pg_text(bp_str(name)), pg_text(bp_str(digest))};
    BP_TRY(tool_ask_text(cfg, SQL_MAKE_USER_LINK, values, 2, arena, ret_until, err));
    return *ret_until ? BP_OK : user_is_missing(name, err);
}

static int run(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    char secret[SECRET_TEXT_SIZE], link[400];
    const char *until = NULL, *name = arguments->positionals.items[0];
    if (make(name, cfg, arena, secret, &until, &err) != BP_OK)
        return say_fail(command.name, &err);
    snprintf(link, sizeof link, "%s/link#%s", user_web_address(cfg, arena), secret);
    if (arguments->json)
        say_json_print(json_pack("{s:s, s:s, s:s}", "name", name, "link", link, "expires_at", until));
    else
        printf("With this link %s chooses a password, once, within 15 minutes:\n\n  %s\n", name, link);
    secret_wipe(secret, sizeof secret);
    secret_wipe(link, sizeof link);
    return EX_OK;
}

int user_link(int argc, char **argv)
{
    return say_run(&command, argc, argv, run);
}
