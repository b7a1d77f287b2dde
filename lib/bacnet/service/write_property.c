/* WriteProperty (ASHRAE 135, clause 15.9). */
#include "bacnet/service/write_property.h"

#include "bacnet/wire/parameter.h"

#include <assert.h>

enum { OBJECT = 0, PROPERTY = 1, VALUES = 3, PRIORITY = 4 };

BpStatus bac_write_property_decode(BpCursor *in, BacWrite *ret_write, BpError *err)
{
    assert(in && ret_write);
    BacWrite write = {.priority = BAC_NO_PRIORITY};
    BP_TRY(bac_parameter_object(in, OBJECT, &write.reference.object, err));
    BP_TRY(bac_parameter_property(in, PROPERTY, &write.reference.property, &write.reference.index, err));
    BP_TRY(bac_parameter_values(in, VALUES, &write.value, err));
    if (bac_tag_is_next(in, BAC_CONTEXT, PRIORITY))
        BP_TRY(bac_parameter_priority(in, PRIORITY, &write.priority, err));
    BP_TRY(bac_parameter_end(in, err));
    *ret_write = write;
    return BP_OK;
}

void bac_write_property_encode(BpBuf *out, const BacWrite *write)
{
    assert(write->priority <= BAC_PARAMETER_PRIORITY_MAX);
    bac_parameter_put_object(out, OBJECT, write->reference.object);
    bac_parameter_put_property(out, PROPERTY, write->reference.property, write->reference.index);
    bac_parameter_put_cursor(out, VALUES, &write->value);
    if (write->priority != BAC_NO_PRIORITY)
        bac_parameter_put_unsigned(out, PRIORITY, write->priority);
}
