/* ReadProperty (ASHRAE 135, clause 15.5). */
#include "bacnet/service/read_property.h"

#include "bacnet/wire/parameter.h"

#include <assert.h>

static BpStatus read_reference(BpCursor *in, BacReference *ret_reference, BpError *err)
{
    BacReference reference;
    BP_TRY(bac_parameter_object(in, 0, &reference.object, err));
    BP_TRY(bac_parameter_property(in, 1, &reference.property, &reference.index, err));
    *ret_reference = reference;
    return BP_OK;
}

BpStatus bac_read_property_decode(BpCursor *in, BacReference *ret_reference, BpError *err)
{
    assert(in && ret_reference);
    BacReference reference;
    BP_TRY(read_reference(in, &reference, err));
    BP_TRY(bac_parameter_end(in, err));
    *ret_reference = reference;
    return BP_OK;
}

void bac_read_property_encode(BpBuf *out, const BacReference *reference)
{
    bac_parameter_put_object(out, 0, reference->object);
    bac_parameter_put_property(out, 1, reference->property, reference->index);
}

BpStatus bac_read_property_ack_decode(BpCursor *in, BacReference *ret_reference, BpCursor *ret_value,
                                      BpError *err)
{
    assert(in && ret_reference && ret_value);
    BacReference reference;
    BpCursor value;
    BP_TRY(read_reference(in, &reference, err));
    BP_TRY(bac_parameter_values(in, 3, &value, err));
    BP_TRY(bac_parameter_end(in, err));
    *ret_reference = reference;
    *ret_value = value;
    return BP_OK;
}

void bac_read_property_ack_begin(BpBuf *out, const BacReference *reference)
{
    bac_read_property_encode(out, reference);
    bac_tag_encode(out, BAC_OPENING, 3, 0);
}

void bac_read_property_ack_end(BpBuf *out)
{
    bac_tag_encode(out, BAC_CLOSING, 3, 0);
}

void bac_read_property_ack_encode(BpBuf *out, const BacReference *reference, BpStr value)
{
    bac_read_property_ack_begin(out, reference);
    bp_buf_str(out, value);
    bac_read_property_ack_end(out);
}
