#include "apps/ask/device.h"

BpStatus ask_device_parse(const char *word, const Cfg *cfg, BpArena *arena, AskDevice *ret_device,
                          BpError *err)
{
    AskDevice device = {.word = word, .is_named = node_device_is_name(word)};
    BacObjectId object;
    if (device.is_named && bac_object_parse(bp_str(word), &object, NULL) == BP_OK)
        return bp_fail(err, BP_INVALID, "of which device is %s? It stands first, as in 1001 %s", word, word);
    if (device.is_named)
        BP_TRY(node_name_find(cfg, word, NULL, arena, &device.named, err));
    *ret_device = device;
    return BP_OK;
}

BpStatus ask_device_find(const AskDevice *device, Node *node, const Cfg *cfg, BacPeer **ret_peer,
                         BpError *err)
{
    return device->is_named ? node_device_named(node, cfg, &device->named, ret_peer, err)
                            : node_device_find(node, cfg, device->word, ret_peer, err);
}

/* As the database has addresses. */
static const char *device_of(const AskDevice *device, char address_text[BAC_ADDRESS_TEXT_MAX])
{
    BacAddress address = device->named.address;
    if (!device->is_named && bac_address_parse(bp_str(device->word), &address, NULL) != BP_OK)
        return device->word; /* an instance */
    return bac_address_format(&address, address_text);
}

BpStatus ask_device_object(const AskDevice *device, const char *word, const Cfg *cfg, BpArena *arena,
                           BacReference *ret_reference, BpError *err)
{
    BacReference reference = {.property = BAC_PROP_PRESENT_VALUE, .index = BAC_NO_INDEX};
    if (bac_object_parse(bp_str(word), &reference.object, NULL) != BP_OK) {
        char address[BAC_ADDRESS_TEXT_MAX];
        NodeNamed named;
        BP_TRY(node_name_find(cfg, word, device_of(device, address), arena, &named, err));
        reference = named.reference;
    }
    *ret_reference = reference;
    return BP_OK;
}
