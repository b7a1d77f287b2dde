/* Batches in order of run and number, in a ring: new ones come in behind, stored ones leave in front. Counts
 * the memory of their payloads. Only the outbox has one; its fields are written here and nowhere else, those
 * of a batch by the outbox. */
#ifndef COLLECT_DELIVER_OUTBOX_QUEUE_H
#define COLLECT_DELIVER_OUTBOX_QUEUE_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct OutboxBatch {
    uint16_t run;     /* index in Runs */
    bool is_spilling; /* it is being written to a segment */
    bool is_doubtful; /* its segment is not relied on: it is in memory, and goes to another one */
    int64_t n;
    int64_t segment; /* that it is in; -1: in memory alone */
    int64_t read_at_us;
    uint32_t size;
    char *payload; /* without run, n and oldest: mdl_batch_encode's text. NULL: only in its segment */
} OutboxBatch;

typedef struct Queue {
    OutboxBatch *items;
    size_t first, count, capacity;
    size_t memory; /* octets of payloads */
} Queue;

static inline OutboxBatch *queue_at(const Queue *queue, size_t i)
{
    return &queue->items[(queue->first + i) % queue->capacity];
}

/* Nowhere on disk, or only where that cannot be relied on: should memory go, so may it. */
static inline bool batch_is_in_memory_alone(const OutboxBatch *batch)
{
    return batch->segment < 0 || batch->is_doubtful;
}

/* Its place is at the end, or queue_sort follows. It has no payload yet. */
OutboxBatch *queue_append(Queue *queue, const OutboxBatch *batch);

/* Copies the payload, which has the batch's size. */
void queue_keep_payload(Queue *queue, OutboxBatch *batch, BpStr payload);
void queue_forget_payload(Queue *queue, OutboxBatch *batch);

/* Once, before anything has left: into order, the batches that are there twice behind one another. */
void queue_sort(Queue *queue);

/* The first that is not before it. */
size_t queue_find(const Queue *queue, size_t run, int64_t n);

/* Those from `from` on and before `to` leave, with their payloads. */
void queue_remove(Queue *queue, size_t from, size_t to);

void queue_done(Queue *queue);

/* Asserts what must hold of it; looks at all of it. */
void queue_check(const Queue *queue);

#endif
