#include "apps/collect/control/kept.h"

void control_kept_init(ControlKept *kept, void (*put)(void *owner, const ControlRecord *record), void *owner)
{
    *kept = (ControlKept){.holds = control_holds_new(), .put = put, .owner = owner};
}

void control_kept_done(ControlKept *kept)
{
    control_holds_free(kept->holds);
    kept->holds = NULL;
}

/* ---- reading ---- */

/* Events that are said but not kept are of a run alone. */
static bool is_kept(ControlEventKind kind)
{
    return kind == CONTROL_RELEASED || kind == CONTROL_LEFT;
}

void control_kept_apply(ControlKept *kept, const ControlRecord *record)
{
    const ControlHold *hold = &record->hold;
    size_t count;
    if (strcmp(record->clock.boot, kept->last.boot) != 0 || record->kind == CONTROL_RECORD_BEGIN) {
        if (kept->last.boot[0])
            control_holds_note(kept->holds, &kept->last);
        control_holds_note(kept->holds, &record->clock);
    }
    kept->last = record->clock;
    switch (record->kind) {
    case CONTROL_RECORD_POSITION:
        kept->place = record->place;
        kept->has_place = true;
        break;
    case CONTROL_RECORD_CLAIM: control_holds_put(kept->holds, hold, true); break;
    case CONTROL_RECORD_HOLD: control_holds_put(kept->holds, hold, false); break;
    case CONTROL_RECORD_UNCLAIM: control_holds_drop(kept->holds, hold->point_id, hold->slot, true); break;
    case CONTROL_RECORD_END: control_holds_drop(kept->holds, hold->point_id, hold->slot, false); break;
    case CONTROL_RECORD_EVENT: control_holds_put_event(kept->holds, &record->event); break;
    case CONTROL_RECORD_RECORDED:
        control_holds_events(kept->holds, &count);
        control_holds_recorded(kept->holds, record->count < count ? record->count : count);
        break;
    case CONTROL_RECORD_BEGIN:
    case CONTROL_RECORD_CLOCK:
    case CONTROL_RECORD_OTHER: break;
    }
}

void control_kept_begin(ControlKept *kept, const ControlTime *now)
{
    if (kept->last.boot[0])
        control_holds_note(kept->holds, &kept->last);
    control_holds_note(kept->holds, now);
    control_holds_recover(kept->holds, now);
    kept->has_begun = true;
}

/* ---- writing ---- */

typedef struct Writing {
    const ControlTime *now;
    BpBuf *out;
} Writing;

static void write_hold(void *context, const ControlHold *hold, bool is_claim)
{
    const Writing *writing = context;
    ControlRecord record = {
        .kind = is_claim ? CONTROL_RECORD_CLAIM : CONTROL_RECORD_HOLD, .clock = *writing->now, .hold = *hold};
    control_span_note(&record.hold.span, writing->now);
    control_record_write(writing->out, &record);
}

void control_kept_write_all(const ControlKept *kept, const ControlTime *now, BpBuf *out)
{
    Writing writing = {now, out};
    size_t count;
    const ControlEvent *events = control_holds_events(kept->holds, &count);
    control_record_write(out, &(ControlRecord){.kind = CONTROL_RECORD_BEGIN, .clock = *now});
    if (kept->has_place)
        control_record_write(
            out, &(ControlRecord){.kind = CONTROL_RECORD_POSITION, .clock = *now, .place = kept->place});
    control_holds_each(kept->holds, write_hold, &writing);
    for (size_t i = 0; i < count; i++)
        if (is_kept(events[i].kind))
            control_record_write(
                out, &(ControlRecord){.kind = CONTROL_RECORD_EVENT, .clock = *now, .event = events[i]});
}

static void put(const ControlKept *kept, ControlRecord *record, const ControlTime *now)
{
    record->clock = *now;
    kept->put(kept->owner, record);
}

static void put_hold(const ControlKept *kept, ControlRecordKind kind, const ControlHold *hold,
                     const ControlTime *now)
{
    ControlRecord record = {.kind = kind, .hold = *hold};
    control_span_note(&record.hold.span, now);
    put(kept, &record, now);
}

static void put_slot(const ControlKept *kept, ControlRecordKind kind, int32_t point_id, uint8_t slot,
                     const ControlTime *now)
{
    put(kept, &(ControlRecord){.kind = kind, .hold = {.point_id = point_id, .slot = slot}}, now);
}

void control_kept_note(ControlKept *kept, const ControlTime *now)
{
    put(kept, &(ControlRecord){.kind = CONTROL_RECORD_CLOCK}, now);
}

void control_kept_place(ControlKept *kept, const ControlPlace *place, const ControlTime *now)
{
    kept->place = *place;
    kept->has_place = true;
    put(kept, &(ControlRecord){.kind = CONTROL_RECORD_POSITION, .place = *place}, now);
}

/* The slot's hold as it is now. */
static void put_what_is(const ControlKept *kept, int32_t point_id, uint8_t slot, const ControlTime *now)
{
    const ControlHold *hold = control_holds_find(kept->holds, point_id, slot);
    if (hold)
        put_hold(kept, CONTROL_RECORD_HOLD, hold, now);
    else
        put_slot(kept, CONTROL_RECORD_END, point_id, slot, now);
}

BpStatus control_kept_claim(ControlKept *kept, const ControlHold *claim, const ControlTime *now, BpError *err)
{
    char before[CONTROL_ID_TEXT] = "";
    const ControlHold *hold = control_holds_find(kept->holds, claim->point_id, claim->slot);
    if (hold)
        memcpy(before, hold->command, sizeof before);
    BP_TRY(control_holds_claim(kept->holds, claim, now, err));
    /* One that was never settled is a hold now. */
    hold = control_holds_find(kept->holds, claim->point_id, claim->slot);
    if (hold && strcmp(hold->command, before) != 0)
        put_hold(kept, CONTROL_RECORD_HOLD, hold, now);
    put_hold(kept, CONTROL_RECORD_CLAIM, claim, now);
    return BP_OK;
}

void control_kept_settle(ControlKept *kept, int32_t point_id, uint8_t slot, const char *command,
                         ControlOutcome outcome, const ControlShown *shown, const ControlTime *now)
{
    if (control_holds_settle(kept->holds, point_id, slot, command, outcome, shown, now))
        put_what_is(kept, point_id, slot, now);
    else if (outcome == CONTROL_DID_NOT)
        put_slot(kept, CONTROL_RECORD_UNCLAIM, point_id, slot, now);
}

ControlNext control_kept_seen(ControlKept *kept, int32_t point_id, uint8_t slot, const ControlShown *shown,
                              const ControlTime *now)
{
    size_t before, count;
    control_holds_events(kept->holds, &before);
    const ControlNext next = control_holds_seen(kept->holds, point_id, slot, shown, now);
    const ControlEvent *events = control_holds_events(kept->holds, &count);
    if (next != CONTROL_IS_OVER || count == 0 || (count <= before && before < CONTROL_EVENTS_MAX))
        return next;
    /* The event first: torn between the two, the hold is looked at again. */
    put(kept, &(ControlRecord){.kind = CONTROL_RECORD_EVENT, .event = events[count - 1]}, now);
    put_slot(kept, CONTROL_RECORD_END, point_id, slot, now);
    return next;
}

bool control_kept_adopt(ControlKept *kept, const ControlHold *row, bool is_new_life, const ControlTime *now)
{
    const ControlHold *elsewhere = control_holds_find_elsewhere(kept->holds, row);
    if (elsewhere) {
        const int32_t point_id = elsewhere->point_id;
        control_holds_drop(kept->holds, point_id, row->slot, false);
        put_slot(kept, CONTROL_RECORD_END, point_id, row->slot, now);
    }
    const bool is_new = control_holds_adopt(kept->holds, row, is_new_life, now);
    if (is_new || is_new_life)
        put_what_is(kept, row->point_id, row->slot, now);
    return is_new;
}

void control_kept_recorded(ControlKept *kept, size_t count, const ControlTime *now)
{
    size_t all, gone = 0;
    const ControlEvent *events = control_holds_events(kept->holds, &all);
    for (size_t i = 0; i < count && i < all; i++)
        gone += is_kept(events[i].kind);
    control_holds_recorded(kept->holds, count < all ? count : all);
    if (gone > 0)
        put(kept, &(ControlRecord){.kind = CONTROL_RECORD_RECORDED, .count = gone}, now);
}
