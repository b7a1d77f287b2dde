#include "bacnet/service/time_sync.h"

#include "bacnet/wire/parameter.h"

#include <assert.h>

BpStatus bac_time_sync_decode(BpCursor *in, BacDateTime *ret_now, BpError *err)
{
    assert(in && ret_now);
    BacDateTime now;
    BP_TRY(bac_date_time_decode(in, &now, err));
    BP_TRY(bac_parameter_end(in, err));
    *ret_now = now;
    return BP_OK;
}

void bac_time_sync_encode(BpBuf *out, const BacDateTime *now)
{
    bac_date_time_encode(out, now);
}
