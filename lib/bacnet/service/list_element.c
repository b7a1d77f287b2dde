#include "bacnet/service/list_element.h"

#include "bacnet/wire/parameter.h"

#include <assert.h>

enum { OBJECT = 0, PROPERTY = 1, ELEMENTS = 3 };

/* Of ChangeList-Error. */
enum { REASON = 0, FAILED = 1 };

BpStatus bac_list_elements_decode(BpCursor *in, BacListElements *ret_elements, BpError *err)
{
    assert(in && ret_elements);
    BacListElements elements;
    BP_TRY(bac_parameter_object(in, OBJECT, &elements.reference.object, err));
    BP_TRY(
        bac_parameter_property(in, PROPERTY, &elements.reference.property, &elements.reference.index, err));
    BP_TRY(bac_parameter_values(in, ELEMENTS, &elements.elements, err));
    BP_TRY(bac_parameter_end(in, err));
    *ret_elements = elements;
    return BP_OK;
}

void bac_list_elements_encode(BpBuf *out, const BacListElements *elements)
{
    bac_parameter_put_object(out, OBJECT, elements->reference.object);
    bac_parameter_put_property(out, PROPERTY, elements->reference.property, elements->reference.index);
    bac_parameter_put_cursor(out, ELEMENTS, &elements->elements);
}

BpStatus bac_list_elements_error_decode(BpCursor *in, BacRefusal *ret_refusal, uint32_t *ret_failed,
                                        BpError *err)
{
    assert(in && ret_refusal && ret_failed);
    BpCursor inner;
    BacRefusal refusal;
    uint32_t failed;
    BP_TRY(bac_parameter_values(in, REASON, &inner, err));
    BP_TRY(bac_error_decode(&inner, &refusal, err));
    BP_TRY(bac_parameter_unsigned(in, FAILED, UINT32_MAX, &failed, err));
    BP_TRY(bac_parameter_end(in, err));
    *ret_refusal = refusal;
    *ret_failed = failed;
    return BP_OK;
}

void bac_list_elements_error_encode(BpBuf *out, BacRefusal refusal, uint32_t failed)
{
    bac_tag_encode(out, BAC_OPENING, REASON, 0);
    bac_error_encode(out, refusal);
    bac_tag_encode(out, BAC_CLOSING, REASON, 0);
    bac_parameter_put_unsigned(out, FAILED, failed);
}
