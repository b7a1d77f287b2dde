/* ReadProperty (ASHRAE 135, clause 15.5).
 *
 * In this folder a file has one service: what its request and its answer say after their headers (clauses 13
 * to 16). Decoders take exactly what the service has and leave nothing: leftover octets are BP_MALFORMED, and
 * a number out of its parameter's range (a priority of 17, an instance beyond 22 bits) is BP_INVALID. On any
 * status but BP_OK the results are untouched. */
#ifndef BACNET_SERVICE_READ_PROPERTY_H
#define BACNET_SERVICE_READ_PROPERTY_H

#include "bacnet/wire/property_value.h"

BpStatus bac_read_property_decode(BpCursor *in, BacReference *ret_reference, BpError *err) BP_CHECKED;
void bac_read_property_encode(BpBuf *out, const BacReference *reference);

/* *ret_value spans the values between the tags [3]: one, or a list's or array's many, or none. */
BpStatus bac_read_property_ack_decode(BpCursor *in, BacReference *ret_reference, BpCursor *ret_value,
                                      BpError *err) BP_CHECKED;
void bac_read_property_ack_encode(BpBuf *out, const BacReference *reference, BpStr value);

/* The same around a value that the caller writes straight to `out`. */
void bac_read_property_ack_begin(BpBuf *out, const BacReference *reference);
void bac_read_property_ack_end(BpBuf *out);

#endif
