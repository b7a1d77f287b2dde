#include "apps/ingest/position.h"

#include "base/invariant.h"

#include <assert.h>
#include <string.h>

static void check_position(const Position *position)
{
    assert(position->stored >= 0 && position->skipped >= 0 && position->skipped <= position->stored);
    assert(position->accepted >= position->stored && position->accepted_skipped >= position->skipped);
    assert(position->accepted_skipped <= position->accepted);
    assert(position->gap >= 0 && position->gap <= position->accepted_skipped);
}

Position *positions_find(Positions *positions, const MdlRun *run)
{
    Position *oldest = &positions->items[0];
    for (size_t i = 0; i < positions->count; i++) {
        Position *position = &positions->items[i];
        if (strcmp(position->run.text, run->text) == 0) {
            position->last_heard = ++positions->heard;
            return position;
        }
        if (position->last_heard < oldest->last_heard)
            oldest = position;
    }
    Position *position = positions->count < POSITIONS_MAX ? &positions->items[positions->count++] : oldest;
    *position = (Position){.run = *run, .last_heard = ++positions->heard};
    return position;
}

Verdict position_judge(Position *position, int64_t n, int64_t oldest)
{
    if (n <= position->accepted)
        return BATCH_IS_REPEAT;
    if (n - position->accepted > MDL_JUMP_MAX)
        return BATCH_IS_BEYOND;
    /* What lies before the oldest that the collector still holds will never come. */
    if (oldest > position->accepted + 1) {
        position->accepted_skipped += oldest - 1 - position->accepted;
        position->gap += oldest - 1 - position->accepted;
        position->accepted = oldest - 1;
    }
    BP_INVARIANT(check_position(position));
    return n == position->accepted + 1 ? BATCH_IS_NEXT : BATCH_IS_AHEAD;
}

void position_accept(Position *position, int64_t n)
{
    position->accepted = n;
    position->gap = 0;
    BP_INVARIANT(check_position(position));
}

void positions_forget(Positions *positions)
{
    positions->count = 0;
    positions->heard = 0;
}

void positions_load(Positions *positions, const MdlRun *run, int64_t stored, int64_t skipped)
{
    Position *position = positions_find(positions, run);
    position->stored = position->accepted = stored;
    position->skipped = position->accepted_skipped = skipped;
}

/* Never back: what was gathered before a reset may be committed after it, and then come a second time. */
void positions_stored(Positions *positions, const MdlRun *run, int64_t n, int64_t skipped)
{
    for (size_t i = 0; i < positions->count; i++) {
        Position *position = &positions->items[i];
        if (strcmp(position->run.text, run->text) != 0 || n <= position->stored)
            continue;
        position->stored = n;
        /* What was skipped may have come after all, from a spool that was found again: it stays counted. */
        if (position->skipped < skipped)
            position->skipped = skipped;
        if (position->accepted_skipped < position->skipped)
            position->accepted_skipped = position->skipped;
        if (position->accepted < n)
            position_accept(position, n);
    }
    BP_INVARIANT(positions_check(positions));
}

void positions_reset(Positions *positions)
{
    for (size_t i = 0; i < positions->count; i++) {
        Position *position = &positions->items[i];
        position->accepted = position->stored;
        position->accepted_skipped = position->skipped;
        position->gap = position->asked_at_us = 0;
    }
    BP_INVARIANT(positions_check(positions));
}

void positions_check(const Positions *positions)
{
    assert(positions->count <= POSITIONS_MAX);
    for (size_t i = 0; i < positions->count; i++) {
        check_position(&positions->items[i]);
        assert(positions->items[i].last_heard <= positions->heard);
    }
}

size_t positions_announced(const Positions *positions, MdlPosition ret_positions[MDL_POSITIONS_MAX])
{
    size_t count = 0;
    uint64_t below = UINT64_MAX;
    while (count < MDL_POSITIONS_MAX) {
        const Position *newest = NULL;
        for (size_t i = 0; i < positions->count; i++) {
            const Position *position = &positions->items[i];
            if (position->last_heard < below && (!newest || position->last_heard > newest->last_heard))
                newest = position;
        }
        if (!newest)
            break;
        below = newest->last_heard;
        ret_positions[count++] =
            (MdlPosition){.run = newest->run, .stored = newest->stored, .skipped = newest->skipped};
    }
    return count;
}
