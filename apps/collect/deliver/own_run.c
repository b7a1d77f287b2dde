#include "apps/collect/deliver/own_run.h"

#include "apps/collect/deliver/spool/notes.h"
#include "base/log.h"
#include "base/time.h"

#include <stdlib.h>
#include <sys/random.h>

static const int64_t MARK_EVERY_US = BP_SECOND, DISOWN_PAUSE_US = 10 * BP_SECOND;

struct OwnRun {
    Loop *loop;
    const Spool *spool;
    Outbox *outbox;
    uint64_t seed;
    bool is_marking;
    int64_t marked_us, mark_again_us;
    bool is_disowning; /* the name that our run has lost is being noted */
    MdlRun disowned;
    BpStatus disown_status;
    BpError disown_err;
    int64_t disown_again_us;
};

OwnRun *own_run_new(Loop *loop, const Spool *spool, Outbox *outbox, uint64_t seed)
{
    OwnRun *run = calloc(1, sizeof *run);
    if (!run)
        abort();
    *run = (OwnRun){.loop = loop, .spool = spool, .outbox = outbox, .seed = seed};
    return run;
}

void own_run_free(OwnRun *run)
{
    free(run);
}

bool own_run_is_writing(const OwnRun *run)
{
    return run->is_marking || run->is_disowning;
}

/* ---- since when readings may lack, should we be killed ---- */

static void do_mark(void *context)
{
    const OwnRun *run = context;
    BpError err;
    (void)!spool_mark(run->spool, run->marked_us, false, &err); /* an older mark is true as well */
}

static void on_marked(void *context)
{
    OwnRun *run = context;
    run->is_marking = false;
}

void own_run_mark(OwnRun *run, int64_t safe_until_us, int64_t now_us)
{
    if (run->is_marking || now_us < run->mark_again_us)
        return;
    run->is_marking = true;
    run->mark_again_us = now_us + MARK_EVERY_US;
    run->marked_us = bp_wall_us() - (now_us - safe_until_us);
    loop_work(run->loop, do_mark, on_marked, run);
}

static void say_how_it_ended(const Spool *spool)
{
    int64_t safe_us;
    char from[BP_TIME_TEXT_MAX];
    BpError err;
    const BpStatus left = spool_marked(spool, &safe_us, &err);
    if (left == BP_OK)
        bp_log(BP_LOG_WARNING,
               "the collector did not end in order the last time: all readings until %s are stored or in the "
               "spool, later ones may lack",
               bp_time_format(safe_us, 3, from));
    else if (left != BP_NOT_FOUND)
        bp_log(BP_LOG_WARNING,
               "the collector did not end in order the last time, and its last readings may lack (since when "
               "is not known: %s)",
               err.text);
}

/* ---- a name that another has used ---- */

static MdlRun draw_name(const OwnRun *run)
{
    uint64_t random;
    if (getrandom(&random, sizeof random, 0) != sizeof random)
        random = run->seed ^ (uint64_t)bp_wall_us();
    return mdl_run(random);
}

static void do_disown(void *context)
{
    OwnRun *run = context;
    run->disown_status = spool_disown(run->spool, &run->disowned, &run->disown_err);
}

static void on_disowned(void *context)
{
    OwnRun *run = context;
    run->is_disowning = false;
    if (run->disown_status != BP_OK)
        bp_log(BP_LOG_ERROR, "the spool cannot be written: %s", run->disown_err.text);
}

/* Ingest takes our own batches for repeats. */
void own_run_disown_if_forged(OwnRun *run, int64_t now_us)
{
    if (!outbox_wants_name(run->outbox) || run->is_disowning || now_us < run->disown_again_us)
        return;
    const MdlRun fresh = draw_name(run);
    run->disowned = outbox_own(run->outbox)->kept;
    run->is_disowning = true;
    run->disown_again_us = now_us + DISOWN_PAUSE_US;
    (void)outbox_rename(run->outbox, &run->disowned, &fresh);
    bp_log(BP_LOG_ERROR,
           "somebody else publishes readings in our name, so that ingest expects other numbers than ours: "
           "what is held is sent as another run, %s; who knows the broker's password?",
           fresh.text);
    loop_work(run->loop, do_disown, on_disowned, run);
}

static bool rename_disowned(void *context, const MdlRun *disowned)
{
    const OwnRun *run = context;
    const MdlRun fresh = draw_name(run);
    return outbox_rename(run->outbox, disowned, &fresh);
}

/* ---- beginning and ending ---- */

void own_run_begin(OwnRun *run)
{
    BpError err;
    spool_disowned(run->spool, rename_disowned, run);
    if (outbox_counts(run->outbox).waiting)
        bp_log(BP_LOG_INFO, "%zu batches of earlier runs wait in the spool",
               outbox_counts(run->outbox).waiting);
    say_how_it_ended(run->spool);
    if (spool_mark(run->spool, bp_wall_us(), true, &err) != BP_OK)
        bp_log(BP_LOG_WARNING, "the spool cannot be written: %s", err.text);
}

void own_run_end(OwnRun *run)
{
    spool_unmark(run->spool);
}
