#include "apps/sync/batch.h"

#include "base/time.h"

/* What array_recv reads: dimensions, whether any is null, the elements' type; then, of each dimension, how
 * many and from where; then each element behind its length. */
enum {
    TEXT = 25,
    TIMESTAMPTZ = 1184,
    BYTEA = 17,
    EMPTY_SIZE = 12,
    COUNT_AT = 12,
    ELEMENT_AT = 24, /* of the first, behind its length */
    ARRAY_MAX = 64 * 1024 * 1024
};

static const int64_t EPOCH_OF_2000_US = 946684800 * BP_SECOND;

static void array_init(BatchArray *array, uint32_t type)
{
    array->octets = bp_buf_growing(ARRAY_MAX);
    array->count = 0;
    bp_buf_u32(&array->octets, 1);
    bp_buf_u32(&array->octets, 0);
    bp_buf_u32(&array->octets, type);
    bp_buf_u32(&array->octets, 0); /* how many: batch_array's */
    bp_buf_u32(&array->octets, 1);
}

static void array_add(BatchArray *array, BpStr element)
{
    bp_buf_u32(&array->octets, (uint32_t)element.size);
    bp_buf_str(&array->octets, element);
    array->count++;
}

BpStr batch_array(BatchArray *array)
{
    uint8_t *octets = array->octets.data;
    if (array->count == 0) {
        octets[3] = 0; /* no dimension */
        return (BpStr){(const char *)octets, EMPTY_SIZE};
    }
    for (size_t i = 0; i < 4; i++)
        octets[COUNT_AT + i] = (uint8_t)(array->count >> (24 - 8 * i));
    return bp_buf_text(&array->octets);
}

BpStr batch_only(const BatchArray *array)
{
    const BpStr all = bp_buf_text(&array->octets);
    if (array->count == 0)
        return (BpStr){0};
    return (BpStr){all.data + ELEMENT_AT, all.size - ELEMENT_AT};
}

bool batch_is_one_frame(const Batch *batch)
{
    return batch->kinds.count == 1 && bp_str_equal(batch_only(&batch->kinds), bp_str("readings"));
}

void batch_init(Batch *batch, int64_t first)
{
    *batch = (Batch){.first = first, .last = first - 1};
    array_init(&batch->kinds, TEXT);
    array_init(&batch->ats, TIMESTAMPTZ);
    array_init(&batch->bodies, BYTEA);
    array_init(&batch->digests, BYTEA);
}

void batch_done(Batch *batch)
{
    bp_buf_done(&batch->kinds.octets);
    bp_buf_done(&batch->ats.octets);
    bp_buf_done(&batch->bodies.octets);
    bp_buf_done(&batch->digests.octets);
}

void batch_add(Batch *batch, BpStr kind, int64_t at_us, BpStr body, BpStr digest)
{
    uint8_t memory[8];
    BpBuf at = bp_buf(memory, sizeof memory);
    bp_buf_unsigned(&at, (uint64_t)(at_us - EPOCH_OF_2000_US), sizeof memory);
    array_add(&batch->kinds, kind);
    array_add(&batch->ats, bp_buf_text(&at));
    array_add(&batch->bodies, body);
    array_add(&batch->digests, digest);
    batch->last++;
    batch->size += (int64_t)body.size;
}
