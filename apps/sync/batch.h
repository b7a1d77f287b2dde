/* Entries of one call to central, as arrays in PostgreSQL's binary format: a body costs its octets on the
 * wire, where as text it would cost twice of them. */
#ifndef SYNC_BATCH_H
#define SYNC_BATCH_H

#include "base/buf.h"

typedef struct BatchArray {
    BpBuf octets;
    size_t count;
} BatchArray;

typedef struct Batch {
    int64_t first, last; /* numbers of the entries; last < first: none */
    int64_t size;        /* octets of bodies */
    BatchArray kinds, ats, bodies, digests;
} Batch;

void batch_init(Batch *batch, int64_t first);
void batch_done(Batch *batch);

/* The entry behind the last. */
void batch_add(Batch *batch, BpStr kind, int64_t at_us, BpStr body, BpStr digest);

/* The array as a parameter; borrowed. */
BpStr batch_array(BatchArray *array);

/* There is one entry alone, and it is a frame: nearly every call is such a one. batch_only is the first
 * element of an array and what is behind it, as a parameter; borrowed; none: empty. */
bool batch_is_one_frame(const Batch *batch);
BpStr batch_only(const BatchArray *array);

#endif
