/* bacpipes user, and what its parts share. */
#include "apps/user/user.h"

#include "apps/roles.h"
#include "front/front.h"
#include "say/parts.h"
#include "tool/ask.h"

#include <stdio.h>
#include <string.h>

static const SayPart parts[] = {
    {"list", "lists the users, and what each may where", user_list},
    {"add", "adds one", user_add},
    {"link", "makes a one-time link with which one chooses a password", user_link},
    {"passwd", "sets a password", user_passwd},
    {"grant", "gives a role at a site, or takes it", user_grant},
    {"set", "shuts one out and lets them in again; takes away a second factor that was lost", user_set},
    {"logout", "ends the sessions of one", user_logout},
    {"token", "makes a token, with which a program speaks for one", user_token},
    {"tokens", "lists the tokens, and ends one", user_tokens},
    {"remove", "removes one, with sessions and tokens", user_remove},
    {"rights", "says what each role may", user_rights},
};

static const SayParts tool = {
    .tool = "bacpipes user",
    .parts = parts,
    .count = sizeof parts / sizeof parts[0],
    .text = "Users log in to the web interface; programs bring tokens to its API. Each user has a role at "
            "each site, "
            "or at all: viewer,\noperator, engineer, admin. Each may what those before it may.\n\n"
            "Examples:\n\n"
            "  bacpipes user list\n"
            "  bacpipes user add anna --role operator\n"
            "  bacpipes user link anna\n"
            "\n`bacpipes user add --help` tells more, with further examples.\n",
};

int user_main(int argc, char **argv)
{
    return say_parts_run(&tool, argc, argv);
}

BpStatus user_is_missing(const char *name, BpError *err)
{
    return bp_fail(
        err, BP_NOT_FOUND,
        "there is no user \"%s\": `bacpipes user list` has those there are, and `bacpipes user add` "
        "adds one",
        name);
}

BpStatus user_find(const Cfg *cfg, const char *name, BpArena *arena, json_t **ret_user, BpError *err)
{
    const char *text = NULL;
    const PgValue values[] = {pg_text(bp_str(name))};
    *ret_user = NULL;
    BP_TRY(tool_ask_text(cfg, SQL_SELECT_USER, values, 1, arena, &text, err));
    *ret_user = text ? json_loads(text, 0, NULL) : NULL;
    return *ret_user ? BP_OK : user_is_missing(name, err);
}

void user_say_grants(const json_t *grants, BpBuf *out)
{
    size_t i;
    json_t *grant;
    json_array_foreach (grants, i, grant) {
        const char *site = json_string_value(json_object_get(grant, "site"));
        const char *group = json_string_value(json_object_get(grant, "group"));
        bp_buf_printf(out, "%s%s%s%s", i ? ", " : "", json_string_value(json_object_get(grant, "role")),
                      site || group ? " at " : "",
                      site    ? site
                      : group ? group
                              : "");
    }
    if (!json_array_size(grants))
        bp_buf_str(out, bp_str("nothing"));
}

const char *user_web_address(const Cfg *cfg, BpArena *arena)
{
    Front front;
    BpError unknown;
    const char *url =
        front_read(cfg, arena, &front, &unknown) == BP_OK ? front_url(&front, cfg->data_folder, arena) : NULL;
    return url ? bp_arena_text(arena, (BpStr){url, strlen(url) - 1}) : ""; /* without the slash at its end */
}
