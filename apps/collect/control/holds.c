#include "apps/collect/control/holds.h"

#include "apps/collect/control/value.h"
#include "base/time.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum Phase {
    RUNNING,   /* until its span is over */
    WAITING,   /* to be read at `again_us` */
    READING,   /* is it ours? */
    WRITING,   /* Null is on its way */
    VERIFYING, /* is the slot empty? */
} Phase;

/* A slot of a point. */
typedef struct Entry {
    int32_t point_id;
    uint8_t slot;
    bool is_held, is_claimed;
    ControlHold hold, claim; /* where there is one */
    Phase phase;
    bool was_written; /* Null was sent for this hold */
    uint32_t tries;   /* that failed, in a row */
    int64_t again_us; /* CLOCK_BOOTTIME */
} Entry;

struct ControlHolds {
    Entry **all; /* by point and slot */
    size_t count, capacity;
    ControlEvent *events;
    size_t event_count, event_capacity;
};

static const int64_t LONGEST_PAUSE_US = 60 * BP_SECOND;
enum { TRIES_TOLD = 60 };

ControlHolds *control_holds_new(void)
{
    ControlHolds *holds = calloc(1, sizeof *holds);
    if (!holds)
        abort();
    return holds;
}

void control_holds_free(ControlHolds *holds)
{
    if (!holds)
        return;
    for (size_t i = 0; i < holds->count; i++)
        free(holds->all[i]);
    free(holds->all);
    free(holds->events);
    free(holds);
}

/* ---- slots ---- */

/* Where the slot stands, or would. */
static size_t place(const ControlHolds *holds, int32_t point_id, uint8_t slot)
{
    size_t low = 0, high = holds->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const Entry *entry = holds->all[middle];
        if (entry->point_id < point_id || (entry->point_id == point_id && entry->slot < slot))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static Entry *find(const ControlHolds *holds, int32_t point_id, uint8_t slot)
{
    const size_t at = place(holds, point_id, slot);
    if (at == holds->count || holds->all[at]->point_id != point_id || holds->all[at]->slot != slot)
        return NULL;
    return holds->all[at];
}

static Entry *find_or_make(ControlHolds *holds, int32_t point_id, uint8_t slot)
{
    Entry *entry = find(holds, point_id, slot);
    if (entry)
        return entry;
    if (holds->count == holds->capacity) {
        holds->capacity = holds->capacity ? 2 * holds->capacity : 16;
        holds->all = realloc(holds->all, holds->capacity * sizeof(Entry *));
        if (!holds->all)
            abort();
    }
    const size_t at = place(holds, point_id, slot);
    entry = calloc(1, sizeof *entry);
    if (!entry)
        abort();
    entry->point_id = point_id;
    entry->slot = slot;
    memmove(holds->all + at + 1, holds->all + at, (holds->count - at) * sizeof(Entry *));
    holds->all[at] = entry;
    holds->count++;
    return entry;
}

static void forget_if_empty(ControlHolds *holds, Entry *entry)
{
    if (entry->is_held || entry->is_claimed)
        return;
    const size_t at = place(holds, entry->point_id, entry->slot);
    memmove(holds->all + at, holds->all + at + 1, (holds->count - at - 1) * sizeof(Entry *));
    holds->count--;
    free(entry);
}

static void hold_from_now_on(Entry *entry, const ControlHold *hold)
{
    entry->hold = *hold;
    entry->is_held = true;
    entry->phase = RUNNING;
    entry->was_written = false;
    entry->tries = 0;
}

/* ---- events ---- */

const char *control_event_name(ControlEventKind kind)
{
    static const char *const names[] = {"released", "left", "retry"};
    return names[kind];
}

void control_holds_put_event(ControlHolds *holds, const ControlEvent *event)
{
    if (holds->event_count == CONTROL_EVENTS_MAX)
        control_holds_recorded(holds, 1);
    if (holds->event_count == holds->event_capacity) {
        holds->event_capacity = holds->event_capacity ? 2 * holds->event_capacity : 16;
        holds->events = realloc(holds->events, holds->event_capacity * sizeof *holds->events);
        if (!holds->events)
            abort();
    }
    holds->events[holds->event_count++] = *event;
}

static void tell(ControlHolds *holds, ControlEventKind kind, const ControlHold *hold, const char *text,
                 const ControlTime *now)
{
    ControlEvent event = {
        .kind = kind, .point_id = hold->point_id, .slot = hold->slot, .at_us = now->wall_us};
    memcpy(event.command, hold->command, sizeof event.command);
    memcpy(event.name, hold->name, sizeof event.name);
    bp_str_copy(bp_str(text), event.text, sizeof event.text);
    control_holds_put_event(holds, &event);
}

const ControlEvent *control_holds_events(const ControlHolds *holds, size_t *ret_count)
{
    *ret_count = holds->event_count;
    return holds->events;
}

void control_holds_recorded(ControlHolds *holds, size_t count)
{
    assert(count <= holds->event_count);
    holds->event_count -= count;
    if (holds->event_count > 0)
        memmove(holds->events, holds->events + count, holds->event_count * sizeof *holds->events);
}

/* ---- commands ---- */

/* The older's value may be in the slot: where it was seen there just before the newer was to be written, or
 * where nobody looked. */
static void add_older(ControlHold *newer, const ControlHold *older)
{
    const ControlShown *before = &newer->before;
    if (before->what != CONTROL_SHOWN_NOT) {
        if (before->what == CONTROL_SHOWN_VALUE && control_hold_is_ours(older, before->value))
            control_hold_add_ours(newer, before->value);
        return;
    }
    for (size_t i = 0; i < older->ours_count && newer->ours_count < CONTROL_OURS_MAX; i++)
        control_hold_add_ours(newer, older->ours[i]);
}

/* The hold and what is to replace it may both be in the slot: the newer's name, what either shows, and the
 * earlier end. */
static void merge(Entry *entry, const ControlHold *newer, const ControlTime *now)
{
    ControlHold merged = *newer;
    if (entry->is_held) {
        add_older(&merged, &entry->hold);
        control_span_shorten(&merged.span, control_span_left(&entry->hold.span, now), now);
    }
    hold_from_now_on(entry, &merged);
}

static void end_claim_unknown(Entry *entry, const ControlTime *now)
{
    const ControlHold claim = entry->claim;
    entry->is_claimed = false;
    merge(entry, &claim, now);
}

BpStatus control_holds_claim(ControlHolds *holds, const ControlHold *claim, const ControlTime *now,
                             BpError *err)
{
    Entry *entry = find(holds, claim->point_id, claim->slot);
    if (!entry && holds->count >= CONTROL_HOLDS_MAX)
        return bp_fail(err, BP_FULL,
                       "%d slots are held by commands already, which is the most: release some first",
                       CONTROL_HOLDS_MAX);
    if (entry && entry->is_claimed)
        end_claim_unknown(entry, now);
    entry = find_or_make(holds, claim->point_id, claim->slot);
    entry->claim = *claim;
    entry->is_claimed = true;
    return BP_OK;
}

/* A command of a run that has ended was found by reading. Its end stays the earlier one, since what it
 * replaced may be there again. */
static bool settle_known(ControlHolds *holds, Entry *entry, ControlOutcome outcome, const ControlShown *shown)
{
    (void)holds;
    if (outcome != CONTROL_TOOK || !shown || shown->what != CONTROL_SHOWN_VALUE)
        return false;
    control_hold_add_ours(&entry->hold, shown->value);
    return true;
}

bool control_holds_settle(ControlHolds *holds, int32_t point_id, uint8_t slot, const char *command,
                          ControlOutcome outcome, const ControlShown *shown, const ControlTime *now)
{
    Entry *entry = find(holds, point_id, slot);
    if (!entry)
        return false;
    if (outcome == CONTROL_EMPTIED) {
        const bool was_held = entry->is_held;
        entry->is_held = false;
        entry->phase = RUNNING;
        forget_if_empty(holds, entry);
        return was_held;
    }
    if (!entry->is_claimed || strcmp(entry->claim.command, command) != 0)
        return entry->is_held && strcmp(entry->hold.command, command) == 0 &&
               settle_known(holds, entry, outcome, shown);
    ControlHold *claim = &entry->claim;
    if (shown && shown->what == CONTROL_SHOWN_VALUE &&
        (outcome == CONTROL_TOOK || claim->before.what == CONTROL_SHOWN_EMPTY ||
         (claim->before.what == CONTROL_SHOWN_VALUE && shown->value != claim->before.value)))
        control_hold_add_ours(claim, shown->value); /* a device may round what it is sent */
    switch (outcome) {
    case CONTROL_TOOK:
        entry->is_claimed = false;
        hold_from_now_on(entry, claim);
        break;
    case CONTROL_MAY_BE: end_claim_unknown(entry, now); break;
    case CONTROL_DID_NOT:
    case CONTROL_EMPTIED: entry->is_claimed = false; break;
    }
    forget_if_empty(holds, entry);
    return outcome != CONTROL_DID_NOT;
}

bool control_holds_is_busy(const ControlHolds *holds, int32_t point_id, uint8_t slot)
{
    const Entry *entry = find(holds, point_id, slot);
    return entry && entry->is_held && (entry->phase == READING || entry->phase == WRITING);
}

/* ---- ended holds ---- */

static int64_t due_us(const Entry *entry, const ControlTime *now)
{
    if (!entry->is_held || entry->is_claimed)
        return INT64_MAX;
    if (entry->phase == WAITING)
        return entry->again_us;
    if (entry->phase != RUNNING)
        return INT64_MAX;
    const int64_t left_us = control_span_left(&entry->hold.span, now);
    return left_us == CONTROL_NO_END ? INT64_MAX : now->boot_us + (left_us > 0 ? left_us : 0);
}

int64_t control_holds_next_due_us(const ControlHolds *holds, const ControlTime *now)
{
    int64_t next_us = INT64_MAX;
    for (size_t i = 0; i < holds->count; i++) {
        const int64_t at_us = due_us(holds->all[i], now);
        next_us = at_us < next_us ? at_us : next_us;
    }
    return next_us;
}

const ControlHold *control_holds_take(ControlHolds *holds, const ControlTime *now,
                                      bool (*may_ask)(void *context, const ControlHold *hold), void *context)
{
    Entry *first = NULL;
    int64_t first_us = INT64_MAX;
    for (size_t i = 0; i < holds->count; i++) {
        Entry *entry = holds->all[i];
        const int64_t at_us = due_us(entry, now);
        if (at_us <= now->boot_us && at_us < first_us && (!may_ask || may_ask(context, &entry->hold))) {
            first = entry;
            first_us = at_us;
        }
    }
    if (!first)
        return NULL;
    first->phase = READING;
    return &first->hold;
}

void control_holds_put_off(ControlHolds *holds, int32_t point_id, uint8_t slot, int64_t pause_us,
                           const ControlTime *now)
{
    Entry *entry = find(holds, point_id, slot);
    if (!entry || entry->phase != READING)
        return;
    entry->phase = WAITING;
    entry->again_us = now->boot_us + pause_us;
}

static void wait_after_failure(ControlHolds *holds, Entry *entry, const char *why, const ControlTime *now)
{
    int64_t pause_us = BP_SECOND;
    for (uint32_t i = 0; i < entry->tries && pause_us < LONGEST_PAUSE_US; i++)
        pause_us *= 2;
    entry->again_us = now->boot_us + (pause_us < LONGEST_PAUSE_US ? pause_us : LONGEST_PAUSE_US);
    entry->phase = WAITING;
    if (entry->tries++ % TRIES_TOLD == 0)
        tell(holds, CONTROL_RETRY, &entry->hold, why, now);
}

static ControlNext end_hold(ControlHolds *holds, Entry *entry, ControlEventKind kind, const char *text,
                            const ControlTime *now)
{
    tell(holds, kind, &entry->hold, text, now);
    entry->is_held = false;
    entry->phase = RUNNING;
    forget_if_empty(holds, entry);
    return CONTROL_IS_OVER;
}

static ControlNext leave(ControlHolds *holds, Entry *entry, const ControlShown *shown, const ControlTime *now)
{
    char value[CONTROL_VALUE_TEXT_MAX], text[CONTROL_EVENT_TEXT];
    if (entry->hold.is_plain)
        return end_hold(holds, entry, CONTROL_LEFT,
                        "its time was over: there is no priority array, so its value is left as it is", now);
    snprintf(text, sizeof text, "slot %d shows %s, which is not ours: it is left as it is", entry->slot,
             control_value_format(shown->value, "", value));
    return end_hold(holds, entry, CONTROL_LEFT, text, now);
}

ControlNext control_holds_seen(ControlHolds *holds, int32_t point_id, uint8_t slot, const ControlShown *shown,
                               const ControlTime *now)
{
    Entry *entry = find(holds, point_id, slot);
    if (!entry || !entry->is_held || (entry->phase != READING && entry->phase != VERIFYING))
        return CONTROL_IS_OVER; /* a release was commanded meanwhile */
    if (entry->is_claimed) {    /* the command says what becomes of it */
        entry->again_us = now->boot_us;
        entry->phase = WAITING;
        return CONTROL_READ_LATER;
    }
    switch (shown->what) {
    case CONTROL_SHOWN_EMPTY:
        return end_hold(holds, entry, CONTROL_RELEASED,
                        entry->was_written ? "its time was over: released"
                                           : "its time was over: the slot was empty already",
                        now);
    case CONTROL_SHOWN_NOT: wait_after_failure(holds, entry, shown->why, now); return CONTROL_READ_LATER;
    case CONTROL_SHOWN_VALUE: break;
    }
    if (entry->hold.is_plain || !control_hold_is_ours(&entry->hold, shown->value))
        return leave(holds, entry, shown, now);
    if (entry->phase == VERIFYING) {
        wait_after_failure(holds, entry, "Null was written, and the slot still shows our value", now);
        return CONTROL_READ_LATER;
    }
    entry->phase = WRITING;
    entry->was_written = true;
    return CONTROL_WRITE_NULL;
}

bool control_holds_wrote(ControlHolds *holds, int32_t point_id, uint8_t slot, bool may_be_done,
                         const char *why, const ControlTime *now)
{
    Entry *entry = find(holds, point_id, slot);
    if (!entry || !entry->is_held || entry->phase != WRITING)
        return false;
    if (may_be_done)
        entry->phase = VERIFYING;
    else
        wait_after_failure(holds, entry, why, now);
    return may_be_done;
}

void control_holds_wake(ControlHolds *holds, uint32_t device_instance, const ControlTime *now)
{
    for (size_t i = 0; i < holds->count; i++) {
        Entry *entry = holds->all[i];
        if (entry->phase == WAITING && entry->hold.device_instance == device_instance)
            entry->again_us = now->boot_us;
    }
}

/* ---- what outlives the process ---- */

void control_holds_put(ControlHolds *holds, const ControlHold *hold, bool is_claim)
{
    if (!find(holds, hold->point_id, hold->slot) && holds->count >= CONTROL_HOLDS_MAX)
        return;
    Entry *entry = find_or_make(holds, hold->point_id, hold->slot);
    if (is_claim) {
        entry->claim = *hold;
        entry->is_claimed = true;
        return;
    }
    if (entry->is_claimed && strcmp(entry->claim.command, hold->command) == 0)
        entry->is_claimed = false;
    hold_from_now_on(entry, hold);
}

void control_holds_drop(ControlHolds *holds, int32_t point_id, uint8_t slot, bool is_claim)
{
    Entry *entry = find(holds, point_id, slot);
    if (!entry)
        return;
    if (is_claim)
        entry->is_claimed = false;
    else
        entry->is_held = false;
    forget_if_empty(holds, entry);
}

void control_holds_note(ControlHolds *holds, const ControlTime *now)
{
    for (size_t i = 0; i < holds->count; i++) {
        control_span_note(&holds->all[i]->hold.span, now);
        control_span_note(&holds->all[i]->claim.span, now);
    }
}

void control_holds_recover(ControlHolds *holds, const ControlTime *now)
{
    for (size_t i = 0; i < holds->count; i++)
        if (holds->all[i]->is_claimed)
            end_claim_unknown(holds->all[i], now);
}

static bool has_ended(const ControlHolds *holds, const ControlHold *row)
{
    for (size_t i = 0; i < holds->event_count; i++) {
        const ControlEvent *event = &holds->events[i];
        if ((event->kind == CONTROL_RELEASED || event->kind == CONTROL_LEFT) &&
            event->point_id == row->point_id && event->slot == row->slot &&
            strcmp(event->command, row->command) == 0)
            return true;
    }
    return false;
}

bool control_holds_adopt(ControlHolds *holds, const ControlHold *row, bool is_new_life,
                         const ControlTime *now)
{
    Entry *entry = find(holds, row->point_id, row->slot);
    if (entry && entry->is_held) {
        ControlHold *hold = &entry->hold;
        const bool is_same = strcmp(hold->command, row->command) == 0;
        if (is_new_life && !is_same)
            for (size_t i = 0; i < row->ours_count && hold->ours_count < CONTROL_OURS_MAX; i++)
                control_hold_add_ours(hold, row->ours[i]);
        if (is_new_life || (is_same && hold->span.after_us == CONTROL_NO_END))
            control_span_shorten(&hold->span, control_span_left(&row->span, now), now);
        return false;
    }
    if ((entry && entry->is_claimed && strcmp(entry->claim.command, row->command) == 0) ||
        has_ended(holds, row) || (!entry && holds->count >= CONTROL_HOLDS_MAX))
        return false;
    entry = find_or_make(holds, row->point_id, row->slot);
    hold_from_now_on(entry, row);
    return true;
}

void control_holds_each(const ControlHolds *holds,
                        void (*each)(void *context, const ControlHold *hold, bool is_claim), void *context)
{
    for (size_t i = 0; i < holds->count; i++) {
        const Entry *entry = holds->all[i];
        if (entry->is_held)
            each(context, &entry->hold, false);
        if (entry->is_claimed)
            each(context, &entry->claim, true);
    }
}

size_t control_holds_count(const ControlHolds *holds)
{
    size_t count = 0;
    for (size_t i = 0; i < holds->count; i++)
        count += holds->all[i]->is_held;
    return count;
}

const ControlHold *control_holds_find_elsewhere(const ControlHolds *holds, const ControlHold *row)
{
    for (size_t i = 0; i < holds->count; i++) {
        const Entry *entry = holds->all[i];
        if (entry->is_held && entry->point_id != row->point_id && entry->slot == row->slot &&
            strcmp(entry->hold.command, row->command) == 0)
            return &entry->hold;
    }
    return NULL;
}

const ControlHold *control_holds_find(const ControlHolds *holds, int32_t point_id, uint8_t slot)
{
    const Entry *entry = find(holds, point_id, slot);
    return entry && entry->is_held ? &entry->hold : NULL;
}

void control_holds_check(const ControlHolds *holds)
{
    for (size_t i = 0; i < holds->count; i++) {
        const Entry *entry = holds->all[i];
        assert(entry->is_held || entry->is_claimed);
        assert(entry->is_held || entry->phase == RUNNING);
        assert(!entry->is_held ||
               (entry->hold.point_id == entry->point_id && entry->hold.slot == entry->slot));
        assert(!entry->is_claimed ||
               (entry->claim.point_id == entry->point_id && entry->claim.slot == entry->slot));
        assert(i == 0 || holds->all[i - 1]->point_id < entry->point_id ||
               (holds->all[i - 1]->point_id == entry->point_id && holds->all[i - 1]->slot < entry->slot));
    }
    assert(holds->event_count <= CONTROL_EVENTS_MAX);
}
