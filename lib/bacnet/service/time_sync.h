/* TimeSynchronization and UTCTimeSynchronization, which differ only in what the time means (ASHRAE 135,
 * clauses 16.7 and 16.8). Conventions as in read_property.h. */
#ifndef BACNET_SERVICE_TIME_SYNC_H
#define BACNET_SERVICE_TIME_SYNC_H

#include "bacnet/wire/timestamp.h"

BpStatus bac_time_sync_decode(BpCursor *in, BacDateTime *ret_now, BpError *err) BP_CHECKED;
void bac_time_sync_encode(BpBuf *out, const BacDateTime *now);

#endif
