#include "apps/sim/run/headless.h"

#include "apps/sim/run/csv.h"
#include "apps/sim/run/summary.h"
#include "base/time.h"
#include "say/exit.h"
#include "say/progress.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

static const int64_t EVERY_US = 5 * BP_MINUTE, PIECE_US = BP_HOUR, TELLS_US = 200 * BP_MS;

static volatile sig_atomic_t stopped_by;

static void on_signal(int number)
{
    stopped_by = number;
}

/* A pipe that nobody reads any more is told by write. */
static void watch_signals(void)
{
    struct sigaction stop = {.sa_handler = on_signal}, ignore = {.sa_handler = SIG_IGN};
    stopped_by = 0;
    sigemptyset(&stop.sa_mask);
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

const char *sim_headless_start(const SimHeadless *headless)
{
    enum { WEEK = 7 };
    return headless->days < WEEK ? "2025-01-07" : "2025-01-01";
}

BpStatus sim_headless_check(const SimHeadless *headless, BpError *err)
{
    static const int64_t step_us = 5 * BP_SECOND;
    const char *alone = headless->csv          ? "--csv"
                        : headless->every_us   ? "--every"
                        : headless->only.count ? "--only"
                        : headless->file       ? headless->file
                                               : NULL;
    if (!headless->days && alone)
        return bp_fail(err, BP_INVALID, "%s wants --days N: how many days are simulated", alone);
    if (!headless->csv && (headless->every_us || headless->only.count || headless->file))
        return bp_fail(err, BP_INVALID, "%s wants --csv: it says what is in there", alone);
    if (headless->every_us % step_us != 0)
        return bp_fail(err, BP_INVALID,
                       "--every: the building goes on in steps of 5 s, so it is 5s, 10s, 1min, 5min ...");
    if (headless->csv && headless->json && !headless->file)
        return bp_fail(err, BP_INVALID,
                       "--csv and --json both want standard output: name a FILE for the CSV");
    return BP_OK;
}

/* ---- going on ---- */

typedef struct Journey {
    SimRun *run;
    SimCsv *csv; /* NULL: none is wanted */
    SimSummary summary;
    int64_t start_us, end_us, every_us;
    int64_t began_us, told_us; /* by the monotonic clock */
} Journey;

static void tell_progress(Journey *journey)
{
    char left[BP_TIME_TEXT_MAX];
    const int64_t clock_us = bp_monotonic_us();
    const double done = (double)(sim_run_now_us(journey->run) - journey->start_us),
                 all = (double)(journey->end_us - journey->start_us);
    if (clock_us - journey->told_us < TELLS_US || done <= 0)
        return;
    journey->told_us = clock_us;
    const double left_us = (double)(clock_us - journey->began_us) * (all - done) / done;
    say_progress("%3.0f %%, day %.0f of %.0f, %s left", done / all * 100, done / (double)BP_DAY,
                 all / (double)BP_DAY, bp_interval_format((int64_t)left_us, left));
}

static BpStatus go(Journey *journey, BpError *err)
{
    int64_t row_us = journey->csv ? journey->start_us : INT64_MAX;
    for (int64_t at_us = journey->start_us; !stopped_by; tell_progress(journey)) {
        sim_run_to(journey->run, at_us);
        sim_summary_go_on(&journey->summary);
        if (at_us == row_us) {
            BP_TRY(sim_csv_row(journey->csv, at_us, err));
            row_us += journey->every_us;
        }
        if (at_us >= journey->end_us)
            break;
        const int64_t next_us = at_us + PIECE_US < row_us ? at_us + PIECE_US : row_us;
        at_us = next_us < journey->end_us ? next_us : journey->end_us;
    }
    return journey->csv ? sim_csv_end(journey->csv, err) : BP_OK;
}

static int run(const char *command, SimRun *run, const SimHeadless *headless, SimCsv *csv)
{
    BpError err = {0};
    const int64_t start_us = sim_run_now_us(run);
    Journey journey = {.run = run,
                       .csv = csv,
                       .start_us = start_us,
                       .end_us = start_us + headless->days * BP_DAY,
                       .every_us = headless->every_us ? headless->every_us : EVERY_US,
                       .began_us = bp_monotonic_us()};
    sim_summary_begin(&journey.summary, run);
    watch_signals();
    const BpStatus status = go(&journey, &err);
    say_progress_end();
    if (status != BP_OK)
        return say_fail_with(EX_IOERR, command, bp_str(err.text));
    sim_summary_end(&journey.summary, bp_monotonic_us() - journey.began_us);
    if (headless->json)
        say_json_print(sim_summary_json(&journey.summary));
    else
        sim_summary_print(&journey.summary, csv && !headless->file ? stderr : stdout);
    if (!stopped_by)
        return say_end(command, EX_OK);
    char at[BP_TIME_TEXT_MAX];
    fprintf(stderr, "%s: stopped at %s of the building by signal %d", command,
            bp_time_format(sim_run_now_us(run), 0, at), (int)stopped_by);
    if (csv)
        fprintf(stderr, "; the CSV is whole until then, %" PRIu64 " rows", sim_csv_rows(csv));
    fputc('\n', stderr);
    say_end(command, EX_OK);
    return 128 + stopped_by;
}

int sim_headless(const char *command, const SimSiteOptions *options, const SimHeadless *headless,
                 SimOrders *orders)
{
    BpError err = {0};
    SimColumns columns;
    SimCsv *csv = NULL;
    SimRun *new_run = sim_run_new(options);
    int code = EX_OK;
    if (sim_columns_init(&columns, sim_run_site(new_run), headless->only.items, headless->only.count, &err) !=
        BP_OK)
        code = say_fail_with(EX_USAGE, command, bp_str(err.text));
    else if (sim_run_order(new_run, orders, headless->days * BP_DAY, &err) != BP_OK)
        code = say_fail_with(err.status == BP_INVALID ? EX_USAGE : EX_CANTCREAT, command, bp_str(err.text));
    else if (headless->csv && !(csv = sim_csv_new(headless->file, &columns, &err)))
        code = say_fail_with(EX_CANTCREAT, command, bp_str(err.text));
    else
        code = run(command, new_run, headless, csv);
    if (!sim_orders_end(orders) && code == EX_OK)
        code = say_fail_with(EX_IOERR, command,
                             bp_str("lines are missing in the file of the truth: is there room for it?"));
    sim_csv_free(csv);
    sim_columns_done(&columns);
    sim_run_free(new_run);
    return code;
}
