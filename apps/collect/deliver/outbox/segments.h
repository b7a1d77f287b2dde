/* What stands in which piece of the spool: its segments, and how many batches live in each. One that none
 * lives in is done, and waits to be removed. Only the outbox has such a list; it tells it where batches come
 * and go, and spool_job.c what has become of the files. Its fields are read by anyone and written here. */
#ifndef COLLECT_DELIVER_OUTBOX_SEGMENTS_H
#define COLLECT_DELIVER_OUTBOX_SEGMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Segment {
    int64_t number;
    size_t octets;   /* on disk */
    size_t live;     /* batches that are in it: */
    size_t doubtful; /* of them, those that are to be written to another one first */
    size_t left;     /* of them, those of runs that there was no room for */
} Segment;

typedef struct Segments {
    Segment *items; /* ascending */
    size_t count, capacity;
    size_t octets;         /* of all, on disk */
    size_t done;           /* how many are */
    size_t leaving_octets; /* of those that are done, or will be when what is in them is written elsewhere */
    size_t left;           /* batches of runs that there was no room for */
    int64_t last;          /* the highest number that was ever used */
    bool is_open;          /* and it may be appended to */
} Segments;

/* NULL: there is none. Until the next call. */
const Segment *segments_find(const Segments *segments, int64_t number);

/* Notes a segment's size on disk; one of size 0 without batches is forgotten. */
void segments_set(Segments *segments, int64_t number, size_t octets);

/* This number is used, whatever there is under it. */
void segments_note_used(Segments *segments, int64_t number);

/* A batch lives in it from now on; the segment is added where it is not known yet, as when it is recovered.
 */
void segments_enter(Segments *segments, int64_t number);
/* It does so no more. */
void segments_leave(Segments *segments, int64_t number, bool is_doubtful);
/* It does, but that is not relied on. */
void segments_doubt(Segments *segments, int64_t number);

/* A batch that has entered is of a run that there is no room for; and all of those leave. Returns how many.
 */
void segments_leave_behind(Segments *segments, int64_t number);
size_t segments_forget_left(Segments *segments, int64_t number);
/* The lowest with such batches; -1: none. */
int64_t segments_first_left(const Segments *segments);

/* The lowest that is done; NULL: none. */
const Segment *segments_first_done(const Segments *segments);

/* The segment to append to: the open one where it has less than `most` octets, or else a new number. Returns
 * the octets that are in it. */
size_t segments_open(Segments *segments, size_t most, int64_t *ret_number);
/* Nothing more is appended to it. */
void segments_close(Segments *segments, int64_t number);

void segments_done(Segments *segments);

/* Asserts what must hold of them; looks at all. */
void segments_check(const Segments *segments);

#endif
