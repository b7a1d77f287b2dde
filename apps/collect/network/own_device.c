/* Our own device: we are on the network as one, and say what we are when we are asked. */
#include "apps/collect/network/parts.h"
#include "base/time.h"

#include <stdio.h>

static void put_text(BpBuf *out, const char *text)
{
    const BacValue value = {.type = BAC_CHARACTER_STRING,
                            .text = {.charset = BAC_UTF_8, .octets = bp_cursor(text, strlen(text))}};
    bac_value_encode(out, &value);
}

static void put_natural(BpBuf *out, BacType type, uint64_t natural)
{
    BacValue value = {.type = type, .natural = natural};
    if (type == BAC_ENUMERATED)
        value.enumerated = (uint32_t)natural;
    bac_value_encode(out, &value);
}

static const uint32_t own_properties[] = {
    BAC_PROP_OBJECT_IDENTIFIER,
    BAC_PROP_OBJECT_NAME,
    BAC_PROP_OBJECT_TYPE,
    BAC_PROP_SYSTEM_STATUS,
    BAC_PROP_VENDOR_NAME,
    BAC_PROP_VENDOR_IDENTIFIER,
    BAC_PROP_MODEL_NAME,
    BAC_PROP_FIRMWARE_REVISION,
    BAC_PROP_PROTOCOL_VERSION,
    BAC_PROP_PROTOCOL_REVISION,
    BAC_PROP_OBJECT_LIST,
    BAC_PROP_MAX_APDU_LENGTH_ACCEPTED,
    BAC_PROP_SEGMENTATION_SUPPORTED,
    BAC_PROP_APDU_TIMEOUT,
    BAC_PROP_NUMBER_OF_APDU_RETRIES,
    BAC_PROP_DATABASE_REVISION,
    BAC_PROP_APPLICATION_SOFTWARE_VERSION,
    BAC_PROP_PROTOCOL_SERVICES_SUPPORTED,
    BAC_PROP_PROTOCOL_OBJECT_TYPES_SUPPORTED,
    BAC_PROP_DEVICE_ADDRESS_BINDING,
};

/* Of BACnetServicesSupported, what we carry out; of BACnetObjectTypesSupported, what we have. */
static const uint8_t own_services[] = {1, 12, 14, 26, 28, 33, 34}, own_types[] = {BAC_DEVICE};
enum { SERVICE_BITS = 41, TYPE_BITS = 60 };

static void put_bits(BpBuf *out, const uint8_t *set, size_t set_count, uint32_t count)
{
    uint8_t octets[8] = {0};
    for (size_t i = 0; i < set_count; i++)
        octets[set[i] / 8] |= (uint8_t)(0x80 >> set[i] % 8);
    const BacValue value = {.type = BAC_BIT_STRING, .bits = {octets, count}};
    bac_value_encode(out, &value);
}

static BacRefusal refusal(BacErrorClass error_class, BacErrorCode code)
{
    return (BacRefusal){
        .kind = BAC_REFUSED_ERROR, .error_class = (uint16_t)error_class, .code = (uint16_t)code};
}

static bool own_exists(void *owner, BacObjectId object)
{
    const CollectNetwork *network = owner;
    return object.type == BAC_DEVICE && object.instance == (uint32_t)network->cfg->bacnet_instance;
}

static BacRefusal read_own(void *owner, const BacReference *reference, BpBuf *out)
{
    const CollectNetwork *network = owner;
    char name[128];
    if (!own_exists(owner, reference->object))
        return refusal(BAC_CLASS_OBJECT, BAC_CODE_UNKNOWN_OBJECT);
    const BacValue id = {.type = BAC_OBJECT_IDENTIFIER, .object = reference->object};
    if (reference->property == BAC_PROP_OBJECT_LIST) {
        if (reference->index == 0)
            put_natural(out, BAC_UNSIGNED, 1);
        else if (reference->index == 1 || reference->index == BAC_NO_INDEX)
            bac_value_encode(out, &id);
        else
            return refusal(BAC_CLASS_PROPERTY, BAC_CODE_INVALID_ARRAY_INDEX);
        return (BacRefusal){0};
    }
    if (reference->index != BAC_NO_INDEX)
        return refusal(BAC_CLASS_PROPERTY, BAC_CODE_PROPERTY_IS_NOT_AN_ARRAY);
    switch (reference->property) {
    case BAC_PROP_OBJECT_IDENTIFIER: bac_value_encode(out, &id); break;
    case BAC_PROP_OBJECT_NAME:
        snprintf(name, sizeof name, "BacPipes %s", network->cfg->site);
        put_text(out, name);
        break;
    case BAC_PROP_OBJECT_TYPE: put_natural(out, BAC_ENUMERATED, BAC_DEVICE); break;
    case BAC_PROP_SYSTEM_STATUS: put_natural(out, BAC_ENUMERATED, BAC_STATUS_OPERATIONAL); break;
    case BAC_PROP_VENDOR_NAME:
    case BAC_PROP_MODEL_NAME: put_text(out, "BacPipes"); break;
    case BAC_PROP_FIRMWARE_REVISION:
    case BAC_PROP_APPLICATION_SOFTWARE_VERSION: put_text(out, BACPIPES_VERSION); break;
    case BAC_PROP_VENDOR_IDENTIFIER: put_natural(out, BAC_UNSIGNED, 0); break;
    case BAC_PROP_PROTOCOL_VERSION:
    case BAC_PROP_DATABASE_REVISION: put_natural(out, BAC_UNSIGNED, 1); break;
    case BAC_PROP_PROTOCOL_REVISION: put_natural(out, BAC_UNSIGNED, 22); break;
    case BAC_PROP_MAX_APDU_LENGTH_ACCEPTED: put_natural(out, BAC_UNSIGNED, BAC_APDU_MAX); break;
    case BAC_PROP_SEGMENTATION_SUPPORTED: put_natural(out, BAC_ENUMERATED, BAC_SEGMENTED_RECEIVE); break;
    case BAC_PROP_APDU_TIMEOUT:
        put_natural(out, BAC_UNSIGNED, (uint64_t)(network->cfg->bacnet_timeout / BP_MS));
        break;
    case BAC_PROP_NUMBER_OF_APDU_RETRIES:
        put_natural(out, BAC_UNSIGNED, (uint64_t)network->cfg->bacnet_retries);
        break;
    case BAC_PROP_PROTOCOL_SERVICES_SUPPORTED:
        put_bits(out, own_services, sizeof own_services, SERVICE_BITS);
        break;
    case BAC_PROP_PROTOCOL_OBJECT_TYPES_SUPPORTED:
        put_bits(out, own_types, sizeof own_types, TYPE_BITS);
        break;
    case BAC_PROP_DEVICE_ADDRESS_BINDING: break; /* an empty list */
    default: return refusal(BAC_CLASS_PROPERTY, BAC_CODE_UNKNOWN_PROPERTY);
    }
    return (BacRefusal){0};
}

static BacRefusal write_own(void *owner, const BacWrite *write)
{
    return own_exists(owner, write->reference.object)
               ? refusal(BAC_CLASS_PROPERTY, BAC_CODE_WRITE_ACCESS_DENIED)
               : refusal(BAC_CLASS_OBJECT, BAC_CODE_UNKNOWN_OBJECT);
}

static bool own_property(void *owner, BacObjectId object, uint32_t only, size_t i, uint32_t *ret_property)
{
    if (!own_exists(owner, object) || only == BAC_PROP_OPTIONAL ||
        i >= sizeof own_properties / sizeof own_properties[0])
        return false;
    *ret_property = own_properties[i];
    return true;
}

static const BacObjects own_objects = {
    .read = read_own, .write = write_own, .property = own_property, .exists = own_exists};

static void send_answer(void *owner, const BacAddress *to, BpStr datagram)
{
    collect_network_send(owner, to, datagram);
}

void collect_own_device_begin(CollectNetwork *network)
{
    const BacServerOptions server = {.owner = network,
                                     .send = send_answer,
                                     .objects = &own_objects,
                                     .identity = {.instance = (uint32_t)network->cfg->bacnet_instance,
                                                  .max_apdu = BAC_APDU_MAX,
                                                  .segmentation = BAC_SEGMENTED_RECEIVE},
                                     .has_read_multiple = true,
                                     .window = 1,
                                     .segment_timeout_us = 2 * BP_SECOND};
    bac_server_init(&network->server, &server);
}
