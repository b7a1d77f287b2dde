#include "apps/central/current.h"

#include "base/random.h"
#include "io/pg/copy.h"
#include "model/reading.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 4096, ROWS_OCTETS_MAX = 64 * 1024 * 1024 };

void current_init(Current *current)
{
    *current = (Current){.rows = bp_buf_growing(ROWS_OCTETS_MAX)};
}

void current_done(Current *current)
{
    free(current->slots);
    bp_arena_done(&current->reasons);
    bp_buf_done(&current->rows);
}

void current_clear(Current *current)
{
    if (current->slots)
        memset(current->slots, 0, current->slot_count * sizeof *current->slots);
    current->count = 0;
    bp_arena_reset(&current->reasons);
}

static CurrentValue *find(const Current *current, size_t site, int32_t point_id)
{
    const uint64_t key[] = {site, (uint32_t)point_id};
    size_t i = bp_hash(key, sizeof key, 0) & (current->slot_count - 1);
    while (current->slots[i].is_there &&
           (current->slots[i].site != site || current->slots[i].point_id != point_id))
        i = (i + 1) & (current->slot_count - 1);
    return &current->slots[i];
}

static void grow(Current *current)
{
    CurrentValue *before = current->slots;
    const size_t before_count = current->slot_count;
    current->slot_count = before_count ? before_count * 2 : FIRST_SLOTS;
    current->slots = calloc(current->slot_count, sizeof *current->slots);
    if (!current->slots)
        abort();
    for (size_t i = 0; i < before_count; i++)
        if (before[i].is_there)
            *find(current, before[i].site, before[i].point_id) = before[i];
    free(before);
}

void current_note(Current *current, size_t site, const JournalReading *reading)
{
    if (current->count * 2 >= current->slot_count)
        grow(current);
    CurrentValue *value = find(current, site, reading->point_id);
    if (value->is_there && value->at_us > reading->at_us)
        return;
    current->count += !value->is_there;
    const bool is_same_reason = value->is_there && bp_str_equal(value->reason, reading->reason);
    const BpStr reason = is_same_reason         ? value->reason
                         : reading->reason.size ? (BpStr){bp_arena_text(&current->reasons, reading->reason),
                                                          reading->reason.size}
                                                : (BpStr){NULL, 0};
    *value = (CurrentValue){.site = site,
                            .point_id = reading->point_id,
                            .at_us = reading->at_us,
                            .value = reading->value,
                            .is_there = true,
                            .has_value = reading->has_value,
                            .quality = reading->quality,
                            .reason = reason};
}

BpStr current_copy(Current *current, BpStr (*id_of)(void *context, size_t site), void *context)
{
    BpBuf *out = &current->rows;
    bp_buf_clear(out);
    pg_copy_begin(out);
    for (size_t i = 0; i < current->slot_count; i++) {
        const CurrentValue *value = &current->slots[i];
        if (!value->is_there)
            continue;
        pg_copy_row(out, 6);
        pg_copy_text(out, id_of(context, value->site));
        pg_copy_int4(out, value->point_id);
        if (value->has_value)
            pg_copy_float8(out, value->value);
        else
            pg_copy_null(out);
        pg_copy_text(out, bp_str(mdl_quality_name((MdlQuality)value->quality)));
        pg_copy_text_or_null(out, value->reason);
        pg_copy_time(out, value->at_us);
    }
    pg_copy_end(out);
    return bp_buf_text(out);
}
