/* WritePropertyMultiple (ASHRAE 135, clause 15.10). Conventions as in read_property.h. */
#ifndef BACNET_SERVICE_WRITE_MULTIPLE_H
#define BACNET_SERVICE_WRITE_MULTIPLE_H

#include "bacnet/service/error.h"
#include "bacnet/service/write_property.h"

/* Writes a whole request; neighbours in `writes` with the same object share its identifier. */
void bac_write_multiple_encode(BpBuf *out, const BacWrite *writes, size_t count);

/* Walks a request write by write. Start with {.in = parameters}. */
typedef struct BacWriteMultiple {
    BpCursor in;
    BacObjectId object;
    BpCursor list; /* what is left of the object's */
} BacWriteMultiple;

/* The next write. BP_NOT_FOUND: the end, properly reached. */
BpStatus bac_write_multiple_next(BacWriteMultiple *walk, BacWrite *ret_write, BpError *err) BP_CHECKED;

/* The parameters of its Error: the refusal, and the first write that failed. Those before it were made. */
BpStatus bac_write_multiple_error_decode(BpCursor *in, BacRefusal *ret_refusal, BacReference *ret_failed,
                                         BpError *err) BP_CHECKED;
void bac_write_multiple_error_encode(BpBuf *out, BacRefusal refusal, const BacReference *failed);

#endif
