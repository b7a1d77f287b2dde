/* Context-tagged parameters, of which requests and answers are made (ASHRAE 135, clause 20.2). For the files
 * of service/: everybody else has that folder's headers. */
#ifndef BACNET_WIRE_PARAMETER_H
#define BACNET_WIRE_PARAMETER_H

#include "bacnet/wire/value.h"

/* An Unsigned or Enumerated of at most `max` with the context tag `number`. A larger one is BP_INVALID. */
BpStatus bac_parameter_unsigned(BpCursor *in, uint8_t number, uint32_t max, uint32_t *ret_value,
                                BpError *err) BP_CHECKED;
void bac_parameter_put_unsigned(BpBuf *out, uint8_t number, uint32_t value);

/* An object identifier with the context tag `number`. */
BpStatus bac_parameter_object(BpCursor *in, uint8_t number, BacObjectId *ret_object, BpError *err) BP_CHECKED;
void bac_parameter_put_object(BpBuf *out, uint8_t number, BacObjectId object);

/* A property with the context tag `number`, and its array index, which may be missing, with the next. */
BpStatus bac_parameter_property(BpCursor *in, uint8_t number, uint32_t *ret_property, uint32_t *ret_index,
                                BpError *err) BP_CHECKED;
void bac_parameter_put_property(BpBuf *out, uint8_t number, uint32_t property, uint32_t index);
size_t bac_parameter_property_size(uint32_t property, uint32_t index);

/* Values between an opening and a closing tag `number`. */
BpStatus bac_parameter_values(BpCursor *in, uint8_t number, BpCursor *ret_values, BpError *err) BP_CHECKED;
void bac_parameter_put_values(BpBuf *out, uint8_t number, BpStr values);

void bac_parameter_put_cursor(BpBuf *out, uint8_t number, const BpCursor *values);

/* A primitive value of the `type` with the context tag `number`. */
BpStatus bac_parameter_value(BpCursor *in, uint8_t number, BacType type, BacValue *ret_value,
                             BpError *err) BP_CHECKED;

/* The same where it may be missing: then *ret_value is of type BAC_NULL. And written unless it is. */
BpStatus bac_parameter_optional(BpCursor *in, uint8_t number, BacType type, BacValue *ret_value,
                                BpError *err) BP_CHECKED;
void bac_parameter_put_optional(BpBuf *out, uint8_t number, const BacValue *value);

BpStatus bac_parameter_boolean(BpCursor *in, uint8_t number, bool *ret_truth, BpError *err) BP_CHECKED;
void bac_parameter_put_boolean(BpBuf *out, uint8_t number, bool truth);

/* A device's object identifier with the context tag `number`; BP_MALFORMED if it is of another type. */
BpStatus bac_parameter_device(BpCursor *in, uint8_t number, uint32_t *ret_instance, BpError *err) BP_CHECKED;
void bac_parameter_put_device(BpBuf *out, uint8_t number, uint32_t instance);

/* A priority of 1 to 16 with the context tag `number`; BP_INVALID if it is another. */
enum { BAC_PARAMETER_PRIORITY_MAX = 16 };
BpStatus bac_parameter_priority(BpCursor *in, uint8_t number, uint8_t *ret_priority, BpError *err) BP_CHECKED;

/* An application-tagged value that must be of the `type`. */
BpStatus bac_parameter_application(BpCursor *in, BacType type, BacValue *ret_value, BpError *err) BP_CHECKED;

/* True at the end, properly reached: what a walk over a list answers BP_NOT_FOUND to. */
static inline bool bac_parameter_at_end(const BpCursor *in)
{
    return !in->failed && bp_cursor_remaining(in) == 0;
}

/* BP_MALFORMED unless everything has been read. */
BpStatus bac_parameter_end(const BpCursor *in, BpError *err) BP_CHECKED;

#endif
