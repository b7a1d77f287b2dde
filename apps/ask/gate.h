/* What the site has against a write that goes past its gate: control is stopped, a point is not writable, or
 * the value out of its limits. It keeps nobody from it, and is said. */
#ifndef ASK_GATE_H
#define ASK_GATE_H

#include "apps/ask/device.h"

typedef struct AskGate {
    bool is_known; /* the database has a point there; all else is only where it does */
    int64_t point_id;
    const char *name; /* in the arena */
    const char *mode; /* of control: normal, stop or freeze */
    bool is_writable;
    bool has_min, has_max;
    double min, max;
} AskGate;

/* What it says of the property of the object, or of its present-value where it has no point of that property.
 * Nothing is known where no database is anybody's. BP_UNAVAILABLE: somebody has said where it is, and it
 * does not answer. `address`: where the device was found. */
BpStatus ask_gate_look(const AskDevice *device, const BacAddress *address, const BacReference *reference,
                       const Cfg *cfg, BpArena *arena, AskGate *ret_gate, BpError *err) BP_CHECKED;

/* Whether it may be written, and this number. BP_REFUSED: the sentence says why not. */
BpStatus ask_gate_check_write(const AskGate *gate, BpError *err) BP_CHECKED;
BpStatus ask_gate_check_number(const AskGate *gate, double number, BpError *err) BP_CHECKED;

#endif
