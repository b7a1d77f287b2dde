#include "node/readings.h"

#include "bacnet/service/read_multiple.h"
#include "bacnet/service/read_property.h"

#include <assert.h>

enum {
    BATCH = 20, /* references in one ReadPropertyMultiple: their answers fit where they are short */
    ELEMENTS_MAX = 100000, /* of an array read one by one */
    PROPERTIES_MAX = 1000, /* of an object */
    PARAMETERS_MAX = 1024, /* octets of a request for a batch */
};

/* ---- keeping ---- */

static BpCursor keep(NodeReadings *readings, const BpCursor *value)
{
    const size_t size = bp_cursor_remaining(value);
    uint8_t *octets = bp_arena_take(readings->arena, size);
    if (size)
        memcpy(octets, value->data + value->offset, size);
    return bp_cursor(octets, size);
}

void node_readings_append(NodeReadings *readings, const NodeReading *reading)
{
    if (readings->count == readings->capacity) {
        readings->capacity = readings->capacity ? readings->capacity * 2 : 32;
        NodeReading *items = bp_arena_take(readings->arena, readings->capacity * sizeof *items);
        if (readings->count)
            memcpy(items, readings->items, readings->count * sizeof *items);
        readings->items = items;
    }
    readings->items[readings->count++] = *reading;
}

const NodeReading *node_readings_find(const NodeReadings *readings, BacObjectId object, uint32_t property)
{
    for (size_t i = 0; i < readings->count; i++) {
        const NodeReading *one = &readings->items[i];
        if (bac_object_equal(one->reference.object, object) && one->reference.property == property &&
            one->reference.index == BAC_NO_INDEX && one->refusal.kind == BAC_NOT_REFUSED)
            return one;
    }
    return NULL;
}

bool node_reading_first(const NodeReading *reading, BacValue *ret_value)
{
    if (!reading || bp_cursor_remaining(&reading->value) == 0)
        return false;
    BpCursor in = reading->value;
    return bac_value_decode(&in, ret_value, NULL) == BP_OK;
}

/* ---- one ---- */

/* Reads one property by ReadProperty. The value is the node's until the next question. */
static BpStatus ask_one(Node *node, BacPeer *peer, const BacReference *reference, NodeReading *ret_reading,
                        BpError *err)
{
    uint8_t memory[PARAMETERS_MAX];
    BpBuf parameters = bp_buf(memory, sizeof memory);
    bac_read_property_encode(&parameters, reference);
    NodeReading reading = {.reference = *reference};
    BpCursor body;
    BacReference answered;
    BpStatus status = node_ask(node, peer, BAC_SERVICE_CONFIRMED_READ_PROPERTY, bp_buf_text(&parameters),
                               NODE_WITH_RETRIES, &body, &reading.refusal, err);
    if (status == BP_OK) {
        status = bac_read_property_ack_decode(&body, &answered, &reading.value, err);
        if (status != BP_OK)
            node_blame(peer, err);
    } else if (status == BP_REFUSED) {
        status = BP_OK; /* which is what it says about the property */
    }
    if (status == BP_OK)
        *ret_reading = reading;
    return status;
}

static bool is_too_long(const BacRefusal *refusal)
{
    return refusal->kind == BAC_REFUSED_ABORT &&
           (refusal->code == BAC_ABORT_SEGMENTATION_NOT_SUPPORTED ||
            refusal->code == BAC_ABORT_BUFFER_OVERFLOW || refusal->code == BAC_ABORT_OUT_OF_RESOURCES ||
            refusal->code == BAC_ABORT_APDU_TOO_LONG);
}

static BpStatus read_elements(NodeReadings *readings, Node *node, BacPeer *peer,
                              const BacReference *reference, size_t count, BpError *err)
{
    BacReference *elements = bp_arena_take(readings->arena, count * sizeof *elements);
    NodeReadings parts = {.arena = readings->arena};
    for (size_t i = 0; i < count; i++) {
        elements[i] = *reference;
        elements[i].index = (uint32_t)i + 1;
    }
    const BpStatus status = node_readings_read(&parts, node, peer, elements, count, err);
    if (status != BP_OK)
        return status;
    NodeReading whole = {.reference = *reference};
    size_t size = 0;
    for (size_t i = 0; i < parts.count; i++) {
        size += bp_cursor_remaining(&parts.items[i].value);
        if (parts.items[i].refusal.kind != BAC_NOT_REFUSED)
            whole.refusal = parts.items[i].refusal;
    }
    uint8_t *octets = bp_arena_take(readings->arena, size);
    BpBuf out = bp_buf(octets, size);
    for (size_t i = 0; i < parts.count; i++)
        bp_buf_octets(&out, parts.items[i].value.data, bp_cursor_remaining(&parts.items[i].value));
    whole.value = bp_cursor(octets, out.size);
    node_readings_append(readings, &whole);
    return BP_OK;
}

/* The array's length, if it is one. */
static BpStatus read_length(Node *node, BacPeer *peer, const BacReference *reference, uint64_t *ret_length,
                            BpError *err)
{
    NodeReading reading;
    BacValue length;
    BacReference first = *reference;
    first.index = 0;
    const BpStatus status = ask_one(node, peer, &first, &reading, err);
    *ret_length = 0;
    if (status == BP_OK && reading.refusal.kind == BAC_NOT_REFUSED && node_reading_first(&reading, &length) &&
        length.type == BAC_UNSIGNED)
        *ret_length = length.natural;
    return status;
}

static BpStatus read_one(NodeReadings *readings, Node *node, BacPeer *peer, const BacReference *reference,
                         BpError *err)
{
    NodeReading reading;
    uint64_t length = 0;
    BpStatus status = ask_one(node, peer, reference, &reading, err);
    if (status != BP_OK)
        return status;
    reading.value = keep(readings, &reading.value);
    if (is_too_long(&reading.refusal) && reference->index == BAC_NO_INDEX)
        status = read_length(node, peer, reference, &length, err);
    if (status == BP_OK && length > 0 && length <= ELEMENTS_MAX)
        return read_elements(readings, node, peer, reference, (size_t)length, err);
    node_readings_append(readings, &reading);
    return status;
}

/* ---- many ---- */

/* Takes an answer of ReadPropertyMultiple apart. What it leaves out of `count` references is the caller's to
 * notice. */
static BpStatus take_results(NodeReadings *readings, const BpCursor *body, BpError *err)
{
    BacReadMultiple walk = {.in = *body};
    BacReadResult result;
    BpStatus status;
    while ((status = bac_read_multiple_ack_next(&walk, &result, err)) == BP_OK) {
        const NodeReading reading = {result.reference, result.refusal, keep(readings, &result.value)};
        node_readings_append(readings, &reading);
    }
    return status == BP_NOT_FOUND ? BP_OK : status;
}

/* BP_REFUSED, also where the answer is not as it should be: ask one by one. */
static BpStatus read_multiple(NodeReadings *readings, Node *node, BacPeer *peer,
                              const BacReference *references, size_t count, BpError *err)
{
    uint8_t memory[PARAMETERS_MAX];
    BpBuf parameters = bp_buf(memory, sizeof memory);
    bac_read_multiple_encode(&parameters, references, count);
    BpCursor body;
    BacRefusal refusal;
    const size_t before = readings->count;
    BpStatus status = node_ask(node, peer, BAC_SERVICE_CONFIRMED_READ_PROPERTY_MULTIPLE,
                               bp_buf_text(&parameters), NODE_ONCE, &body, &refusal, err);
    if (status == BP_OK && take_results(readings, &body, err) != BP_OK)
        status = BP_REFUSED;
    if (status != BP_OK)
        readings->count = before;
    return status;
}

/* A property that did not fit, inside an answer that did. */
static bool wants_another_try(const NodeReading *reading)
{
    return is_too_long(&reading->refusal) || (reading->refusal.kind == BAC_REFUSED_ERROR &&
                                              reading->refusal.error_class == BAC_CLASS_RESOURCES);
}

/* True if all went by one request. */
static bool read_at_once(NodeReadings *readings, Node *node, BacPeer *peer, const BacReference *references,
                         size_t count)
{
    const size_t before = readings->count;
    if (count < 2 || read_multiple(readings, node, peer, references, count, NULL) != BP_OK)
        return false;
    bool complete = readings->count == before + count;
    for (size_t i = before; i < readings->count; i++)
        complete = complete && !wants_another_try(&readings->items[i]);
    if (!complete)
        readings->count = before;
    return complete;
}

BpStatus node_readings_read(NodeReadings *readings, Node *node, BacPeer *peer, const BacReference *references,
                            size_t count, BpError *err)
{
    BpStatus status = BP_OK;
    bool multiple = true; /* until it fails: then it would fail for each batch */
    for (size_t begin = 0; begin < count && status == BP_OK; begin += BATCH) {
        const size_t size = count - begin < BATCH ? count - begin : BATCH;
        multiple = multiple && read_at_once(readings, node, peer, references + begin, size);
        for (size_t i = begin; !multiple && i < begin + size && status == BP_OK; i++)
            status = read_one(readings, node, peer, &references[i], err);
    }
    return status;
}

/* ---- all of an object ---- */

static BacReference reference_to(BacObjectId object, uint32_t property)
{
    return (BacReference){.object = object, .property = property, .index = BAC_NO_INDEX};
}

/* The three that Property_List leaves out (clause 12.1.1.4.1), then those in it; there are devices that name
 * the three in it all the same. */
static bool has_reference(const BacReference *references, size_t count, uint32_t property)
{
    for (size_t i = 0; i < count; i++)
        if (references[i].property == property)
            return true;
    return false;
}

static size_t list_properties(const NodeReading *list, BacObjectId object,
                              BacReference ret_references[PROPERTIES_MAX])
{
    static const uint32_t left_out[] = {BAC_PROP_OBJECT_IDENTIFIER, BAC_PROP_OBJECT_NAME,
                                        BAC_PROP_OBJECT_TYPE};
    size_t count = 0;
    for (size_t i = 0; i < sizeof left_out / sizeof left_out[0]; i++)
        ret_references[count++] = reference_to(object, left_out[i]);
    BacValue property;
    BpCursor in = list->value;
    while (bp_cursor_remaining(&in) && count < PROPERTIES_MAX &&
           bac_value_decode(&in, &property, NULL) == BP_OK)
        if (property.type == BAC_ENUMERATED && !has_reference(ret_references, count, property.enumerated))
            ret_references[count++] = reference_to(object, property.enumerated);
    return count;
}

static BpStatus read_listed(NodeReadings *readings, Node *node, BacPeer *peer, const NodeReading *list,
                            BpError *err)
{
    BacReference *references = bp_arena_take(readings->arena, PROPERTIES_MAX * sizeof *references);
    const size_t count = list_properties(list, list->reference.object, references);
    return node_readings_read(readings, node, peer, references, count, err);
}

/* Devices before protocol revision 14 have no Property_List: the usual ones are tried, and those that are not
 * there are left out. */
static BpStatus read_usual(NodeReadings *readings, Node *node, BacPeer *peer, BacObjectId object,
                           BpError *err)
{
    static const uint32_t of_device[] = {BAC_PROP_OBJECT_IDENTIFIER,
                                         BAC_PROP_OBJECT_NAME,
                                         BAC_PROP_OBJECT_TYPE,
                                         BAC_PROP_SYSTEM_STATUS,
                                         BAC_PROP_VENDOR_NAME,
                                         BAC_PROP_VENDOR_IDENTIFIER,
                                         BAC_PROP_MODEL_NAME,
                                         BAC_PROP_FIRMWARE_REVISION,
                                         BAC_PROP_APPLICATION_SOFTWARE_VERSION,
                                         BAC_PROP_LOCATION,
                                         BAC_PROP_DESCRIPTION,
                                         BAC_PROP_PROTOCOL_VERSION,
                                         BAC_PROP_PROTOCOL_REVISION,
                                         BAC_PROP_PROTOCOL_SERVICES_SUPPORTED,
                                         BAC_PROP_PROTOCOL_OBJECT_TYPES_SUPPORTED,
                                         BAC_PROP_OBJECT_LIST,
                                         BAC_PROP_MAX_APDU_LENGTH_ACCEPTED,
                                         BAC_PROP_SEGMENTATION_SUPPORTED,
                                         BAC_PROP_LOCAL_TIME,
                                         BAC_PROP_LOCAL_DATE,
                                         BAC_PROP_APDU_TIMEOUT,
                                         BAC_PROP_NUMBER_OF_APDU_RETRIES,
                                         BAC_PROP_DATABASE_REVISION};
    static const uint32_t of_others[] = {BAC_PROP_OBJECT_IDENTIFIER, BAC_PROP_OBJECT_NAME,
                                         BAC_PROP_OBJECT_TYPE,       BAC_PROP_PRESENT_VALUE,
                                         BAC_PROP_DESCRIPTION,       BAC_PROP_STATUS_FLAGS,
                                         BAC_PROP_EVENT_STATE,       BAC_PROP_RELIABILITY,
                                         BAC_PROP_OUT_OF_SERVICE,    BAC_PROP_UNITS,
                                         BAC_PROP_MIN_PRES_VALUE,    BAC_PROP_MAX_PRES_VALUE,
                                         BAC_PROP_RESOLUTION,        BAC_PROP_POLARITY,
                                         BAC_PROP_ACTIVE_TEXT,       BAC_PROP_INACTIVE_TEXT,
                                         BAC_PROP_NUMBER_OF_STATES,  BAC_PROP_STATE_TEXT,
                                         BAC_PROP_PRIORITY_ARRAY,    BAC_PROP_RELINQUISH_DEFAULT,
                                         BAC_PROP_COV_INCREMENT,     BAC_PROP_DEVICE_TYPE};
    const bool is_device = object.type == BAC_DEVICE;
    const uint32_t *properties = is_device ? of_device : of_others;
    const size_t count =
        is_device ? sizeof of_device / sizeof of_device[0] : sizeof of_others / sizeof of_others[0];
    BpStatus status = BP_OK;
    for (size_t i = 0; i < count && status == BP_OK; i++) {
        const BacReference reference = reference_to(object, properties[i]);
        const size_t before = readings->count;
        status = read_one(readings, node, peer, &reference, err);
        if (status == BP_OK && readings->items[before].refusal.kind == BAC_REFUSED_ERROR)
            readings->count = before;
    }
    return status;
}

static bool is_unknown_object(BacRefusal refusal)
{
    return refusal.kind == BAC_REFUSED_ERROR && refusal.code == BAC_CODE_UNKNOWN_OBJECT;
}

BpStatus node_readings_read_all(NodeReadings *readings, Node *node, BacPeer *peer, BacObjectId object,
                                BpError *err)
{
    char name[BAC_REFERENCE_TEXT_MAX];
    const BacReference all = reference_to(object, BAC_PROP_ALL),
                       list = reference_to(object, BAC_PROP_PROPERTY_LIST);
    NodeReadings lists = {.arena = readings->arena};
    const size_t before = readings->count;
    if (read_multiple(readings, node, peer, &all, 1, NULL) == BP_OK && readings->count > before &&
        !(readings->count == before + 1 && readings->items[before].refusal.kind != BAC_NOT_REFUSED))
        return BP_OK;
    readings->count = before;
    BpStatus status = read_one(&lists, node, peer, &list, err);
    if (status != BP_OK)
        return status;
    if (is_unknown_object(lists.items[0].refusal))
        return bp_fail(err, BP_REFUSED, "the device has no %s", bac_object_format(object, name));
    status = lists.items[0].refusal.kind == BAC_NOT_REFUSED
                 ? read_listed(readings, node, peer, &lists.items[0], err)
                 : read_usual(readings, node, peer, object, err);
    if (status == BP_OK && readings->count == before)
        return bp_fail(err, BP_REFUSED, "the device has no %s", bac_object_format(object, name));
    return status;
}
