/* A small BACnet device with the faults that real ones have, for tests of whoever asks devices:
 *
 *   odd_device [--no-multiple] [--no-segments] [--max-apdu N] [--mute-writes] [--forgetful] [--points N]
 *              [--name NAME] [--base N] [--announce ADDRESS:PORT] [--claim INSTANCE] [--list-twice]
 *              [--vendor N] [--list-all] [--garble] ADDRESS:PORT INSTANCE
 *
 * analog-value,1, binary-output,1 and multi-state-value,1 have priority arrays, analog-value,2 can be written
 * without one, analog-input,1 to N cannot: they are --base and their instance. With --announce it sends an
 * I-Am there at its start, which says what it --claims to be. With --list-all its points have a
 * Property_List, in which all stand that they have, it too; with --garble its answers to ReadRange,
 * GetEventInformation and ReadPropertyMultiple break the rules, and so do those to ReadProperty but of its
 * device object. Slot 5 of analog-value,3 is taken by 18. Prints "ready" when it hears, and ends with
 * standard input. */
#include "bacnet/service/read_property.h"
#include "bacnet/talk/server.h"
#include "base/time.h"
#include "io/bip/bip.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SLOTS = 16, STATES = 3, RELINQUISH_DEFAULT = 1 };

/* One commandable object: its slots hold numbers. */
typedef struct Commandable {
    BacObjectId id;
    const char *name;
    bool in_use[SLOTS];
    double slots[SLOTS];
} Commandable;

static struct {
    bool no_multiple, no_segments, mute_writes, forgetful, lists_twice, lists_all, garbles;
    uint16_t max_apdu;
    uint64_t vendor;
    uint32_t points, instance, base, claim;
    const char *name;
    LoopAddress address;
    BacAddress announced_to; /* port 0: nobody */
} settings = {.max_apdu = BAC_APDU_MAX, .points = 3, .name = "odd device"};

static Commandable commandables[] = {
    {.id = {BAC_ANALOG_VALUE, 1}, .name = "Setpoint"},
    {.id = {BAC_BINARY_OUTPUT, 1}, .name = "Damper"},
    {.id = {BAC_MULTI_STATE_VALUE, 1}, .name = "Speed"},
    {.id = {BAC_ANALOG_VALUE, 3}, .name = "Taken", .in_use[4] = true, .slots[4] = 18},
};
enum { COMMANDABLES = sizeof commandables / sizeof commandables[0] };
static double plain_value = 7;
static const char *const state_texts[STATES] = {"Off", "Low", "High"};
static bool is_mute; /* while a write is answered */

static const BacRefusal unknown_object = {BAC_REFUSED_ERROR, BAC_CLASS_OBJECT, BAC_CODE_UNKNOWN_OBJECT};
static const BacRefusal unknown_property = {BAC_REFUSED_ERROR, BAC_CLASS_PROPERTY, BAC_CODE_UNKNOWN_PROPERTY};
static const BacRefusal bad_index = {BAC_REFUSED_ERROR, BAC_CLASS_PROPERTY, BAC_CODE_INVALID_ARRAY_INDEX};
static const BacRefusal denied = {BAC_REFUSED_ERROR, BAC_CLASS_PROPERTY, BAC_CODE_WRITE_ACCESS_DENIED};
static const BacRefusal none = {BAC_NOT_REFUSED, 0, 0};

/* ---- its objects ---- */

static Commandable *find_commandable(BacObjectId id)
{
    for (size_t i = 0; i < COMMANDABLES; i++)
        if (bac_object_equal(id, commandables[i].id))
            return &commandables[i];
    return NULL;
}

/* The object list's element, from 0. */
static BacObjectId object_at(uint32_t i)
{
    if (i == 0)
        return (BacObjectId){BAC_DEVICE, settings.instance};
    if (i <= COMMANDABLES)
        return commandables[i - 1].id;
    if (i == COMMANDABLES + 1)
        return (BacObjectId){BAC_ANALOG_VALUE, 2};
    return (BacObjectId){BAC_ANALOG_INPUT, i - COMMANDABLES - 1};
}

static uint32_t object_count(void)
{
    return COMMANDABLES + 2 + settings.points;
}

static bool is_ours(BacObjectId id)
{
    for (uint32_t i = 0; i < object_count(); i++)
        if (bac_object_equal(id, object_at(i)))
            return true;
    return id.type == BAC_DEVICE && id.instance == BAC_INSTANCE_WILDCARD;
}

static bool exists(void *owner, BacObjectId id)
{
    (void)owner;
    return is_ours(id);
}

static const uint32_t properties_of_device[] = {BAC_PROP_OBJECT_IDENTIFIER,
                                                BAC_PROP_OBJECT_NAME,
                                                BAC_PROP_OBJECT_TYPE,
                                                BAC_PROP_MODEL_NAME,
                                                BAC_PROP_VENDOR_NAME,
                                                BAC_PROP_OBJECT_LIST,
                                                BAC_PROP_MAX_APDU_LENGTH_ACCEPTED};
static const uint32_t properties_of_points[] = {BAC_PROP_OBJECT_IDENTIFIER, BAC_PROP_OBJECT_NAME,
                                                BAC_PROP_OBJECT_TYPE,       BAC_PROP_PRESENT_VALUE,
                                                BAC_PROP_STATUS_FLAGS,      BAC_PROP_UNITS};

static bool property(void *owner, BacObjectId id, uint32_t only, size_t i, uint32_t *ret_property)
{
    (void)owner;
    (void)only;
    const bool is_device = id.type == BAC_DEVICE;
    const size_t count = is_device ? sizeof properties_of_device / sizeof properties_of_device[0]
                                   : sizeof properties_of_points / sizeof properties_of_points[0];
    if (!is_ours(id) || i >= count)
        return false;
    *ret_property = is_device ? properties_of_device[i] : properties_of_points[i];
    return true;
}

/* ---- reading ---- */

static void put_text(BpBuf *out, const char *text)
{
    BacValue value = {.type = BAC_CHARACTER_STRING};
    value.text.octets = bp_cursor(text, strlen(text));
    bac_value_encode(out, &value);
}

/* A number as the object's present value has it. */
static void put_number(BpBuf *out, BacObjectId id, double number)
{
    BacValue value = {.type = BAC_REAL, .real = (float)number};
    if (id.type == BAC_BINARY_OUTPUT)
        value = (BacValue){.type = BAC_ENUMERATED, .enumerated = (uint32_t)number};
    else if (id.type == BAC_MULTI_STATE_VALUE)
        value = (BacValue){.type = BAC_UNSIGNED, .natural = (uint64_t)number};
    bac_value_encode(out, &value);
}

static double present_value(const Commandable *object)
{
    for (size_t i = 0; i < SLOTS; i++)
        if (object->in_use[i])
            return object->slots[i];
    return RELINQUISH_DEFAULT;
}

static void put_unsigned(BpBuf *out, uint64_t number)
{
    bac_value_encode(out, &(BacValue){.type = BAC_UNSIGNED, .natural = number});
}

enum { POINT_PROPERTIES = sizeof properties_of_points / sizeof properties_of_points[0] };

static uint32_t all_properties(uint32_t i)
{
    return i < POINT_PROPERTIES ? properties_of_points[i] : (uint32_t)BAC_PROP_PROPERTY_LIST;
}

static void put_element(BpBuf *out, BacObjectId id, uint32_t list, uint32_t i)
{
    const Commandable *object = find_commandable(id);
    if (list == BAC_PROP_OBJECT_LIST)
        bac_value_encode(out,
                         &(BacValue){.type = BAC_OBJECT_IDENTIFIER, .object = object_at(i % object_count())});
    else if (list == BAC_PROP_STATE_TEXT)
        put_text(out, state_texts[i]);
    else if (list == BAC_PROP_PROPERTY_LIST)
        bac_value_encode(out, &(BacValue){.type = BAC_ENUMERATED, .enumerated = all_properties(i)});
    else if (object->in_use[i])
        put_number(out, id, object->slots[i]);
    else
        bac_value_encode(out, &(BacValue){.type = BAC_NULL});
}

static BacRefusal put_array(BpBuf *out, const BacReference *reference, uint32_t count)
{
    if (reference->index == 0)
        put_unsigned(out, count);
    else if (reference->index == BAC_NO_INDEX)
        for (uint32_t i = 0; i < count; i++)
            put_element(out, reference->object, reference->property, i);
    else if (reference->index <= count)
        put_element(out, reference->object, reference->property, reference->index - 1);
    else
        return bad_index;
    return none;
}

static BacRefusal read_device(const BacReference *reference, BpBuf *out)
{
    switch (reference->property) {
    case BAC_PROP_MODEL_NAME: put_text(out, "odd"); return none;
    case BAC_PROP_VENDOR_NAME: put_text(out, "BacPipes tests"); return none;
    case BAC_PROP_OBJECT_NAME: put_text(out, settings.name); return none;
    case BAC_PROP_MAX_APDU_LENGTH_ACCEPTED: put_unsigned(out, settings.max_apdu); return none;
    case BAC_PROP_VENDOR_IDENTIFIER: put_unsigned(out, settings.vendor); return none;
    case BAC_PROP_OBJECT_LIST:
        return put_array(out, reference, settings.lists_twice ? 2 * object_count() : object_count());
    default: return unknown_property;
    }
}

static BacRefusal read_point(const BacReference *reference, BpBuf *out)
{
    if (settings.lists_all && reference->property == BAC_PROP_PROPERTY_LIST)
        return put_array(out, reference, POINT_PROPERTIES + 1);
    const BacObjectId id = reference->object;
    const Commandable *object = find_commandable(id);
    static const uint8_t no_flags[] = {0};
    switch (reference->property) {
    case BAC_PROP_OBJECT_NAME: put_text(out, object ? object->name : "Point"); return none;
    case BAC_PROP_PRESENT_VALUE:
        put_number(out, id,
                   object                        ? present_value(object)
                   : id.type == BAC_ANALOG_VALUE ? plain_value
                                                 : settings.base + id.instance);
        return none;
    case BAC_PROP_STATUS_FLAGS:
        bac_value_encode(out, &(BacValue){.type = BAC_BIT_STRING, .bits = {no_flags, 4}});
        return none;
    case BAC_PROP_UNITS:
        if (id.type != BAC_ANALOG_VALUE && id.type != BAC_ANALOG_INPUT)
            return unknown_property;
        bac_value_encode(out, &(BacValue){.type = BAC_ENUMERATED, .enumerated = BAC_UNITS_DEGREES_CELSIUS});
        return none;
    case BAC_PROP_PRIORITY_ARRAY: return object ? put_array(out, reference, SLOTS) : unknown_property;
    case BAC_PROP_RELINQUISH_DEFAULT:
        if (!object)
            return unknown_property;
        put_number(out, id, RELINQUISH_DEFAULT);
        return none;
    case BAC_PROP_NUMBER_OF_STATES:
        if (id.type != BAC_MULTI_STATE_VALUE)
            return unknown_property;
        put_unsigned(out, STATES);
        return none;
    case BAC_PROP_STATE_TEXT:
        return id.type == BAC_MULTI_STATE_VALUE ? put_array(out, reference, STATES) : unknown_property;
    case BAC_PROP_INACTIVE_TEXT:
    case BAC_PROP_ACTIVE_TEXT:
        if (id.type != BAC_BINARY_OUTPUT)
            return unknown_property;
        put_text(out, reference->property == BAC_PROP_ACTIVE_TEXT ? "open" : "closed");
        return none;
    default: return unknown_property;
    }
}

static BacRefusal read_property(void *owner, const BacReference *asked, BpBuf *out)
{
    (void)owner;
    BacReference reference = *asked;
    if (!is_ours(reference.object))
        return unknown_object;
    if (reference.object.type == BAC_DEVICE)
        reference.object.instance = settings.instance;
    if (reference.property == BAC_PROP_OBJECT_IDENTIFIER)
        bac_value_encode(out, &(BacValue){.type = BAC_OBJECT_IDENTIFIER, .object = reference.object});
    else if (reference.property == BAC_PROP_OBJECT_TYPE)
        bac_value_encode(out, &(BacValue){.type = BAC_ENUMERATED, .enumerated = reference.object.type});
    else
        return reference.object.type == BAC_DEVICE ? read_device(&reference, out)
                                                   : read_point(&reference, out);
    return none;
}

/* ---- writing ---- */

static BacRefusal write_property(void *owner, const BacWrite *write)
{
    (void)owner;
    BacValue value;
    double number = 0;
    BpCursor in = write->value;
    Commandable *object = find_commandable(write->reference.object);
    const BacObjectId plain = {BAC_ANALOG_VALUE, 2};
    is_mute = settings.mute_writes;
    if (write->reference.property != BAC_PROP_PRESENT_VALUE || bac_value_decode(&in, &value, NULL) != BP_OK)
        return denied;
    if (settings.forgetful)
        return none;
    bac_value_number(&value, &number);
    if (object) {
        object->in_use[write->priority - 1] = value.type != BAC_NULL;
        object->slots[write->priority - 1] = number;
        return none;
    }
    if (!bac_object_equal(write->reference.object, plain))
        return denied;
    plain_value = number;
    return none;
}

/* ---- the device ---- */

typedef struct Device {
    Loop *loop;
    Bip *bip;
    BacServer server;
    BacSending sending;
} Device;

static void on_send(void *owner, const BacAddress *to, BpStr datagram)
{
    const Device *device = owner;
    if (!is_mute)
        bip_send(device->bip, to, datagram);
}

/* An answer of one application-tagged number, where there ought to be context tags. */
static bool garble(const Device *device, const BacDatagram *datagram)
{
    const BacApdu *asked = &datagram->apdu;
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    BpCursor body = datagram->body;
    BacReference reference;
    if (!settings.garbles || !datagram->has_apdu || asked->type != BAC_CONFIRMED_REQUEST ||
        (asked->service == BAC_SERVICE_CONFIRMED_READ_PROPERTY &&
         bac_read_property_decode(&body, &reference, NULL) == BP_OK && reference.object.type == BAC_DEVICE))
        return false;
    const BacApdu apdu = {.type = BAC_COMPLEX_ACK, .invoke_id = asked->invoke_id, .service = asked->service};
    const size_t begin =
        bac_datagram_begin(&out, BAC_BVLC_ORIGINAL_UNICAST, &datagram->from, NULL, false, &apdu);
    put_unsigned(&out, 5);
    bac_datagram_end(&out, begin);
    bip_send(device->bip, &datagram->from, bp_buf_text(&out));
    return true;
}

static void on_datagram(void *owner, const BacDatagram *datagram)
{
    Device *device = owner;
    if (garble(device, datagram))
        return;
    bac_server_receive(&device->server, datagram, loop_now_us(device->loop));
    is_mute = false;
}

static void on_input(void *owner, int events)
{
    const Device *device = owner;
    char octet;
    if (events && read(STDIN_FILENO, &octet, 1) <= 0)
        loop_stop(device->loop);
}

static void read_arguments(int argc, char **argv)
{
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; i++)
        if (strcmp(argv[i], "--no-multiple") == 0)
            settings.no_multiple = true;
        else if (strcmp(argv[i], "--no-segments") == 0)
            settings.no_segments = true;
        else if (strcmp(argv[i], "--mute-writes") == 0)
            settings.mute_writes = true;
        else if (strcmp(argv[i], "--forgetful") == 0)
            settings.forgetful = true;
        else if (strcmp(argv[i], "--list-twice") == 0)
            settings.lists_twice = true;
        else if (strcmp(argv[i], "--list-all") == 0)
            settings.lists_all = true;
        else if (strcmp(argv[i], "--garble") == 0)
            settings.garbles = true;
        else if (strcmp(argv[i], "--vendor") == 0 && i + 1 < argc)
            settings.vendor = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--max-apdu") == 0 && i + 1 < argc)
            settings.max_apdu = (uint16_t)strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--points") == 0 && i + 1 < argc)
            settings.points = (uint32_t)strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--base") == 0 && i + 1 < argc)
            settings.base = (uint32_t)strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--name") == 0 && i + 1 < argc)
            settings.name = argv[++i];
        else if (strcmp(argv[i], "--claim") == 0 && i + 1 < argc)
            settings.claim = (uint32_t)strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--announce") == 0 && i + 1 < argc &&
                 bac_address_parse(bp_str(argv[i + 1]), &settings.announced_to, NULL) == BP_OK)
            i++;
    BacAddress address;
    if (i + 2 != argc || bac_address_parse(bp_str(argv[i]), &address, NULL) != BP_OK) {
        fprintf(stderr, "usage: odd_device [OPTION]... ADDRESS:PORT INSTANCE\n");
        exit(64);
    }
    memcpy(settings.address.ip, address.ip, sizeof address.ip);
    settings.address.port = address.port;
    settings.instance = (uint32_t)strtoul(argv[i + 1], NULL, 10);
}

int main(int argc, char **argv)
{
    static const BacObjects objects = {read_property, write_property, property, exists};
    BpError err;
    static Device device;
    read_arguments(argc, argv);
    device.loop = loop_new();
    const BipOptions options = {.bind = settings.address, .owner = &device, .on_datagram = on_datagram};
    device.bip = bip_new(device.loop, &options, &err);
    if (!device.bip) {
        fprintf(stderr, "odd_device: %s\n", err.text);
        loop_free(device.loop);
        return 69;
    }
    bac_server_init(
        &device.server,
        &(BacServerOptions){.owner = &device,
                            .send = on_send,
                            .objects = &objects,
                            .identity = {settings.instance, settings.max_apdu,
                                         settings.no_segments ? BAC_NO_SEGMENTATION : BAC_SEGMENTED_BOTH, 0},
                            .has_read_multiple = !settings.no_multiple,
                            .window = 4,
                            .segment_retries = 3,
                            .segment_timeout_us = 2 * BP_SECOND,
                            .sendings = &device.sending,
                            .sending_count = settings.no_segments ? 0 : 1});
    BacServer announcer = device.server;
    if (settings.claim)
        announcer.options.identity.instance = settings.claim;
    if (settings.announced_to.port)
        bac_server_announce(&announcer, &settings.announced_to, false);
    LoopPoll *input = loop_poll_new(device.loop, STDIN_FILENO, on_input, &device);
    loop_poll_set(input, LOOP_READABLE);
    printf("ready\n");
    fflush(stdout);
    loop_run(device.loop);
    loop_poll_free(input);
    bip_free(device.bip);
    loop_free(device.loop);
    return 0;
}
