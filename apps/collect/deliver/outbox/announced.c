/* What ingest says of our batches: which are stored, and which it wants again. */
#include "apps/collect/deliver/outbox/parts.h"
#include "base/invariant.h"

/* Forgets what is stored of a run. Returns how many batches. */
static size_t forget_stored(Outbox *outbox, size_t i, const MdlPosition *position)
{
    OutboxRun *run = &outbox->runs.items[i];
    const int64_t highest = INT64_MAX - 1 - run->base,
                  stored = position->stored < highest ? position->stored : highest;
    const size_t from = queue_find(&outbox->queue, i, 0),
                 to = queue_find(&outbox->queue, i, stored + run->base + 1);
    outbox->counts.lost += run_learn(run, position);
    outbox_remove(outbox, from, to);
    return to - from;
}

void outbox_stored(Outbox *outbox, const MdlRun *session, const MdlPosition *positions, size_t count,
                   int64_t now_us)
{
    const bool is_new = strcmp(outbox->session.text, session->text) != 0;
    size_t stored = 0;
    for (size_t i = 0; i < count; i++) {
        const int run = runs_find(&outbox->runs, &positions[i].run);
        if (run < 0)
            continue;
        if (runs_is_own(&outbox->runs, (size_t)run) &&
            positions[i].stored >= outbox->next_n - outbox->runs.items[run].base) {
            outbox->counts.disbelieved++;
            outbox->wants_name = true;
        } else {
            stored += forget_stored(outbox, (size_t)run, &positions[i]);
        }
    }
    outbox->counts.stored += stored;
    if (is_new)
        outbox_rewind(outbox, now_us);
    if (stored) {
        outbox->quiet_since_us = now_us;
        outbox->patience_us = outbox_first_patience_us;
    }
    outbox->session = *session;
    BP_INVARIANT(outbox_check(outbox));
}

void outbox_want(Outbox *outbox, const MdlRun *run, int64_t from)
{
    const int wanted = runs_find(&outbox->runs, run);
    if (wanted < 0)
        return;
    const OutboxRun *it = &outbox->runs.items[wanted];
    if (runs_is_own(&outbox->runs, (size_t)wanted) && from > it->sent - it->base) {
        outbox->counts.disbelieved++;
        return;
    }
    const size_t i =
        queue_find(&outbox->queue, (size_t)wanted, from < INT64_MAX - it->base ? from + it->base : INT64_MAX);
    if (i < outbox->unsent && queue_at(&outbox->queue, i)->run == wanted)
        outbox_send_again_from(outbox, i);
    BP_INVARIANT(outbox_check(outbox));
}

/* ---- other names ---- */

bool outbox_rename(Outbox *outbox, const MdlRun *kept, const MdlRun *fresh)
{
    const int found = runs_find_kept(&outbox->runs, kept);
    if (found < 0)
        return false;
    const size_t first = queue_find(&outbox->queue, (size_t)found, 0);
    const bool has_one = first < outbox->queue.count && queue_at(&outbox->queue, first)->run == found;
    run_rename(&outbox->runs.items[found], fresh,
               (has_one ? queue_at(&outbox->queue, first)->n : outbox->next_n) - 1);
    outbox_send_again_from(outbox, first);
    if (runs_is_own(&outbox->runs, (size_t)found))
        outbox->wants_name = false;
    BP_INVARIANT(outbox_check(outbox));
    return true;
}

bool outbox_wants_name(const Outbox *outbox)
{
    return outbox->wants_name;
}
