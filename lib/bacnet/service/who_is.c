/* Who-Is and I-Am (ASHRAE 135, clause 16.10). */
#include "bacnet/service/who_is.h"

#include "bacnet/wire/parameter.h"

#include <assert.h>

BpStatus bac_who_is_decode(BpCursor *in, BacWhoIs *ret_who_is, BpError *err)
{
    assert(in && ret_who_is);
    BacWhoIs who_is = {.has_range = bp_cursor_remaining(in) > 0};
    if (who_is.has_range) {
        BP_TRY(bac_parameter_unsigned(in, 0, BAC_INSTANCE_WILDCARD, &who_is.low, err));
        BP_TRY(bac_parameter_unsigned(in, 1, BAC_INSTANCE_WILDCARD, &who_is.high, err));
    }
    BP_TRY(bac_parameter_end(in, err));
    *ret_who_is = who_is;
    return BP_OK;
}

void bac_who_is_encode(BpBuf *out, const BacWhoIs *who_is)
{
    if (!who_is->has_range)
        return;
    bac_parameter_put_unsigned(out, 0, who_is->low);
    bac_parameter_put_unsigned(out, 1, who_is->high);
}

/* The four values of an I-Am, in their order. */
static BpStatus read_value(BpCursor *in, BacType type, BacValue *ret_value, BpError *err)
{
    const BpStatus status = bac_value_decode(in, ret_value, err);
    if (status == BP_OK && ret_value->type != type)
        return bp_fail(err, BP_MALFORMED, "I-Am has a value of type %u where %u belongs",
                       (unsigned)ret_value->type, (unsigned)type);
    return status;
}

BpStatus bac_i_am_decode(BpCursor *in, BacIAm *ret_i_am, BpError *err)
{
    assert(in && ret_i_am);
    BacValue device, max_apdu, segmentation, vendor;
    BP_TRY(read_value(in, BAC_OBJECT_IDENTIFIER, &device, err));
    BP_TRY(read_value(in, BAC_UNSIGNED, &max_apdu, err));
    BP_TRY(read_value(in, BAC_ENUMERATED, &segmentation, err));
    BP_TRY(read_value(in, BAC_UNSIGNED, &vendor, err));
    BP_TRY(bac_parameter_end(in, err));
    if (device.object.type != BAC_DEVICE)
        return bp_fail(err, BP_MALFORMED, "I-Am of an object of type %u", device.object.type);
    if (max_apdu.natural > UINT32_MAX || segmentation.enumerated > UINT8_MAX || vendor.natural > UINT16_MAX)
        return bp_fail(err, BP_INVALID, "I-Am of device %u has a number out of range",
                       device.object.instance);
    *ret_i_am = (BacIAm){.instance = device.object.instance,
                         .max_apdu = (uint32_t)max_apdu.natural,
                         .segmentation = (uint8_t)segmentation.enumerated,
                         .vendor = (uint16_t)vendor.natural};
    return BP_OK;
}

void bac_i_am_encode(BpBuf *out, const BacIAm *i_am)
{
    bac_value_encode(out, &(BacValue){.type = BAC_OBJECT_IDENTIFIER, .object = {BAC_DEVICE, i_am->instance}});
    bac_value_encode(out, &(BacValue){.type = BAC_UNSIGNED, .natural = i_am->max_apdu});
    bac_value_encode(out, &(BacValue){.type = BAC_ENUMERATED, .enumerated = i_am->segmentation});
    bac_value_encode(out, &(BacValue){.type = BAC_UNSIGNED, .natural = i_am->vendor});
}
