/* The services: what requests and answers say after their headers (ASHRAE 135, clauses 13 to 16).
 * Decoders take exactly what the service has and leave nothing: leftover octets are BP_MALFORMED, and a
 * number out of its parameter's range (a priority of 17, an instance beyond 22 bits) is BP_INVALID. On any
 * status but BP_OK the results are untouched. */
#ifndef BACNET_SERVICE_SERVICE_H
#define BACNET_SERVICE_SERVICE_H

#include "bacnet/wire/property_value.h"

/* ---- refusals: Error, Reject and Abort (clauses 18, 20.1.7 to 20.1.9) ---- */

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

/* ---- Who-Is and I-Am (clause 16.10) ---- */

typedef struct BacWhoIs {
    bool has_range;
    uint32_t low, high; /* instances, both included */
} BacWhoIs;

BpStatus bac_who_is_decode(BpCursor *in, BacWhoIs *ret_who_is, BpError *err) BP_CHECKED;
void bac_who_is_encode(BpBuf *out, const BacWhoIs *who_is);

typedef struct BacIAm {
    uint32_t instance;
    uint32_t max_apdu;    /* as the device says: may be any number */
    uint8_t segmentation; /* BacSegmentation */
    uint16_t vendor;
} BacIAm;

BpStatus bac_i_am_decode(BpCursor *in, BacIAm *ret_i_am, BpError *err) BP_CHECKED;
void bac_i_am_encode(BpBuf *out, const BacIAm *i_am);

/* ---- ReadProperty (clause 15.5) ---- */

BpStatus bac_read_property_decode(BpCursor *in, BacReference *ret_reference, BpError *err) BP_CHECKED;
void bac_read_property_encode(BpBuf *out, const BacReference *reference);

/* *ret_value spans the values between the tags [3]: one, or a list's or array's many, or none. */
BpStatus bac_read_property_ack_decode(BpCursor *in, BacReference *ret_reference, BpCursor *ret_value,
                                      BpError *err) BP_CHECKED;
void bac_read_property_ack_encode(BpBuf *out, const BacReference *reference, BpStr value);

/* The same around a value that the caller writes straight to `out`. */
void bac_read_property_ack_begin(BpBuf *out, const BacReference *reference);
void bac_read_property_ack_end(BpBuf *out);

/* ---- ReadPropertyMultiple (clause 15.7) ---- */

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

/* ---- WriteProperty (clause 15.9) ---- */

typedef struct BacWrite {
    BacReference reference;
    BpCursor value;   /* application-tagged; Null relinquishes the priority */
    uint8_t priority; /* 1 to 16, or BAC_NO_PRIORITY */
} BacWrite;

BpStatus bac_write_property_decode(BpCursor *in, BacWrite *ret_write, BpError *err) BP_CHECKED;
void bac_write_property_encode(BpBuf *out, const BacWrite *write);

#endif
