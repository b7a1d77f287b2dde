/* ReadPropertyMultiple (ASHRAE 135, clause 15.7). Conventions as in read_property.h. */
#ifndef BACNET_SERVICE_READ_MULTIPLE_H
#define BACNET_SERVICE_READ_MULTIPLE_H

#include "bacnet/service/error.h"
#include "bacnet/wire/property_value.h"

/* Writes a whole request; neighbours in `references` with the same object share its identifier. */
void bac_read_multiple_encode(BpBuf *out, const BacReference *references, size_t count);

/* Octets that one more reference adds to a request: with its object, or behind another of the same object. */
size_t bac_read_multiple_request_size(const BacReference *reference, bool object_is_new);

/* Octets in an answer that one reference takes besides its value's own. */
size_t bac_read_multiple_answer_size(const BacReference *reference, bool object_is_new);

/* Walks a request or an answer reference by reference. Start with {.in = parameters}. */
typedef struct BacReadMultiple {
    BpCursor in;
    BacObjectId object;
    bool in_object; /* inside an object's list */
} BacReadMultiple;

/* The next reference of a request. Properties ALL, REQUIRED and OPTIONAL come as they are.
 * BP_NOT_FOUND: the end, properly reached. */
BpStatus bac_read_multiple_next(BacReadMultiple *walk, BacReference *ret_reference, BpError *err) BP_CHECKED;

typedef struct BacReadResult {
    BacReference reference;
    BacRefusal refusal; /* of this property alone; kind BAC_NOT_REFUSED where there is a value */
    BpCursor value;     /* spans the values, as in bac_read_property_ack_decode */
} BacReadResult;

/* The next result of an answer. BP_NOT_FOUND: the end, properly reached. */
BpStatus bac_read_multiple_ack_next(BacReadMultiple *walk, BacReadResult *ret_result,
                                    BpError *err) BP_CHECKED;

/* Writing an answer: open an object, add its results, close it. */
void bac_read_multiple_ack_open(BpBuf *out, BacObjectId object);
void bac_read_multiple_ack_add(BpBuf *out, uint32_t property, uint32_t index, BpStr value);
void bac_read_multiple_ack_begin(BpBuf *out, uint32_t property, uint32_t index); /* add: begin, value, end */
void bac_read_multiple_ack_end(BpBuf *out);
void bac_read_multiple_ack_refuse(BpBuf *out, uint32_t property, uint32_t index, BacRefusal refusal);
void bac_read_multiple_ack_close(BpBuf *out);

#endif
