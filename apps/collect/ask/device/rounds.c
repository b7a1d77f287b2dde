#include "apps/collect/ask/device/rounds.h"

#include "apps/collect/ask/device/cov.h"
#include "base/time.h"

#include <assert.h>

/* ---- they begin ---- */

/* What is under way is of points that are not these any more. */
static void disown(CollectDevice *device)
{
    device->rounds.generation++;
    device->rounds.under_way = NULL;
}

void collect_rounds_plan(CollectDevice *device, int64_t now_us)
{
    disown(device);
    collect_plan_rounds(device, now_us);
}

static void begin(const CollectDevice *device, CollectRound *round, int64_t now_us)
{
    round->began_us = round->due_us;
    round->head = round->count;
    round->waiting = 0;
    round->careful_count = 0;
    round->was_sent = false;
    for (uint32_t i = round->count; i-- > 0;)
        if (now_us >= device->points[round->first + i].rests_until_us &&
            !collect_cov_holds(&device->points[round->first + i], now_us))
            round->queue[--round->head] = round->first + i;
    round->running = round->head < round->count;
}

void collect_rounds_begin(CollectShared *shared, CollectDevice *device, int64_t now_us)
{
    for (size_t i = 0; i < device->rounds.count; i++) {
        CollectRound *round = &device->rounds.all[i];
        if (round->due_us > now_us)
            continue;
        if (round->running)
            shared->counts.rounds_skipped++;
        else
            begin(device, round, now_us);
        const int64_t next_us = collect_plan_next_us(&device->peer.address, round->interval_us, now_us);
        shared->counts.rounds_skipped += (uint64_t)((next_us - round->due_us - 1) / round->interval_us);
        round->due_us = next_us;
    }
}

void collect_rounds_hurry(CollectDevice *device, int64_t now_us)
{
    for (size_t i = 0; i < device->rounds.count; i++)
        device->rounds.all[i].due_us = now_us;
}

int64_t collect_rounds_due_us(const CollectDevice *device)
{
    int64_t due_us = INT64_MAX;
    for (size_t i = 0; i < device->rounds.count; i++)
        if (device->rounds.all[i].due_us < due_us)
            due_us = device->rounds.all[i].due_us;
    return due_us;
}

bool collect_rounds_is_in_one(const CollectDevice *device)
{
    for (size_t i = 0; i < device->rounds.count; i++)
        if (device->rounds.all[i].running)
            return true;
    return false;
}

CollectRound *collect_rounds_next(const CollectDevice *device)
{
    for (size_t i = 0; i < device->rounds.count; i++)
        if (device->rounds.all[i].running && device->rounds.all[i].head < device->rounds.all[i].count)
            return &device->rounds.all[i];
    return NULL;
}

/* ---- batches of them ---- */

static void note_begin(CollectShared *shared, CollectRound *round, int64_t now_us)
{
    if (round->was_sent)
        return;
    round->was_sent = true;
    const int64_t late_us = now_us - round->began_us;
    if (late_us > round->interval_us / 10 || late_us > BP_SECOND)
        shared->counts.rounds_late++;
    if (late_us > shared->counts.lateness_max_us)
        shared->counts.lateness_max_us = late_us;
}

void collect_rounds_sent(CollectShared *shared, CollectDevice *device, CollectBatch *batch, int64_t now_us)
{
    CollectRound *round = batch->round;
    const uint32_t count = batch->count;
    assert(!batch->is_under_way);
    batch->is_under_way = true;
    batch->next = device->rounds.under_way;
    device->rounds.under_way = batch;
    round->head += count;
    round->waiting += count;
    round->careful_count -= count < round->careful_count ? count : round->careful_count;
    note_begin(shared, round, now_us);
}

static void take_out(CollectDevice *device, CollectBatch *batch)
{
    CollectBatch **link = &device->rounds.under_way;
    while (*link != batch)
        link = &(*link)->next;
    *link = batch->next;
    batch->is_under_way = false;
    batch->round->waiting -= batch->count;
}

/* Those that were taken out left room at the front of the queue. */
void collect_rounds_put_back(CollectDevice *device, CollectBatch *batch, uint32_t most)
{
    CollectRound *round = batch->round;
    take_out(device, batch);
    assert(round->head >= batch->count);
    round->head -= batch->count;
    for (uint32_t i = 0; i < batch->count; i++)
        round->queue[round->head + i] = batch->points[i];
    round->careful_count += batch->count;
    round->careful_max = most ? most : 1;
}

void collect_rounds_put_all_back(CollectDevice *device)
{
    while (device->rounds.under_way)
        collect_rounds_put_back(device, device->rounds.under_way, device->rounds.under_way->count);
    disown(device);
}

static void end(CollectShared *shared, CollectDevice *device, CollectRound *round, int64_t now_us)
{
    round->running = false;
    shared->counts.rounds++;
    if (shared->counts.round_max_us < now_us - round->began_us)
        shared->counts.round_max_us = now_us - round->began_us;
    collect_readings_flush(shared, device);
}

void collect_rounds_settle(CollectShared *shared, CollectDevice *device, CollectBatch *batch, int64_t now_us)
{
    CollectRound *round = batch->round;
    take_out(device, batch);
    if (round->waiting == 0 && round->head == round->count)
        end(shared, device, round, now_us);
    else
        collect_readings_flush_late(shared, device, now_us);
}

void collect_rounds_tell_silence(CollectShared *shared, CollectDevice *device, bool all, const char *reason,
                                 int64_t now_us)
{
    for (size_t i = 0; i < device->rounds.count; i++) {
        CollectRound *round = &device->rounds.all[i];
        for (uint32_t j = all ? 0 : round->head; j < round->count && (all || round->running); j++) {
            const CollectPoint *point = &device->points[all ? round->first + j : round->queue[j]];
            if (now_us >= point->rests_until_us)
                collect_readings_add_problem(shared, device, point, reason, now_us);
        }
        round->running = false;
    }
    collect_readings_flush(shared, device);
}

void collect_rounds_check(const CollectDevice *device)
{
    size_t points = 0;
    for (size_t i = 0; i < device->rounds.count; i++) {
        const CollectRound *round = &device->rounds.all[i];
        uint32_t waiting = 0;
        for (const CollectBatch *batch = device->rounds.under_way; batch; batch = batch->next)
            waiting += batch->round == round ? batch->count : 0;
        assert(round->first == points && round->waiting == waiting);
        assert(round->head <= round->count && waiting <= round->head);
        assert(!round->running || round->head < round->count || waiting > 0);
        for (uint32_t j = round->head; round->running && j < round->count; j++)
            assert(round->queue[j] - round->first < round->count);
        points += round->count;
    }
    assert(points == device->point_count);
}
