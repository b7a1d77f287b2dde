/* A building in memory with invented time: devices that answer through BacServer, and a network that loses,
 * doubles, delays and overtakes, the same way for each seed. Every value says which device, object, property
 * and index it belongs to, so that one in the wrong place is seen. */
#ifndef TESTS_UNIT_WORLD_H
#define TESTS_UNIT_WORLD_H

#include "bacnet/talk/client.h"
#include "bacnet/talk/server.h"
#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- the network ---- */

typedef struct Frame {
    int64_t at_us;       /* when it arrives */
    uint64_t number;     /* of all frames: which of two at the same time is first */
    BacAddress from, to; /* `from` is a B/IP node, `to` may name a station behind it */
    size_t size;
    uint8_t octets[BAC_DATAGRAM_MAX];
} Frame;

typedef struct Network {
    BpRandom random;
    int64_t now_us;
    double lost, doubled;        /* parts of 1 */
    int64_t delay_us, jitter_us; /* all take the one; up to the other more: */
    double delayed;              /* parts of 1, those that do */
    /* Where not NULL: true for a frame that is lost. */
    bool (*loses)(void *owner, const Frame *frame);
    void *owner;
    Frame **frames; /* a heap, the earliest on top */
    size_t count, capacity;
    uint64_t number;
} Network;

static inline bool frame_is_before(const Frame *a, const Frame *b)
{
    return a->at_us < b->at_us || (a->at_us == b->at_us && a->number < b->number);
}

static inline void network_push(Network *network, Frame *frame)
{
    if (network->count == network->capacity) {
        network->capacity = network->capacity ? 2 * network->capacity : 64;
        network->frames = realloc(network->frames, network->capacity * sizeof(Frame *));
        assert_non_null(network->frames);
    }
    size_t i = network->count++;
    for (; i > 0 && frame_is_before(frame, network->frames[(i - 1) / 2]); i = (i - 1) / 2)
        network->frames[i] = network->frames[(i - 1) / 2];
    network->frames[i] = frame;
}

/* The caller frees it. */
static inline Frame *network_pop(Network *network)
{
    Frame **frames = network->frames;
    Frame *first = frames[0];
    const Frame *last = frames[--network->count];
    size_t i = 0;
    for (size_t child = 1; child < network->count; child = 2 * i + 1) {
        if (child + 1 < network->count && frame_is_before(frames[child + 1], frames[child]))
            child++;
        if (frame_is_before(last, frames[child]))
            break;
        frames[i] = frames[child];
        i = child;
    }
    frames[i] = frames[network->count];
    return first;
}

static inline void network_send(Network *network, const BacAddress *from, const BacAddress *to,
                                BpStr datagram)
{
    const int copies = bp_random_unit(&network->random) < network->doubled ? 2 : 1;
    for (int i = 0; i < copies; i++) {
        Frame *frame = malloc(sizeof *frame);
        assert_non_null(frame);
        assert_true(datagram.size <= sizeof frame->octets);
        const bool is_delayed = bp_random_unit(&network->random) < network->delayed;
        const double jitter = is_delayed ? bp_random_unit(&network->random) * (double)network->jitter_us : 0;
        frame->at_us = network->now_us + network->delay_us + (int64_t)jitter;
        frame->number = network->number++;
        frame->from = *from;
        frame->from.remote = (BacStation){0};
        frame->to = *to;
        frame->size = datagram.size;
        memcpy(frame->octets, datagram.data, datagram.size);
        const bool lost = bp_random_unit(&network->random) < network->lost ||
                          (network->loses && network->loses(network->owner, frame));
        if (lost)
            free(frame);
        else
            network_push(network, frame);
    }
}

static inline int64_t network_next_us(const Network *network)
{
    return network->count ? network->frames[0]->at_us : INT64_MAX;
}

static inline void network_done(Network *network)
{
    while (network->count)
        free(network_pop(network));
    free(network->frames);
    network->frames = NULL;
}

/* ---- devices ---- */

enum { PRIORITIES = 16 };

typedef struct Device {
    uint32_t number;
    uint32_t object_count; /* analog inputs and values from instance 0 on, in turn, besides the device */
    BacAddress address;
    BacServer server;
    Network *network;
    uint64_t last_written; /* what the last WriteProperty brought, and to which instance */
    uint32_t last_instance;
    uint8_t last_priority;
    uint64_t writes;
    bool *written; /* where not NULL: by value, whether it was written here */
} Device;

static const BacRefusal NO_SUCH_OBJECT = {BAC_REFUSED_ERROR, BAC_CLASS_OBJECT, BAC_CODE_UNKNOWN_OBJECT};
static const BacRefusal NO_SUCH_PROPERTY = {BAC_REFUSED_ERROR, BAC_CLASS_PROPERTY, BAC_CODE_UNKNOWN_PROPERTY};
static const BacRefusal NO_SUCH_INDEX = {BAC_REFUSED_ERROR, BAC_CLASS_PROPERTY, BAC_CODE_INVALID_ARRAY_INDEX};

/* What reading `reference` of device `number` must give: a number that no other reference has. */
static inline uint64_t value_of(uint32_t number, const BacReference *reference)
{
    return (uint64_t)number << 52 | (uint64_t)reference->object.type << 44 |
           (uint64_t)reference->object.instance << 20 | (uint64_t)reference->property << 8 |
           (uint8_t)reference->index;
}

static inline void put_natural(BpBuf *out, uint64_t natural)
{
    bac_value_encode(out, &(BacValue){.type = BAC_UNSIGNED, .natural = natural});
}

static inline BacObjectId device_object(const Device *device, uint32_t i)
{
    if (i == 0)
        return (BacObjectId){BAC_DEVICE, device->number};
    return (BacObjectId){i % 2 ? BAC_ANALOG_INPUT : BAC_ANALOG_VALUE, (i - 1) / 2};
}

static inline bool device_has(void *owner, BacObjectId object)
{
    const Device *device = owner;
    if (object.type == BAC_DEVICE)
        return object.instance == device->number;
    const bool known = object.type == BAC_ANALOG_INPUT || object.type == BAC_ANALOG_VALUE;
    const uint32_t i = 2 * object.instance + (object.type == BAC_ANALOG_INPUT ? 1 : 2);
    return known && i <= device->object_count;
}

/* An array of `count` elements, each as `put` writes it. */
static inline BacRefusal put_array(const Device *device, const BacReference *reference, uint32_t count,
                                   void (*put)(const Device *, const BacReference *, uint32_t, BpBuf *),
                                   BpBuf *out)
{
    if (reference->index == 0)
        put_natural(out, count);
    else if (reference->index == BAC_NO_INDEX)
        for (uint32_t i = 1; i <= count; i++)
            put(device, reference, i, out);
    else if (reference->index <= count)
        put(device, reference, reference->index, out);
    else
        return NO_SUCH_INDEX;
    return (BacRefusal){0};
}

static inline void put_object(const Device *device, const BacReference *reference, uint32_t i, BpBuf *out)
{
    (void)reference;
    bac_value_encode(out, &(BacValue){.type = BAC_OBJECT_IDENTIFIER, .object = device_object(device, i - 1)});
}

static inline void put_priority(const Device *device, const BacReference *reference, uint32_t i, BpBuf *out)
{
    BacReference element = *reference;
    element.index = i;
    put_natural(out, value_of(device->number, &element));
}

static const uint32_t DEVICE_PROPERTIES[] = {BAC_PROP_PRESENT_VALUE, BAC_PROP_UNITS, BAC_PROP_DESCRIPTION};
enum { PROPERTY_COUNT = 3, REQUIRED_COUNT = 2 }; /* the first ones are required */

static inline bool device_property(void *owner, BacObjectId object, uint32_t only, size_t i,
                                   uint32_t *ret_property)
{
    const size_t first = only == BAC_PROP_OPTIONAL ? REQUIRED_COUNT : 0;
    const size_t end = only == BAC_PROP_REQUIRED ? REQUIRED_COUNT : PROPERTY_COUNT;
    if (!device_has(owner, object) || first + i >= end)
        return false;
    *ret_property = DEVICE_PROPERTIES[first + i];
    return true;
}

static inline BacRefusal device_read(void *owner, const BacReference *reference, BpBuf *out)
{
    const Device *device = owner;
    if (!device_has(owner, reference->object))
        return NO_SUCH_OBJECT;
    switch (reference->property) {
    case BAC_PROP_OBJECT_LIST: return put_array(device, reference, device->object_count + 1, put_object, out);
    case BAC_PROP_PRIORITY_ARRAY: return put_array(device, reference, PRIORITIES, put_priority, out);
    case BAC_PROP_PRESENT_VALUE:
    case BAC_PROP_UNITS:
    case BAC_PROP_DESCRIPTION: put_natural(out, value_of(device->number, reference)); return (BacRefusal){0};
    default: return NO_SUCH_PROPERTY;
    }
}

static inline BacRefusal device_write(void *owner, const BacWrite *write)
{
    Device *device = owner;
    BpCursor in = write->value;
    BacValue value;
    if (!device_has(owner, write->reference.object))
        return NO_SUCH_OBJECT;
    if (bac_value_decode(&in, &value, NULL) != BP_OK || value.type != BAC_UNSIGNED)
        return (BacRefusal){BAC_REFUSED_ERROR, BAC_CLASS_PROPERTY, BAC_CODE_INVALID_DATA_TYPE};
    device->last_written = value.natural;
    device->last_instance = write->reference.object.instance;
    device->last_priority = write->priority;
    device->writes++;
    if (device->written)
        device->written[value.natural] = true;
    return (BacRefusal){0};
}

static const BacObjects DEVICE_OBJECTS = {
    .read = device_read, .write = device_write, .property = device_property, .exists = device_has};

static inline void device_send(void *owner, const BacAddress *to, BpStr datagram)
{
    const Device *device = owner;
    network_send(device->network, &device->address, to, datagram);
}

/* Options that tests change as they need. */
static inline BacServerOptions device_options(Device *device, BacSending *sendings, size_t sending_count)
{
    return (BacServerOptions){
        .owner = device,
        .send = device_send,
        .objects = &DEVICE_OBJECTS,
        .identity = {device->number, BAC_APDU_MAX, BAC_SEGMENTED_BOTH, 260},
        .station = device->address.remote,
        .has_read_multiple = true,
        .window = 8,
        .segment_retries = 3,
        .segment_timeout_us = 2000000,
        .sendings = sendings,
        .sending_count = sending_count,
    };
}

#endif
