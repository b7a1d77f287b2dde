/* A simulated device's own object, and all of its objects for lib/bacnet's server. */
#include "apps/sim/device/site.h"
#include "base/time.h"

enum {
    VENDOR = 0,
    PROTOCOL_VERSION = 1,
    SERVICES = 41,     /* to write-group: those that the revision knows (clause 21) */
    OBJECT_TYPES = 55, /* to lighting-output */
    APDU_TIMEOUT_MS = 3000,
    SEGMENT_TIMEOUT_MS = 2000
};

static const BacRefusal not_refused = {.kind = BAC_NOT_REFUSED};

static const struct {
    uint32_t property;
    bool is_required;
} properties[] = {
    {BAC_PROP_OBJECT_IDENTIFIER, true},
    {BAC_PROP_OBJECT_NAME, true},
    {BAC_PROP_OBJECT_TYPE, true},
    {BAC_PROP_SYSTEM_STATUS, true},
    {BAC_PROP_VENDOR_NAME, true},
    {BAC_PROP_VENDOR_IDENTIFIER, true},
    {BAC_PROP_MODEL_NAME, true},
    {BAC_PROP_FIRMWARE_REVISION, true},
    {BAC_PROP_APPLICATION_SOFTWARE_VERSION, true},
    {BAC_PROP_LOCATION, false},
    {BAC_PROP_DESCRIPTION, false},
    {BAC_PROP_PROTOCOL_VERSION, true},
    {BAC_PROP_PROTOCOL_REVISION, true},
    {BAC_PROP_PROTOCOL_SERVICES_SUPPORTED, true},
    {BAC_PROP_PROTOCOL_OBJECT_TYPES_SUPPORTED, true},
    {BAC_PROP_OBJECT_LIST, true},
    {BAC_PROP_MAX_APDU_LENGTH_ACCEPTED, true},
    {BAC_PROP_SEGMENTATION_SUPPORTED, true},
    {BAC_PROP_MAX_SEGMENTS_ACCEPTED, false},
    {BAC_PROP_APDU_SEGMENT_TIMEOUT, false},
    {BAC_PROP_APDU_TIMEOUT, true},
    {BAC_PROP_NUMBER_OF_APDU_RETRIES, true},
    {BAC_PROP_LOCAL_DATE, false},
    {BAC_PROP_LOCAL_TIME, false},
    {BAC_PROP_UTC_OFFSET, false},
    {BAC_PROP_DAYLIGHT_SAVINGS_STATUS, false},
    {BAC_PROP_DEVICE_ADDRESS_BINDING, true},
    {BAC_PROP_DATABASE_REVISION, true},
    {BAC_PROP_ACTIVE_COV_SUBSCRIPTIONS, false},
};

enum { PROPERTIES = sizeof properties / sizeof properties[0] };

/* Those of segmentation and of COV are there where the device knows these (12.11, footnotes of the table). */
static bool has_own(const SimDevice *device, uint32_t property)
{
    switch (property) {
    case BAC_PROP_MAX_SEGMENTS_ACCEPTED:
    case BAC_PROP_APDU_SEGMENT_TIMEOUT: return device->segmentation != BAC_NO_SEGMENTATION;
    case BAC_PROP_ACTIVE_COV_SUBSCRIPTIONS: return device->publisher != NULL;
    default: return true;
    }
}

static bool is_own(const SimDevice *device, BacObjectId id)
{
    return id.type == BAC_DEVICE && id.instance == device->instance;
}

static void set_bit(uint8_t *octets, uint32_t bit)
{
    octets[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
}

static void put_services(const SimDevice *device, BpBuf *out)
{
    uint8_t octets[(SERVICES + 7) / 8] = {0};
    set_bit(octets, BAC_SUPPORTS_READ_PROPERTY);
    if (!device->no_read_multiple)
        set_bit(octets, BAC_SUPPORTS_READ_PROPERTY_MULTIPLE);
    set_bit(octets, BAC_SUPPORTS_WRITE_PROPERTY);
    if (!device->no_cov)
        set_bit(octets, BAC_SUPPORTS_SUBSCRIBE_COV);
    set_bit(octets, BAC_SUPPORTS_WRITE_PROPERTY_MULTIPLE);
    if (device->events) {
        set_bit(octets, BAC_SUPPORTS_ACKNOWLEDGE_ALARM);
        set_bit(octets, BAC_SUPPORTS_GET_EVENT_INFORMATION);
    }
    if (device->events) {
        set_bit(octets, BAC_SUPPORTS_ADD_LIST_ELEMENT);
        set_bit(octets, BAC_SUPPORTS_REMOVE_LIST_ELEMENT);
    }
    set_bit(octets, BAC_SUPPORTS_READ_RANGE);
    set_bit(octets, BAC_SUPPORTS_TIME_SYNCHRONIZATION);
    set_bit(octets, BAC_SUPPORTS_UTC_TIME_SYNCHRONIZATION);
    set_bit(octets, BAC_SUPPORTS_DEVICE_COMMUNICATION_CONTROL);
    set_bit(octets, BAC_SUPPORTS_REINITIALIZE_DEVICE);
    set_bit(octets, BAC_SUPPORTS_WHO_HAS);
    set_bit(octets, BAC_SUPPORTS_WHO_IS);
    sim_put_bits(out, octets, SERVICES);
}

static void put_types(const SimDevice *device, BpBuf *out)
{
    uint8_t octets[(OBJECT_TYPES + 7) / 8] = {0};
    set_bit(octets, BAC_DEVICE);
    for (size_t i = 0; i < device->count; i++)
        set_bit(octets, device->objects[i].id.type);
    if (device->trend_count)
        set_bit(octets, BAC_TREND_LOG);
    if (device->events)
        set_bit(octets, BAC_NOTIFICATION_CLASS);
    sim_put_bits(out, octets, OBJECT_TYPES);
}

static void put_listed_object(const void *context, size_t i, BpBuf *out)
{
    const SimDevice *device = context;
    if (i == 0)
        sim_put_object(out, (BacObjectId){BAC_DEVICE, device->instance});
    else if (i <= device->count)
        sim_put_object(out, device->objects[i - 1].id);
    else if (i <= device->count + device->trend_count)
        sim_put_object(out, device->trends[i - 1 - device->count].id);
    else
        sim_put_object(out, (BacObjectId){BAC_NOTIFICATION_CLASS, SIM_NOTIFICATION_CLASS});
}

static bool is_class(const SimDevice *device, BacObjectId id)
{
    return device->events && id.type == BAC_NOTIFICATION_CLASS && id.instance == SIM_NOTIFICATION_CLASS;
}

static SimTrend *find_trend(const SimDevice *device, BacObjectId id)
{
    return id.type == BAC_TREND_LOG && id.instance >= 1 && id.instance <= device->trend_count
               ? &device->trends[id.instance - 1]
               : NULL;
}

static void put_clock(const SimDevice *device, bool date, BpBuf *out)
{
    const BacDateTime now = bac_date_time_at(device->site->building.clock_us + device->clock_offset_us);
    const BacValue value = date ? (BacValue){.type = BAC_DATE, .date = now.date}
                                : (BacValue){.type = BAC_TIME, .time = now.time};
    bac_value_encode(out, &value);
}

static void put_subscription(const void *context, uint32_t i, BpBuf *out)
{
    const SimDevice *device = context;
    (void)bac_publisher_describe(device->publisher, i, device->now_us, out);
}

static uint32_t subscription_count(const SimDevice *device)
{
    uint8_t memory[BAC_LIST_ITEM_MAX];
    uint32_t count = 0;
    for (BpBuf out = bp_buf(memory, sizeof memory);
         bac_publisher_describe(device->publisher, count, device->now_us, &out); bp_buf_clear(&out))
        count++;
    return count;
}

/* The lists of a device but for its logs: ReadRange reads them, and so does whoever reads them whole. */
static bool find_list(const SimDevice *device, const BacReference *reference, BacList *ret_list)
{
    if (is_class(device, reference->object) && reference->property == BAC_PROP_RECIPIENT_LIST)
        *ret_list = (BacList){.context = &device->events->recipients,
                              .count = (uint32_t)device->events->recipients.list.count,
                              .put = sim_recipients_put};
    else if (is_own(device, reference->object) && device->publisher &&
             reference->property == BAC_PROP_ACTIVE_COV_SUBSCRIPTIONS)
        *ret_list =
            (BacList){.context = device, .count = subscription_count(device), .put = put_subscription};
    else if (is_own(device, reference->object) && reference->property == BAC_PROP_DEVICE_ADDRESS_BINDING)
        *ret_list = (BacList){.count = 0};
    else
        return false;
    return true;
}

static void put_list(const BacList *list, BpBuf *out)
{
    for (uint32_t i = 0; i < list->count && !out->failed; i++)
        list->put(list->context, i, out);
}

static BacRefusal read_own(const SimDevice *device, const BacReference *reference, BpBuf *out)
{
    const BacValue utc_offset = {.type = BAC_SIGNED, .integer = 0},
                   no_summer_time = {.type = BAC_BOOLEAN, .boolean = false};
    BacList list;
    if (!has_own(device, reference->property))
        return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_UNKNOWN_PROPERTY);
    if (reference->property == BAC_PROP_OBJECT_LIST)
        return sim_put_array(out, reference->index,
                             device->count + device->trend_count + 1 + (device->events != NULL),
                             put_listed_object, device);
    if (reference->index != BAC_NO_INDEX)
        return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_PROPERTY_IS_NOT_AN_ARRAY);
    if (find_list(device, reference, &list)) {
        put_list(&list, out);
        return not_refused;
    }
    switch (reference->property) {
    case BAC_PROP_OBJECT_IDENTIFIER: sim_put_object(out, reference->object); break;
    case BAC_PROP_OBJECT_NAME: sim_put_text(out, device->name); break;
    case BAC_PROP_OBJECT_TYPE: sim_put_enumerated(out, BAC_DEVICE); break;
    case BAC_PROP_SYSTEM_STATUS: sim_put_enumerated(out, BAC_STATUS_OPERATIONAL); break;
    case BAC_PROP_VENDOR_NAME: sim_put_text(out, "BacPipes simulator"); break;
    case BAC_PROP_VENDOR_IDENTIFIER: sim_put_natural(out, VENDOR); break;
    case BAC_PROP_MODEL_NAME: sim_put_text(out, device->model); break;
    case BAC_PROP_FIRMWARE_REVISION: sim_put_text(out, "1.0"); break;
    case BAC_PROP_APPLICATION_SOFTWARE_VERSION: sim_put_text(out, "1.0"); break;
    case BAC_PROP_LOCATION: sim_put_text(out, "Simulated building"); break;
    case BAC_PROP_DESCRIPTION: sim_put_text(out, device->description); break;
    case BAC_PROP_PROTOCOL_VERSION: sim_put_natural(out, PROTOCOL_VERSION); break;
    case BAC_PROP_PROTOCOL_REVISION: sim_put_natural(out, device->revision); break;
    case BAC_PROP_PROTOCOL_SERVICES_SUPPORTED: put_services(device, out); break;
    case BAC_PROP_PROTOCOL_OBJECT_TYPES_SUPPORTED: put_types(device, out); break;
    case BAC_PROP_MAX_APDU_LENGTH_ACCEPTED: sim_put_natural(out, device->max_apdu); break;
    case BAC_PROP_SEGMENTATION_SUPPORTED: sim_put_enumerated(out, device->segmentation); break;
    case BAC_PROP_APDU_SEGMENT_TIMEOUT: sim_put_natural(out, SEGMENT_TIMEOUT_MS); break;
    case BAC_PROP_APDU_TIMEOUT: sim_put_natural(out, APDU_TIMEOUT_MS); break;
    case BAC_PROP_NUMBER_OF_APDU_RETRIES: sim_put_natural(out, 3); break;
    case BAC_PROP_LOCAL_DATE: put_clock(device, true, out); break;
    case BAC_PROP_LOCAL_TIME: put_clock(device, false, out); break;
    case BAC_PROP_UTC_OFFSET: bac_value_encode(out, &utc_offset); break;
    case BAC_PROP_DAYLIGHT_SAVINGS_STATUS: bac_value_encode(out, &no_summer_time); break;
    case BAC_PROP_MAX_SEGMENTS_ACCEPTED:
        sim_put_natural(out, BAC_SERVER_ANSWER_MAX / device->max_apdu);
        break;
    case BAC_PROP_DATABASE_REVISION: sim_put_natural(out, 1); break;
    default: return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_UNKNOWN_PROPERTY);
    }
    return not_refused;
}

static bool object_exists(void *owner, BacObjectId id);
static bool object_property(void *owner, BacObjectId id, uint32_t only, size_t i, uint32_t *ret_property);

/* An object's properties, of which Property_List leaves out the first three (12.1.1.4.1). */
typedef struct Listed {
    SimDevice *device;
    BacObjectId object;
} Listed;

enum { UNLISTED = 3 };

static void put_listed_property(const void *context, size_t i, BpBuf *out)
{
    const Listed *listed = context;
    uint32_t property = 0;
    if (object_property(listed->device, listed->object, BAC_PROP_ALL, i + UNLISTED, &property))
        sim_put_enumerated(out, property);
}

static BacRefusal put_property_list(SimDevice *device, const BacReference *reference, BpBuf *out)
{
    const Listed listed = {device, reference->object};
    size_t count = 0;
    for (uint32_t property; object_property(device, reference->object, BAC_PROP_ALL, count, &property);)
        count++;
    return sim_put_array(out, reference->index, count - UNLISTED, put_listed_property, &listed);
}

static BacRefusal read_object(void *owner, const BacReference *reference, BpBuf *out)
{
    SimDevice *device = owner;
    BacRefusal refusal;
    if (!object_exists(owner, reference->object))
        return sim_error(BAC_CLASS_OBJECT, BAC_CODE_UNKNOWN_OBJECT);
    if (reference->property == BAC_PROP_PROPERTY_LIST)
        return put_property_list(device, reference, out);
    if (is_own(device, reference->object))
        return read_own(device, reference, out);
    if (is_class(device, reference->object))
        return sim_class_read(device->events, reference, out);
    const SimTrend *trend = find_trend(device, reference->object);
    if (trend)
        return sim_trend_read(trend, reference, out);
    if (device->events && sim_events_read(device->events, reference, out, &refusal))
        return refusal;
    return sim_object_read(sim_device_find(device, reference->object), reference, out);
}

static BacRefusal write_object(void *owner, const BacWrite *write)
{
    const SimDevice *device = owner;
    uint8_t memory[64];
    BpBuf nowhere = bp_buf(memory, sizeof memory);
    BacRefusal refusal;
    if (is_class(device, write->reference.object))
        return sim_class_write(device->events, write);
    if (is_own(device, write->reference.object)) {
        refusal = read_object(owner, &write->reference, &nowhere);
        return refusal.kind == BAC_NOT_REFUSED ? sim_error(BAC_CLASS_PROPERTY, BAC_CODE_WRITE_ACCESS_DENIED)
                                               : refusal;
    }
    SimTrend *trend = find_trend(device, write->reference.object);
    if (trend)
        return sim_trend_write(trend, write);
    if (device->events && sim_events_write(device->events, write, &refusal))
        return refusal;
    SimObject *object = sim_device_find(device, write->reference.object);
    return object ? sim_object_write(object, write) : sim_error(BAC_CLASS_OBJECT, BAC_CODE_UNKNOWN_OBJECT);
}

static bool own_property(const SimDevice *device, uint32_t only, size_t i, uint32_t *ret_property)
{
    for (size_t j = 0; j < PROPERTIES; j++) {
        if (!has_own(device, properties[j].property) ||
            (only == BAC_PROP_REQUIRED && !properties[j].is_required) ||
            (only == BAC_PROP_OPTIONAL && properties[j].is_required))
            continue;
        if (i-- == 0) {
            *ret_property = properties[j].property;
            return true;
        }
    }
    return false;
}

static bool object_property(void *owner, BacObjectId id, uint32_t only, size_t i, uint32_t *ret_property)
{
    const SimDevice *device = owner;
    if (is_own(device, id))
        return own_property(device, only, i, ret_property);
    if (find_trend(device, id))
        return sim_trend_property(only, i, ret_property);
    if (is_class(device, id))
        return sim_class_property(only, i, ret_property);
    const SimObject *object = sim_device_find(device, id);
    if (!object || sim_object_property(object, only, i, ret_property))
        return object != NULL;
    size_t own = 0;
    while (sim_object_property(object, only, own, ret_property))
        own++;
    return only != BAC_PROP_REQUIRED && device->events &&
           sim_events_property(device->events, id, i - own, ret_property);
}

static bool object_exists(void *owner, BacObjectId id)
{
    const SimDevice *device = owner;
    return is_own(device, id) || is_class(device, id) || find_trend(device, id) ||
           sim_device_find(device, id);
}

static bool find_by_name(void *owner, BpStr name, BacObjectId *ret_object)
{
    const SimDevice *device = owner;
    if (bp_str_equal(name, bp_str(device->name))) {
        *ret_object = (BacObjectId){BAC_DEVICE, device->instance};
        return true;
    }
    for (size_t i = 0; i < device->count; i++)
        if (bp_str_equal(name, bp_str(device->objects[i].name))) {
            *ret_object = device->objects[i].id;
            return true;
        }
    for (size_t i = 0; i < device->trend_count; i++)
        if (bp_str_equal(name, bp_str(device->trends[i].name))) {
            *ret_object = device->trends[i].id;
            return true;
        }
    return false;
}

static BacRefusal list_property(void *owner, const BacReference *reference, BacList *ret_list)
{
    const SimDevice *device = owner;
    const SimTrend *trend = find_trend(device, reference->object);
    if (trend)
        return sim_trend_list(trend, reference, ret_list);
    if (!object_exists(owner, reference->object))
        return sim_error(BAC_CLASS_OBJECT, BAC_CODE_UNKNOWN_OBJECT);
    if (find_list(device, reference, ret_list))
        return reference->index == BAC_NO_INDEX
                   ? not_refused
                   : sim_error(BAC_CLASS_PROPERTY, BAC_CODE_PROPERTY_IS_NOT_AN_ARRAY);
    uint32_t property;
    for (size_t i = 0; object_property(owner, reference->object, BAC_PROP_ALL, i, &property); i++)
        if (property == reference->property)
            return sim_error(BAC_CLASS_SERVICES, BAC_CODE_PROPERTY_IS_NOT_A_LIST);
    return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_UNKNOWN_PROPERTY);
}

static BacRefusal change_list(void *owner, const BacListElements *elements, bool adds, uint32_t *ret_failed)
{
    const SimDevice *device = owner;
    const BacReference *reference = &elements->reference;
    BacList list;
    uint32_t property;
    if (!object_exists(owner, reference->object))
        return sim_error(BAC_CLASS_OBJECT, BAC_CODE_UNKNOWN_OBJECT);
    if (reference->index != BAC_NO_INDEX)
        return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_PROPERTY_IS_NOT_AN_ARRAY);
    if (is_class(device, reference->object) && reference->property == BAC_PROP_RECIPIENT_LIST)
        return sim_recipients_change(&device->events->recipients, elements->elements, adds, ret_failed);
    if (find_list(device, reference, &list))
        return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_WRITE_ACCESS_DENIED);
    for (size_t i = 0; object_property(owner, reference->object, BAC_PROP_ALL, i, &property); i++)
        if (property == reference->property)
            return sim_error(BAC_CLASS_SERVICES, BAC_CODE_PROPERTY_IS_NOT_A_LIST);
    return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_UNKNOWN_PROPERTY);
}

/* The building lives in UTC, and so do its devices. */
static void set_clock(void *owner, const BacDateTime *now, bool is_utc)
{
    SimDevice *device = owner;
    int64_t now_us;
    (void)is_utc;
    if (bac_date_time_to_us(now, &now_us, NULL) == BP_OK)
        device->clock_offset_us = now_us - device->site->building.clock_us;
}

const BacObjects sim_device_objects = {.read = read_object,
                                       .write = write_object,
                                       .property = object_property,
                                       .exists = object_exists,
                                       .find = find_by_name,
                                       .list = list_property,
                                       .change = change_list,
                                       .set_clock = set_clock};
