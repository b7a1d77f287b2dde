#include "apps/collect/deliver/outbox/segments.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 64 };

/* The index of the first segment that is not below. */
static size_t index_of(const Segments *segments, int64_t number)
{
    size_t low = 0, high = segments->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (segments->items[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static Segment *find(const Segments *segments, int64_t number)
{
    const size_t i = index_of(segments, number);
    return i < segments->count && segments->items[i].number == number ? &segments->items[i] : NULL;
}

const Segment *segments_find(const Segments *segments, int64_t number)
{
    return find(segments, number);
}

static Segment *find_or_add(Segments *segments, int64_t number)
{
    const size_t i = index_of(segments, number);
    if (i < segments->count && segments->items[i].number == number)
        return &segments->items[i];
    if (segments->count == segments->capacity) {
        segments->capacity = segments->capacity ? segments->capacity * 2 : FIRST_CAPACITY;
        segments->items = realloc(segments->items, segments->capacity * sizeof *segments->items);
        if (!segments->items)
            abort();
    }
    memmove(&segments->items[i + 1], &segments->items[i], (segments->count - i) * sizeof *segments->items);
    segments->items[i] = (Segment){.number = number};
    segments->count++;
    segments->done++;
    segments_note_used(segments, number);
    return &segments->items[i];
}

/* Nothing is in it that is not to go, or to be written elsewhere. */
static bool is_leaving(const Segment *segment)
{
    return segment->live == segment->doubtful;
}

static void set_live(Segments *segments, Segment *segment, size_t live, size_t doubtful)
{
    segments->done -= segment->live == 0;
    segments->leaving_octets -= is_leaving(segment) ? segment->octets : 0;
    segment->live = live;
    segment->doubtful = doubtful;
    segments->done += live == 0;
    segments->leaving_octets += is_leaving(segment) ? segment->octets : 0;
}

/* ---- batches come and go ---- */

void segments_enter(Segments *segments, int64_t number)
{
    Segment *segment = find_or_add(segments, number);
    set_live(segments, segment, segment->live + 1, segment->doubtful);
}

void segments_leave(Segments *segments, int64_t number, bool is_doubtful)
{
    Segment *segment = find(segments, number);
    set_live(segments, segment, segment->live - 1, segment->doubtful - is_doubtful);
}

void segments_doubt(Segments *segments, int64_t number)
{
    Segment *segment = find(segments, number);
    set_live(segments, segment, segment->live, segment->doubtful + 1);
}

void segments_leave_behind(Segments *segments, int64_t number)
{
    find(segments, number)->left++;
    segments->left++;
}

size_t segments_forget_left(Segments *segments, int64_t number)
{
    Segment *segment = find(segments, number);
    const size_t left = segment->left;
    segments->left -= left;
    set_live(segments, segment, segment->live - left, segment->doubtful);
    segment->left = 0;
    return left;
}

int64_t segments_first_left(const Segments *segments)
{
    for (size_t i = 0; segments->left > 0 && i < segments->count; i++)
        if (segments->items[i].left > 0)
            return segments->items[i].number;
    return -1;
}

/* ---- files ---- */

void segments_note_used(Segments *segments, int64_t number)
{
    if (number > segments->last)
        segments->last = number;
}

static void forget(Segments *segments, Segment *segment)
{
    Segment *end = segments->items + segments->count;
    segments_close(segments, segment->number);
    segments->done--;
    memmove(segment, segment + 1, (size_t)(end - (segment + 1)) * sizeof *segment);
    segments->count--;
}

void segments_set(Segments *segments, int64_t number, size_t octets)
{
    if (octets == 0 && !find(segments, number))
        return;
    Segment *segment = find_or_add(segments, number);
    segments->octets += octets - segment->octets;
    if (is_leaving(segment))
        segments->leaving_octets += octets - segment->octets;
    segment->octets = octets;
    if (octets == 0 && segment->live == 0)
        forget(segments, segment);
}

const Segment *segments_first_done(const Segments *segments)
{
    for (size_t i = 0; segments->done && i < segments->count; i++)
        if (segments->items[i].live == 0)
            return &segments->items[i];
    return NULL;
}

size_t segments_open(Segments *segments, size_t most, int64_t *ret_number)
{
    const Segment *last = segments->is_open ? find(segments, segments->last) : NULL;
    if (!last || last->octets >= most) {
        segments->last++;
        segments->is_open = true;
        last = NULL;
    }
    *ret_number = segments->last;
    return last ? last->octets : 0;
}

void segments_close(Segments *segments, int64_t number)
{
    if (number == segments->last)
        segments->is_open = false;
}

void segments_done(Segments *segments)
{
    free(segments->items);
    *segments = (Segments){0};
}

void segments_check(const Segments *segments)
{
    size_t octets = 0, done = 0, leaving_octets = 0, left = 0;
    for (size_t i = 0; i < segments->count; i++) {
        const Segment *segment = &segments->items[i];
        assert(i == 0 || segment[-1].number < segment->number);
        assert(segment->number <= segments->last);
        assert(segment->doubtful + segment->left <= segment->live);
        octets += segment->octets;
        done += segment->live == 0;
        leaving_octets += is_leaving(segment) ? segment->octets : 0;
        left += segment->left;
    }
    assert(octets == segments->octets && left == segments->left);
    assert(done == segments->done && leaving_octets == segments->leaving_octets);
}
