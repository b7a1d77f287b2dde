/* What it costs to write and read a batch: by hand, as lib/model/batch_json.c does it, and by way of a JSON
 * library's tree, as everything else is done. */
#include "model/batch.h"
#include "base/time.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum { READINGS = 500 };

/* As mdl_batch_encode and mdl_batch_seal, the short way. */
static char *write_tree(const MdlBatch *batch)
{
    json_t *readings = json_array();
    for (size_t i = 0; i < batch->count; i++) {
        const MdlReading *reading = &batch->readings[i];
        json_array_append_new(readings,
                              json_pack("[i, I, o]", (int)reading->point_id,
                                        (json_int_t)(reading->at_us - batch->readings[0].at_us),
                                        reading->has_value ? json_real(reading->value) : json_null()));
    }
    json_auto_t *root = json_pack("{s:i, s:s, s:I, s:I, s:I, s:i, s:I, s:o}", "v", 1, "run", batch->run.text,
                                  "n", (json_int_t)batch->n, "oldest", (json_int_t)batch->oldest, "sent",
                                  (json_int_t)batch->sent_us, "device", (int)batch->device_id, "at",
                                  (json_int_t)batch->readings[0].at_us, "readings", readings);
    return json_dumps(root, JSON_COMPACT);
}

static void write_by_hand(const MdlBatch *batch, BpBuf *encoded, BpBuf *out)
{
    bp_buf_clear(encoded);
    bp_buf_clear(out);
    mdl_batch_encode(encoded, batch->device_id, batch->readings, batch->count);
    mdl_batch_seal(out, &batch->run, batch->n, batch->oldest, batch->sent_us, bp_buf_text(encoded));
}

typedef BpStatus (*Decode)(BpStr json, BpArena *arena, MdlBatch *ret_batch, bool *ret_has_position,
                           BpError *err);

static void read_it(Decode decode, BpStr json, BpArena *arena)
{
    MdlBatch batch;
    bool has_position;
    BpError err;
    bp_arena_reset(arena);
    if (decode(json, arena, &batch, &has_position, &err) != BP_OK || batch.count != READINGS)
        abort();
}

static void say(const char *name, int64_t began_us, int rounds)
{
    printf("figure %s %.0f ns/reading\n", name,
           (double)(bp_monotonic_us() - began_us) * 1000 / ((double)rounds * READINGS));
}

int main(int argc, char **argv)
{
    const int rounds = argc > 1 ? atoi(argv[1]) : 2000; /* NOLINT(cert-err34-c): from bench/batch */
    static MdlReading readings[READINGS];
    const MdlBatch batch = {.run = mdl_run(7),
                            .n = 123456,
                            .oldest = 123450,
                            .sent_us = INT64_C(1795488719000000),
                            .device_id = 1042,
                            .count = READINGS,
                            .readings = readings};
    for (int i = 0; i < READINGS; i++)
        readings[i] = (MdlReading){.point_id = 1000 + i,
                                   .at_us = INT64_C(1795488718000000) + (int64_t)i / 20 * 1700,
                                   .value = (double)(1800 + i) / 100, /* as ask/decode.c gives a Real */
                                   .has_value = true};
    BpBuf encoded = bp_buf_growing(MDL_BATCH_OCTETS_MAX), out = bp_buf_growing(MDL_BATCH_OCTETS_MAX);
    BpArena arena = {0};

    int64_t began_us = bp_monotonic_us();
    for (int i = 0; i < rounds; i++)
        write_by_hand(&batch, &encoded, &out);
    say("batch_write_by_hand", began_us, rounds);
    began_us = bp_monotonic_us();
    for (int i = 0; i < rounds; i++)
        free(write_tree(&batch));
    say("batch_write_tree", began_us, rounds);
    began_us = bp_monotonic_us();
    for (int i = 0; i < rounds; i++)
        read_it(mdl_batch_decode, bp_buf_text(&out), &arena);
    say("batch_read_by_hand", began_us, rounds);
    began_us = bp_monotonic_us();
    for (int i = 0; i < rounds; i++)
        read_it(mdl_batch_decode_any, bp_buf_text(&out), &arena);
    say("batch_read_tree", began_us, rounds);

    bp_arena_done(&arena);
    bp_buf_done(&encoded);
    bp_buf_done(&out);
    return 0;
}
