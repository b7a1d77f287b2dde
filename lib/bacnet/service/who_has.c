#include "bacnet/service/who_has.h"

#include "bacnet/wire/parameter.h"

#include <assert.h>

enum { LOW = 0, HIGH = 1, OBJECT = 2, NAME = 3 };

static BpStatus read_limits(BpCursor *in, BacWhoIs *limits, BpError *err)
{
    limits->has_range = true;
    const BpStatus status = bac_parameter_unsigned(in, LOW, BAC_INSTANCE_WILDCARD, &limits->low, err);
    return status == BP_OK ? bac_parameter_unsigned(in, HIGH, BAC_INSTANCE_WILDCARD, &limits->high, err)
                           : status;
}

BpStatus bac_who_has_decode(BpCursor *in, BacWhoHas *ret_who_has, BpError *err)
{
    assert(in && ret_who_has);
    BacWhoHas who_has = {.name.type = BAC_NULL};
    if (bac_tag_is_next(in, BAC_CONTEXT, LOW))
        BP_TRY(read_limits(in, &who_has.limits, err));
    if (bac_tag_is_next(in, BAC_CONTEXT, NAME))
        BP_TRY(bac_parameter_value(in, NAME, BAC_CHARACTER_STRING, &who_has.name, err));
    else
        BP_TRY(bac_parameter_object(in, OBJECT, &who_has.object, err));
    BP_TRY(bac_parameter_end(in, err));
    *ret_who_has = who_has;
    return BP_OK;
}

void bac_who_has_encode(BpBuf *out, const BacWhoHas *who_has)
{
    bac_who_is_encode(out, &who_has->limits); /* the same two parameters */
    if (who_has->name.type == BAC_NULL)
        bac_parameter_put_object(out, OBJECT, who_has->object);
    else
        bac_value_encode_context(out, NAME, &who_has->name);
}

BpStatus bac_i_have_decode(BpCursor *in, BacIHave *ret_i_have, BpError *err)
{
    assert(in && ret_i_have);
    BacValue device, object, name;
    BP_TRY(bac_parameter_application(in, BAC_OBJECT_IDENTIFIER, &device, err));
    BP_TRY(bac_parameter_application(in, BAC_OBJECT_IDENTIFIER, &object, err));
    BP_TRY(bac_parameter_application(in, BAC_CHARACTER_STRING, &name, err));
    BP_TRY(bac_parameter_end(in, err));
    if (device.object.type != BAC_DEVICE)
        return bp_fail(err, BP_MALFORMED, "I-Have of an object of type %u", device.object.type);
    *ret_i_have = (BacIHave){.device = device.object.instance, .object = object.object, .name = name};
    return BP_OK;
}

void bac_i_have_encode(BpBuf *out, const BacIHave *i_have)
{
    bac_value_encode(out, &(BacValue){.type = BAC_OBJECT_IDENTIFIER, .object = {BAC_DEVICE, i_have->device}});
    bac_value_encode(out, &(BacValue){.type = BAC_OBJECT_IDENTIFIER, .object = i_have->object});
    bac_value_encode(out, &i_have->name);
}
