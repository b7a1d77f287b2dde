/* Refusals: Error, Reject and Abort (ASHRAE 135, clauses 18, 20.1.7 to 20.1.9). Conventions as in
 * read_property.h. */
#ifndef BACNET_SERVICE_ERROR_H
#define BACNET_SERVICE_ERROR_H

#include "bacnet/wire/enums.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "base/error.h"

typedef enum BacRefusalKind {
    BAC_NOT_REFUSED = 0,
    BAC_REFUSED_ERROR,
    BAC_REFUSED_REJECT,
    BAC_REFUSED_ABORT
} BacRefusalKind;

typedef struct BacRefusal {
    BacRefusalKind kind;
    uint16_t error_class; /* of an Error: BacErrorClass */
    uint16_t code;        /* BacErrorCode, BacRejectReason or BacAbortReason */
} BacRefusal;

/* "unknown-object (error of class object)", "unrecognized-service (reject)", "segmentation-not-supported
 * (abort)". */
enum { BAC_REFUSAL_TEXT_MAX = 128 };
char *bac_refusal_format(BacRefusal refusal, char ret_text[BAC_REFUSAL_TEXT_MAX]);

/* The parameters of an Error PDU for any service: those with more than class and code (WritePropertyMultiple,
 * CreateObject, ...) wrap them in [0]. */
BpStatus bac_error_decode(BpCursor *in, BacRefusal *ret_refusal, BpError *err) BP_CHECKED;
void bac_error_encode(BpBuf *out, BacRefusal refusal);

#endif
