/* What is kept outside the database while it changes: holds, and where the journal stood. Each change is a
 * record for the file; read again in order, the records make the same of it. */
#ifndef COLLECT_CONTROL_KEPT_H
#define COLLECT_CONTROL_KEPT_H

#include "apps/collect/control/record_json.h"

typedef struct ControlKept {
    ControlHolds *holds;
    ControlPlace place;
    bool has_place;   /* false: there was no file, or it said nothing of it */
    bool has_begun;   /* what changes from now on is recorded */
    ControlTime last; /* of the records read */
    void *owner;
    void (*put)(void *owner, const ControlRecord *record); /* record.clock is filled */
} ControlKept;

void control_kept_init(ControlKept *kept, void (*put)(void *owner, const ControlRecord *record), void *owner);
void control_kept_done(ControlKept *kept);

/* A record that was read. */
void control_kept_apply(ControlKept *kept, const ControlRecord *record);

/* All was read: a run begins. Commands that the run before was about to write may be in their slots. */
void control_kept_begin(ControlKept *kept, const ControlTime *now);

/* Records of all there is. */
void control_kept_write_all(const ControlKept *kept, const ControlTime *now, BpBuf *out);

/* A hold has run so long: once a minute, so that a restart of the machine forgets no more. */
void control_kept_note(ControlKept *kept, const ControlTime *now);

void control_kept_place(ControlKept *kept, const ControlPlace *place, const ControlTime *now);

/* As the functions of holds.h. */
BpStatus control_kept_claim(ControlKept *kept, const ControlHold *claim, const ControlTime *now,
                            BpError *err) BP_CHECKED;
void control_kept_settle(ControlKept *kept, int32_t point_id, uint8_t slot, const char *command,
                         ControlOutcome outcome, const ControlShown *shown, const ControlTime *now);
ControlNext control_kept_seen(ControlKept *kept, int32_t point_id, uint8_t slot, const ControlShown *shown,
                              const ControlTime *now);
bool control_kept_adopt(ControlKept *kept, const ControlHold *row, bool is_new_life, const ControlTime *now);
void control_kept_recorded(ControlKept *kept, size_t count, const ControlTime *now);

#endif
