#include "apps/collect/deliver/outbox.h"

#include "apps/collect/deliver/spool.h"
#include "base/time.h"

#include <assert.h>
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

/* Nowhere on disk, or only where that cannot be relied on: should memory go, so may it. */
static bool is_in_memory_alone(const OutboxBatch *batch)
{
    return batch->segment < 0 || batch->is_doubtful;
}

static char *copy(BpStr payload)
{
    char *memory = malloc(payload.size ? payload.size : 1);
    if (!memory)
        abort();
    memcpy(memory, payload.data, payload.size);
    return memory;
}

static void forget_payload(Outbox *outbox, OutboxBatch *batch)
{
    if (!batch->payload)
        return;
    free(batch->payload);
    batch->payload = NULL;
    outbox->memory -= batch->size;
}

/* ---- finding: batches are in order of run and number ---- */

static bool is_before(const OutboxBatch *batch, size_t run, int64_t n)
{
    return batch->run != run ? batch->run < run : batch->n < n;
}

/* The first that is not before it. */
static size_t lower_bound(const Outbox *outbox, size_t run, int64_t n)
{
    size_t low = 0, high = outbox->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (is_before(item(outbox, middle), run, n))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* -1: not one of ours. */
static int find_run(const Outbox *outbox, const MdlRun *name)
{
    for (size_t i = outbox->run_count; i-- > 0;)
        if (strcmp(outbox->runs[i].name.text, name->text) == 0)
            return (int)i;
    return -1;
}

/* The same by the name that it has in segments. */
static int find_kept(const Outbox *outbox, const MdlRun *kept)
{
    for (size_t i = outbox->run_count; i-- > 0;)
        if (strcmp(outbox->runs[i].kept.text, kept->text) == 0)
            return (int)i;
    return -1;
}

static bool is_own(const Outbox *outbox, int run)
{
    return run == (int)outbox->run_count - 1;
}

/* ---- segments ---- */

/* The index of the first segment that is not below. */
static size_t segment_index(const Outbox *outbox, int64_t number)
{
    size_t low = 0, high = outbox->segment_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (outbox->segments[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static OutboxSegment *find_segment(const Outbox *outbox, int64_t number)
{
    const size_t i = segment_index(outbox, number);
    return i < outbox->segment_count && outbox->segments[i].number == number ? &outbox->segments[i] : NULL;
}

const OutboxSegment *outbox_find_segment(const Outbox *outbox, int64_t segment)
{
    return find_segment(outbox, segment);
}

static OutboxSegment *add_segment(Outbox *outbox, int64_t number)
{
    if (outbox->segment_count == outbox->segment_capacity) {
        outbox->segment_capacity = outbox->segment_capacity ? outbox->segment_capacity * 2 : 64;
        outbox->segments = realloc(outbox->segments, outbox->segment_capacity * sizeof *outbox->segments);
        if (!outbox->segments)
            abort();
    }
    const size_t i = segment_index(outbox, number);
    memmove(&outbox->segments[i + 1], &outbox->segments[i],
            (outbox->segment_count - i) * sizeof *outbox->segments);
    outbox->segments[i] = (OutboxSegment){.number = number};
    outbox->segment_count++;
    outbox->done_count++;
    return &outbox->segments[i];
}

/* Nothing is in it that is not to go, or to be written elsewhere. */
static bool is_leaving(const OutboxSegment *segment)
{
    return segment->live == segment->doubtful;
}

static void set_live(Outbox *outbox, OutboxSegment *segment, size_t live, size_t doubtful)
{
    outbox->done_count -= segment->live == 0;
    outbox->leaving_octets -= is_leaving(segment) ? segment->octets : 0;
    segment->live = live;
    segment->doubtful = doubtful;
    outbox->done_count += live == 0;
    outbox->leaving_octets += is_leaving(segment) ? segment->octets : 0;
}

/* The batch lives in no segment any more. */
static void leave_segment(Outbox *outbox, OutboxBatch *batch)
{
    if (batch->segment < 0)
        return;
    OutboxSegment *segment = find_segment(outbox, batch->segment);
    set_live(outbox, segment, segment->live - 1, segment->doubtful - batch->is_doubtful);
    batch->segment = -1;
    batch->is_doubtful = false;
}

void outbox_set_segment(Outbox *outbox, int64_t segment, size_t octets)
{
    OutboxSegment *it = find_segment(outbox, segment);
    if (!it && octets == 0)
        return;
    if (!it)
        it = add_segment(outbox, segment);
    outbox->on_disk += octets - it->octets;
    if (is_leaving(it))
        outbox->leaving_octets += octets - it->octets;
    it->octets = octets;
    if (segment > outbox->last_segment)
        outbox->last_segment = segment;
    if (octets > 0 || it->live > 0)
        return;
    outbox->done_count--;
    memmove(it, it + 1, (size_t)(outbox->segments + outbox->segment_count - (it + 1)) * sizeof *it);
    outbox->segment_count--;
    if (segment == outbox->last_segment)
        outbox->is_open = false;
}

const OutboxSegment *outbox_done_segment(const Outbox *outbox)
{
    for (size_t i = 0; outbox->done_count && i < outbox->segment_count; i++)
        if (outbox->segments[i].live == 0)
            return &outbox->segments[i];
    return NULL;
}

/* ---- leaving ---- */

static void remove_range(Outbox *outbox, size_t from, size_t to)
{
    const size_t gone = to - from;
    for (size_t i = from; i < to; i++) {
        if (i < outbox->unsent)
            outbox->window_octets -= item(outbox, i)->size;
        forget_payload(outbox, item(outbox, i));
        leave_segment(outbox, item(outbox, i));
    }
    if (from == 0 && outbox->capacity)
        outbox->first = (outbox->first + gone) % outbox->capacity;
    for (size_t i = to; from > 0 && i < outbox->count; i++)
        *item(outbox, i - gone) = *item(outbox, i);
    outbox->count -= gone;
    size_t *const indexes[] = {&outbox->unsent, &outbox->spooled};
    for (size_t i = 0; i < 2; i++)
        *indexes[i] = *indexes[i] >= to ? *indexes[i] - gone : *indexes[i] > from ? from : *indexes[i];
}

static void give_up(Outbox *outbox, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        const OutboxBatch *batch = item(outbox, i);
        OutboxRun *run = &outbox->runs[batch->run];
        run->given_up = batch->n > run->given_up ? batch->n : run->given_up;
        outbox->counts.given_up++;
        if (batch->n > run->sent) {
            run->certain++;
            outbox->counts.dropped++;
        } else {
            run->unsure++;
        }
    }
    remove_range(outbox, from, to);
}

/* Too much is in memory alone, since the disk does not take it: the oldest of that goes, not what is on disk
 * already, nor what is about to be. */
static size_t make_room(Outbox *outbox)
{
    size_t dropped = 0;
    for (size_t i = outbox->spooled;
         i < outbox->count && (int64_t)outbox->memory > outbox->memory_max * MEMORY_MARGIN;) {
        if (!is_in_memory_alone(item(outbox, i)) || item(outbox, i)->is_spilling) {
            i++;
            continue;
        }
        give_up(outbox, i, i + 1);
        dropped++;
    }
    return dropped;
}

/* What is on disk need not be in memory, when that is short; what is sent first stays longest. A quarter is
 * made free at once, so that all are looked at now and then only. */
static void save_memory(Outbox *outbox)
{
    if ((int64_t)outbox->memory <= outbox->memory_max)
        return;
    for (size_t i = outbox->count; i-- > 0 && (int64_t)outbox->memory > outbox->memory_max / 4 * 3;)
        if (!is_in_memory_alone(item(outbox, i)) && i != outbox->unsent)
            forget_payload(outbox, item(outbox, i));
}

/* The segment of the oldest batch that is in one: of an earlier run, of a run that there was no room for,
 * which came after those, of the own one. What is in memory as well, since its segment is not relied on,
 * stays. */
static int64_t oldest_segment(const Outbox *outbox)
{
    size_t i = 0;
    while (i < outbox->count && is_in_memory_alone(item(outbox, i)))
        i++;
    if (i < outbox->count && !is_own(outbox, item(outbox, i)->run))
        return item(outbox, i)->segment;
    for (size_t j = 0; outbox->left > 0 && j < outbox->segment_count; j++)
        if (outbox->segments[j].left > 0)
            return outbox->segments[j].number;
    return i < outbox->count ? item(outbox, i)->segment : -1;
}

/* What there was no room for at the start. Whether it is stored nobody can tell here. */
static void give_up_left(Outbox *outbox, OutboxSegment *segment)
{
    outbox->counts.given_up += segment->left;
    outbox->left_given_up += segment->left;
    outbox->left -= segment->left;
    set_live(outbox, segment, segment->live - segment->left, segment->doubtful);
    segment->left = 0;
}

bool outbox_drop_segment(Outbox *outbox)
{
    const int64_t segment = oldest_segment(outbox);
    if (segment < 0)
        return false;
    for (size_t i = 0; i < outbox->count;) {
        size_t end = i;
        while (end < outbox->count && item(outbox, end)->segment == segment &&
               !is_in_memory_alone(item(outbox, end)))
            end++;
        if (end > i)
            give_up(outbox, i, end);
        else
            i++;
    }
    give_up_left(outbox, find_segment(outbox, segment));
    if (segment == outbox->last_segment)
        outbox->is_open = false;
    return true;
}

/* ---- coming in ---- */

size_t outbox_put(Outbox *outbox, BpStr payload, size_t readings, int64_t read_at_us)
{
    if (outbox->count == 0)
        outbox->quiet_since_us = read_at_us;
    *append(outbox) = (OutboxBatch){.run = (uint16_t)(outbox->run_count - 1),
                                    .n = outbox->next_n++,
                                    .segment = -1,
                                    .read_at_us = read_at_us,
                                    .size = (uint32_t)payload.size,
                                    .payload = copy(payload)};
    outbox->memory += payload.size;
    outbox->counts.batches++;
    outbox->counts.readings += readings;
    save_memory(outbox);
    return make_room(outbox);
}

void outbox_recover_segment(Outbox *outbox, int64_t segment, size_t octets)
{
    outbox_set_segment(outbox, segment, octets);
}

void outbox_recover(Outbox *outbox, const MdlRun *run, int64_t n, int64_t segment, size_t size)
{
    OutboxSegment *in = find_segment(outbox, segment);
    if (!in)
        in = add_segment(outbox, segment);
    set_live(outbox, in, in->live + 1, in->doubtful);
    int i = find_kept(outbox, run);
    if (i < 0) {
        if (outbox->run_count == OUTBOX_RUNS_MAX) {
            in->left++; /* it lives on in its segment, which is not removed therefore */
            outbox->left++;
            return;
        }
        i = (int)outbox->run_count;
        outbox->runs[outbox->run_count++] = (OutboxRun){.name = *run, .kept = *run, .sent = INT64_MAX};
    }
    *append(outbox) = (OutboxBatch){.run = (uint16_t)i, .n = n, .segment = segment, .size = (uint32_t)size};
}

static int compare_batches(const void *left, const void *right)
{
    const OutboxBatch *a = left, *b = right;
    if (a->run != b->run)
        return a->run < b->run ? -1 : 1;
    if (a->n != b->n)
        return a->n < b->n ? -1 : 1;
    return (a->segment > b->segment) - (a->segment < b->segment);
}

/* A batch is in two segments where writing it went wrong at its very end, or where one was not relied on. */
static void drop_doubles(Outbox *outbox)
{
    size_t kept = 0;
    for (size_t i = 0; i < outbox->count; i++) {
        OutboxBatch *batch = &outbox->items[i];
        if (kept > 0 && outbox->items[kept - 1].run == batch->run && outbox->items[kept - 1].n == batch->n)
            leave_segment(outbox, batch);
        else
            outbox->items[kept++] = *batch;
    }
    outbox->count = kept;
}

void outbox_init(Outbox *outbox, const MdlRun *run)
{
    assert(outbox->first == 0 && outbox->next_n == 0);
    if (outbox->count)
        qsort(outbox->items, outbox->count, sizeof *outbox->items, compare_batches);
    drop_doubles(outbox);
    outbox->counts.recovered = outbox->count;
    outbox->runs[outbox->run_count++] = (OutboxRun){.name = *run, .kept = *run, .is_announced = true};
    outbox->next_n = 1;
    outbox->patience_us = FIRST_PATIENCE_US;
}

void outbox_done(Outbox *outbox)
{
    for (size_t i = 0; i < outbox->count; i++)
        forget_payload(outbox, item(outbox, i));
    free(outbox->items);
    free(outbox->segments);
    outbox->items = NULL;
    outbox->segments = NULL;
    outbox->count = outbox->capacity = outbox->segment_count = outbox->segment_capacity = 0;
}

/* ---- going out ---- */

static bool window_has_room(const Outbox *outbox)
{
    return outbox->unsent == 0 ||
           (outbox->unsent < MDL_WINDOW_BATCHES &&
            outbox->window_octets + item(outbox, outbox->unsent)->size <= MDL_WINDOW_OCTETS);
}

bool outbox_send(Outbox *outbox, int64_t now_us)
{
    while (outbox->unsent < outbox->count && window_has_room(outbox)) {
        const OutboxBatch *batch = item(outbox, outbox->unsent);
        if (!batch->payload)
            return true;
        OutboxRun *run = &outbox->runs[batch->run];
        const int64_t oldest = item(outbox, lower_bound(outbox, batch->run, 0))->n;
        if (!outbox->send(outbox->owner, &run->name, batch->n - run->base, oldest - run->base,
                          (BpStr){batch->payload, batch->size}))
            return false;
        if (outbox->unsent == 0)
            outbox->quiet_since_us = now_us;
        outbox->unsent++;
        outbox->window_octets += batch->size;
        if (batch->n > run->sent) {
            run->sent = batch->n;
            outbox->counts.sent++;
        } else {
            outbox->counts.repeated++;
        }
    }
    return false;
}

static void send_again_from(Outbox *outbox, size_t i)
{
    while (outbox->unsent > i)
        outbox->window_octets -= item(outbox, --outbox->unsent)->size;
}

bool outbox_rename(Outbox *outbox, const MdlRun *kept, const MdlRun *fresh)
{
    const int found = find_kept(outbox, kept);
    if (found < 0)
        return false;
    OutboxRun *run = &outbox->runs[found];
    const size_t first = lower_bound(outbox, (size_t)found, 0);
    const bool has_one = first < outbox->count && item(outbox, first)->run == found;
    run->name = *fresh;
    run->base = (has_one ? item(outbox, first)->n : outbox->next_n) - 1;
    run->skipped = 0;
    run->is_announced = true;
    send_again_from(outbox, first);
    if (is_own(outbox, found))
        outbox->wants_name = false;
    return true;
}

const MdlRun *outbox_own_kept(const Outbox *outbox)
{
    return &outbox->runs[outbox->run_count - 1].kept;
}

void outbox_rewind(Outbox *outbox, int64_t now_us)
{
    send_again_from(outbox, 0);
    outbox->quiet_since_us = now_us;
    outbox->patience_us =
        outbox->patience_us * 2 < LONGEST_PATIENCE_US ? outbox->patience_us * 2 : LONGEST_PATIENCE_US;
}

bool outbox_is_quiet(const Outbox *outbox, int64_t now_us)
{
    return outbox->unsent > 0 && now_us - outbox->quiet_since_us > outbox->patience_us;
}

/* ---- answers ---- */

/* What ingest has newly skipped is known to have never been stored. The unsent among it were counted when
 * they were given up. */
static void learn_skipped(Outbox *outbox, OutboxRun *run, const MdlPosition *position)
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
    outbox->counts.dropped += more;
    if (position->stored >= run->given_up - run->base)
        run->certain = run->unsure = 0; /* the rest is stored */
}

void outbox_stored(Outbox *outbox, const MdlRun *session, const MdlPosition *positions, size_t count,
                   int64_t now_us)
{
    const bool is_new = strcmp(outbox->session.text, session->text) != 0;
    size_t gone = 0;
    for (size_t i = 0; i < count; i++) {
        const int run = find_run(outbox, &positions[i].run);
        if (run < 0)
            continue;
        const int64_t base = outbox->runs[run].base;
        if (is_own(outbox, run) && positions[i].stored >= outbox->next_n - base) {
            outbox->counts.disbelieved++;
            outbox->wants_name = true;
        } else {
            const int64_t stored =
                positions[i].stored < INT64_MAX - 1 - base ? positions[i].stored : INT64_MAX - 1 - base;
            const size_t from = lower_bound(outbox, (size_t)run, 0);
            const size_t to = lower_bound(outbox, (size_t)run, stored + base + 1);
            learn_skipped(outbox, &outbox->runs[run], &positions[i]);
            remove_range(outbox, from, to);
            gone += to - from;
        }
    }
    outbox->counts.announced += gone;
    if (is_new)
        outbox_rewind(outbox, now_us);
    if (gone) {
        outbox->quiet_since_us = now_us;
        outbox->patience_us = FIRST_PATIENCE_US;
    }
    outbox->session = *session;
}

void outbox_want(Outbox *outbox, const MdlRun *run, int64_t from)
{
    const int wanted = find_run(outbox, run);
    if (wanted < 0)
        return;
    const int64_t base = outbox->runs[wanted].base;
    if (is_own(outbox, wanted) && from > outbox->runs[wanted].sent - base) {
        outbox->counts.disbelieved++;
        return;
    }
    const size_t i = lower_bound(outbox, (size_t)wanted, from < INT64_MAX - base ? from + base : INT64_MAX);
    if (i < outbox->unsent && item(outbox, i)->run == wanted)
        send_again_from(outbox, i);
}

/* ---- to the spool and back ---- */

static bool is_due(const OutboxBatch *batch, int64_t before_us)
{
    return is_in_memory_alone(batch) && !batch->is_spilling && batch->read_at_us <= before_us;
}

size_t outbox_due(const Outbox *outbox, int64_t before_us, size_t most)
{
    size_t octets = 0;
    for (size_t i = outbox->spooled; i < outbox->count && octets < most; i++)
        if (is_due(item(outbox, i), before_us))
            octets += SPOOL_RECORD_HEADER + item(outbox, i)->size;
    return octets;
}

void outbox_spill(Outbox *outbox, int64_t before_us, size_t most, BpBuf *out)
{
    for (size_t i = outbox->spooled; i < outbox->count && out->size < most; i++) {
        OutboxBatch *batch = item(outbox, i);
        if (!is_due(batch, before_us))
            continue;
        spool_record(out, &outbox->runs[batch->run].kept, batch->n, (BpStr){batch->payload, batch->size});
        batch->is_spilling = true;
    }
}

void outbox_spilled(Outbox *outbox, int64_t segment)
{
    OutboxSegment *in = segment >= 0 ? find_segment(outbox, segment) : NULL;
    for (size_t i = outbox->spooled; i < outbox->count; i++) {
        OutboxBatch *batch = item(outbox, i);
        if (!batch->is_spilling)
            continue;
        batch->is_spilling = false;
        if (!in)
            continue;
        leave_segment(outbox, batch);
        batch->segment = segment;
        set_live(outbox, in, in->live + 1, in->doubtful);
        outbox->counts.spooled++;
    }
    while (outbox->spooled < outbox->count && !is_in_memory_alone(item(outbox, outbox->spooled)))
        outbox->spooled++;
    save_memory(outbox);
}

int64_t outbox_missing(const Outbox *outbox)
{
    if (outbox->unsent >= outbox->count || !window_has_room(outbox) || item(outbox, outbox->unsent)->payload)
        return -1;
    return item(outbox, outbox->unsent)->segment;
}

void outbox_load(Outbox *outbox, const MdlRun *run, int64_t n, int64_t segment, BpStr payload)
{
    const int wanted = find_kept(outbox, run);
    const size_t i = wanted >= 0 ? lower_bound(outbox, (size_t)wanted, n) : outbox->count;
    if (i == outbox->count)
        return;
    OutboxBatch *batch = item(outbox, i);
    if (batch->run != wanted || batch->n != n || batch->segment != segment || batch->payload ||
        batch->size != payload.size)
        return;
    batch->payload = copy(payload);
    outbox->memory += payload.size;
}

bool outbox_lacks(const Outbox *outbox, int64_t segment)
{
    for (size_t i = 0; i < outbox->count; i++)
        if (item(outbox, i)->segment == segment && !item(outbox, i)->payload)
            return true;
    return false;
}

size_t outbox_distrust(Outbox *outbox, int64_t segment)
{
    OutboxSegment *in = find_segment(outbox, segment);
    size_t gone = 0;
    for (size_t i = 0; i < outbox->count;) {
        OutboxBatch *batch = item(outbox, i);
        if (batch->segment == segment && !batch->payload) {
            give_up(outbox, i, i + 1);
            gone++;
            continue;
        }
        if (batch->segment == segment && !batch->is_doubtful) {
            batch->is_doubtful = true;
            set_live(outbox, in, in->live, in->doubtful + 1);
            outbox->spooled = i < outbox->spooled ? i : outbox->spooled;
        }
        i++;
    }
    if (segment == outbox->last_segment)
        outbox->is_open = false;
    return gone;
}

/* ---- how it is ---- */

int64_t outbox_safe_until_us(const Outbox *outbox, int64_t now_us)
{
    int64_t safe_us = now_us;
    for (size_t i = outbox->spooled; i < outbox->count; i++)
        if (is_in_memory_alone(item(outbox, i)) && item(outbox, i)->read_at_us < safe_us)
            safe_us = item(outbox, i)->read_at_us;
    return safe_us;
}

size_t outbox_only_in_memory(const Outbox *outbox)
{
    size_t count = 0;
    for (size_t i = outbox->spooled; i < outbox->count; i++)
        count += is_in_memory_alone(item(outbox, i));
    return count;
}

uint64_t outbox_unsure(const Outbox *outbox)
{
    uint64_t unsure = outbox->left_given_up;
    for (size_t i = 0; i < outbox->run_count; i++)
        unsure += outbox->runs[i].unsure;
    return unsure;
}

void outbox_check(const Outbox *outbox)
{
    size_t memory = 0, window = 0, on_disk = 0, done = 0, leaving_octets = 0, left = 0;
    size_t *found = calloc(outbox->segment_count + 1, sizeof *found);
    size_t *doubtful = calloc(outbox->segment_count + 1, sizeof *doubtful);
    assert(found && doubtful);
    assert(outbox->unsent <= outbox->count && outbox->spooled <= outbox->count);
    for (size_t i = 0; i < outbox->count; i++) {
        const OutboxBatch *batch = item(outbox, i);
        assert(i == 0 || is_before(item(outbox, i - 1), batch->run, batch->n));
        assert(batch->payload || !is_in_memory_alone(batch)); /* it is somewhere */
        assert(!is_in_memory_alone(batch) || i >= outbox->spooled);
        assert(batch->segment >= 0 || !batch->is_doubtful);
        assert(batch->run < outbox->run_count);
        assert(!is_own(outbox, batch->run) || batch->n < outbox->next_n);
        memory += batch->payload ? batch->size : 0;
        window += i < outbox->unsent ? batch->size : 0;
        if (batch->segment >= 0) {
            found[segment_index(outbox, batch->segment)]++;
            doubtful[segment_index(outbox, batch->segment)] += batch->is_doubtful;
        }
    }
    for (size_t i = 0; i < outbox->segment_count; i++) {
        const OutboxSegment *segment = &outbox->segments[i];
        assert(i == 0 || segment[-1].number < segment->number);
        assert(segment->number <= outbox->last_segment);
        assert(found[i] + segment->left == segment->live && doubtful[i] == segment->doubtful);
        on_disk += segment->octets;
        done += segment->live == 0;
        leaving_octets += is_leaving(segment) ? segment->octets : 0;
        left += segment->left;
    }
    assert(found[outbox->segment_count] == 0);
    free(found);
    free(doubtful);
    assert(memory == outbox->memory && window == outbox->window_octets);
    assert(on_disk == outbox->on_disk && left == outbox->left);
    assert(done == outbox->done_count && leaving_octets == outbox->leaving_octets);
    assert(outbox->counts.dropped <= outbox->counts.given_up);
}
