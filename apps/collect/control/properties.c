#include "apps/collect/control/properties.h"

#include "apps/collect/ask/device/decode.h"
#include "bacnet/service/read_multiple.h"
#include "bacnet/service/read_property.h"
#include "say/json.h"
#include "say/property.h"

#include <assert.h>
#include <stdlib.h>

typedef enum Step {
    NOTHING,
    ALL,    /* who it is, and all properties, in one request */
    DEVICE, /* who it is */
    LIST,   /* which properties there are */
    EACH,
} Step;

enum { SHOWN_MAX = 16 * 1024 }; /* octets of a property's text: what is longer is cut */

static const uint32_t usual[] = {
    BAC_PROP_OBJECT_NAME,        BAC_PROP_DESCRIPTION,    BAC_PROP_PRESENT_VALUE,  BAC_PROP_STATUS_FLAGS,
    BAC_PROP_EVENT_STATE,        BAC_PROP_RELIABILITY,    BAC_PROP_OUT_OF_SERVICE, BAC_PROP_UNITS,
    BAC_PROP_STATE_TEXT,         BAC_PROP_INACTIVE_TEXT,  BAC_PROP_ACTIVE_TEXT,    BAC_PROP_PRIORITY_ARRAY,
    BAC_PROP_RELINQUISH_DEFAULT, BAC_PROP_MIN_PRES_VALUE, BAC_PROP_MAX_PRES_VALUE, BAC_PROP_COV_INCREMENT};

/* ---- what is asked ---- */

static void on_end(void *context, const CollectOrderEnd *end);

static BacReference reference_of(const ControlProperties *properties, Step step)
{
    const ControlPropertiesRequest *request = &properties->request;
    switch (step) {
    case DEVICE:
        return (BacReference){
            {BAC_DEVICE, request->device->instance}, BAC_PROP_OBJECT_IDENTIFIER, BAC_NO_INDEX};
    case LIST: return (BacReference){request->object, BAC_PROP_PROPERTY_LIST, BAC_NO_INDEX};
    case EACH: return (BacReference){request->object, properties->wanted[properties->next], BAC_NO_INDEX};
    default: return (BacReference){request->object, BAC_PROP_ALL, BAC_NO_INDEX};
    }
}

static void ask(ControlProperties *properties, Step step)
{
    uint8_t memory[BAC_APDU_MIN];
    BpBuf out = bp_buf(memory, sizeof memory);
    properties->step = (int)step;
    if (step == ALL) {
        const BacReference both[] = {reference_of(properties, DEVICE), reference_of(properties, ALL)};
        bac_read_multiple_encode(&out, both, 2);
    } else {
        const BacReference one = reference_of(properties, step);
        bac_read_property_encode(&out, &one);
    }
    assert(!out.failed);
    const CollectOrderRequest order = {.service = step == ALL ? BAC_SERVICE_CONFIRMED_READ_PROPERTY_MULTIPLE
                                                              : BAC_SERVICE_CONFIRMED_READ_PROPERTY,
                                       .parameters = bp_buf_text(&out),
                                       .is_urgent = properties->request.is_urgent,
                                       .context = properties,
                                       .on_end = on_end};
    collect_poll_order(properties->request.poller, properties->request.device, &order,
                       properties->request.now_us);
}

/* ---- what is told ---- */

static void tell(ControlProperties *properties, ControlSight sight)
{
    json_t *read = properties->properties;
    properties->properties = NULL;
    properties->seen.sight = sight;
    properties->step = NOTHING;
    properties->request.on_read(properties->request.context, &properties->seen,
                                sight == CONTROL_SEEN ? read : NULL);
    json_decref(read);
}

static void add(ControlProperties *properties, const BacReference *reference, BacRefusal refusal,
                BpCursor value)
{
    char name[BAC_REFERENCE_TEXT_MAX], why[BAC_REFUSAL_TEXT_MAX];
    json_t *item;
    if (json_array_size(properties->properties) >= CONTROL_PROPERTIES_MAX)
        return;
    say_property_name(reference, name);
    if (refusal.kind != BAC_NOT_REFUSED) {
        item = json_pack("{s:s, s:s}", "name", name, "problem", bac_refusal_format(refusal, why));
    } else {
        BpBuf text = bp_buf_growing(SHOWN_MAX);
        say_property_values(&text, value, reference);
        item = json_pack("{s:s, s:o, s:o}", "name", name, "text", say_json_text(bp_buf_text(&text)), "value",
                         say_property_json(value, reference));
        bp_buf_done(&text);
    }
    if (!item || json_array_append_new(properties->properties, item) != 0)
        abort();
}

/* Who answers: true for the device itself. */
static bool take_device(ControlProperties *properties, BpCursor in)
{
    BacValue value;
    properties->seen.other = BAC_INSTANCE_WILDCARD;
    if (bac_value_decode(&in, &value, NULL) != BP_OK || value.type != BAC_OBJECT_IDENTIFIER ||
        value.object.type != BAC_DEVICE)
        return false;
    properties->seen.other = value.object.instance;
    return value.object.instance == properties->request.device->instance;
}

/* ---- all at once ---- */

/* False: the answer is of no use, and one by one it is asked again. */
static bool take_all(ControlProperties *properties, BpCursor body)
{
    BacReadMultiple walk = {.in = body};
    BacReadResult result;
    if (bac_read_multiple_ack_next(&walk, &result, NULL) != BP_OK || result.refusal.kind != BAC_NOT_REFUSED ||
        !take_device(properties, result.value))
        return false;
    BpStatus status;
    while ((status = bac_read_multiple_ack_next(&walk, &result, NULL)) == BP_OK) {
        if (!bac_object_equal(result.reference.object, properties->request.object) ||
            result.reference.property == BAC_PROP_ALL)
            return false;
        add(properties, &result.reference, result.refusal, result.value);
    }
    return status == BP_NOT_FOUND && json_array_size(properties->properties) > 0;
}

static void on_all(ControlProperties *properties, const CollectOrderEnd *end)
{
    if (end->outcome == COLLECT_ORDER_ANSWERED && take_all(properties, end->body)) {
        tell(properties, CONTROL_SEEN);
        return;
    }
    json_array_clear(properties->properties);
    ask(properties, DEVICE);
}

/* ---- one by one ---- */

static void take_list(ControlProperties *properties, BpCursor in)
{
    BacValue value;
    /* Those three are in no list (clause 12.1.1.4.1). */
    static const uint32_t first[] = {BAC_PROP_OBJECT_IDENTIFIER, BAC_PROP_OBJECT_NAME, BAC_PROP_OBJECT_TYPE};
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++)
        properties->wanted[properties->wanted_count++] = first[i];
    while (bp_cursor_remaining(&in) > 0 && properties->wanted_count < CONTROL_PROPERTIES_MAX &&
           bac_value_decode(&in, &value, NULL) == BP_OK)
        if (value.type == BAC_ENUMERATED)
            properties->wanted[properties->wanted_count++] = value.enumerated;
}

static void want_usual(ControlProperties *properties)
{
    properties->is_usual = true;
    properties->wanted_count = sizeof usual / sizeof usual[0];
    for (size_t i = 0; i < properties->wanted_count; i++)
        properties->wanted[i] = usual[i];
}

static void ask_next(ControlProperties *properties)
{
    if (properties->next < properties->wanted_count)
        ask(properties, EACH);
    else
        tell(properties, json_array_size(properties->properties) > 0 ? CONTROL_SEEN : CONTROL_NO_OBJECT);
}

static void on_single(ControlProperties *properties, const CollectOrderEnd *end)
{
    const Step step = (Step)properties->step;
    const BacReference asked = reference_of(properties, step);
    BpCursor body = end->body, value = bp_cursor(NULL, 0);
    BacReference reference;
    BacRefusal refusal = {0};
    if (end->outcome == COLLECT_ORDER_REFUSED)
        refusal = end->refusal;
    else if (bac_read_property_ack_decode(&body, &reference, &value, NULL) != BP_OK)
        value = bp_cursor(NULL, 0);
    const bool is_refused = refusal.kind != BAC_NOT_REFUSED;
    properties->seen.refusal = refusal;
    if (step == DEVICE) {
        if (is_refused || !take_device(properties, value))
            tell(properties, CONTROL_ANOTHER_ANSWERS);
        else
            ask(properties, LIST);
    } else if (step != DEVICE && is_refused && collect_decode_is_unknown_object(refusal)) {
        tell(properties, CONTROL_NO_OBJECT);
    } else if (step == LIST) {
        if (is_refused)
            want_usual(properties);
        else
            take_list(properties, value);
        ask_next(properties);
    } else {
        if (!is_refused || !properties->is_usual)
            add(properties, &asked, refusal, value);
        properties->next++;
        ask_next(properties);
    }
}

static void on_end(void *context, const CollectOrderEnd *end)
{
    ControlProperties *properties = context;
    if (end->outcome == COLLECT_ORDER_NOT_SENT && end->why != COLLECT_ORDER_TOO_LONG) {
        properties->seen.why = end->why;
        tell(properties, CONTROL_NOT_ASKED);
    } else if (properties->step == ALL) {
        on_all(properties, end);
    } else if (end->outcome == COLLECT_ORDER_UNKNOWN) {
        tell(properties, CONTROL_NO_ANSWER);
    } else {
        on_single(properties, end);
    }
}

void control_properties(ControlProperties *properties, const ControlPropertiesRequest *request)
{
    assert(!control_properties_is_under_way(properties));
    *properties = (ControlProperties){
        .request = *request, .properties = json_array(), .seen = {.other = BAC_INSTANCE_WILDCARD}};
    ask(properties, request->device->limits.read_multiple ? ALL : DEVICE);
}

void control_properties_done(ControlProperties *properties)
{
    json_decref(properties->properties);
    properties->properties = NULL;
}
