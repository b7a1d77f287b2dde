/* Context-tagged parameters, of which requests and answers are made (ASHRAE 135, clause 20.2). For the files
 * of this folder: everybody else has service.h. */
#ifndef BACNET_PARAMETER_H
#define BACNET_PARAMETER_H

#include "bacnet/object.h"
#include "bacnet/tag.h"

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

/* BP_MALFORMED unless everything has been read. */
BpStatus bac_parameter_end(const BpCursor *in, BpError *err) BP_CHECKED;

#endif
