/* bacpipes job discover and doctor: asked for, waited for, and told. */
#include "apps/job/job.h"

#include "bacnet/wire/object.h"
#include "base/time.h"
#include "say/begin.h"
#include "say/exit.h"
#include "say/json.h"
#include "say/progress.h"
#include "tool/rows.h"
#include "tool/site.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *site;
static int64_t low = -1, high = -1, instance = -1;

enum { INSTANCE_LAST = 4194302, ID_MAX = 40 };

#define EXIT_CODES                                                                                           \
    "Exit codes: 0 done; 1 no such site or device, or the doctor finds something wrong; 64 wrong use; 69 "   \
    "it failed,\nthe site has not answered, or the database is away; 70 the database refuses; 78 a setting " \
    "is wrong.\n"

static const CfgOption discover_options[] = {
    {"site", "SITE", "At this site. Default: setting site; of a central the only one that it has.",
     .text = &site},
    {"low", "INSTANCE", "Looks for instances from this one on, with --high.", .integer = &low,
     .max = INSTANCE_LAST},
    {"high", "INSTANCE", "The last of them.", .integer = &high, .max = INSTANCE_LAST},
    {"device", "INSTANCE",
     "Has this device read out anew, whenever that was done last, and looks for no other.",
     .integer = &instance, .max = INSTANCE_LAST},
    {0},
};

static const CfgCommand discover_command = {
    .name = "bacpipes job discover",
    .summary = "Has the site's collector look for devices now, as it does every discovery.interval: who is "
               "new or due is "
               "read out. Waits for it, and says what was found.",
    .options = discover_options,
    .offers_json = true,
    .details = "One search is under way at a time: the same is waited for together, another is refused "
               "meanwhile. Ctrl-C "
               "stops waiting; the search goes on.\n--json prints id, status, step (for whom it waits; null "
               "once it has ended), text, and result as "
               "docs/protocol.md has it.\n" EXIT_CODES,
    .examples = "bacpipes job discover\nbacpipes job discover --low 1000 --high 1999\n"
                "bacpipes job discover --device 1001 --site macau",
};

static const CfgOption doctor_options[] = {
    {"site", "SITE", "At this site. Default: setting site; of a central the only one that it has.",
     .text = &site},
    {0},
};

static const CfgCommand doctor_command = {
    .name = "bacpipes job doctor",
    .summary = "Says what `bacpipes doctor` finds about the network and the devices from where the site's "
               "collector is.",
    .options = doctor_options,
    .offers_json = true,
    .details =
        "Ctrl-C stops waiting; the doctor goes on.\n--json prints id, status, step, text, and result, which "
        "is what `bacpipes "
        "doctor --json` prints.\n" EXIT_CODES,
    .examples = "bacpipes job doctor\nbacpipes job doctor --site macau --json",
};

/* ---- asking ---- */

typedef struct Job {
    BpArena *arena;
    char id[ID_MAX]; /* empty: none was made */
    const char *status, *text;
    double progress;
    json_t *result;   /* NULL: nothing is known */
    bool is_stranger; /* there is no such device */
    bool was_handed_over, is_told_to_stop;
    bool is_of_stranger; /* its site has not joined yet */
    bool was_said_so;
} Job;

static void take_id(void *context, const PgRows *rows, size_t row)
{
    Job *job = context;
    job->is_stranger = !pg_get_bool(rows, row, 1);
    if (!job->is_stranger)
        bp_str_copy(pg_get_text(rows, row, 0), job->id, sizeof job->id);
}

static PgValue number_or_null(int64_t number)
{
    return number >= 0 ? pg_integer(number) : pg_null();
}

static BpStatus ask(ToolSite *of, const char *kind, Job *job, BpError *err)
{
    const PgValue values[] = {tool_site_value(of), pg_text(bp_str(kind)), number_or_null(low),
                              number_or_null(high), number_or_null(instance)};
    BP_TRY(site_database_ask(&of->database, SQL_ASK_JOB, values, 5, take_id, job, err));
    if (*job->id)
        return BP_OK;
    return job->is_stranger
               ? bp_fail(err, BP_NOT_FOUND, "site \"%s\" has no device %lld: `bacpipes device list` has them",
                         of->cfg.site, (long long)instance)
               : bp_fail(err, BP_UNAVAILABLE, "too many jobs are under way: `bacpipes job list` says which");
}

/* ---- waiting ---- */

enum { STATUS, PROGRESS, TEXT, RESULT, WAS_HANDED_OVER, IS_INVITED }; /* columns of select_job.sql */

static void take(void *context, const PgRows *rows, size_t row)
{
    Job *job = context;
    const BpStr result = pg_get_text(rows, row, RESULT);
    job->status = tool_text_kept(job->arena, rows, row, STATUS).data;
    job->text = tool_text_kept(job->arena, rows, row, TEXT).data;
    job->progress = pg_get_double(rows, row, PROGRESS);
    job->was_handed_over = pg_get_bool(rows, row, WAS_HANDED_OVER);
    job->is_of_stranger = pg_get_bool(rows, row, IS_INVITED);
    json_decref(job->result);
    job->result =
        pg_is_null(rows, row, RESULT) ? NULL : json_loadb(result.data, result.size, JSON_DECODE_ANY, NULL);
}

static bool is_open(const Job *job)
{
    return !job->status || strcmp(job->status, "pending") == 0 || strcmp(job->status, "executing") == 0;
}

/* NULL: it has ended. */
static const char *step_of(const ToolSite *of, const Job *job)
{
    if (!job->status || !is_open(job))
        return NULL;
    if (strcmp(job->status, "executing") == 0)
        return "under way";
    return !of->is_elsewhere      ? "waiting for the collector"
           : job->is_of_stranger  ? "waiting for the site, which has not joined yet"
           : job->was_handed_over ? "handed over; the site has not answered yet"
                                  : "waiting for the site";
}

static void say_how_far(const ToolSite *of, const Job *job)
{
    const json_t *answered = json_object_get(job->result, "answered");
    if (strcmp(job->status, "pending") == 0)
        say_progress("%s", step_of(of, job));
    else if (answered)
        say_progress("%.0f %%, %lld devices answered", 100 * job->progress,
                     (long long)json_integer_value(answered));
    else
        say_progress("%.0f %%", 100 * job->progress);
}

/* Nobody sees on a terminal that it may wait for long. */
static void say_who_has_not_joined(const ToolSite *of, Job *job)
{
    if (job->is_of_stranger && !job->was_said_so && !isatty(STDERR_FILENO))
        fprintf(stderr, "Site %s has not joined yet: it waits until it does.\n", of->cfg.site);
    job->was_said_so = true;
}

static void on_signal(void *owner, int number)
{
    Job *job = owner;
    (void)number;
    job->is_told_to_stop = true;
}

static void on_time(void *owner)
{
    (void)owner; /* it ends a turn of the loop */
}

/* It ends by itself: a job that nobody takes up expires, where anybody looks at it. */
static BpStatus wait_for(ToolSite *of, Job *job, BpError *err)
{
    static const int64_t LOOK_EVERY_US = 300 * BP_MS, LONGEST_US = 11 * BP_MINUTE;
    Loop *loop = of->database.loop;
    LoopTimer *timer = loop_timer_new(loop, on_time, NULL);
    LoopSignal *interrupt = loop_signal_new(loop, SIGINT, on_signal, job);
    const PgValue id = pg_text(bp_str(job->id));
    const int64_t until_us = loop_now_us(loop) + LONGEST_US;
    BpStatus status;
    while ((status = site_database_ask(&of->database, SQL_SELECT_JOB, &id, 1, take, job, err)) == BP_OK &&
           job->status && is_open(job) && !job->is_told_to_stop && loop_now_us(loop) < until_us) {
        say_who_has_not_joined(of, job);
        say_how_far(of, job);
        loop_timer_set(timer, loop_now_us(loop) + LOOK_EVERY_US);
        loop_run_once(loop, LOOK_EVERY_US);
    }
    say_progress_end();
    loop_signal_free(interrupt);
    loop_timer_free(timer);
    return status;
}

/* ---- telling ---- */

static int tell(const ToolSite *of, const Job *job, bool is_json, void (*show)(const json_t *result))
{
    const bool is_done = job->status && strcmp(job->status, "completed") == 0;
    const int code = !is_done                                                        ? EX_UNAVAILABLE
                     : json_integer_value(json_object_get(job->result, "wrong")) > 0 ? SAY_NOTHING
                                                                                     : EX_OK;
    if (is_json)
        say_json_print(json_pack("{s:s, s:s?, s:s?, s:s?, s:O?}", "id", job->id, "status", job->status,
                                 "step", step_of(of, job), "text", job->text && *job->text ? job->text : NULL,
                                 "result", job->result));
    else if (is_done)
        show(job->result);
    else if (is_open(job) && of->is_elsewhere && !job->was_handed_over)
        fprintf(
            stderr,
            "It waits for the site: `bacpipes job list` says how far it is, and `bacpipes sites --take-back "
            "%s` takes it back.\n",
            job->id);
    else if (is_open(job))
        fprintf(stderr, "It goes on; `bacpipes job list` says how far it is.\n");
    else
        fprintf(stderr, "It is %s%s%s.\n", job->status, *job->text ? ": " : "", job->text);
    return code;
}

static int work(const CfgCommand *command, const char *kind, void (*show)(const json_t *result), bool is_json,
                const Cfg *cfg, BpArena *arena)
{
    BpError err;
    ToolSite of = {0};
    Job job = {.arena = arena};
    BpStatus status = tool_site_open(&of, cfg, site, arena, &err);
    if (status == BP_OK)
        status = ask(&of, kind, &job, &err);
    if (status == BP_OK)
        status = wait_for(&of, &job, &err);
    const int code = status == BP_OK ? tell(&of, &job, is_json, show) : say_fail(command->name, &err);
    json_decref(job.result);
    tool_site_close(&of);
    return code;
}

static int run_discover(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    if ((low >= 0) != (high >= 0) || low > high || (low >= 0 && instance >= 0))
        return say_fail_with(
            EX_USAGE, discover_command.name,
            bp_str("--low and --high go together, the smaller one first; --device goes without them"));
    return work(&discover_command, "discover", job_show_found, arguments->json, cfg, arena);
}

int job_discover(int argc, char **argv)
{
    return say_run(&discover_command, argc, argv, run_discover);
}

static int run_doctor(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    return work(&doctor_command, "doctor", job_show_doctor, arguments->json, cfg, arena);
}

int job_doctor(int argc, char **argv)
{
    return say_run(&doctor_command, argc, argv, run_doctor);
}
