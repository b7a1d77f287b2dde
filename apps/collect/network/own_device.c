#include "apps/collect/network/own_device.h"
#include "base/time.h"

#include <stdio.h>

enum {
    PROTOCOL_REVISION = 14,
    SERVICE_BITS = 41, /* of that revision, like: */
    TYPE_BITS = 55,
    SEGMENT_TIMEOUT_MS = 2000,
    SEGMENT_RETRIES = 3,
    WINDOW = 8,
    SEGMENTS_MAX = BAC_SERVER_ANSWER_MAX / BAC_APDU_MAX,
    NAME_MAX = 128,
};

/* The first three are not in Property_List, nor is that itself (12.11.49). */
static const uint32_t properties[] = {
    BAC_PROP_OBJECT_IDENTIFIER,
    BAC_PROP_OBJECT_TYPE,
    BAC_PROP_OBJECT_NAME,
    BAC_PROP_VENDOR_NAME,
    BAC_PROP_VENDOR_IDENTIFIER,
    BAC_PROP_MODEL_NAME,
    BAC_PROP_FIRMWARE_REVISION,
    BAC_PROP_APPLICATION_SOFTWARE_VERSION,
    BAC_PROP_SYSTEM_STATUS,
    BAC_PROP_PROTOCOL_VERSION,
    BAC_PROP_PROTOCOL_REVISION,
    BAC_PROP_PROTOCOL_SERVICES_SUPPORTED,
    BAC_PROP_PROTOCOL_OBJECT_TYPES_SUPPORTED,
    BAC_PROP_OBJECT_LIST,
    BAC_PROP_DATABASE_REVISION,
    BAC_PROP_MAX_APDU_LENGTH_ACCEPTED,
    BAC_PROP_APDU_TIMEOUT,
    BAC_PROP_NUMBER_OF_APDU_RETRIES,
    BAC_PROP_DEVICE_ADDRESS_BINDING,
    BAC_PROP_SEGMENTATION_SUPPORTED,
    BAC_PROP_MAX_SEGMENTS_ACCEPTED, /* optional, but for those with segmentation, like: */
    BAC_PROP_APDU_SEGMENT_TIMEOUT,
};
enum { UNLISTED = 3, PROPERTIES = sizeof properties / sizeof properties[0], REQUIRED = PROPERTIES - 2 };

/* What we carry out when we are asked or told. */
static const uint8_t services[] = {
    BAC_SUPPORTS_CONFIRMED_COV_NOTIFICATION,
    BAC_SUPPORTS_READ_PROPERTY,
    BAC_SUPPORTS_READ_PROPERTY_MULTIPLE,
    BAC_SUPPORTS_I_AM,
    BAC_SUPPORTS_UNCONFIRMED_COV_NOTIFICATION,
    BAC_SUPPORTS_WHO_HAS,
    BAC_SUPPORTS_WHO_IS,
};
static const uint8_t types[] = {BAC_DEVICE};

/* ---- values ---- */

static void put_text(BpBuf *out, const char *text)
{
    const BacValue value = {.type = BAC_CHARACTER_STRING,
                            .text = {.charset = BAC_UTF_8, .octets = bp_cursor(text, strlen(text))}};
    bac_value_encode(out, &value);
}

static void put_unsigned(BpBuf *out, uint64_t natural)
{
    bac_value_encode(out, &(BacValue){.type = BAC_UNSIGNED, .natural = natural});
}

static void put_enumerated(BpBuf *out, uint32_t enumerated)
{
    bac_value_encode(out, &(BacValue){.type = BAC_ENUMERATED, .enumerated = enumerated});
}

static void put_bits(BpBuf *out, const uint8_t *set, size_t set_count, uint32_t count)
{
    uint8_t octets[8] = {0};
    for (size_t i = 0; i < set_count; i++)
        octets[set[i] / 8] |= (uint8_t)(0x80 >> set[i] % 8);
    bac_value_encode(out, &(BacValue){.type = BAC_BIT_STRING, .bits = {octets, count}});
}

static void write_name(const CollectOwnDevice *own, char name[NAME_MAX])
{
    snprintf(name, NAME_MAX, "BacPipes %s", own->options.site);
}

static BacObjectId own_object(const CollectOwnDevice *own)
{
    return (BacObjectId){BAC_DEVICE, own->options.instance};
}

/* ---- arrays ---- */

static void put_object(const CollectOwnDevice *own, size_t i, BpBuf *out)
{
    (void)i;
    bac_value_encode(out, &(BacValue){.type = BAC_OBJECT_IDENTIFIER, .object = own_object(own)});
}

static void put_listed(const CollectOwnDevice *own, size_t i, BpBuf *out)
{
    (void)own;
    put_enumerated(out, properties[UNLISTED + i]);
}

static BacRefusal refusal(BacErrorClass error_class, BacErrorCode code)
{
    return (BacRefusal){
        .kind = BAC_REFUSED_ERROR, .error_class = (uint16_t)error_class, .code = (uint16_t)code};
}

static BacRefusal put_array(const CollectOwnDevice *own, uint32_t index, size_t count,
                            void (*put)(const CollectOwnDevice *own, size_t i, BpBuf *out), BpBuf *out)
{
    if (index == 0)
        put_unsigned(out, count);
    else if (index == BAC_NO_INDEX)
        for (size_t i = 0; i < count; i++)
            put(own, i, out);
    else if (index <= count)
        put(own, index - 1, out);
    else
        return refusal(BAC_CLASS_PROPERTY, BAC_CODE_INVALID_ARRAY_INDEX);
    return (BacRefusal){0};
}

/* ---- what the server asks ---- */

static bool exists(void *owner, BacObjectId object)
{
    return bac_object_equal(object, own_object(owner));
}

static bool is_known(uint32_t property)
{
    for (size_t i = 0; i < PROPERTIES; i++)
        if (properties[i] == property)
            return true;
    return property == BAC_PROP_PROPERTY_LIST;
}

static void put_property(const CollectOwnDevice *own, uint32_t property, BpBuf *out)
{
    char name[NAME_MAX];
    switch (property) {
    case BAC_PROP_OBJECT_IDENTIFIER: put_object(own, 0, out); break;
    case BAC_PROP_OBJECT_NAME:
        write_name(own, name);
        put_text(out, name);
        break;
    case BAC_PROP_OBJECT_TYPE: put_enumerated(out, BAC_DEVICE); break;
    case BAC_PROP_SYSTEM_STATUS: put_enumerated(out, BAC_STATUS_OPERATIONAL); break;
    case BAC_PROP_VENDOR_NAME:
    case BAC_PROP_MODEL_NAME: put_text(out, "BacPipes"); break;
    case BAC_PROP_FIRMWARE_REVISION:
    case BAC_PROP_APPLICATION_SOFTWARE_VERSION: put_text(out, own->options.version); break;
    case BAC_PROP_VENDOR_IDENTIFIER: put_unsigned(out, 0); break;
    case BAC_PROP_PROTOCOL_VERSION:
    case BAC_PROP_DATABASE_REVISION: put_unsigned(out, 1); break;
    case BAC_PROP_PROTOCOL_REVISION: put_unsigned(out, PROTOCOL_REVISION); break;
    case BAC_PROP_MAX_APDU_LENGTH_ACCEPTED: put_unsigned(out, BAC_APDU_MAX); break;
    case BAC_PROP_SEGMENTATION_SUPPORTED: put_enumerated(out, BAC_SEGMENTED_BOTH); break;
    case BAC_PROP_MAX_SEGMENTS_ACCEPTED: put_unsigned(out, SEGMENTS_MAX); break;
    case BAC_PROP_APDU_SEGMENT_TIMEOUT: put_unsigned(out, SEGMENT_TIMEOUT_MS); break;
    case BAC_PROP_APDU_TIMEOUT: put_unsigned(out, (uint64_t)(own->options.timeout_us / BP_MS)); break;
    case BAC_PROP_NUMBER_OF_APDU_RETRIES: put_unsigned(out, own->options.retries); break;
    case BAC_PROP_PROTOCOL_SERVICES_SUPPORTED: put_bits(out, services, sizeof services, SERVICE_BITS); break;
    case BAC_PROP_PROTOCOL_OBJECT_TYPES_SUPPORTED: put_bits(out, types, sizeof types, TYPE_BITS); break;
    default: break; /* Device_Address_Binding: an empty list */
    }
}

static BacRefusal read_own(void *owner, const BacReference *reference, BpBuf *out)
{
    const CollectOwnDevice *own = owner;
    if (!exists(owner, reference->object))
        return refusal(BAC_CLASS_OBJECT, BAC_CODE_UNKNOWN_OBJECT);
    if (!is_known(reference->property))
        return refusal(BAC_CLASS_PROPERTY, BAC_CODE_UNKNOWN_PROPERTY);
    if (reference->property == BAC_PROP_OBJECT_LIST)
        return put_array(own, reference->index, 1, put_object, out);
    if (reference->property == BAC_PROP_PROPERTY_LIST)
        return put_array(own, reference->index, PROPERTIES - UNLISTED, put_listed, out);
    if (reference->index != BAC_NO_INDEX)
        return refusal(BAC_CLASS_PROPERTY, BAC_CODE_PROPERTY_IS_NOT_AN_ARRAY);
    put_property(own, reference->property, out);
    return (BacRefusal){0};
}

static BacRefusal write_own(void *owner, const BacWrite *write)
{
    if (!exists(owner, write->reference.object))
        return refusal(BAC_CLASS_OBJECT, BAC_CODE_UNKNOWN_OBJECT);
    return refusal(BAC_CLASS_PROPERTY, is_known(write->reference.property) ? BAC_CODE_WRITE_ACCESS_DENIED
                                                                           : BAC_CODE_UNKNOWN_PROPERTY);
}

static bool next_property(void *owner, BacObjectId object, uint32_t only, size_t i, uint32_t *ret_property)
{
    const size_t first = only == BAC_PROP_OPTIONAL ? REQUIRED : 0,
                 end = only == BAC_PROP_REQUIRED ? REQUIRED : PROPERTIES;
    if (!exists(owner, object) || i >= end - first)
        return false;
    *ret_property = properties[first + i];
    return true;
}

static bool find(void *owner, BpStr name, BacObjectId *ret_object)
{
    char ours[NAME_MAX];
    write_name(owner, ours);
    if (!bp_str_equal(name, bp_str(ours)))
        return false;
    *ret_object = own_object(owner);
    return true;
}

/* ---- what the header promises ---- */

static void send_answer(void *owner, const BacAddress *to, BpStr datagram)
{
    const CollectOwnDevice *own = owner;
    own->options.send(own->options.owner, to, datagram);
}

void collect_own_device_init(CollectOwnDevice *own, const CollectOwnDeviceOptions *options)
{
    static const BacObjects objects = {
        .read = read_own, .write = write_own, .property = next_property, .exists = exists, .find = find};
    own->options = *options;
    const BacServerOptions server = {.owner = own,
                                     .send = send_answer,
                                     .objects = &objects,
                                     .identity = {.instance = options->instance,
                                                  .max_apdu = BAC_APDU_MAX,
                                                  .segmentation = BAC_SEGMENTED_BOTH},
                                     .has_read_multiple = true,
                                     .window = WINDOW,
                                     .segment_retries = SEGMENT_RETRIES,
                                     .segment_timeout_us = SEGMENT_TIMEOUT_MS * BP_MS,
                                     .sendings = &own->sending,
                                     .sending_count = 1,
                                     .receivings = &own->receiving,
                                     .receiving_count = 1};
    bac_server_init(&own->server, &server);
}

void collect_own_device_receive(CollectOwnDevice *own, const BacDatagram *datagram, int64_t now_us)
{
    bac_server_receive(&own->server, datagram, now_us);
}

void collect_own_device_advance(CollectOwnDevice *own, int64_t now_us)
{
    bac_server_expire(&own->server, now_us);
}

int64_t collect_own_device_next_due_us(const CollectOwnDevice *own)
{
    return bac_server_next_due_us(&own->server);
}
