#include "apps/collect/ask/jobs/scan.h"

#include "apps/collect/ask/jobs/wanted.h"
#include "bacnet/service/read_multiple.h"
#include "bacnet/service/read_property.h"
#include "base/random.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/* What is read in a step is a list of references; a request takes as many of them as fit. */
typedef enum Phase { READ_DEVICE, READ_LIST, READ_LENGTH, READ_ELEMENTS, READ_OBJECTS, OVER } Phase;

enum {
    REFERENCES_MAX = 64,
    SILENCES_MAX = 3,     /* requests in a row without an answer: the device is away */
    HEADERS = 8,          /* octets of NPDU and APDU in front of parameters */
    ANSWER_ESTIMATE = 48, /* octets of one property in an answer, on the average */
    TEXT_MAX = 1024,
    NATURAL_MAX = UINT16_MAX, /* of vendor identifiers, which are Unsigned16 (12.11.7), and revisions */
};

struct CollectScan {
    BpArena arena;
    Phase phase;
    const char *failure;
    CollectScanDevice device;
    CollectScanObject *objects;
    size_t object_count, object_capacity, object_most;
    uint32_t *places; /* of objects by their identifiers: index plus 1 of `objects`, 0 for none */
    size_t place_count;
    size_t doubled, left_out; /* objects listed that are none of them */
    const char *odd_property; /* with a number that cannot be; NULL: none */
    double odd_number;
    char oddities[200];
    size_t list_length, listed; /* of the object list, and how much of it has been read */
    size_t object;              /* the one being read */

    BacReference references[REFERENCES_MAX];
    size_t reference_count, next; /* of them, and the first not yet answered */
    size_t batch, batch_max;      /* in the request under way, and at most */
    unsigned silences;
};

/* ---- steps ---- */

static void want(CollectScan *scan, BacObjectId object, uint32_t property, uint32_t index)
{
    assert(scan->reference_count < REFERENCES_MAX);
    scan->references[scan->reference_count++] = (BacReference){object, property, index};
}

static BacObjectId device_id(const CollectScan *scan)
{
    return (BacObjectId){BAC_DEVICE, scan->device.instance};
}

static void begin(CollectScan *scan, Phase phase)
{
    scan->phase = phase;
    scan->reference_count = scan->next = 0;
    scan->batch_max = REFERENCES_MAX;
}

static void want_device(CollectScan *scan)
{
    static const uint32_t properties[] = {
        BAC_PROP_OBJECT_NAME,
        BAC_PROP_DESCRIPTION,
        BAC_PROP_LOCATION,
        BAC_PROP_VENDOR_NAME,
        BAC_PROP_VENDOR_IDENTIFIER,
        BAC_PROP_MODEL_NAME,
        BAC_PROP_FIRMWARE_REVISION,
        BAC_PROP_PROTOCOL_REVISION,
        BAC_PROP_APPLICATION_SOFTWARE_VERSION,
        BAC_PROP_PROTOCOL_SERVICES_SUPPORTED,
    };
    begin(scan, READ_DEVICE);
    for (size_t i = 0; i < sizeof properties / sizeof properties[0]; i++)
        want(scan, device_id(scan), properties[i], BAC_NO_INDEX);
}

static void want_object(CollectScan *scan)
{
    const BacObjectId id = scan->objects[scan->object].id;
    uint32_t properties[COLLECT_WANTED_MAX];
    begin(scan, READ_OBJECTS);
    const size_t count = collect_wanted(id.type, properties);
    for (size_t i = 0; i < count; i++)
        want(scan, id, properties[i], BAC_NO_INDEX);
}

/* What is listed behind the most that are read is not asked for: it may have no end. */
static void want_elements(CollectScan *scan)
{
    begin(scan, READ_ELEMENTS);
    if (scan->object_count == scan->object_most) {
        scan->left_out += scan->list_length - scan->listed;
        scan->listed = scan->list_length;
    }
    for (size_t i = 0; i < REFERENCES_MAX && scan->listed + i < scan->list_length; i++)
        want(scan, device_id(scan), BAC_PROP_OBJECT_LIST, (uint32_t)(scan->listed + i + 1));
}

/* The step that follows a step that has been answered whole. */
static void go_on(CollectScan *scan)
{
    switch (scan->phase) {
    case READ_DEVICE:
        begin(scan, READ_LIST);
        want(scan, device_id(scan), BAC_PROP_OBJECT_LIST, BAC_NO_INDEX);
        return;
    case READ_LENGTH: want_elements(scan); break;
    case READ_ELEMENTS:
        scan->listed += scan->reference_count;
        want_elements(scan);
        break;
    case READ_OBJECTS: scan->object++; break;
    default: break;
    }
    if (scan->phase == READ_ELEMENTS && scan->reference_count > 0)
        return;
    if (scan->object < scan->object_count)
        want_object(scan);
    else
        begin(scan, OVER);
}

/* ---- what is read ---- */

static const char *keep_text(CollectScan *scan, BpCursor in)
{
    uint8_t memory[TEXT_MAX];
    BpBuf out = bp_buf(memory, sizeof memory);
    BacValue value;
    if (bac_value_decode(&in, &value, NULL) != BP_OK || value.type != BAC_CHARACTER_STRING)
        return "";
    bac_text_to_utf8(&out, &value);
    return bp_arena_text(&scan->arena, bp_str_trim(bp_buf_text(&out)));
}

static double number_in(BpCursor in, double otherwise)
{
    BacValue value;
    double number;
    if (bac_value_decode(&in, &value, NULL) != BP_OK || !bac_value_number(&value, &number) ||
        !isfinite(number))
        return otherwise;
    return number;
}

/* A number from a device is anything, and a conversion that does not fit is undefined: checked first. */
static int64_t natural_in(CollectScan *scan, BpCursor in, const char *property, int64_t most)
{
    const double number = number_in(in, -1);
    if (number >= 0 && number <= (double)most)
        return (int64_t)number;
    if (number != -1) {
        scan->odd_property = property;
        scan->odd_number = number;
    }
    return -1;
}

static void take_device_property(CollectScan *scan, uint32_t property, BpCursor value)
{
    CollectScanDevice *device = &scan->device;
    BacValue services;
    switch (property) {
    case BAC_PROP_OBJECT_NAME: device->name = keep_text(scan, value); break;
    case BAC_PROP_DESCRIPTION: device->description = keep_text(scan, value); break;
    case BAC_PROP_LOCATION: device->location = keep_text(scan, value); break;
    case BAC_PROP_VENDOR_NAME: device->vendor_name = keep_text(scan, value); break;
    case BAC_PROP_MODEL_NAME: device->model_name = keep_text(scan, value); break;
    case BAC_PROP_FIRMWARE_REVISION: device->firmware_revision = keep_text(scan, value); break;
    case BAC_PROP_APPLICATION_SOFTWARE_VERSION:
        device->application_software_version = keep_text(scan, value);
        break;
    case BAC_PROP_VENDOR_IDENTIFIER:
        device->vendor_id = (int32_t)natural_in(scan, value, "vendor-identifier", NATURAL_MAX);
        break;
    case BAC_PROP_PROTOCOL_REVISION:
        device->protocol_revision = (int32_t)natural_in(scan, value, "protocol-revision", NATURAL_MAX);
        break;
    case BAC_PROP_PROTOCOL_SERVICES_SUPPORTED:
        if (bac_value_decode(&value, &services, NULL) == BP_OK && services.type == BAC_BIT_STRING)
            for (uint32_t bit = 0; bit < services.bits.count && bit < 64; bit++)
                device->services |= (uint64_t)bac_bits_test(services.bits, bit) << bit;
        break;
    default: break;
    }
}

/* Where the object's index is kept, or would be: a table with room for twice as many. */
static uint32_t *find_place(const CollectScan *scan, BacObjectId id)
{
    size_t i = bp_hash(&(uint32_t){(uint32_t)id.type << 22 | id.instance}, sizeof(uint32_t), 0);
    while (scan->places[i % scan->place_count] &&
           !bac_object_equal(scan->objects[scan->places[i % scan->place_count] - 1].id, id))
        i++;
    return &scan->places[i % scan->place_count];
}

static void grow_objects(CollectScan *scan)
{
    scan->object_capacity = scan->object_capacity ? scan->object_capacity * 2 : 64;
    scan->place_count = 2 * scan->object_capacity;
    scan->objects = realloc(scan->objects, scan->object_capacity * sizeof *scan->objects);
    free(scan->places);
    scan->places = calloc(scan->place_count, sizeof *scan->places);
    if (!scan->objects || !scan->places)
        abort();
    for (size_t i = 0; i < scan->object_count; i++)
        *find_place(scan, scan->objects[i].id) = (uint32_t)i + 1;
}

/* Those of an enumeration of the standard's, which counts from 0 without a gap. */
static void keep_words(CollectScan *scan, CollectScanObject *object, const BacWords *words)
{
    object->states = bp_arena_take(&scan->arena, words->count * sizeof *object->states);
    object->state_count = words->count;
    for (size_t i = 0; i < words->count; i++)
        object->states[i] = words->words[i].text;
}

/* Some devices list an object twice, and some make a list that has no end. */
static void add_object(CollectScan *scan, BacObjectId id)
{
    const BacWords *states = bac_object_states(id.type);
    if (!bac_object_is_numeric(id.type))
        return; /* its present value is no number */
    if (scan->object_count == scan->object_capacity)
        grow_objects(scan);
    uint32_t *place = find_place(scan, id);
    if (*place) {
        scan->doubled++;
        return;
    }
    if (scan->object_count == scan->object_most) {
        scan->left_out++;
        return;
    }
    scan->objects[scan->object_count++] =
        (CollectScanObject){.id = id,
                            .name = "",
                            .description = "",
                            .units = collect_wanted_units(id.type),
                            .min = NAN,
                            .max = NAN,
                            .resolution = NAN,
                            .cov_increment = NAN,
                            .commandable = collect_wanted_is_output(id.type)};
    *place = (uint32_t)scan->object_count;
    if (states)
        keep_words(scan, &scan->objects[scan->object_count - 1], states);
}

static void take_listed(CollectScan *scan, BpCursor in)
{
    BacValue value;
    while (bp_cursor_remaining(&in) && bac_value_decode(&in, &value, NULL) == BP_OK)
        if (value.type == BAC_OBJECT_IDENTIFIER)
            add_object(scan, value.object);
}

static void keep_states(CollectScan *scan, CollectScanObject *object, BpCursor in)
{
    object->states = bp_arena_take(&scan->arena, COLLECT_SCAN_STATES_MAX * sizeof *object->states);
    object->state_count = 0;
    while (bp_cursor_remaining(&in) && object->state_count < COLLECT_SCAN_STATES_MAX) {
        BpCursor one = in;
        BacValue value;
        if (bac_value_decode(&in, &value, NULL) != BP_OK)
            break;
        object->states[object->state_count++] = keep_text(scan, one);
    }
}

/* One of those that were asked for one by one: in order, and a refused one leaves a gap without a text. */
static void keep_state(CollectScan *scan, size_t index, BpCursor in)
{
    CollectScanObject *object = &scan->objects[scan->object];
    while (object->state_count + 1 < index)
        object->states[object->state_count++] = "";
    object->states[object->state_count++] = keep_text(scan, in);
}

static void keep_binary_text(CollectScan *scan, CollectScanObject *object, size_t i, BpCursor in)
{
    if (!object->states) {
        object->states = bp_arena_take(&scan->arena, 2 * sizeof *object->states);
        object->states[0] = "inactive";
        object->states[1] = "active";
        object->state_count = 2;
    }
    object->states[i] = keep_text(scan, in);
}

static void take_object_property(CollectScan *scan, uint32_t property, BpCursor value)
{
    CollectScanObject *object = &scan->objects[scan->object];
    switch (property) {
    case BAC_PROP_OBJECT_NAME: object->name = keep_text(scan, value); break;
    case BAC_PROP_DESCRIPTION: object->description = keep_text(scan, value); break;
    case BAC_PROP_OUTPUT_UNITS:
    case BAC_PROP_UNITS: object->units = natural_in(scan, value, "units", UINT32_MAX); break;
    case BAC_PROP_MIN_PRES_VALUE: object->min = number_in(value, NAN); break;
    case BAC_PROP_MAX_PRES_VALUE: object->max = number_in(value, NAN); break;
    case BAC_PROP_RESOLUTION: object->resolution = number_in(value, NAN); break;
    case BAC_PROP_COV_INCREMENT: object->cov_increment = number_in(value, NAN); break;
    case BAC_PROP_NUMBER_OF_STATES:
        object->min = 1;
        object->max = number_in(value, NAN);
        break;
    case BAC_PROP_STATE_TEXT: keep_states(scan, object, value); break;
    case BAC_PROP_INACTIVE_TEXT: keep_binary_text(scan, object, 0, value); break;
    case BAC_PROP_ACTIVE_TEXT: keep_binary_text(scan, object, 1, value); break;
    case BAC_PROP_RELINQUISH_DEFAULT: object->commandable = true; break;
    default: break;
    }
}

/* The texts of a multi-state object that were too long together, one by one. */
static void want_states(CollectScan *scan)
{
    CollectScanObject *object = &scan->objects[scan->object];
    size_t count = object->max >= 1 && object->max <= COLLECT_SCAN_STATES_MAX ? (size_t)object->max : 0;
    if (count > REFERENCES_MAX - scan->reference_count)
        count = REFERENCES_MAX - scan->reference_count;
    object->states = bp_arena_take(&scan->arena, (count + 1) * sizeof *object->states);
    object->state_count = 0;
    for (size_t i = 1; i <= count; i++)
        want(scan, object->id, BAC_PROP_STATE_TEXT, (uint32_t)i);
}

static void take_length(CollectScan *scan, double length)
{
    scan->list_length = COLLECT_SCAN_OBJECTS_MAX;
    if (length < COLLECT_SCAN_OBJECTS_MAX)
        scan->list_length = length > 0 ? (size_t)length : 0;
}

/* A reference was answered, or refused: then it has no such property, which is no failure; or its answer was
 * too long. */
static void take_result(CollectScan *scan, const BacReference *reference, BacRefusal refusal, BpCursor value)
{
    const bool refused = refusal.kind != BAC_NOT_REFUSED;
    switch (scan->phase) {
    case READ_DEVICE:
        if (!refused)
            take_device_property(scan, reference->property, value);
        break;
    case READ_LIST:
        if (refused) { /* too long for one answer: element by element */
            begin(scan, READ_LENGTH);
            want(scan, device_id(scan), BAC_PROP_OBJECT_LIST, 0);
            return;
        }
        for (BpCursor in = value; bp_cursor_remaining(&in); scan->list_length++) {
            BacValue one;
            if (bac_value_decode(&in, &one, NULL) != BP_OK)
                break;
        }
        take_listed(scan, value);
        break;
    case READ_LENGTH:
        if (refused)
            collect_scan_fail(scan, "it does not tell its object list");
        else
            take_length(scan, number_in(value, 0));
        break;
    case READ_ELEMENTS:
        if (!refused)
            take_listed(scan, value);
        break;
    case READ_OBJECTS:
        if (!refused && reference->index != BAC_NO_INDEX)
            keep_state(scan, reference->index, value);
        else if (!refused)
            take_object_property(scan, reference->property, value);
        else if (reference->property == BAC_PROP_STATE_TEXT && reference->index == BAC_NO_INDEX &&
                 refusal.kind == BAC_REFUSED_ABORT)
            want_states(scan);
        break;
    case OVER: break;
    }
    scan->next++;
}

/* ---- asking ---- */

uint8_t collect_scan_ask(CollectScan *scan, const CollectLimits *limits, BpBuf *out)
{
    assert(scan->phase != OVER && scan->next < scan->reference_count);
    const BacReference *first = &scan->references[scan->next];
    const size_t left = scan->reference_count - scan->next;
    size_t most = left < scan->batch_max ? left : scan->batch_max, size = HEADERS;
    if (!limits->read_multiple)
        most = 1;
    if (most > limits->answer_octets / ANSWER_ESTIMATE)
        most = limits->answer_octets / ANSWER_ESTIMATE;
    scan->batch = 0;
    while (scan->batch < most) {
        size += bac_read_multiple_request_size(&first[scan->batch], scan->batch == 0);
        if (size > limits->request_octets)
            break;
        scan->batch++;
    }
    if (scan->batch <= 1) {
        scan->batch = 1;
        bac_read_property_encode(out, first);
        return BAC_SERVICE_CONFIRMED_READ_PROPERTY;
    }
    bac_read_multiple_encode(out, first, scan->batch);
    return BAC_SERVICE_CONFIRMED_READ_PROPERTY_MULTIPLE;
}

/* ---- answers ---- */

static void take_multiple(CollectScan *scan, BpCursor body)
{
    BacReadMultiple walk = {.in = body};
    BacReadResult result;
    for (size_t left = scan->batch; left > 0; left--) {
        if (bac_read_multiple_ack_next(&walk, &result, NULL) != BP_OK)
            break; /* the client has matched it: what is missing is asked for again */
        take_result(scan, &scan->references[scan->next], result.refusal, result.value);
    }
}

static void take_single(CollectScan *scan, const BacAnswer *answer)
{
    BpCursor body = answer->body, value = bp_cursor(NULL, 0);
    BacReference reference = scan->references[scan->next];
    BacRefusal refusal = answer->refusal;
    if (answer->outcome == BAC_SILENT) /* as if it had said that it is too long */
        refusal = (BacRefusal){.kind = BAC_REFUSED_ABORT, .code = BAC_ABORT_BUFFER_OVERFLOW};
    else if (answer->outcome == BAC_ANSWERED &&
             bac_read_property_ack_decode(&body, &reference, &value, NULL) != BP_OK)
        refusal = (BacRefusal){.kind = BAC_REFUSED_REJECT, .code = BAC_REJECT_OTHER};
    take_result(scan, &scan->references[scan->next], refusal, value);
}

/* What may be too long for an answer, which some devices meet with silence. */
static bool is_long(const BacReference *reference)
{
    return reference->property == BAC_PROP_STATE_TEXT && reference->index == BAC_NO_INDEX;
}

static void ask_for_less(CollectScan *scan)
{
    scan->batch_max = scan->batch / 2 > 0 ? scan->batch / 2 : 1;
}

void collect_scan_take(CollectScan *scan, CollectLimits *limits, const BacAnswer *answer, int64_t now_us)
{
    const bool silent = answer->outcome == BAC_SILENT;
    scan->silences = silent ? scan->silences + 1 : 0;
    if (silent && scan->silences >= SILENCES_MAX) {
        collect_scan_fail(scan, "it stopped answering");
        return;
    }
    if (scan->batch > 1 && answer->outcome == BAC_ANSWERED) {
        take_multiple(scan, answer->body);
    } else if (scan->batch > 1) {
        if (!silent)
            (void)collect_limits_refused(limits, answer->refusal, scan->batch, 0, now_us);
        ask_for_less(scan);
        return;
    } else if (silent && scan->phase != READ_LIST && !is_long(&scan->references[scan->next])) {
        return; /* the same again */
    } else {
        take_single(scan, answer); /* a whole list that was too long may be met with silence, too */
    }
    if (scan->phase != OVER && scan->next >= scan->reference_count)
        go_on(scan);
}

/* ---- the rest ---- */

CollectScan *collect_scan_new(uint32_t instance, uint32_t max_apdu, uint8_t segmentation)
{
    CollectScan *scan = calloc(1, sizeof *scan);
    if (!scan)
        abort();
    scan->device = (CollectScanDevice){.instance = instance,
                                       .name = "",
                                       .description = "",
                                       .location = "",
                                       .vendor_name = "",
                                       .model_name = "",
                                       .firmware_revision = "",
                                       .application_software_version = "",
                                       .vendor_id = -1,
                                       .protocol_revision = -1,
                                       .max_apdu = max_apdu,
                                       .segmentation = segmentation};
    scan->object_most = COLLECT_SCAN_OBJECTS_MAX;
    want_device(scan);
    return scan;
}

void collect_scan_set_most(CollectScan *scan, size_t points)
{
    scan->object_most = points < COLLECT_SCAN_OBJECTS_MAX ? points : COLLECT_SCAN_OBJECTS_MAX;
}

void collect_scan_free(CollectScan *scan)
{
    if (!scan)
        return;
    bp_arena_done(&scan->arena);
    free(scan->objects);
    free(scan->places);
    free(scan);
}

void collect_scan_fail(CollectScan *scan, const char *why)
{
    scan->failure = why;
    begin(scan, OVER);
}

bool collect_scan_is_over(const CollectScan *scan)
{
    return scan->phase == OVER;
}

const char *collect_scan_failure(const CollectScan *scan)
{
    return scan->failure;
}

const CollectScanDevice *collect_scan_device(const CollectScan *scan)
{
    return &scan->device;
}

const CollectScanObject *collect_scan_objects(const CollectScan *scan, size_t *ret_count)
{
    *ret_count = scan->object_count;
    return scan->objects;
}

size_t collect_scan_object_count(const CollectScan *scan)
{
    return scan->list_length;
}

size_t collect_scan_left_out(const CollectScan *scan)
{
    return scan->left_out;
}

const char *collect_scan_oddities(CollectScan *scan)
{
    BpBuf out = bp_buf(scan->oddities, sizeof scan->oddities - 1);
    if (scan->doubled > 0)
        bp_buf_printf(&out, "it lists %zu objects twice", scan->doubled);
    if (scan->left_out > 0)
        bp_buf_printf(&out, "%s%zu objects beyond %zu points are left out", out.size ? "; " : "",
                      scan->left_out, scan->object_most);
    if (scan->odd_property)
        bp_buf_printf(&out, "%s%s %.15g cannot be", out.size ? "; " : "", scan->odd_property,
                      scan->odd_number);
    scan->oddities[out.size] = '\0';
    return scan->oddities;
}
