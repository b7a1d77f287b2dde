/* What an outbox is made of, for the three files that are it and for nobody else: outbox.c (numbers, room and
 * window), announced.c (what ingest says) and spill.c (to the spool and back). */
#ifndef COLLECT_DELIVER_OUTBOX_PARTS_H
#define COLLECT_DELIVER_OUTBOX_PARTS_H

#include "apps/collect/deliver/outbox/outbox.h"
#include "apps/collect/deliver/outbox/queue.h"
#include "apps/collect/deliver/outbox/segments.h"

struct Outbox {
    OutboxOptions options;
    Runs runs;
    Queue queue;
    Segments segments;
    int64_t next_n;                      /* of our own run; 0: not begun yet */
    size_t unsent;                       /* index in the queue of the next to be sent */
    size_t window_octets;                /* of those before it */
    size_t spooled;                      /* all before this index are in segments that are relied on */
    size_t left_given_up;                /* batches of runs that there was no room for */
    MdlRun session;                      /* of ingest, as last announced */
    bool wants_name;                     /* our own run has lost its own: outbox_rename */
    int64_t quiet_since_us, patience_us; /* since the last announcement or sending from the start */
    OutboxCounts counts;                 /* since the start; those of now are made when they are asked for */
};

/* Batches leave: stored, or (outbox_give_up) not. */
void outbox_remove(Outbox *outbox, size_t from, size_t to);
void outbox_give_up(Outbox *outbox, size_t from, size_t to);
/* A batch lives in no segment any more. */
void outbox_leave_segment(Outbox *outbox, OutboxBatch *batch);
/* What is on disk as well leaves memory when that is short. */
void outbox_save_memory(Outbox *outbox);
/* Nothing from this index on counts as sent. */
void outbox_send_again_from(Outbox *outbox, size_t i);
bool outbox_window_has_room(const Outbox *outbox);

extern const int64_t outbox_first_patience_us;

#endif
