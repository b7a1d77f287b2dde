#include "apps/collect/control/look.h"
#include "apps/collect/ask/device/decode.h"
#include "bacnet/service/read_multiple.h"
#include "bacnet/service/read_property.h"

#include <assert.h>
#include <math.h>

/* What is asked, in this order: all at once, or one by one. */
typedef enum Step {
    NOTHING,
    ALL,
    DEVICE,
    VALUE,
    NAME,
    ARRAY,
    SLOT, /* the one that matters, where the whole array is too much */
    LEAST,
    MOST,
    END,
} Step;

enum { ALL_MAX = END - DEVICE };

/* ---- what is asked ---- */

static BacReference reference_of(const ControlLook *look, Step step)
{
    const ControlLookRequest *request = &look->request;
    BacReference reference = {request->object, request->property, BAC_NO_INDEX};
    switch (step) {
    case DEVICE:
        reference.object = (BacObjectId){BAC_DEVICE, request->device->instance};
        reference.property = BAC_PROP_OBJECT_IDENTIFIER;
        break;
    case NAME: reference.property = BAC_PROP_OBJECT_NAME; break;
    case ARRAY: reference.property = BAC_PROP_PRIORITY_ARRAY; break;
    case SLOT:
        reference.property = BAC_PROP_PRIORITY_ARRAY;
        reference.index = (uint32_t)request->slot;
        break;
    case LEAST: reference.property = BAC_PROP_MIN_PRES_VALUE; break;
    case MOST: reference.property = BAC_PROP_MAX_PRES_VALUE; break;
    default: break;
    }
    return reference;
}

static bool is_asked(const ControlLook *look, Step step)
{
    const bool is_present_value = look->request.property == BAC_PROP_PRESENT_VALUE;
    switch (step) {
    case SLOT: return false;
    case ARRAY: return is_present_value;
    case LEAST:
    case MOST: return is_present_value && look->request.wants_limits;
    default: return true;
    }
}

static Step next_of(const ControlLook *look, Step step)
{
    do
        step++;
    while (step < END && !is_asked(look, step));
    return step;
}

static void on_end(void *context, const CollectOrderEnd *end);

static void ask(ControlLook *look, Step step)
{
    uint8_t memory[BAC_APDU_MIN];
    BpBuf out = bp_buf(memory, sizeof memory);
    BacReference all[ALL_MAX];
    size_t count = 0;
    look->step = (int)step;
    if (step == ALL) {
        for (Step each = DEVICE; each < END; each = next_of(look, each))
            all[count++] = reference_of(look, each);
        bac_read_multiple_encode(&out, all, count);
    } else {
        all[0] = reference_of(look, step);
        bac_read_property_encode(&out, &all[0]);
    }
    assert(!out.failed);
    const CollectOrderRequest order = {.service = step == ALL ? BAC_SERVICE_CONFIRMED_READ_PROPERTY_MULTIPLE
                                                              : BAC_SERVICE_CONFIRMED_READ_PROPERTY,
                                       .parameters = bp_buf_text(&out),
                                       .is_urgent = look->request.is_urgent,
                                       .is_once = look->request.is_once,
                                       .context = look,
                                       .on_end = on_end};
    collect_poll_order(look->request.poller, look->request.device, &order, look->request.now_us);
}

/* ---- what is told ---- */

static void tell(ControlLook *look, ControlSight sight)
{
    look->seen.sight = sight;
    look->step = NOTHING;
    look->request.on_seen(look->request.context, &look->seen);
}

static const char *number_in(const ControlLook *look, BpCursor value, double *ret_number)
{
    const CollectPoint point = {.object = look->request.object, .property = look->request.property};
    CollectSample sample = {0};
    collect_decode_value(value, &point, &sample);
    if (!sample.problem)
        *ret_number = sample.number;
    return sample.problem;
}

static void take_slot(ControlLook *look, size_t i, BpCursor value)
{
    ControlSlots *slots = &look->seen.slots;
    BpCursor in = value;
    BacValue decoded;
    if (bac_value_decode(&in, &decoded, NULL) != BP_OK)
        return;
    slots->known |= (uint16_t)(1U << i);
    /* What is no number holds the slot all the same. */
    if (decoded.type != BAC_NULL) {
        slots->held |= (uint16_t)(1U << i);
        slots->values[i] = NAN;
        (void)number_in(look, value, &slots->values[i]);
    }
}

static void take_array(ControlLook *look, BpCursor in)
{
    for (size_t i = 0; i < CONTROL_SLOTS && bp_cursor_remaining(&in) > 0; i++) {
        const size_t start = in.offset;
        BacValue value;
        if (bac_value_decode(&in, &value, NULL) != BP_OK)
            return;
        take_slot(look, i, bp_cursor(in.data + start, in.offset - start));
    }
}

static void take_name(ControlLook *look, BpCursor in)
{
    uint8_t memory[CONTROL_OBJECT_NAME_MAX];
    BpBuf out = bp_buf(memory, sizeof memory);
    BacValue value;
    if (bac_value_decode(&in, &value, NULL) != BP_OK || value.type != BAC_CHARACTER_STRING)
        return;
    bac_text_to_utf8(&out, &value);
    (void)bp_str_copy(bp_str_trim(bp_buf_text(&out)), look->seen.name, sizeof look->seen.name);
}

static void take_value(ControlLook *look, BpCursor in)
{
    BacValue value;
    look->seen.value = NAN;
    look->seen.problem = number_in(look, in, &look->seen.value);
    if (bac_value_decode(&in, &value, NULL) == BP_OK)
        look->seen.type = value.type;
}

/* Who answers: true for the device itself. */
static bool take_device(ControlLook *look, BpCursor in)
{
    BacValue value;
    look->seen.other = BAC_INSTANCE_WILDCARD;
    if (bac_value_decode(&in, &value, NULL) != BP_OK || value.type != BAC_OBJECT_IDENTIFIER ||
        value.object.type != BAC_DEVICE)
        return false;
    look->seen.other = value.object.instance;
    return value.object.instance == look->request.device->instance;
}

/* Takes what came of one property, a value or a refusal. False: it is of no use to go on, and what was seen
 * says why. */
static bool take(ControlLook *look, Step step, BacRefusal refusal, BpCursor value)
{
    ControlSeen *seen = &look->seen;
    const bool is_refused = refusal.kind != BAC_NOT_REFUSED;
    switch (step) {
    case DEVICE:
        seen->sight = CONTROL_ANOTHER_ANSWERS;
        seen->other = BAC_INSTANCE_WILDCARD;
        return !is_refused && take_device(look, value);
    case VALUE:
        if (!is_refused)
            take_value(look, value);
        seen->refusal = refusal;
        seen->sight = collect_decode_is_unknown_object(refusal) ? CONTROL_NO_OBJECT : CONTROL_NOT_TOLD;
        return !is_refused;
    case NAME:
        if (!is_refused)
            take_name(look, value);
        return true;
    case ARRAY:
        if (!is_refused)
            take_array(look, value);
        seen->has_no_array = refusal.kind == BAC_REFUSED_ERROR && refusal.code == BAC_CODE_UNKNOWN_PROPERTY;
        return true;
    case SLOT:
        if (!is_refused)
            take_slot(look, (size_t)look->request.slot - 1, value);
        return true;
    case LEAST: seen->has_least = !is_refused && !number_in(look, value, &seen->least); return true;
    case MOST: seen->has_most = !is_refused && !number_in(look, value, &seen->most); return true;
    default: return true;
    }
}

/* ---- all at once ---- */

/* False: the answer is not what was asked for, or the device is not named in it: some name another one in it,
 * or nobody, and are themselves, so one by one it is asked again. */
static bool take_all(ControlLook *look, BpCursor body, bool *ret_goes_on)
{
    BacReadMultiple walk = {.in = body};
    bool goes_on = true;
    for (Step step = DEVICE; step < END && goes_on; step = next_of(look, step)) {
        const BacReference reference = reference_of(look, step);
        BacReadResult result;
        if (bac_read_multiple_ack_next(&walk, &result, NULL) != BP_OK ||
            !bac_object_equal(result.reference.object, reference.object) ||
            result.reference.property != reference.property)
            return false;
        goes_on = take(look, step, result.refusal, result.value);
        if (step == DEVICE && !goes_on)
            return false;
    }
    *ret_goes_on = goes_on;
    return true;
}

static void begin_anew(ControlLook *look)
{
    look->seen = (ControlSeen){.other = BAC_INSTANCE_WILDCARD};
}

/* There is one, as far as we know, and all of it is not told. */
static bool misses_array(const ControlLook *look)
{
    return is_asked(look, ARRAY) && look->seen.slots.known == 0 && !look->seen.has_no_array;
}

static void on_all(ControlLook *look, const CollectOrderEnd *end)
{
    bool goes_on = false;
    if (end->outcome == COLLECT_ORDER_ANSWERED && take_all(look, end->body, &goes_on)) {
        if (goes_on && misses_array(look))
            ask(look, SLOT);
        else
            tell(look, goes_on ? CONTROL_SEEN : look->seen.sight);
        return;
    }
    begin_anew(look);
    ask(look, DEVICE);
}

/* ---- one by one ---- */

static void on_single(ControlLook *look, const CollectOrderEnd *end)
{
    const Step step = (Step)look->step;
    BpCursor body = end->body, value = bp_cursor(NULL, 0);
    BacReference reference;
    BacRefusal refusal = {0};
    if (end->outcome == COLLECT_ORDER_REFUSED)
        refusal = end->refusal;
    else if (bac_read_property_ack_decode(&body, &reference, &value, NULL) != BP_OK)
        value = bp_cursor(NULL, 0);
    if (!take(look, step, refusal, value))
        tell(look, look->seen.sight);
    else if (step == ARRAY && misses_array(look))
        ask(look, SLOT);
    else if (next_of(look, step) == END)
        tell(look, CONTROL_SEEN);
    else
        ask(look, next_of(look, step));
}

/* The poller has found out by itself, maybe just now, that another is there. */
static void on_unasked(ControlLook *look, CollectOrderWhy why)
{
    const bool is_replaced = why == COLLECT_ORDER_AWAY && look->request.device->state == COLLECT_REPLACED;
    look->seen.why = why;
    look->seen.other = is_replaced ? look->request.device->found : BAC_INSTANCE_WILDCARD;
    tell(look, is_replaced ? CONTROL_ANOTHER_ANSWERS : CONTROL_NOT_ASKED);
}

static void on_end(void *context, const CollectOrderEnd *end)
{
    ControlLook *look = context;
    if (end->outcome == COLLECT_ORDER_NOT_SENT && end->why != COLLECT_ORDER_TOO_LONG)
        on_unasked(look, end->why);
    else if (look->step == ALL)
        on_all(look, end);
    else if (end->outcome == COLLECT_ORDER_UNKNOWN)
        tell(look, CONTROL_NO_ANSWER);
    else
        on_single(look, end);
}

void control_look(ControlLook *look, const ControlLookRequest *request)
{
    assert(!control_look_is_under_way(look) && request->slot >= 1 && request->slot <= CONTROL_SLOTS);
    look->request = *request;
    begin_anew(look);
    ask(look, request->device->limits.read_multiple ? ALL : DEVICE);
}

int control_slots_first(const ControlSlots *slots)
{
    for (int slot = 1; slot <= CONTROL_SLOTS && control_slots_is_known(slots, slot); slot++)
        if (control_slots_is_held(slots, slot))
            return slot;
    return 0;
}
