#include "bacnet/service/time_sync.h"

#include "bacnet/wire/parameter.h"

#include <assert.h>

BpStatus bac_time_sync_decode(BpCursor *in, BacDateTime *ret_now, BpError *err)
{
    assert(in && ret_now);
    BacDateTime now;
    BpStatus status = bac_date_time_decode(in, &now, err);
    if (status == BP_OK)
        status = bac_parameter_end(in, err);
    if (status == BP_OK)
        *ret_now = now;
    return status;
}

void bac_time_sync_encode(BpBuf *out, const BacDateTime *now)
{
    bac_date_time_encode(out, now);
}
