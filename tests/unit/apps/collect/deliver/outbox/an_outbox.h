/* For tests of the outbox: one, and what it has sent. */
#ifndef UNIT_APPS_COLLECT_DELIVER_OUTBOX_AN_OUTBOX_H
#define UNIT_APPS_COLLECT_DELIVER_OUTBOX_AN_OUTBOX_H

#include "apps/collect/deliver/outbox/spill.h"
#include "apps/collect/deliver/spool/spool.h"
#include "apps/collect/deliver/spool_job.h"
#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SENT_MAX = 2000, RECORD = SPOOL_RECORD_HEADER + 10, ROOM = 1 << 20 };

static Outbox *outbox;
static SpoolPauses pauses;
static int64_t memory_max, disk_max;
static struct {
    char run[MDL_RUN_TEXT + 1];
    int64_t n, oldest;
} sent[SENT_MAX];
static size_t sent_count;
static bool is_connected;

static inline bool send_batch(void *owner, const MdlRun *run, int64_t n, int64_t oldest, BpStr payload)
{
    (void)owner;
    if (!is_connected)
        return false;
    assert_true(payload.size > 0 && sent_count < SENT_MAX);
    memcpy(sent[sent_count].run, run->text, sizeof sent[0].run);
    sent[sent_count].n = n;
    sent[sent_count++].oldest = oldest;
    return true;
}

static inline void set_memory_max(int64_t octets)
{
    memory_max = octets;
    outbox_set_room(outbox, memory_max, disk_max);
}

static inline void set_disk_max(int64_t octets)
{
    disk_max = octets;
    outbox_set_room(outbox, memory_max, disk_max);
}

/* Another one, of which nothing is known yet. */
static inline void make_outbox(void)
{
    outbox_free(outbox);
    memory_max = disk_max = ROOM;
    pauses = (SpoolPauses){0};
    outbox = outbox_new(&(OutboxOptions){.send = send_batch, .memory_max = ROOM, .disk_max = ROOM});
}

static inline int set_up(void **state)
{
    (void)state;
    const MdlRun run = mdl_run(7);
    make_outbox();
    outbox_begin(outbox, &run);
    sent_count = 0;
    is_connected = true;
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    outbox_check(outbox);
    outbox_free(outbox);
    outbox = NULL;
    return 0;
}

static inline OutboxCounts counts(void)
{
    return outbox_counts(outbox);
}

static inline void put(size_t count)
{
    for (size_t i = 0; i < count; i++)
        outbox_put(outbox, bp_str("0123456789"), 5, 0);
}

/* All that is in memory alone goes to a segment. */
static inline void spill_to(int64_t segment)
{
    BpBuf records = bp_buf_growing(1 << 24);
    outbox_spill(outbox, INT64_MAX, 1 << 24, &records);
    const Segment *before = segments_find(outbox_segments(outbox), segment);
    segments_set(outbox_segments(outbox), segment, (before ? before->octets : 0) + records.size);
    outbox_spilled(outbox, segment);
    bp_buf_done(&records);
    outbox_check(outbox);
}

static inline size_t live_in(int64_t segment)
{
    const Segment *found = segments_find(outbox_segments(outbox), segment);
    return found ? found->live : SIZE_MAX;
}

static inline void announce(uint64_t session, uint64_t run, int64_t stored, int64_t now_us)
{
    const MdlRun name = mdl_run(session);
    const MdlPosition position = {.run = mdl_run(run), .stored = stored};
    outbox_stored(outbox, &name, &position, 1, now_us);
}

#endif
