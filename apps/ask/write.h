/* One write, from the command line to what came of it: what the object holds before and after, and telling
 * it. */
#ifndef ASK_WRITE_H
#define ASK_WRITE_H

#include "apps/ask/gate.h"
#include "config/arguments.h"
#include "node/readings.h"

enum { ASK_SLOTS = 16, ASK_SHOWN_MAX = 1024 };

/* Of write.c, which fills it in; the other files fill in what they are given a pointer to. */
typedef struct AskWrite {
    const char *object_text, *value_text; /* as the command line has them; value: NULL to release */
    const CfgCommand *command;
    const Cfg *cfg;
    BpArena *arena;
    Node *node;
    BacPeer *peer;
    BacReference reference;
    AskGate gate;
    const char *past; /* by --direct: why the site's database would not have it written; NULL: it would */
    bool commandable; /* it has a priority array */
    uint8_t priority; /* or BAC_NO_PRIORITY */
    BacValue value;
    BpCursor octets; /* the value's */
    bool answered;   /* the device took it; false: it did not say */
    NodeReadings before, after;
} AskWrite;

/* ---- what the object holds (write_look.c) ---- */

/* Whether it is the whole present value: only that has slots. */
bool ask_write_is_present_value(const AskWrite *job);

/* Reads the property, and with a present value what is around it. */
BpStatus ask_write_look(const AskWrite *job, NodeReadings *readings, BpError *err) BP_CHECKED;

/* The same into job->after, again until it holds what was written: some devices take it over with their next
 * scan. */
BpStatus ask_write_look_after(AskWrite *job, BpError *err) BP_CHECKED;

/* The property itself, by its reference, which may have an index; NULL without a value. */
const NodeReading *ask_write_own(const NodeReadings *readings);

/* What a slot holds, 1 to 16. False where there is no priority array, or nothing primitive in it. */
bool ask_write_slot(const AskWrite *job, const NodeReadings *readings, unsigned slot, BpCursor *ret_octets,
                    BacValue *ret_value);

/* The slot that holds the value: the first that is not Null; 0 for none. */
unsigned ask_write_holding_slot(const AskWrite *job, const NodeReadings *readings);

/* A text beside the property, as it was before; nothing where there is none. */
BpStr ask_write_text(const AskWrite *job, uint32_t property);

/* Afterwards the slot, or the property where there are no slots, has what was written. */
bool ask_write_holds(const AskWrite *job);

/* ---- telling (write_tell.c) ---- */

/* As sentences, or as JSON: one as an object, several as an array of them. */
void ask_write_tell(const AskWrite *jobs, size_t count, bool json);

#endif
