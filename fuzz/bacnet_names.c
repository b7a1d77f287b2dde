/* Addresses, objects and properties as text: refused, or written and read back the same. */
#include "bacnet/wire/address.h"
#include "bacnet/wire/object.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_address(BpStr text)
{
    BacAddress address, again;
    BpError err;
    char written[BAC_ADDRESS_TEXT_MAX];
    if (bac_address_parse(text, &address, &err) != BP_OK)
        return;
    const BpStatus status = bac_address_parse(bp_str(bac_address_format(&address, written)), &again, &err);
    assert(status == BP_OK && bac_address_equal(&address, &again));
}

static void try_object(BpStr text)
{
    BacObjectId object, again;
    BpError err;
    char written[BAC_REFERENCE_TEXT_MAX];
    if (bac_object_parse(text, &object, &err) != BP_OK)
        return;
    const BpStatus status = bac_object_parse(bp_str(bac_object_format(object, written)), &again, &err);
    assert(status == BP_OK && bac_object_equal(object, again));
}

static void try_property(BpStr text)
{
    BacReference reference = {{BAC_DEVICE, 1}, 0, 0};
    uint32_t property, index;
    BpError err;
    char written[BAC_REFERENCE_TEXT_MAX];
    if (bac_property_parse(text, &reference.property, &reference.index, &err) != BP_OK)
        return;
    BpStr rest;
    (void)bp_str_cut(bp_str(bac_reference_format(&reference, written)), ' ', &rest);
    const BpStatus status = bac_property_parse(rest, &property, &index, &err);
    assert(status == BP_OK && property == reference.property && index == reference.index);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const BpStr text = {(const char *)data, size};
    try_address(text);
    try_object(text);
    try_property(text);
    return 0;
}
