#include "bacnet/service/list.h"

enum { HEADER_MAX = 64 };

/* Items from `begin` to before `end`; a 64-bit number takes any sum of what comes from outside. */
typedef struct Span {
    int64_t begin, end;
} Span;

static Span cut(Span span, int64_t count)
{
    if (span.begin < 0)
        span.begin = 0;
    if (span.end > count)
        span.end = count;
    if (span.begin > span.end)
        span.end = span.begin;
    return span;
}

/* `count` items from item `at` on, or up to it. */
static Span around(int64_t at, int64_t count)
{
    return count > 0 ? (Span){at, at + count} : (Span){at + count + 1, at + 1};
}

static int compare(const BacDateTime *a, const BacDateTime *b)
{
    const uint8_t x[] = {a->date.year,   a->date.month,  a->date.day,       a->time.hour,
                         a->time.minute, a->time.second, a->time.hundredths};
    const uint8_t y[] = {b->date.year,   b->date.month,  b->date.day,       b->time.hour,
                         b->time.minute, b->time.second, b->time.hundredths};
    return memcmp(x, y, sizeof x);
}

/* The first item later than `time`, or, `from_it_on`, not earlier. */
static int64_t find_time(const BacList *list, const BacDateTime *time, bool from_it_on)
{
    int64_t low = 0, high = list->count;
    while (low < high) {
        const int64_t middle = (low + high) / 2;
        const BacDateTime logged = list->time(list->context, (uint32_t)middle);
        const int order = compare(&logged, time);
        if (order > 0 || (from_it_on && order == 0))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* The number's place in the list; -1 where it is not there. */
static int64_t find_sequence(const BacList *list, uint32_t sequence)
{
    uint32_t at = sequence - list->first_sequence;
    if (sequence < list->first_sequence)
        at--; /* past the wrap there is no number 0 */
    return sequence != 0 && at < list->count ? (int64_t)at : -1;
}

static Span find(const BacList *list, const BacReadRange *range)
{
    int64_t at;
    switch (range->kind) {
    case BAC_RANGE_BY_POSITION:
        at = (int64_t)range->position - 1;
        return at >= 0 && at < list->count ? around(at, range->count) : (Span){0, 0};
    case BAC_RANGE_BY_SEQUENCE:
        at = find_sequence(list, range->sequence);
        return at >= 0 ? around(at, range->count) : (Span){0, 0};
    case BAC_RANGE_BY_TIME:
        at = find_time(list, &range->time, range->count < 0);
        return range->count > 0 ? (Span){at, at + range->count} : (Span){at + range->count, at};
    default: return (Span){0, list->count};
    }
}

static size_t item_size(const BacList *list, int64_t i)
{
    uint8_t memory[BAC_LIST_ITEM_MAX];
    BpBuf out = bp_buf(memory, sizeof memory);
    list->put(list->context, (uint32_t)i, &out);
    return out.size;
}

/* What fits of the span, from its begin or, for a negative count, from its end. */
static Span fit(const BacList *list, Span wanted, bool from_end, size_t room)
{
    Span fitting = from_end ? (Span){wanted.end, wanted.end} : (Span){wanted.begin, wanted.begin};
    for (size_t used = 0; fitting.end - fitting.begin < wanted.end - wanted.begin;) {
        const int64_t next = from_end ? fitting.begin - 1 : fitting.end;
        used += item_size(list, next);
        if (used > room)
            break;
        if (from_end)
            fitting.begin = next;
        else
            fitting.end = next + 1;
    }
    return fitting;
}

/* Octets of the answer but for its items, at most. */
static size_t header_size(const BacReadRange *range, Span wanted, bool has_numbers)
{
    uint8_t memory[HEADER_MAX];
    BpBuf out = bp_buf(memory, sizeof memory);
    const BacReadRangeAck ack = {.reference = range->reference,
                                 .count = (uint32_t)(wanted.end - wanted.begin),
                                 .has_sequence = has_numbers,
                                 .sequence = UINT32_MAX};
    bac_read_range_ack_begin(&out, &ack);
    bac_read_range_ack_end(&out, &ack);
    return out.size;
}

static uint32_t sequence_of(const BacList *list, int64_t i)
{
    const uint64_t number = (uint64_t)list->first_sequence + (uint64_t)i;
    return (uint32_t)(number > UINT32_MAX ? number - UINT32_MAX : number);
}

BacRefusal bac_list_answer(const BacList *list, const BacReadRange *range, BpBuf *out)
{
    const bool has_numbers = range->kind == BAC_RANGE_BY_SEQUENCE || range->kind == BAC_RANGE_BY_TIME;
    if (has_numbers && !list->time) /* of what is not there */
        return (BacRefusal){BAC_REFUSED_ERROR, BAC_CLASS_SERVICES, BAC_CODE_PARAMETER_OUT_OF_RANGE};
    const Span wanted = cut(find(list, range), list->count);
    const bool from_end = range->kind != BAC_RANGE_ALL && range->count < 0;
    const size_t room = out->max - out->size, header = header_size(range, wanted, has_numbers);
    const Span span = fit(list, wanted, from_end, room > header ? room - header : 0);
    const int64_t count = span.end - span.begin;
    const BacReadRangeAck ack = {
        .reference = range->reference,
        .has_first_item = count > 0 && span.begin == 0,
        .has_last_item = count > 0 && span.end == list->count,
        .has_more_items =
            count<wanted.end - wanted.begin, .count = (uint32_t)count, .has_sequence = count> 0 &&
            has_numbers,
        .sequence = sequence_of(list, span.begin)};
    out->failed |= count == 0 && wanted.end > wanted.begin; /* not one fits, and there are some */
    bac_read_range_ack_begin(out, &ack);
    for (int64_t i = span.begin; i < span.end; i++)
        list->put(list->context, (uint32_t)i, out);
    bac_read_range_ack_end(out, &ack);
    return (BacRefusal){0};
}
