/* All holds of the site: which there are, when each ends, and what is to be done then. No clock, device, disk
 * or database: instants and what was read come in as arguments.
 *
 * There is one hold for each slot of a point. A command that is about to be written is a claim beside it; how
 * that ends says whether it replaces the hold (settle). A hold that has ended is read; only where its slot
 * shows what is ours, Null is written to it, once. That is read back, and written again only after another
 * read that shows ours. What cannot be read or written is tried again after 1, 2, 4 ... 60 s, for as long as
 * it takes. */
#ifndef COLLECT_CONTROL_HOLDS_H
#define COLLECT_CONTROL_HOLDS_H

#include "apps/collect/control/hold.h"

enum { CONTROL_HOLDS_MAX = 10000, CONTROL_EVENTS_MAX = 10000, CONTROL_EVENT_TEXT = 320 };

typedef struct ControlHolds ControlHolds;

ControlHolds *control_holds_new(void);
void control_holds_free(ControlHolds *holds);

/* ---- what commands do ---- */

/* The command is about to be written, and will be settled. BP_FULL: there are CONTROL_HOLDS_MAX. */
BpStatus control_holds_claim(ControlHolds *holds, const ControlHold *claim, const ControlTime *now,
                             BpError *err) BP_CHECKED;

typedef enum ControlOutcome {
    CONTROL_TOOK,    /* the slot shows it: held, or outranked by another slot */
    CONTROL_MAY_BE,  /* it may be in the slot: not shown, or unknown. What was there before may be, too, and
                        the earlier end of both stands */
    CONTROL_DID_NOT, /* refused, or not sent: what was there before stays */
    CONTROL_EMPTIED, /* the slot is empty: a release was commanded */
} ControlOutcome;

/* How a command has ended. `shown`: its slot as it was read back; NULL: it was not. Of CONTROL_EMPTIED the
 * command is the one that released, of the others the one that claimed. What is not known is passed over.
 * True: the hold of the slot is another one now, or gone. */
bool control_holds_settle(ControlHolds *holds, int32_t point_id, uint8_t slot, const char *command,
                          ControlOutcome outcome, const ControlShown *shown, const ControlTime *now);

/* A Null may be on its way to the slot: nothing is to be written there now. */
bool control_holds_is_busy(const ControlHolds *holds, int32_t point_id, uint8_t slot);

/* ---- what ended holds want ---- */

/* When the next hold is to be read, by CLOCK_BOOTTIME; INT64_MAX: none. Holds that a claim keeps waiting, or
 * that are being read, are not among them. */
int64_t control_holds_next_due_us(const ControlHolds *holds, const ControlTime *now);

/* A hold that is to be read now, and is being read from now on: the caller tells what was seen. NULL: none.
 * `may_ask` (or NULL) says of a hold whether its device can be asked just now. Borrowed until then. */
const ControlHold *control_holds_take(ControlHolds *holds, const ControlTime *now,
                                      bool (*may_ask)(void *context, const ControlHold *hold), void *context);

typedef enum ControlNext {
    CONTROL_READ_LATER, /* it is read again later, when it is due */
    CONTROL_WRITE_NULL, /* now: the caller tells how that went. Until then the slot is busy */
    CONTROL_IS_OVER,    /* it is no hold any more; an event says why */
} ControlNext;

/* What is taken cannot be looked at now: it is again, after so long. */
void control_holds_put_off(ControlHolds *holds, int32_t point_id, uint8_t slot, int64_t pause_us,
                           const ControlTime *now);

/* What the slot of a taken hold shows. */
ControlNext control_holds_seen(ControlHolds *holds, int32_t point_id, uint8_t slot, const ControlShown *shown,
                               const ControlTime *now);

/* The Null has ended. True: it may have been carried out, and the hold is to be read back at once: it is
 * taken again. False: it is read again later; `why` says why not. */
bool control_holds_wrote(ControlHolds *holds, int32_t point_id, uint8_t slot, bool may_be_done,
                         const char *why, const ControlTime *now);

/* The device has come back: its holds that wait are read now. */
void control_holds_wake(ControlHolds *holds, uint32_t device_instance, const ControlTime *now);

/* ---- what is told of it ---- */

typedef enum ControlEventKind {
    CONTROL_RELEASED,
    CONTROL_LEFT,
    CONTROL_RETRY, /* it could not be released: at first, and then once an hour. Not kept on disk */
} ControlEventKind;

/* "released", "left", "retry": the words of the database. */
const char *control_event_name(ControlEventKind kind);

typedef struct ControlEvent {
    ControlEventKind kind;
    int32_t point_id;
    uint8_t slot;
    char command[CONTROL_ID_TEXT];
    char name[CONTROL_NAME_TEXT];
    char text[CONTROL_EVENT_TEXT];
    int64_t at_us; /* wall clock */
} ControlEvent;

/* Those that nobody has recorded yet, the oldest first; beyond CONTROL_EVENTS_MAX the oldest are lost. */
const ControlEvent *control_holds_events(const ControlHolds *holds, size_t *ret_count);
void control_holds_recorded(ControlHolds *holds, size_t count); /* the oldest of them are */

/* ---- what outlives the process ---- */

/* As the file has it: an older one of the slot is replaced, an event is added, and what a claim has become is
 * forgotten. */
void control_holds_put(ControlHolds *holds, const ControlHold *hold, bool is_claim);
void control_holds_drop(ControlHolds *holds, int32_t point_id, uint8_t slot, bool is_claim);
void control_holds_put_event(ControlHolds *holds, const ControlEvent *event);

/* All spans are noted. */
void control_holds_note(ControlHolds *holds, const ControlTime *now);

/* Claims of a run that has ended: whether they were written nobody knows. */
void control_holds_recover(ControlHolds *holds, const ControlTime *now);

/* A row of the database's. What is not known is a hold from now on (true), unless it has ended and that is
 * not recorded yet. Of the same slot and another command: the file's stands; in a new life of the database,
 * where nobody knows which is the newer, the earlier end of both does. */
bool control_holds_adopt(ControlHolds *holds, const ControlHold *row, bool is_new_life,
                         const ControlTime *now);

/* Calls `each` for all holds and claims. */
void control_holds_each(const ControlHolds *holds,
                        void (*each)(void *context, const ControlHold *hold, bool is_claim), void *context);
size_t control_holds_count(const ControlHolds *holds);
/* The slot that the command holds at another point: controllers are replaced, and points get other numbers.
 * NULL: none.
 */
const ControlHold *control_holds_find_elsewhere(const ControlHolds *holds, const ControlHold *row);

const ControlHold *control_holds_find(const ControlHolds *holds, int32_t point_id, uint8_t slot);

void control_holds_check(const ControlHolds *holds);

#endif
