/* A batch as it comes over MQTT: refused with a reason, or written and read back the same. */
#include "model/batch.h"

#include <assert.h>
#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* -0 is not 0. Control characters of a reason are written as blanks. */
static void compare(const MdlReading *a, const MdlReading *b)
{
    assert(a->point_id == b->point_id && a->at_us == b->at_us && a->quality == b->quality);
    assert(a->has_value == b->has_value && a->reason.size == b->reason.size);
    assert(!a->has_value || (a->value == b->value && signbit(a->value) == signbit(b->value)));
}

/* Only readings within a round of each other are ever written, so their distances do not overflow. */
static bool can_be_written(const MdlBatch *batch)
{
    int64_t distance;
    for (size_t i = 0; i < batch->count; i++)
        if (__builtin_sub_overflow(batch->readings[i].at_us, batch->readings[0].at_us, &distance))
            return false;
    return true;
}

static void try_again(const MdlBatch *batch, BpArena *arena)
{
    BpBuf encoded = bp_buf_growing(MDL_BATCH_OCTETS_MAX), sealed = bp_buf_growing(MDL_BATCH_OCTETS_MAX);
    mdl_batch_encode(&encoded, batch->device_id, batch->readings, batch->count);
    mdl_batch_seal(&sealed, &batch->run, batch->n, batch->oldest, batch->sent_us, bp_buf_text(&encoded));
    if (!encoded.failed && !sealed.failed) {
        MdlBatch again;
        BpError err;
        bool has_position;
        const BpStatus status = mdl_batch_decode(bp_buf_text(&sealed), arena, &again, &has_position, &err);
        assert(status == BP_OK && has_position && strcmp(again.run.text, batch->run.text) == 0);
        assert(again.n == batch->n && again.oldest == batch->oldest && again.sent_us == batch->sent_us);
        assert(again.device_id == batch->device_id && again.count == batch->count);
        for (size_t i = 0; i < batch->count; i++)
            compare(&again.readings[i], &batch->readings[i]);
    }
    bp_buf_done(&sealed);
    bp_buf_done(&encoded);
}

/* Quick or not, it is read the same. */
static void read_in_both_ways(BpStr json, BpStatus status, const MdlBatch *batch, BpArena *arena)
{
    MdlBatch other;
    bool has_position;
    assert(mdl_batch_decode_any(json, arena, &other, &has_position, NULL) == status);
    if (status != BP_OK)
        return;
    assert(strcmp(other.run.text, batch->run.text) == 0 && other.n == batch->n);
    assert(other.oldest == batch->oldest && other.sent_us == batch->sent_us);
    assert(other.device_id == batch->device_id && other.count == batch->count);
    for (size_t i = 0; i < other.count; i++) {
        compare(&other.readings[i], &batch->readings[i]);
        assert(memcmp(other.readings[i].reason.data ? other.readings[i].reason.data : "",
                      batch->readings[i].reason.data ? batch->readings[i].reason.data : "",
                      other.readings[i].reason.size) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BpArena arena = {0};
    MdlBatch batch;
    BpError err;
    bool has_position;
    const BpStatus status =
        mdl_batch_decode((BpStr){(const char *)data, size}, &arena, &batch, &has_position, &err);
    read_in_both_ways((BpStr){(const char *)data, size}, status, &batch, &arena);
    if (has_position)
        assert(strlen(batch.run.text) == MDL_RUN_TEXT && batch.oldest >= 1 && batch.oldest <= batch.n);
    if (status != BP_OK)
        assert(*err.text);
    else if (can_be_written(&batch))
        try_again(&batch, &arena);
    bp_arena_done(&arena);
    return 0;
}
