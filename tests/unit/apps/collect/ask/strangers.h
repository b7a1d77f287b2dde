/* Devices that nobody has heard of, that take the addresses of others, or lie: what tests of who is where
 * share. */
#ifndef TESTS_UNIT_APPS_COLLECT_ASK_STRANGERS_H
#define TESTS_UNIT_APPS_COLLECT_ASK_STRANGERS_H

#include "bacnet/service/read_property.h"
#include "tests/unit/field.h"

/* An I-Am from there, as the collector takes it. */
static inline CollectDevice *hear(Field *field, const BacAddress *from, uint32_t instance)
{
    const CollectClaim claim = {instance, BAC_APDU_MAX, BAC_NO_SEGMENTATION};
    CollectDevice *device = collect_poll_find(field->poller, from);
    if (!device)
        assert_int_equal(collect_poll_add(field->poller, from, instance, BAC_APDU_MAX, true, &device, NULL),
                         BP_OK);
    collect_poll_doubt(field->poller, device, &claim, field->network.now_us);
    return device;
}

static inline uint32_t instance_of(const Field *field, size_t i)
{
    return field->site.devices[i].instance;
}

static inline size_t count_devices(const Field *field)
{
    size_t count = 0;
    for (const CollectDevice *device = collect_poll_devices(field->poller); device; device = device->next)
        count++;
    return count;
}

/* The device i is at address j now, and the other way round. */
static inline void swap_addresses(Field *field, size_t i, size_t j)
{
    const BacAddress address = field->stations[i].sim.address;
    field->stations[i].sim.address = field->stations[j].sim.address;
    field->stations[j].sim.address = address;
}

/* All known, polled every 5 s, but the last one, which nobody has heard of. */
static inline Field *new_field(size_t count)
{
    Field *field = field_new(count, NULL, 0, 0);
    collect_poll_remove(field->poller, field->stations[count - 1].device, field->network.now_us);
    field->stations[count - 1].device = NULL;
    for (size_t i = 0; i + 1 < count; i++)
        field_poll(field, i, 5 * BP_SECOND, 0);
    return field;
}

static inline void assert_all(const Field *field, size_t i, CollectState state, const char *reason)
{
    const FieldStation *station = &field->stations[i];
    assert_int_equal(station->device->state, state);
    for (size_t j = 0; j < station->sim.device->count; j++)
        assert_string_equal(station->seen[j].reason, reason);
}

static inline void assert_replaced(const Field *field, size_t i, size_t by, size_t good)
{
    const BacAddress address = field_address(field, i);
    const CollectDevice *device = collect_poll_find(field->poller, &address);
    assert_non_null(device);
    assert_int_equal(device->instance, instance_of(field, by));
    assert_int_equal(device->device_id, 0);
    assert_int_equal(device->state, COLLECT_ONLINE);
    assert_true(field->stations[i].device->is_evicted);
    assert_all(field, i, COLLECT_REPLACED, "replaced");
    assert_int_equal(field->stations[i].seen[0].good, good);
}

/* Whether somebody is asked who he is, and by which name. */
static inline bool is_question(const BacDatagram *datagram, BacReference *ret_asked)
{
    BpCursor body = datagram->body;
    return datagram->apdu.service == BAC_SERVICE_CONFIRMED_READ_PROPERTY &&
           bac_read_property_decode(&body, ret_asked, NULL) == BP_OK &&
           ret_asked->object.type == BAC_DEVICE && ret_asked->property == BAC_PROP_OBJECT_IDENTIFIER;
}

/* Answers a question in the name of whoever is at `from`. */
static inline void answer_as(Field *field, const BacAddress *from, uint8_t type, uint8_t invoke_id,
                             BpStr body)
{
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    const BacApdu apdu = {
        .type = type, .invoke_id = invoke_id, .service = BAC_SERVICE_CONFIRMED_READ_PROPERTY};
    const size_t begin = bac_datagram_begin(&out, BAC_BVLC_ORIGINAL_UNICAST, &COLLECTOR, NULL, false, &apdu);
    bp_buf_str(&out, body);
    bac_datagram_end(&out, begin);
    assert_false(out.failed);
    network_send(&field->network, from, &COLLECTOR, bp_buf_text(&out));
}

/* "I am the one you ask for." */
static inline void say_yes(Field *field, const BacAddress *from, uint8_t invoke_id, const BacReference *asked)
{
    uint8_t memory[64];
    BpBuf body = bp_buf(memory, sizeof memory);
    bac_read_property_ack_begin(&body, asked);
    bac_value_encode(&body, &(BacValue){.type = BAC_OBJECT_IDENTIFIER, .object = asked->object});
    bac_read_property_ack_end(&body);
    answer_as(field, from, BAC_COMPLEX_ACK, invoke_id, bp_buf_text(&body));
}

/* "I know no such object." */
static inline void say_unknown(Field *field, const BacAddress *from, uint8_t invoke_id)
{
    uint8_t memory[16];
    BpBuf body = bp_buf(memory, sizeof memory);
    bac_error_encode(&body, NO_SUCH_OBJECT);
    answer_as(field, from, BAC_ERROR, invoke_id, bp_buf_text(&body));
}

/* Answers for device 4194303 as if that were an object like any other. */
static inline bool knows_no_wildcard(FieldStation *station, const BacDatagram *datagram)
{
    BacReference asked;
    if (!is_question(datagram, &asked) || asked.object.instance != BAC_INSTANCE_WILDCARD)
        return false;
    say_unknown(station->field, &station->sim.address, datagram->apdu.invoke_id);
    return true;
}

#endif
