#include "bacnet/service/write_multiple.h"

#include "bacnet/wire/parameter.h"
#include "bacnet/wire/property_value.h"

#include <assert.h>

/* Context tags of a request: an object, and its list of properties with their values. */
enum { OBJECT = 0, LIST = 1 };

/* Those of an Error: what went wrong, and in it the reference to where. */
enum { REFUSAL = 0, FAILED = 1, FAILED_OBJECT = 0, FAILED_PROPERTY = 1 };

void bac_write_multiple_encode(BpBuf *out, const BacWrite *writes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const BacReference *reference = &writes[i].reference;
        if (i == 0 || !bac_object_equal(reference->object, writes[i - 1].reference.object)) {
            bac_parameter_put_object(out, OBJECT, reference->object);
            bac_tag_encode(out, BAC_OPENING, LIST, 0);
        }
        bac_property_value_encode(out, &(BacPropertyValue){.property = reference->property,
                                                           .index = reference->index,
                                                           .value = writes[i].value,
                                                           .priority = writes[i].priority});
        if (i + 1 == count || !bac_object_equal(reference->object, writes[i + 1].reference.object))
            bac_tag_encode(out, BAC_CLOSING, LIST, 0);
    }
}

BpStatus bac_write_multiple_next(BacWriteMultiple *walk, BacWrite *ret_write, BpError *err)
{
    assert(walk && ret_write);
    while (bac_parameter_at_end(&walk->list)) { /* an object may have no properties */
        if (bac_parameter_at_end(&walk->in))
            return BP_NOT_FOUND;
        BP_TRY(bac_parameter_object(&walk->in, OBJECT, &walk->object, err));
        BP_TRY(bac_parameter_values(&walk->in, LIST, &walk->list, err));
    }
    BacPropertyValue value;
    BP_TRY(bac_property_value_next(&walk->list, &value, err));
    *ret_write = (BacWrite){.reference = {walk->object, value.property, value.index},
                            .value = value.value,
                            .priority = value.priority};
    return BP_OK;
}

static BpStatus read_reference(BpCursor *in, BacReference *reference, BpError *err)
{
    BpCursor inner;
    BP_TRY(bac_parameter_values(in, FAILED, &inner, err));
    BP_TRY(bac_parameter_object(&inner, FAILED_OBJECT, &reference->object, err));
    BP_TRY(bac_parameter_property(&inner, FAILED_PROPERTY, &reference->property, &reference->index, err));
    return bac_parameter_end(&inner, err);
}

BpStatus bac_write_multiple_error_decode(BpCursor *in, BacRefusal *ret_refusal, BacReference *ret_failed,
                                         BpError *err)
{
    assert(in && ret_refusal && ret_failed);
    BpCursor inner;
    BacRefusal refusal;
    BacReference failed;
    BP_TRY(bac_parameter_values(in, REFUSAL, &inner, err));
    BP_TRY(bac_error_decode(&inner, &refusal, err));
    BP_TRY(read_reference(in, &failed, err));
    BP_TRY(bac_parameter_end(in, err));
    *ret_refusal = refusal;
    *ret_failed = failed;
    return BP_OK;
}

void bac_write_multiple_error_encode(BpBuf *out, BacRefusal refusal, const BacReference *failed)
{
    bac_tag_encode(out, BAC_OPENING, REFUSAL, 0);
    bac_error_encode(out, refusal);
    bac_tag_encode(out, BAC_CLOSING, REFUSAL, 0);
    bac_tag_encode(out, BAC_OPENING, FAILED, 0);
    bac_parameter_put_object(out, FAILED_OBJECT, failed->object);
    bac_parameter_put_property(out, FAILED_PROPERTY, failed->property, failed->index);
    bac_tag_encode(out, BAC_CLOSING, FAILED, 0);
}
