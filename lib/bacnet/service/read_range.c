#include "bacnet/service/read_range.h"

#include "bacnet/wire/parameter.h"

#include <assert.h>

/* Context tags that request and answer begin with, and those that the answer goes on with. */
enum { OBJECT = 0, PROPERTY = 1, FLAGS = 3, COUNT = 4, ITEMS = 5, SEQUENCE = 6 };

/* Bits of BACnetResultFlags. */
enum { FIRST_ITEM = 0, LAST_ITEM = 1, MORE_ITEMS = 2, FLAG_COUNT = 3 };

static BpStatus read_reference(BpCursor *in, BacReference *reference, BpError *err)
{
    const BpStatus status = bac_parameter_object(in, OBJECT, &reference->object, err);
    return status == BP_OK
               ? bac_parameter_property(in, PROPERTY, &reference->property, &reference->index, err)
               : status;
}

static void write_reference(BpBuf *out, const BacReference *reference)
{
    bac_parameter_put_object(out, OBJECT, reference->object);
    bac_parameter_put_property(out, PROPERTY, reference->property, reference->index);
}

static BacRangeKind next_kind(const BpCursor *in)
{
    static const BacRangeKind kinds[] = {BAC_RANGE_BY_POSITION, BAC_RANGE_BY_SEQUENCE, BAC_RANGE_BY_TIME};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (bac_tag_is_next(in, BAC_OPENING, (uint8_t)kinds[i]))
            return kinds[i];
    return BAC_RANGE_ALL;
}

static BpStatus read_start(BpCursor *in, BacReadRange *range, BpError *err)
{
    if (range->kind == BAC_RANGE_BY_TIME)
        return bac_date_time_decode(in, &range->time, err);
    BacValue start;
    const BpStatus status = bac_parameter_application(in, BAC_UNSIGNED, &start, err);
    if (status != BP_OK)
        return status;
    if (start.natural > UINT32_MAX)
        return bp_fail(err, BP_INVALID, "range starts at %llu", (unsigned long long)start.natural);
    if (range->kind == BAC_RANGE_BY_POSITION)
        range->position = (uint32_t)start.natural;
    else
        range->sequence = (uint32_t)start.natural;
    return BP_OK;
}

static BpStatus read_count(BpCursor *in, int32_t *ret_count, BpError *err)
{
    BacValue count;
    const BpStatus status = bac_parameter_application(in, BAC_SIGNED, &count, err);
    if (status != BP_OK)
        return status;
    if (count.integer == 0 || count.integer > INT32_MAX || count.integer < INT32_MIN)
        return bp_fail(err, BP_INVALID, "range of %lld items", (long long)count.integer);
    *ret_count = (int32_t)count.integer;
    return BP_OK;
}

static BpStatus read_kind(BpCursor *in, BacReadRange *range, BpError *err)
{
    BpCursor inner;
    BP_TRY(bac_parameter_values(in, (uint8_t)range->kind, &inner, err));
    BP_TRY(read_start(&inner, range, err));
    BP_TRY(read_count(&inner, &range->count, err));
    return bac_parameter_end(&inner, err);
}

BpStatus bac_read_range_decode(BpCursor *in, BacReadRange *ret_range, BpError *err)
{
    assert(in && ret_range);
    BacReadRange range = {.kind = BAC_RANGE_ALL};
    BP_TRY(read_reference(in, &range.reference, err));
    range.kind = next_kind(in);
    if (range.kind != BAC_RANGE_ALL)
        BP_TRY(read_kind(in, &range, err));
    BP_TRY(bac_parameter_end(in, err));
    *ret_range = range;
    return BP_OK;
}

void bac_read_range_encode(BpBuf *out, const BacReadRange *range)
{
    write_reference(out, &range->reference);
    if (range->kind == BAC_RANGE_ALL)
        return;
    const uint32_t start = range->kind == BAC_RANGE_BY_POSITION ? range->position : range->sequence;
    bac_tag_encode(out, BAC_OPENING, (uint8_t)range->kind, 0);
    if (range->kind == BAC_RANGE_BY_TIME)
        bac_date_time_encode(out, &range->time);
    else
        bac_value_encode(out, &(BacValue){.type = BAC_UNSIGNED, .natural = start});
    bac_value_encode(out, &(BacValue){.type = BAC_SIGNED, .integer = range->count});
    bac_tag_encode(out, BAC_CLOSING, (uint8_t)range->kind, 0);
}

static BpStatus read_flags(BpCursor *in, BacReadRangeAck *ack, BpError *err)
{
    BacValue flags;
    const BpStatus status = bac_parameter_value(in, FLAGS, BAC_BIT_STRING, &flags, err);
    if (status != BP_OK)
        return status;
    ack->has_first_item = bac_bits_test(flags.bits, FIRST_ITEM);
    ack->has_last_item = bac_bits_test(flags.bits, LAST_ITEM);
    ack->has_more_items = bac_bits_test(flags.bits, MORE_ITEMS);
    return BP_OK;
}

BpStatus bac_read_range_ack_decode(BpCursor *in, BacReadRangeAck *ret_ack, BpError *err)
{
    assert(in && ret_ack);
    BacReadRangeAck ack = {0};
    BP_TRY(read_reference(in, &ack.reference, err));
    BP_TRY(read_flags(in, &ack, err));
    BP_TRY(bac_parameter_unsigned(in, COUNT, UINT32_MAX, &ack.count, err));
    BP_TRY(bac_parameter_values(in, ITEMS, &ack.items, err));
    ack.has_sequence = bac_tag_is_next(in, BAC_CONTEXT, SEQUENCE);
    if (ack.has_sequence)
        BP_TRY(bac_parameter_unsigned(in, SEQUENCE, UINT32_MAX, &ack.sequence, err));
    BP_TRY(bac_parameter_end(in, err));
    *ret_ack = ack;
    return BP_OK;
}

void bac_read_range_ack_begin(BpBuf *out, const BacReadRangeAck *ack)
{
    const uint8_t flags = (uint8_t)((ack->has_first_item ? 0x80 >> FIRST_ITEM : 0) |
                                    (ack->has_last_item ? 0x80 >> LAST_ITEM : 0) |
                                    (ack->has_more_items ? 0x80 >> MORE_ITEMS : 0));
    write_reference(out, &ack->reference);
    bac_value_encode_context(out, FLAGS, &(BacValue){.type = BAC_BIT_STRING, .bits = {&flags, FLAG_COUNT}});
    bac_parameter_put_unsigned(out, COUNT, ack->count);
    bac_tag_encode(out, BAC_OPENING, ITEMS, 0);
}

void bac_read_range_ack_end(BpBuf *out, const BacReadRangeAck *ack)
{
    bac_tag_encode(out, BAC_CLOSING, ITEMS, 0);
    if (ack->has_sequence)
        bac_parameter_put_unsigned(out, SEQUENCE, ack->sequence);
}

void bac_read_range_ack_encode(BpBuf *out, const BacReadRangeAck *ack)
{
    BpCursor items = ack->items;
    const size_t size = bp_cursor_remaining(&items);
    bac_read_range_ack_begin(out, ack);
    bp_buf_octets(out, bp_cursor_take(&items, size), size);
    bac_read_range_ack_end(out, ack);
}
