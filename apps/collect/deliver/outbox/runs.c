#include "apps/collect/deliver/outbox/runs.h"

#include <assert.h>
#include <string.h>

int runs_recover(Runs *runs, const MdlRun *kept)
{
    const int known = runs_find_kept(runs, kept);
    if (known >= 0)
        return known;
    if (runs->count == OUTBOX_RUNS_MAX)
        return -1;
    runs->items[runs->count] = (OutboxRun){.name = *kept, .kept = *kept, .sent = INT64_MAX};
    return (int)runs->count++;
}

void runs_begin_own(Runs *runs, const MdlRun *name)
{
    runs->items[runs->count++] = (OutboxRun){.name = *name, .kept = *name, .is_announced = true};
}

int runs_find(const Runs *runs, const MdlRun *name)
{
    for (size_t i = runs->count; i-- > 0;)
        if (strcmp(runs->items[i].name.text, name->text) == 0)
            return (int)i;
    return -1;
}

int runs_find_kept(const Runs *runs, const MdlRun *kept)
{
    for (size_t i = runs->count; i-- > 0;)
        if (strcmp(runs->items[i].kept.text, kept->text) == 0)
            return (int)i;
    return -1;
}

bool run_note_sent(OutboxRun *run, int64_t n)
{
    if (n <= run->sent)
        return false;
    run->sent = n;
    return true;
}

bool run_give_up(OutboxRun *run, int64_t n)
{
    const bool was_sent = n <= run->sent;
    run->given_up = n > run->given_up ? n : run->given_up;
    run->unsure += was_sent;
    run->certain += !was_sent;
    return !was_sent;
}

uint64_t run_learn(OutboxRun *run, const MdlPosition *position)
{
    uint64_t more = run->is_announced && position->skipped > run->skipped
                        ? (uint64_t)(position->skipped - run->skipped)
                        : 0;
    const uint64_t known = more < run->certain ? more : run->certain;
    if (!run->is_announced || position->skipped > run->skipped)
        run->skipped = position->skipped; /* an old announcement may come late */
    run->is_announced = true;
    run->certain -= known;
    more = more - known < run->unsure ? more - known : run->unsure;
    run->unsure -= more;
    if (position->stored >= run->given_up - run->base)
        run->certain = run->unsure = 0; /* the rest is stored */
    return more;
}

void run_rename(OutboxRun *run, const MdlRun *fresh, int64_t base)
{
    run->name = *fresh;
    run->base = base;
    run->skipped = 0;
    run->is_announced = true;
}

uint64_t runs_unsure(const Runs *runs)
{
    uint64_t unsure = 0;
    for (size_t i = 0; i < runs->count; i++)
        unsure += runs->items[i].unsure;
    return unsure;
}

void runs_check(const Runs *runs)
{
    assert(runs->count <= OUTBOX_RUNS_MAX + 1);
    for (size_t i = 0; i < runs->count; i++) {
        const OutboxRun *run = &runs->items[i];
        assert(run->base >= 0 && run->sent >= 0 && run->skipped >= 0);
        assert(run->given_up > 0 || run->certain + run->unsure == 0);
        assert(run->is_announced || run->skipped == 0);
        assert(run->base > 0 || strcmp(run->name.text, run->kept.text) == 0 || run->is_announced);
    }
}
