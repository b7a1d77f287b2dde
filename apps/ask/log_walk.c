#include "apps/ask/log_walk.h"

#include "base/time.h"

#include <inttypes.h>
#include <string.h>

/* How often the place of the last record is looked for further back; and how many answers in a row may bring
 * nothing new. */
enum { STEPS_BACK_MAX = 256, STALE_MAX = 3 };

/* Records of an answer, as octets, too. */
typedef struct Item {
    BacLogRecord record;
    const uint8_t *octets;
    size_t size;
} Item;

static BpStatus next_item(BpCursor *items, Item *ret_item, BpError *err)
{
    const size_t begin = items->offset;
    const BpStatus status = bac_log_record_next(items, &ret_item->record, err);
    ret_item->octets = items->data + begin;
    ret_item->size = items->offset - begin;
    return status;
}

static void keep_last(AskLogWalk *walk, const Item *item)
{
    walk->last_size = item->size <= sizeof walk->last ? item->size : 0;
    memcpy(walk->last, item->octets, walk->last_size);
    walk->last_time = item->record.time;
}

/* How many records there are, and behind which of them, from 1, what is new begins; 0: the last one that was
 * read is not among them. */
static BpStatus find_last(const AskLogWalk *walk, BpCursor items, uint32_t *ret_count, uint32_t *ret_place,
                          BpError *err)
{
    BpStatus status;
    Item item;
    *ret_count = *ret_place = 0;
    while ((status = next_item(&items, &item, err)) == BP_OK) {
        (*ret_count)++;
        if (walk->last_size == item.size && memcmp(item.octets, walk->last, item.size) == 0)
            *ret_place = *ret_count;
    }
    return status == BP_NOT_FOUND ? BP_OK : status;
}

/* The records behind the first `skipped`. They have been decoded before. */
static void tell(AskLogWalk *walk, BpCursor items, uint32_t skipped,
                 bool (*each)(void *owner, const BacLogRecord *record), void *owner)
{
    Item item;
    for (uint32_t i = 1; !walk->is_over && next_item(&items, &item, NULL) == BP_OK; i++) {
        if (i <= skipped)
            continue;
        keep_last(walk, &item);
        walk->is_over = !each(owner, &item.record);
    }
}

/* ---- by number ---- */

static BpStatus check_numbers(AskLogWalk *walk, const BacReadRangeAck *ack, uint32_t count, BpError *err)
{
    if (walk->next.kind != BAC_RANGE_BY_SEQUENCE)
        return BP_OK;
    if ((int32_t)(ack->sequence + count - walk->next.sequence) <= 0)
        return bp_fail(err, BP_MALFORMED, "it was asked for record %" PRIu32 " and sends %" PRIu32,
                       walk->next.sequence, ack->sequence);
    if ((int32_t)(ack->sequence - walk->next.sequence) > 0)
        walk->lost += ack->sequence - walk->next.sequence; /* it sends what is left of them */
    return BP_OK;
}

/* It may send some from before what it was asked for. */
static uint32_t known_before(const AskLogWalk *walk, const BacReadRangeAck *ack)
{
    const int32_t before = (int32_t)(walk->next.sequence - ack->sequence);
    return walk->next.kind == BAC_RANGE_BY_SEQUENCE && before > 0 ? (uint32_t)before : 0;
}

/* ---- without numbers ---- */

/* By place, from the last record on; by time, from what was logged in the same hundredth of a second. Where
 * that brought nothing new, as from a device that sends one record at a time, behind them. */
static void go_on_from_last(AskLogWalk *walk, uint32_t count, bool has_new)
{
    int64_t at_us;
    walk->overlaps = walk->last_size > 0 && has_new && (count > 1 || walk->next.kind == BAC_RANGE_BY_TIME);
    if (walk->next.kind != BAC_RANGE_BY_TIME)
        walk->next.position += walk->overlaps ? count - 1 : count;
    else if (bac_date_time_to_us(&walk->last_time, &at_us, NULL) == BP_OK)
        walk->next.time = bac_date_time_at(walk->overlaps ? at_us - BP_SECOND / 100 : at_us);
    else
        walk->is_over = true; /* it does not say how to go on */
}

/* The last record has moved towards the log's beginning, as far as the device logged meanwhile: the `count`
 * records before those of the answer are looked through. At the beginning it has been written over, and all
 * that is there is new. */
static BpStatus step_back(AskLogWalk *walk, uint32_t count, bool *ret_steps, BpError *err)
{
    const uint32_t step = count > 1 ? count - 1 : 1;
    *ret_steps = walk->overlaps && walk->next.kind == BAC_RANGE_BY_POSITION && walk->next.position > 1;
    if (!*ret_steps)
        return BP_OK;
    walk->next.position = walk->next.position > step ? walk->next.position - step : 1;
    return ++walk->steps_back > STEPS_BACK_MAX
               ? bp_fail(err, BP_MALFORMED, "it writes over its log faster than it can be read")
               : BP_OK;
}

static BpStatus note_new(AskLogWalk *walk, bool has_new, BpError *err)
{
    walk->stale = has_new ? 0 : walk->stale + 1;
    return walk->stale > STALE_MAX ? bp_fail(err, BP_MALFORMED, "it sends the same records again and again")
                                   : BP_OK;
}

static BpStatus take_numbered(AskLogWalk *walk, const BacReadRangeAck *ack, uint32_t count,
                              uint32_t *ret_skipped, BpError *err)
{
    BP_TRY(check_numbers(walk, ack, count, err));
    *ret_skipped = known_before(walk, ack);
    walk->next.kind = BAC_RANGE_BY_SEQUENCE;
    walk->next.sequence = ack->sequence + count;
    if (walk->next.sequence < ack->sequence)
        walk->next.sequence++; /* after 2^32 - 1 comes 1 */
    return BP_OK;
}

BpStatus ask_log_walk_take(AskLogWalk *walk, const BacReadRangeAck *ack,
                           bool (*each)(void *owner, const BacLogRecord *record), void *owner, BpError *err)
{
    uint32_t count, place, skipped;
    bool steps;
    BP_TRY(find_last(walk, ack->items, &count, &place, err));
    if (count == 0) {
        walk->is_over |= walk->next.kind != BAC_RANGE_BY_SEQUENCE;
        return BP_OK;
    }
    if (ack->has_sequence) {
        BP_TRY(take_numbered(walk, ack, count, &skipped, err));
    } else {
        skipped = place;
        if (place == 0)
            BP_TRY(step_back(walk, count, &steps, err));
        if (place == 0 && steps)
            return BP_OK;
        walk->has_lost |= walk->overlaps && place == 0;
    }
    walk->steps_back = 0;
    BP_TRY(note_new(walk, skipped < count, err));
    tell(walk, ack->items, skipped, each, owner);
    if (!ack->has_sequence)
        go_on_from_last(walk, count, skipped < count);
    walk->is_over |= ack->has_last_item && !ack->has_more_items;
    return BP_OK;
}
