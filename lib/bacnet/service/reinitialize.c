#include "bacnet/service/reinitialize.h"

#include "bacnet/wire/parameter.h"

#include <assert.h>

enum { STATE = 0, PASSWORD = 1 };

BpStatus bac_reinitialize_decode(BpCursor *in, BacReinitialize *ret_reinitialize, BpError *err)
{
    assert(in && ret_reinitialize);
    BacReinitialize reinitialize;
    BP_TRY(bac_parameter_unsigned(in, STATE, UINT32_MAX, &reinitialize.state, err));
    BP_TRY(bac_parameter_optional(in, PASSWORD, BAC_CHARACTER_STRING, &reinitialize.password, err));
    BP_TRY(bac_parameter_end(in, err));
    *ret_reinitialize = reinitialize;
    return BP_OK;
}

void bac_reinitialize_encode(BpBuf *out, const BacReinitialize *reinitialize)
{
    bac_parameter_put_unsigned(out, STATE, reinitialize->state);
    bac_parameter_put_optional(out, PASSWORD, &reinitialize->password);
}
