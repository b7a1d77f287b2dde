/* bacpipes write and release: asks the site for commands, and says what became of them. */
#include "apps/control/outcome.h"
#include "apps/control/request.h"

#include "apps/roles.h"
#include "say/begin.h"
#include "say/exit.h"
#include "say/json.h"
#include "tool/site.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static ControlWish wish;
static const char *site;
static bool dry_run, no_wait, direct;

#define ASKED_OPTIONS                                                                                        \
    {"reason", "TEXT", "Why, for those who look at overrides and at the journal later.",                     \
     .text = &wish.reason},                                                                                  \
        {"at", "TIME",                                                                                       \
         "Not now but at this time, as 2026-11-27 18:00, or +2h from now. Nothing is waited for.",           \
         .text = &wish.at},                                                                                  \
        {"expires", "DURATION",                                                                              \
         "Not carried out any more after this long. Default: 60s, from central 10min.",                      \
         .duration_us = &wish.expires_us},                                                                   \
        {"key", "TEXT", "A key that you draw: asked for again with the same key, it is the same command.",   \
         .text = &wish.key},                                                                                 \
        {"dry-run", NULL, "Only says what the gate says.", .flag = &dry_run},                                \
        {"site", "SITE", "Of this site. Default: setting site; of a central the only one that it has.",      \
         .text = &site},                                                                                     \
        {"no-wait", NULL, "Asks, says the command's id, and ends.", .flag = &no_wait},                       \
    {                                                                                                        \
        "direct", NULL, "Straight to a device, past the gate, with other options: " DIRECT_HELP,             \
            .flag = &direct                                                                                  \
    }
#define DIRECT_HELP "see --direct --help."

/* For --help. */
#define GATE_HELP                                                                                            \
    "It passes the gate of the site (docs/control.md): the point is writable (`bacpipes points set "         \
    "--writable yes`), the\nvalue within its limits, the priority not above what you may. Who asks is the "  \
    "Unix "                                                                                                  \
    "user, as the journal has it\n(`bacpipes audit`).\n"                                                     \
    "At central, --site says of which site: that one's gate has the last word, and Ctrl-C leaves the "       \
    "waiting for it, not\nthe command, which lives for 10min unless --expires says otherwise.\n"             \
    "Exit codes: 0 as asked; 1 sent, and not as asked, which the sentence tells; 64 wrong use; 69 the "      \
    "database is away\nand nothing was written, or nobody has taken the command up yet; 70 the database "    \
    "refuses; 75 not sent, and will\nnot be; 77 the gate refuses; 78 a setting is wrong.\n"

static const CfgOption write_options[] = {
    {"for", "DURATION", "Let go of it after this long, as 2h. Default: it stays until somebody releases it.",
     .duration_us = &wish.hold_us},
    {"priority", "N",
     "Slot of the priority array, 1 (highest) to 16. Default: 8, an operator's. Not 6: it is the device's.",
     .integer = &wish.priority, .min = 1, .max = 16},
    ASKED_OPTIONS,
    {0},
};

static const CfgCommand write_command = {
    .name = "bacpipes write",
    .positionals = "POINT VALUE [POINT VALUE]... | DEVICE OBJECT VALUE [OBJECT VALUE]...",
    .positionals_min = 1,
    .positionals_max = 1 + 2 * CONTROL_REQUESTS_MAX,
    .summary = "Has the site write a point, or several, or none where one of them is refused: once, read "
               "back, and released again when you say. Says which slot holds "
               "the value then.",
    .options = write_options,
    .offers_json = true,
    .details =
        "POINT is a name or point_id (`bacpipes points`), DEVICE a name, instance or address, OBJECT as "
        "analog-value,3 or av,3.\n"
        "VALUE is a number in the point's units, the name of a state, or null, which releases.\n" GATE_HELP,
    .examples = "bacpipes write AHU-1/DUCT-SP 250 --for 2h --reason 'hot day'\n"
                "bacpipes write AHU-1/SF-C active --dry-run\n"
                "bacpipes write 1001 av,2 300 --for 10min --json\n"
                "bacpipes write AHU-1/DUCT-SP 250 --at +8h --for 30min --reason 'test run'",
};

static const CfgOption release_options[] = {
    {"priority", "N", "Slot of the priority array. Default: the one that we hold, else 8.",
     .integer = &wish.priority, .min = 1, .max = 16},
    {"restore", NULL,
     "Of a point without a priority array: write back what it was before the write that holds it.",
     .flag = &wish.restore},
    ASKED_OPTIONS,
    {0},
};

static const CfgCommand release_command = {
    .name = "bacpipes release",
    .positionals = "POINT | DEVICE OBJECT",
    .positionals_min = 1,
    .positionals_max = 2,
    .summary = "Has the site let go of a point: Null is written to the slot, and read back what holds the "
               "value then. "
               "Many at once: `bacpipes overrides --release`.",
    .options = release_options,
    .offers_json = true,
    .details = GATE_HELP,
    .examples = "bacpipes release AHU-1/DUCT-SP\n"
                "bacpipes release 1001 av,2 --priority 8 --reason 'test is over'",
};

/* ---- the gate ---- */

typedef struct Judged {
    const ControlRequest *request;
    json_t *json; /* an array of what the gate says */
    bool tells, is_allowed;
} Judged;

static void take_judgement(void *context, const PgRows *rows, size_t row)
{
    Judged *judged = context;
    const BpStr rule = pg_get_text(rows, row, 1), text = pg_get_text(rows, row, 2);
    judged->is_allowed = pg_get_bool(rows, row, 0);
    json_array_append_new(
        judged->json,
        json_pack("{s:I, s:o, s:b, s:b, s:o, s:o}", "point_id", (json_int_t)judged->request->target.point_id,
                  "point", say_json_text_or_empty(bp_str(judged->request->target.label)), "dry_run", 1,
                  "is_allowed", judged->is_allowed, "rule", rule.size ? say_json_text(rule) : json_null(),
                  "text", text.size ? say_json_text(text) : json_null()));
    if (judged->tells && judged->is_allowed)
        printf("%s: the gate lets it pass; %s.\n", judged->request->target.label,
               dry_run ? "nothing is written" : "nothing was written, for another one is refused");
    else if (judged->tells)
        printf("%.*s\n", BP_STR_ARGS(text));
}

/* `ret_allowed`: how many of them. */
static BpStatus judge(SiteDatabase *database, const ControlRequest *requests, size_t count, bool as_json,
                      bool tells, size_t *ret_allowed, BpError *err)
{
    json_auto_t *said = json_array();
    *ret_allowed = 0;
    for (size_t i = 0; i < count; i++) {
        Judged judged = {.request = &requests[i], .json = said, .tells = tells && !as_json};
        char *text = json_dumps(requests[i].json, JSON_COMPACT);
        const PgValue values[] = {pg_text(bp_str(text ? text : "{}"))};
        const BpStatus status =
            site_database_ask(database, SQL_CHECK_COMMAND, values, 1, take_judgement, &judged, err);
        free(text);
        BP_TRY(status);
        *ret_allowed += judged.is_allowed;
    }
    if (tells && as_json)
        say_json_print(json_incref(count == 1 ? json_array_get(said, 0) : said));
    return BP_OK;
}

/* ---- the whole of it ---- */

typedef struct Work {
    const CfgCommand *command;
    const CfgArguments *arguments;
    Cfg cfg; /* with the site that is meant */
    BpArena *arena;
    SiteDatabase database;
    ControlRequest requests[CONTROL_REQUESTS_MAX];
    ControlOutcome outcomes[CONTROL_REQUESTS_MAX];
    size_t count;
    bool is_asked; /* from here on a lost connection does not mean that nothing is written */
} Work;

/* Of several nothing is asked for before all pass the gate. */
static BpStatus ask_all(Work *work, bool *ret_passed, BpError *err)
{
    size_t allowed = work->count;
    if (work->count > 1)
        BP_TRY(judge(&work->database, work->requests, work->count, false, false, &allowed, err));
    *ret_passed = allowed == work->count;
    if (!*ret_passed)
        return judge(&work->database, work->requests, work->count, work->arguments->json, true, &allowed,
                     err);
    for (size_t i = 0; i < work->count; i++) {
        work->is_asked = true;
        BP_TRY(control_request_ask(&work->database, &work->requests[i], err));
    }
    return BP_OK;
}

static BpStatus carry_out(Work *work, int *ret_code, BpError *err)
{
    bool passed, is_elsewhere;
    size_t allowed;
    BP_TRY(site_database_open(&work->database, &work->cfg, work->arena, err));
    BP_TRY(tool_site_choose(&work->database, site, work->arena, &work->cfg, &is_elsewhere, err));
    BP_TRY(control_requests_make(&work->database, &work->cfg, &wish, &work->arguments->positionals,
                                 work->arena, work->requests, &work->count, err));
    if (wish.key && work->count > 1)
        return bp_fail(err, BP_INVALID, "--key is of one command: write one point at a time");
    if (dry_run) {
        BP_TRY(
            judge(&work->database, work->requests, work->count, work->arguments->json, true, &allowed, err));
        *ret_code = allowed == work->count ? EX_OK : EX_NOPERM;
        return BP_OK;
    }
    BP_TRY(ask_all(work, &passed, err));
    if (!passed) {
        *ret_code = EX_NOPERM;
        return BP_OK;
    }
    BP_TRY((no_wait || wish.at ? control_outcomes_look : control_outcomes_wait)(
        &work->database, work->requests, work->count, work->arena, work->outcomes, err));
    control_outcomes_tell(work->outcomes, work->count, work->arguments->json);
    *ret_code = control_outcomes_code(work->outcomes, work->count);
    return BP_OK;
}

static BpStatus explain(const Work *work, BpStatus status, BpError *err)
{
    if (status != BP_UNAVAILABLE)
        return status;
    if (work->is_asked)
        return bp_within(err,
                         "the command was asked for, and may go on: `bacpipes commands` shows how it ends");
    return bp_within(err, "nothing was written (where there is no site, --direct goes straight to a device)");
}

static int run(const CfgCommand *command, const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    Work work = {.command = command, .arguments = arguments, .cfg = *cfg, .arena = arena};
    int code = EX_OK;
    const BpStatus status = explain(&work, carry_out(&work, &code, &err), &err);
    if (status != BP_OK)
        code = say_fail(command->name, &err);
    control_outcomes_done(work.outcomes, work.count);
    control_requests_done(work.requests, work.count);
    site_database_close(&work.database);
    return code;
}

static int run_write(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    return run(&write_command, arguments, cfg, arena);
}

static int run_release(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    wish.releases = true;
    return run(&release_command, arguments, cfg, arena);
}

/* Where it stands on the line, another tool reads the rest. */
static bool is_direct(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--direct") == 0)
            return true;
    return false;
}

int control_write_main(int argc, char **argv)
{
    return is_direct(argc, argv) ? ask_write_main(argc, argv)
                                 : say_run(&write_command, argc, argv, run_write);
}

int control_release_main(int argc, char **argv)
{
    return is_direct(argc, argv) ? ask_release_main(argc, argv)
                                 : say_run(&release_command, argc, argv, run_release);
}
