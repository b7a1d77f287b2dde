#include "bacnet/wire/property_value.h"

#include "bacnet/wire/parameter.h"

#include <assert.h>

/* Context tags: the index, where there is one, has the one after its property's. */
enum { PROPERTY = 0, VALUES = 2, PRIORITY = 3 };

BpStatus bac_property_value_next(BpCursor *list, BacPropertyValue *ret_value, BpError *err)
{
    assert(list && ret_value);
    if (bac_parameter_at_end(list))
        return BP_NOT_FOUND;
    BacPropertyValue value = {.priority = BAC_NO_PRIORITY};
    BP_TRY(bac_parameter_property(list, PROPERTY, &value.property, &value.index, err));
    BP_TRY(bac_parameter_values(list, VALUES, &value.value, err));
    if (bac_tag_is_next(list, BAC_CONTEXT, PRIORITY))
        BP_TRY(bac_parameter_priority(list, PRIORITY, &value.priority, err));
    *ret_value = value;
    return BP_OK;
}

void bac_property_value_encode(BpBuf *out, const BacPropertyValue *value)
{
    assert(value->priority <= BAC_PARAMETER_PRIORITY_MAX);
    bac_parameter_put_property(out, PROPERTY, value->property, value->index);
    bac_parameter_put_cursor(out, VALUES, &value->value);
    if (value->priority != BAC_NO_PRIORITY)
        bac_parameter_put_unsigned(out, PRIORITY, value->priority);
}
