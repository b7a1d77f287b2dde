#include "apps/collect/outbox.h"

#include "apps/collect/spool.h"
#include "base/time.h"

#include <stdlib.h>

static const int64_t FIRST_PATIENCE_US = 10 * BP_SECOND, LONGEST_PATIENCE_US = 60 * BP_SECOND;
enum {
    FIRST_CAPACITY = 256,
    MEMORY_MARGIN =
        4, /* times memory_max, until the spool has taken what is too much, or for good if it cannot */
};

static OutboxBatch *item(const Outbox *outbox, size_t i)
{
    return &outbox->items[(outbox->first + i) % outbox->capacity];
}

static void grow(Outbox *outbox)
{
    const size_t capacity = outbox->capacity ? outbox->capacity * 2 : FIRST_CAPACITY;
    OutboxBatch *items = malloc(capacity * sizeof *items);
    if (!items)
        abort();
    for (size_t i = 0; i < outbox->count; i++)
        items[i] = *item(outbox, i);
    free(outbox->items);
    outbox->items = items;
    outbox->capacity = capacity;
    outbox->first = 0;
}

static OutboxBatch *append(Outbox *outbox)
{
    if (outbox->count == outbox->capacity)
        grow(outbox);
    return item(outbox, outbox->count++);
}

static void forget_payload(Outbox *outbox, OutboxBatch *batch)
{
    if (!batch->payload)
        return;
    free(batch->payload);
    batch->payload = NULL;
    outbox->memory -= batch->size;
}

/* ---- making ---- */

void outbox_init(Outbox *outbox, const MdlRun *run)
{
    outbox->runs[outbox->run_count++] = *run;
    outbox->next_n = 1;
    outbox->patience_us = FIRST_PATIENCE_US;
}

void outbox_done(Outbox *outbox)
{
    for (size_t i = 0; i < outbox->count; i++)
        forget_payload(outbox, item(outbox, i));
    free(outbox->items);
    outbox->items = NULL;
    outbox->count = outbox->capacity = 0;
}

/* ---- leaving ---- */

static bool segment_is_used(const Outbox *outbox, int64_t segment)
{
    /* Segments are in order, so that the first batch that is on disk tells. */
    for (size_t i = 0; i < outbox->count; i++)
        if (item(outbox, i)->segment >= 0)
            return item(outbox, i)->segment == segment;
    return false;
}

static void remove_at(Outbox *outbox, size_t i)
{
    OutboxBatch gone = *item(outbox, i);
    forget_payload(outbox, &gone);
    if (i == 0) {
        outbox->first = (outbox->first + 1) % outbox->capacity;
    } else {
        for (size_t j = i; j + 1 < outbox->count; j++)
            *item(outbox, j) = *item(outbox, j + 1);
    }
    outbox->count--;
    if (i < outbox->unsent)
        outbox->unsent--;
    if (gone.segment < 0)
        return;
    outbox->on_disk -= gone.size;
    if (!segment_is_used(outbox, gone.segment) && outbox->segment_done)
        outbox->segment_done(outbox->owner, gone.segment);
}

static size_t make_room(Outbox *outbox)
{
    size_t dropped = 0;
    while (outbox->count && ((int64_t)outbox->on_disk > outbox->disk_max ||
                             (int64_t)outbox->memory > outbox->memory_max * MEMORY_MARGIN)) {
        remove_at(outbox, 0);
        dropped++;
    }
    outbox->counts.dropped += dropped;
    return dropped;
}

/* What is on disk need not be in memory, when that is short; what is sent first stays longest. */
static void save_memory(Outbox *outbox)
{
    for (size_t i = outbox->count; i-- > 0 && (int64_t)outbox->memory > outbox->memory_max;)
        if (item(outbox, i)->segment >= 0)
            forget_payload(outbox, item(outbox, i));
}

/* ---- coming in ---- */

size_t outbox_put(Outbox *outbox, BpStr payload, size_t readings, int64_t now_us)
{
    char *copy = malloc(payload.size ? payload.size : 1);
    if (!copy)
        abort();
    memcpy(copy, payload.data, payload.size);
    if (outbox->count == 0)
        outbox->quiet_since_us = now_us;
    *append(outbox) = (OutboxBatch){.run = (uint16_t)(outbox->run_count - 1),
                                    .n = outbox->next_n++,
                                    .segment = -1,
                                    .put_at_us = now_us,
                                    .size = (uint32_t)payload.size,
                                    .payload = copy};
    outbox->memory += payload.size;
    outbox->counts.batches++;
    outbox->counts.readings += readings;
    save_memory(outbox);
    return make_room(outbox);
}

static int find_run(const Outbox *outbox, const MdlRun *run)
{
    for (size_t i = 0; i < outbox->run_count; i++)
        if (strcmp(outbox->runs[i].text, run->text) == 0)
            return (int)i;
    return -1;
}

void outbox_recover(Outbox *outbox, const MdlRun *run, int64_t n, int64_t segment, size_t size)
{
    int i = find_run(outbox, run);
    if (i < 0) {
        if (outbox->run_count == OUTBOX_RUNS_MAX - 1) {
            outbox->counts
                .dropped++; /* as many restarts without storing anything: the newest are kept by who calls */
            return;
        }
        i = (int)outbox->run_count;
        outbox->runs[outbox->run_count++] = *run;
    }
    *append(outbox) = (OutboxBatch){.run = (uint16_t)i, .n = n, .segment = segment, .size = (uint32_t)size};
    outbox->on_disk += size;
    outbox->counts.recovered++;
}

/* ---- going out ---- */

/* The smallest number of a run that is still held: batches of a run are in order. */
static int64_t oldest_of(const Outbox *outbox, uint16_t run)
{
    for (size_t i = 0; i < outbox->count; i++)
        if (item(outbox, i)->run == run)
            return item(outbox, i)->n;
    return 1;
}

bool outbox_send(Outbox *outbox, int64_t now_us)
{
    while (outbox->unsent < outbox->count && outbox->unsent < MDL_WINDOW_BATCHES) {
        OutboxBatch *batch = item(outbox, outbox->unsent);
        if (!batch->payload)
            return true;
        if (!outbox->send(outbox->owner, &outbox->runs[batch->run], batch->n, oldest_of(outbox, batch->run),
                          (BpStr){batch->payload, batch->size}))
            return false;
        if (outbox->unsent == 0)
            outbox->quiet_since_us = now_us;
        outbox->unsent++;
        outbox->counts.sent++;
    }
    return false;
}

void outbox_rewind(Outbox *outbox, int64_t now_us)
{
    outbox->counts.repeated += outbox->unsent;
    outbox->unsent = 0;
    outbox->quiet_since_us = now_us;
    outbox->patience_us =
        outbox->patience_us * 2 < LONGEST_PATIENCE_US ? outbox->patience_us * 2 : LONGEST_PATIENCE_US;
}

bool outbox_is_quiet(const Outbox *outbox, int64_t now_us)
{
    return outbox->unsent > 0 && now_us - outbox->quiet_since_us > outbox->patience_us;
}

/* ---- answers ---- */

void outbox_stored(Outbox *outbox, const MdlRun *session, const MdlPosition *positions, size_t count,
                   int64_t now_us)
{
    const bool is_new = strcmp(outbox->session.text, session->text) != 0;
    const size_t before = outbox->count;
    for (size_t i = 0; i < count; i++) {
        const int run = find_run(outbox, &positions[i].run);
        for (size_t j = 0; run >= 0 && j < outbox->count;) {
            const OutboxBatch *batch = item(outbox, j);
            if (batch->run == run && batch->n <= positions[i].stored)
                remove_at(outbox, j);
            else if (batch->run == run)
                break; /* the others of the run come after it */
            else
                j++;
        }
    }
    outbox->counts.announced += before - outbox->count;
    if (is_new)
        outbox_rewind(outbox, now_us);
    if (outbox->count < before) {
        outbox->quiet_since_us = now_us;
        outbox->patience_us = FIRST_PATIENCE_US;
    }
    outbox->session = *session;
}

void outbox_want(Outbox *outbox, const MdlRun *run, int64_t from)
{
    const int wanted = find_run(outbox, run);
    for (size_t i = 0; wanted >= 0 && i < outbox->unsent; i++)
        if (item(outbox, i)->run == wanted && item(outbox, i)->n >= from) {
            outbox->counts.repeated += outbox->unsent - i;
            outbox->unsent = i;
            return;
        }
}

/* ---- to the spool and back ---- */

size_t outbox_spill(Outbox *outbox, int64_t before_us, size_t most, BpBuf *out)
{
    size_t count = 0;
    for (size_t i = 0; i < outbox->count && out->size < most; i++) {
        OutboxBatch *batch = item(outbox, i);
        if (batch->segment >= 0 || batch->is_spilling || batch->put_at_us > before_us)
            continue;
        spool_record(out, &outbox->runs[batch->run], batch->n, (BpStr){batch->payload, batch->size});
        batch->is_spilling = true;
        count++;
    }
    return count;
}

void outbox_spilled(Outbox *outbox, int64_t segment)
{
    bool found = false;
    for (size_t i = 0; i < outbox->count; i++) {
        OutboxBatch *batch = item(outbox, i);
        if (!batch->is_spilling)
            continue;
        batch->is_spilling = false;
        if (segment < 0)
            continue;
        found = true;
        batch->segment = segment;
        outbox->on_disk += batch->size;
        outbox->counts.spooled++;
    }
    /* All of them may have been announced while they were written. */
    if (segment >= 0 && !found && !segment_is_used(outbox, segment) && outbox->segment_done)
        outbox->segment_done(outbox->owner, segment);
    save_memory(outbox);
}

int64_t outbox_missing(const Outbox *outbox)
{
    if (outbox->unsent >= outbox->count || item(outbox, outbox->unsent)->payload)
        return -1;
    return item(outbox, outbox->unsent)->segment;
}

void outbox_load(Outbox *outbox, const MdlRun *run, int64_t n, BpStr payload)
{
    const int wanted = find_run(outbox, run);
    for (size_t i = 0; wanted >= 0 && i < outbox->count; i++) {
        OutboxBatch *batch = item(outbox, i);
        if (batch->run != wanted || batch->n != n || batch->payload || batch->size != payload.size)
            continue;
        batch->payload = malloc(payload.size ? payload.size : 1);
        if (!batch->payload)
            abort();
        memcpy(batch->payload, payload.data, payload.size);
        outbox->memory += payload.size;
        return;
    }
}
