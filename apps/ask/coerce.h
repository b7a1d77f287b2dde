/* A value as a person types it, as the datatype that a property has. */
#ifndef ASK_COERCE_H
#define ASK_COERCE_H

#include "bacnet/wire/value.h"
#include "base/arena.h"

/* What is known of the property that the value is for. */
typedef struct AskTarget {
    BacType type;
    BacObjectId object;
    uint32_t property;
    BpCursor state_texts;             /* State_Text's values, from state 1; empty where there are none */
    uint64_t state_count;             /* Number_Of_States; 0: not known */
    BpStr inactive_text, active_text; /* of a binary object; empty where there are none */
} AskTarget;

/* Reads `text` into *ret_value, whose octets are in `arena`. "null" is Null for every type; states go by
 * number or text, binary values by inactive and active, their texts, off and on, false and true, 0 and 1.
 * BP_INVALID: the sentence says what it could be. BP_UNSUPPORTED: values of the type cannot be written as
 * text. */
BpStatus ask_coerce(BpStr text, const AskTarget *target, BpArena *arena, BacValue *ret_value,
                    BpError *err) BP_CHECKED;

/* The datatype of this name (--type): null, boolean, unsigned, signed, real, double, string, enumerated,
 * object.
 */
BpStatus ask_coerce_type(BpStr name, BacType *ret_type, BpError *err) BP_CHECKED;

#endif
