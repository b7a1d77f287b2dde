/* bacpipes user token and tokens. */
#include "apps/user/user.h"

#include "base/time.h"
#include "io/secret/secret.h"
#include "say/begin.h"
#include "say/exit.h"
#include "say/json.h"
#include "say/when.h"
#include "tool/ask.h"
#include "tool/listing.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- token ---- */

static const char *token_name = "command line", *role = "viewer";
static CfgTexts sites;
static int64_t lasts_us = 365 * BP_DAY;

static const CfgOption token_options[] = {
    {"name", "TEXT", "What it is for, for people. Default: command line.", .text = &token_name},
    {"role", "ROLE",
     "At most this role: viewer, operator, engineer or admin, and never more than its user's own. Default: "
     "viewer.",
     .text = &role},
    {"site", "SITE", "At this site alone; may be said again. Default: at all that its user has a role at.",
     .texts = &sites},
    {"for", "DURATION", "How long it works, as 30d: two years at most. Default: 365d.",
     .duration_us = &lasts_us},
    {0},
};

static const CfgCommand token_command = {
    .name = "bacpipes user token",
    .positionals = "NAME",
    .positionals_min = 1,
    .positionals_max = 1,
    .summary = "Makes a token, with which a program speaks for a user to the web's API. It is shown once: a "
               "digest is "
               "kept.",
    .options = token_options,
    .offers_json = true,
    .details = "A program sends it as the header Authorization: Bearer TOKEN.\n"
               "Exit codes: 0 made; 1 there is no such user, or the database refuses;\n" SAY_EXIT_OF_DATABASE,
    .examples = "bacpipes user token admin --name reporting\n"
                "bacpipes user token admin --name optimiser --role operator --site demo --for 30d",
};

typedef struct Made {
    char token[3 + SECRET_TEXT_SIZE];
    const char *until;
} Made;

static BpStatus make(const char *user, const Cfg *cfg, BpArena *arena, Made *ret_made, BpError *err)
{
    char secret[SECRET_TEXT_SIZE], digest[SECRET_DIGEST_SIZE], shown[8];
    json_auto_t *only = json_array();
    for (size_t i = 0; i < sites.count; i++)
        json_array_append_new(only, json_string(sites.items[i]));
    char *text = sites.count ? json_dumps(only, JSON_COMPACT) : NULL;
    snprintf(ret_made->token, sizeof ret_made->token, "bp_%s", secret_draw(secret));
    snprintf(shown, sizeof shown, "%s", ret_made->token);
    secret_digest(bp_str(ret_made->token), digest);
    const PgValue values[] = {pg_text(bp_str(user)),
                              pg_text(bp_str(token_name)),
                              pg_text(bp_str(digest)),
                              pg_text(bp_str(shown)),
                              pg_text(bp_str(role)),
                              text ? pg_text(bp_str(text)) : pg_null(),
                              pg_double((double)lasts_us / BP_SECOND)};
    const BpStatus status = tool_ask_text(cfg, SQL_MAKE_USER_TOKEN, values, sizeof values / sizeof values[0],
                                          arena, &ret_made->until, err);
    free(text);
    secret_wipe(secret, sizeof secret);
    if (status != BP_OK)
        return status;
    return ret_made->until ? BP_OK : user_is_missing(user, err);
}

static int run_token(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    Made made = {0};
    const char *user = arguments->positionals.items[0];
    if (make(user, cfg, arena, &made, &err) != BP_OK)
        return say_fail(token_command.name, &err);
    if (arguments->json)
        say_json_print(json_pack("{s:s, s:s, s:s, s:s, s:s}", "owner", user, "name", token_name, "role", role,
                                 "token", made.token, "expires_at", made.until));
    else
        printf("user   %s\nname   %s\nrole   %s\nuntil  %s\ntoken  %s   (shown once)\n\nIt is tried so:\n  "
               "curl -H "
               "'Authorization: Bearer TOKEN' %s/api/v1/session\n",
               user, token_name, role, made.until, made.token, user_web_address(cfg, arena));
    secret_wipe(made.token, sizeof made.token);
    return EX_OK;
}

int user_token(int argc, char **argv)
{
    return say_run(&token_command, argc, argv, run_token);
}

/* ---- tokens ---- */

static const char *of_user;
static int64_t end;

static const CfgOption list_options[] = {
    {"user", "NAME", "Those of this user alone.", .text = &of_user},
    {"end", "NUMBER", "End this one, at once.", .integer = &end, .min = 1, .max = INT32_MAX},
    {0},
};

static const CfgCommand list_command = {
    .name = "bacpipes user tokens",
    .summary = "Lists the tokens of the web, without their secrets, or ends one.",
    .options = list_options,
    .offers_json = true,
    .details = "Exit codes: 0 fine; 1 there is none;\n" SAY_EXIT_OF_DATABASE,
    .examples = "bacpipes user tokens\nbacpipes user tokens --user admin --json",
};

/* Columns of select_tokens.sql. */
enum { NUMBER, OWNER, NAME, PREFIX, ROLE, SITES, UNTIL, SEEN };

static const SayColumn columns[] = {{"number", .is_number = true},
                                    {"user"},
                                    {"name", .may_be_cut = true},
                                    {"begins"},
                                    {"at most"},
                                    {"at", .may_be_cut = true},
                                    {"until"},
                                    {"last"}};

static void add_row(ToolListing *listing, const PgRows *rows, size_t row)
{
    SayTable *table = &listing->table;
    char when[BP_TIME_TEXT_MAX];
    for (int column = NUMBER; column <= ROLE; column++)
        say_table_add(table, pg_get_text(rows, row, column));
    say_table_add(table, pg_is_null(rows, row, SITES) ? bp_str("all") : pg_get_text(rows, row, SITES));
    say_table_add(table, bp_str(say_time(pg_get_time_us(rows, row, UNTIL), 0, when)));
    say_table_add(table, pg_is_null(rows, row, SEEN)
                             ? bp_str("never")
                             : bp_str(say_time(pg_get_time_us(rows, row, SEEN), 0, when)));
}

static json_t *make_json(const PgRows *rows, size_t row)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", tool_integer_json(rows, row, NUMBER),
                     "owner", tool_text_json(rows, row, OWNER), "name", tool_text_json(rows, row, NAME),
                     "prefix", tool_text_json(rows, row, PREFIX), "role", tool_text_json(rows, row, ROLE),
                     "sites", tool_text_json(rows, row, SITES), "expires_at",
                     tool_time_json(rows, row, UNTIL, 0), "last_used_at", tool_time_json(rows, row, SEEN, 0));
}

static void tell_nothing(void)
{
    fprintf(stderr, "There is no token: `bacpipes user token NAME` makes one.\n");
}

static const ToolList tokens = {.command = &list_command,
                                .columns = columns,
                                .column_count = sizeof columns / sizeof columns[0],
                                .query = SQL_SELECT_TOKENS,
                                .add_row = add_row,
                                .make_json = make_json,
                                .tell_nothing = tell_nothing};

static int end_one(const Cfg *cfg, BpArena *arena)
{
    BpError err;
    const char *is_over = NULL;
    const PgValue values[] = {pg_integer(end)};
    BpStatus status = tool_ask_text(cfg, SQL_END_USER_TOKEN, values, 1, arena, &is_over, &err);
    if (status == BP_OK && !(is_over && *is_over == 't'))
        status =
            bp_fail(&err, BP_NOT_FOUND, "there is no token %lld: `bacpipes user tokens` has those there are",
                    (long long)end);
    if (status != BP_OK)
        return say_fail(list_command.name, &err);
    printf("Token %lld works no more.\n", (long long)end);
    return EX_OK;
}

static int run_list(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    const PgValue values[] = {tool_text_or_any(of_user)};
    const ToolListWish wish = {values, 1, NULL, false, arguments->json};
    return end ? end_one(cfg, arena) : tool_list_show(&tokens, &wish, cfg, arena);
}

int user_tokens(int argc, char **argv)
{
    return say_run(&list_command, argc, argv, run_list);
}
