/* Objects and properties: their identifiers, and the standard's words for them. */
#ifndef BACNET_WIRE_OBJECT_H
#define BACNET_WIRE_OBJECT_H

#include "base/error.h"
#include "base/str.h"

/* Object types, properties, units ... as BAC_ANALOG_INPUT, BAC_PROP_PRESENT_VALUE, BAC_UNITS_PERCENT: one
 * table each. */
#include "bacnet/wire/enums.h"

enum {
    BAC_INSTANCE_MAX = 4194302,
    BAC_INSTANCE_WILDCARD = 4194303, /* "whichever device you are" (clause 15.5.2) */
    BAC_OBJECT_TYPE_MAX = 1023,
    BAC_PROPERTY_MAX = 16777215,
};

typedef struct BacObjectId {
    uint16_t type;     /* BacObjectType, or a vendor's from 128 on */
    uint32_t instance; /* 22 bits */
} BacObjectId;

static inline bool bac_object_equal(BacObjectId a, BacObjectId b)
{
    return a.type == b.type && a.instance == b.instance;
}

/* As one number on the wire: 10 bits of type, 22 of instance (clause 20.2.14). */
static inline BacObjectId bac_object_id_from(uint32_t number)
{
    return (BacObjectId){.type = (uint16_t)(number >> 22), .instance = number & BAC_INSTANCE_WILDCARD};
}

static inline uint32_t bac_object_id_to(BacObjectId object)
{
    return (uint32_t)object.type << 22 | (object.instance & BAC_INSTANCE_WILDCARD);
}

/* Types whose present value is a number: of a quantity, 0 or 1 (inactive, active), a state from 1, or one of
 * the standard's own enumerations, from 0. */
bool bac_object_is_analog(uint16_t type);
bool bac_object_is_binary(uint16_t type);
bool bac_object_is_multi_state(uint16_t type);
bool bac_object_is_enumerated(uint16_t type);

/* That enumeration's words; NULL: the type has none. */
const BacWords *bac_object_states(uint16_t type);

static inline bool bac_object_is_numeric(uint16_t type)
{
    return bac_object_is_analog(type) || bac_object_is_binary(type) || bac_object_is_multi_state(type) ||
           bac_object_is_enumerated(type);
}

#define BAC_NO_INDEX UINT32_MAX

/* What a read or a write is about. */
typedef struct BacReference {
    BacObjectId object;
    uint32_t property; /* BacProperty, or a vendor's from 512 on */
    uint32_t index;    /* array index, or BAC_NO_INDEX for the whole property */
} BacReference;

/* Longest text of a reference, with its closing zero. */
enum { BAC_REFERENCE_TEXT_MAX = 112 };

/* "analog-input,3", with "proprietary-300,1" for types that have no name. Returns ret_text. */
char *bac_object_format(BacObjectId object, char ret_text[BAC_REFERENCE_TEXT_MAX]);

/* "analog-input,3 present-value" or "analog-input,3 priority-array[8]". Returns ret_text. */
char *bac_reference_format(const BacReference *reference, char ret_text[BAC_REFERENCE_TEXT_MAX]);

/* "analog-input,3", "analog-input:3", "ai,3", "AI3", "0,3", "proprietary-300,1": the usual ways of writing
 * one. */
BpStatus bac_object_parse(BpStr text, BacObjectId *ret_object, BpError *err) BP_CHECKED;

/* "present-value", "pv", "85", "priority-array[8]". */
BpStatus bac_property_parse(BpStr text, uint32_t *ret_property, uint32_t *ret_index, BpError *err) BP_CHECKED;

#endif
