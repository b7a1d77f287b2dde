/* What points are now, of the readings of a portion: the newest of each. */
#ifndef CENTRAL_CURRENT_H
#define CENTRAL_CURRENT_H

#include "base/arena.h"
#include "base/buf.h"
#include "journal/frame.h"

typedef struct CurrentValue {
    size_t site; /* its place in the portion */
    int32_t point_id;
    int64_t at_us;
    double value;
    bool is_there, has_value;
    uint8_t quality;
    BpStr reason;
} CurrentValue;

typedef struct Current {
    CurrentValue *slots; /* a power of two, at most half of them taken */
    size_t slot_count, count;
    BpArena reasons;
    BpBuf rows;
} Current;

void current_init(Current *current);
void current_done(Current *current);
void current_clear(Current *current);
void current_note(Current *current, size_t site, const JournalReading *reading);

/* As a COPY of current_stage; `id_of` says the site_id at a place. */
BpStr current_copy(Current *current, BpStr (*id_of)(void *context, size_t site), void *context);

#endif
