#include "bacnet/wire/parameter.h"

#include <assert.h>

static uint8_t unsigned_length(uint32_t value)
{
    return value < 1U << 8 ? 1 : value < 1U << 16 ? 2 : value < 1U << 24 ? 3 : 4;
}

BpStatus bac_parameter_unsigned(BpCursor *in, uint8_t number, uint32_t max, uint32_t *ret_value, BpError *err)
{
    BacTag tag;
    const BpStatus status = bac_tag_expect(in, BAC_CONTEXT, number, &tag, err);
    if (status != BP_OK)
        return status;
    if (tag.length < 1 || tag.length > 8)
        return bp_fail(err, BP_MALFORMED, "number of %u octets in parameter %u", tag.length, number);
    const uint64_t value = bp_cursor_unsigned(in, tag.length);
    if (value > max)
        return bp_fail(err, BP_INVALID, "parameter %u is %llu, more than %u", number,
                       (unsigned long long)value, max);
    *ret_value = (uint32_t)value;
    return BP_OK;
}

void bac_parameter_put_unsigned(BpBuf *out, uint8_t number, uint32_t value)
{
    const uint8_t length = unsigned_length(value);
    bac_tag_encode(out, BAC_CONTEXT, number, length);
    bp_buf_unsigned(out, value, length);
}

BpStatus bac_parameter_object(BpCursor *in, uint8_t number, BacObjectId *ret_object, BpError *err)
{
    BacTag tag;
    const BpStatus status = bac_tag_expect(in, BAC_CONTEXT, number, &tag, err);
    if (status != BP_OK)
        return status;
    if (tag.length != 4)
        return bp_fail(err, BP_MALFORMED, "object identifier of %u octets in parameter %u", tag.length,
                       number);
    *ret_object = bac_object_id_from(bp_cursor_u32(in));
    return BP_OK;
}

void bac_parameter_put_object(BpBuf *out, uint8_t number, BacObjectId object)
{
    bac_tag_encode(out, BAC_CONTEXT, number, 4);
    bp_buf_u32(out, bac_object_id_to(object));
}

BpStatus bac_parameter_property(BpCursor *in, uint8_t number, uint32_t *ret_property, uint32_t *ret_index,
                                BpError *err)
{
    *ret_index = BAC_NO_INDEX;
    const BpStatus status = bac_parameter_unsigned(in, number, UINT32_MAX, ret_property, err);
    if (status != BP_OK || !bac_tag_is_next(in, BAC_CONTEXT, number + 1))
        return status;
    return bac_parameter_unsigned(in, number + 1, BAC_NO_INDEX - 1, ret_index, err);
}

void bac_parameter_put_property(BpBuf *out, uint8_t number, uint32_t property, uint32_t index)
{
    bac_parameter_put_unsigned(out, number, property);
    if (index != BAC_NO_INDEX)
        bac_parameter_put_unsigned(out, number + 1, index);
}

size_t bac_parameter_property_size(uint32_t property, uint32_t index)
{
    const size_t index_size = index == BAC_NO_INDEX ? 0 : 1 + (size_t)unsigned_length(index);
    return 1 + (size_t)unsigned_length(property) + index_size;
}

BpStatus bac_parameter_values(BpCursor *in, uint8_t number, BpCursor *ret_values, BpError *err)
{
    BacTag tag;
    const BpStatus status = bac_tag_expect(in, BAC_OPENING, number, &tag, err);
    return status == BP_OK ? bac_tag_contents(in, number, ret_values, err) : status;
}

void bac_parameter_put_values(BpBuf *out, uint8_t number, BpStr values)
{
    bac_tag_encode(out, BAC_OPENING, number, 0);
    bp_buf_str(out, values);
    bac_tag_encode(out, BAC_CLOSING, number, 0);
}

void bac_parameter_put_cursor(BpBuf *out, uint8_t number, const BpCursor *values)
{
    const size_t size = bp_cursor_remaining(values);
    bac_parameter_put_values(out, number,
                             (BpStr){size ? (const char *)values->data + values->offset : NULL, size});
}

BpStatus bac_parameter_value(BpCursor *in, uint8_t number, BacType type, BacValue *ret_value, BpError *err)
{
    BacTag tag;
    const BpStatus status = bac_tag_expect(in, BAC_CONTEXT, number, &tag, err);
    return status == BP_OK ? bac_value_decode_as(in, &tag, type, ret_value, err) : status;
}

BpStatus bac_parameter_optional(BpCursor *in, uint8_t number, BacType type, BacValue *ret_value, BpError *err)
{
    if (bac_tag_is_next(in, BAC_CONTEXT, number))
        return bac_parameter_value(in, number, type, ret_value, err);
    *ret_value = (BacValue){.type = BAC_NULL};
    return BP_OK;
}

void bac_parameter_put_optional(BpBuf *out, uint8_t number, const BacValue *value)
{
    if (value->type != BAC_NULL)
        bac_value_encode_context(out, number, value);
}

BpStatus bac_parameter_boolean(BpCursor *in, uint8_t number, bool *ret_truth, BpError *err)
{
    BacValue value;
    const BpStatus status = bac_parameter_value(in, number, BAC_BOOLEAN, &value, err);
    if (status == BP_OK)
        *ret_truth = value.boolean;
    return status;
}

void bac_parameter_put_boolean(BpBuf *out, uint8_t number, bool truth)
{
    bac_value_encode_context(out, number, &(BacValue){.type = BAC_BOOLEAN, .boolean = truth});
}

BpStatus bac_parameter_device(BpCursor *in, uint8_t number, uint32_t *ret_instance, BpError *err)
{
    BacObjectId device = {0};
    const BpStatus status = bac_parameter_object(in, number, &device, err);
    if (status != BP_OK)
        return status;
    if (device.type != BAC_DEVICE)
        return bp_fail(err, BP_MALFORMED, "object of type %u in parameter %u where a device belongs",
                       device.type, number);
    *ret_instance = device.instance;
    return BP_OK;
}

void bac_parameter_put_device(BpBuf *out, uint8_t number, uint32_t instance)
{
    bac_parameter_put_object(out, number, (BacObjectId){BAC_DEVICE, instance});
}

BpStatus bac_parameter_priority(BpCursor *in, uint8_t number, uint8_t *ret_priority, BpError *err)
{
    uint32_t priority = 0;
    const BpStatus status = bac_parameter_unsigned(in, number, BAC_PARAMETER_PRIORITY_MAX, &priority, err);
    if (status != BP_OK)
        return status;
    if (priority == 0)
        return bp_fail(err, BP_INVALID, "priority 0 is none of 1 to %d", BAC_PARAMETER_PRIORITY_MAX);
    *ret_priority = (uint8_t)priority;
    return BP_OK;
}

BpStatus bac_parameter_application(BpCursor *in, BacType type, BacValue *ret_value, BpError *err)
{
    const size_t start = in->offset;
    BacValue value;
    const BpStatus status = bac_value_decode(in, &value, err);
    if (status != BP_OK)
        return status;
    if (value.type != type)
        return bp_fail(err, BP_MALFORMED, "value of type %u at octet %zu where type %u belongs",
                       (unsigned)value.type, start, (unsigned)type);
    *ret_value = value;
    return BP_OK;
}

BpStatus bac_parameter_end(const BpCursor *in, BpError *err)
{
    if (bp_cursor_remaining(in) > 0)
        return bp_fail(err, BP_MALFORMED, "%zu octets too many", bp_cursor_remaining(in));
    return BP_OK;
}
