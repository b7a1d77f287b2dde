/* The server's side of a conversation. The input is a play: each scene has an octet that says what happens,
 * one that says how much or how long, and the octets of an APDU where one comes in. Whatever comes, what we
 * send can be read and is no longer than the device and its client take, and every long answer ends. */
#include "bacnet/service/event_values.h"
#include "bacnet/talk/publisher.h"
#include "bacnet/talk/reporter.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bits of the octet that says what happens. */
enum { TIME_PASSES = 0x01, OTHER_CLIENT = 0x02, BROADCAST = 0x04 };

enum { SENDINGS = 2, RECEIVINGS = 2, SUBSCRIPTIONS = 3, MAX_APDU = 480, OBJECTS = 200, DEVICE = 1042 };

static const BacRefusal UNKNOWN = {BAC_REFUSED_ERROR, BAC_CLASS_PROPERTY, BAC_CODE_UNKNOWN_PROPERTY};

static bool exists(void *owner, BacObjectId object)
{
    (void)owner;
    return object.type == BAC_DEVICE ? object.instance == DEVICE : object.instance < OBJECTS;
}

/* A few short properties, and an object list for the device that fills some segments. */
static BacRefusal read_one(void *owner, const BacReference *reference, BpBuf *out)
{
    assert(reference->property != BAC_PROP_ALL && reference->property != BAC_PROP_REQUIRED &&
           reference->property != BAC_PROP_OPTIONAL);
    if (!exists(owner, reference->object))
        return UNKNOWN;
    if (reference->object.type == BAC_DEVICE && reference->property == BAC_PROP_OBJECT_LIST) {
        for (uint32_t i = 0; i < OBJECTS; i++)
            bac_value_encode(out,
                             &(BacValue){.type = BAC_OBJECT_IDENTIFIER, .object = {BAC_ANALOG_INPUT, i}});
        return (BacRefusal){0};
    }
    if (reference->property == BAC_PROP_STATUS_FLAGS) {
        const uint8_t none = 0;
        bac_value_encode(out, &(BacValue){.type = BAC_BIT_STRING, .bits = {&none, 4}});
        return (BacRefusal){0};
    }
    if (reference->property != BAC_PROP_PRESENT_VALUE)
        return UNKNOWN;
    bac_value_encode(out, &(BacValue){.type = BAC_REAL, .real = 21.5F});
    return (BacRefusal){0};
}

static BacRefusal write_one(void *owner, const BacWrite *write)
{
    (void)owner;
    assert(write->priority >= 1 && write->priority <= 16);
    return bp_cursor_remaining(&write->value) % 2 ? UNKNOWN : (BacRefusal){0};
}

static bool property(void *owner, BacObjectId object, uint32_t only, size_t i, uint32_t *ret_property)
{
    (void)only;
    *ret_property = i == 0 ? BAC_PROP_PRESENT_VALUE : BAC_PROP_OBJECT_LIST;
    return exists(owner, object) && i < 2;
}

/* A log of 300 records at full seconds since 1970, the first of them number 2^32 - 10. */
enum { RECORDS = 300 };

static void put_record(const void *context, uint32_t i, BpBuf *out)
{
    (void)context;
    assert(i < RECORDS);
    bac_value_encode(out, &(BacValue){.type = BAC_UNSIGNED, .natural = i});
}

static BacDateTime time_of(const void *context, uint32_t i)
{
    (void)context;
    assert(i < RECORDS);
    return bac_date_time_at(i * INT64_C(1000000));
}

static BacRefusal list(void *owner, const BacReference *reference, BacList *ret_list)
{
    if (reference->property != BAC_PROP_LOG_BUFFER || !exists(owner, reference->object))
        return UNKNOWN;
    *ret_list =
        (BacList){.count = RECORDS, .put = put_record, .time = time_of, .first_sequence = UINT32_MAX - 10};
    return (BacRefusal){0};
}

static void set_clock(void *owner, const BacDateTime *now, bool is_utc)
{
    int64_t now_us;
    char text[BAC_DATE_TIME_TEXT_MAX];
    (void)owner;
    (void)is_utc;
    bac_date_time_format(now, text);
    if (bac_date_time_to_us(now, &now_us, NULL) == BP_OK)
        (void)bac_date_time_at(now_us);
}

static BacDateTime clock_of(void *owner)
{
    (void)owner;
    return bac_date_time_at(0);
}

static void take_sent(void *owner, const BacAddress *to, BpStr octets)
{
    const BacAddress device = {{10, 0, 0, 9}, BAC_PORT, {0}};
    BacDatagram datagram;
    (void)owner;
    (void)to;
    BpCursor in = bp_cursor(octets.data, octets.size);
    const BpStatus status = bac_datagram_decode(in, &device, &datagram, NULL);
    assert(status == BP_OK && datagram.has_apdu);
    const size_t header = 4 + 2 + 4 + 1 + 5; /* the longest: B/IP, NPDU to a station, a segment's */
    assert(octets.size <= MAX_APDU - 5 + header);
}

static BacNoticeIds notice_ids;

/* Two alarms, of which nobody has seen one. */
static void begin_reporter(BacServer *server, BacReporter *reporter)
{
    static const BacAddress recipient = {{10, 0, 0, 1}, BAC_PORT, {0}};
    static BacListeners listeners = {.count = 1};
    static BacEventSource sources[2];
    listeners.items[0] = (BacListener){bac_destination_of(&recipient, 1, true), recipient};
    memset(sources, 0, sizeof sources);
    *reporter = (BacReporter){.owner = server,
                              .send = take_sent,
                              .clock = clock_of,
                              .device = DEVICE,
                              .needs_ack = {true, true, true},
                              .sources = sources,
                              .source_count = 2,
                              .listeners = &listeners,
                              .ids = &notice_ids,
                              .timeout_us = 3000000,
                              .retries = 3};
    for (uint32_t i = 0; i < 2; i++)
        sources[i] = (BacEventSource){.object = {BAC_BINARY_INPUT, i},
                                      .event_type = BAC_EVENT_CHANGE_OF_STATE,
                                      .alarm_value = BAC_ACTIVE};
    for (uint32_t i = 0; i < 2; i++)
        bac_reporter_judge(reporter, &sources[i], BAC_ACTIVE, 0);
}

static BacRefusal communicate(void *owner, const BacCommunicationControl *control, int64_t now_us)
{
    (void)owner;
    (void)now_us;
    assert(bac_words_find(&bac_communications, control->state) && control->minutes <= UINT16_MAX);
    return (BacRefusal){0};
}

static BacRefusal reinitialize(void *owner, const BacReinitialize *request, int64_t now_us)
{
    (void)owner;
    (void)now_us;
    assert(bac_words_find(&bac_reinitialized, request->state));
    return (BacRefusal){0};
}

static BacRefusal change(void *owner, const BacListElements *elements, bool adds, uint32_t *ret_failed)
{
    BpCursor list = elements->elements;
    BacDestination destination;
    (void)owner;
    *ret_failed = 1;
    while (bac_destination_next(&list, &destination, NULL) == BP_OK)
        (*ret_failed)++;
    return adds ? (BacRefusal){0}
                : (BacRefusal){BAC_REFUSED_ERROR, BAC_CLASS_SERVICES, BAC_CODE_LIST_ELEMENT_NOT_FOUND};
}

static void begin(BacServer *server, BacPublisher *publisher, BacReporter *reporter)
{
    static const BacObjects objects = {.read = read_one,
                                       .write = write_one,
                                       .property = property,
                                       .exists = exists,
                                       .list = list,
                                       .change = change,
                                       .set_clock = set_clock,
                                       .communicate = communicate,
                                       .reinitialize = reinitialize};
    static BacSending sendings[SENDINGS];
    static BacReceiving receivings[RECEIVINGS];
    static BacSubscription subscriptions[SUBSCRIPTIONS];
    memset(subscriptions, 0, sizeof subscriptions);
    notice_ids = (BacNoticeIds){0};
    *publisher = (BacPublisher){.owner = server,
                                .send = take_sent,
                                .objects = &objects,
                                .device = DEVICE,
                                .subscriptions = subscriptions,
                                .count = SUBSCRIPTIONS,
                                .ids = &notice_ids,
                                .timeout_us = 3000000,
                                .retries = 3};
    const BacServerOptions options = {
        .owner = server,
        .send = take_sent,
        .objects = &objects,
        .identity = {DEVICE, MAX_APDU, BAC_SEGMENTED_BOTH, 260},
        .has_read_multiple = true,
        .window = 4,
        .segment_retries = 3,
        .segment_timeout_us = 2000000,
        .sendings = sendings,
        .sending_count = SENDINGS,
        .receivings = receivings,
        .receiving_count = RECEIVINGS,
        .publisher = publisher,
        .reporter = reporter,
    };
    begin_reporter(server, reporter);
    bac_server_init(server, &options);
}

static void hear(BacServer *server, BacPublisher *publisher, BacReporter *reporter, uint8_t what,
                 BpCursor apdu, int64_t now_us)
{
    BacDatagram datagram = {.from = {{10, 0, 0, 1}, BAC_PORT, {0}},
                            .has_apdu = true,
                            .is_broadcast = what & BROADCAST,
                            .body = apdu};
    if (what & OTHER_CLIENT)
        datagram.from.remote = (BacStation){17, 1, {0x22}};
    if (bac_apdu_decode(&datagram.body, &datagram.apdu, NULL) == BP_OK &&
        !bac_publisher_receive(publisher, &datagram) && !bac_reporter_receive(reporter, &datagram))
        bac_server_receive(server, &datagram, now_us);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BacServer server;
    BacPublisher publisher;
    BacReporter reporter;
    int64_t now_us = 0;
    begin(&server, &publisher, &reporter);
    BpCursor in = bp_cursor(data, size);
    while (bp_cursor_remaining(&in) > 0) {
        const uint8_t what = bp_cursor_u8(&in), how_much = bp_cursor_u8(&in);
        const size_t left = bp_cursor_remaining(&in);
        if (what & TIME_PASSES) {
            now_us += how_much * INT64_C(100000);
            bac_server_expire(&server, now_us);
            bac_publisher_advance(&publisher, now_us);
            bac_reporter_advance(&reporter, now_us);
        } else {
            hear(&server, &publisher, &reporter, what, bp_cursor_sub(&in, how_much < left ? how_much : left),
                 now_us);
        }
    }
    for (int tries = 0; tries <= 4; tries++)
        bac_server_expire(&server, now_us += 2000000);
    assert(bac_server_next_due_us(&server) == INT64_MAX);
    return 0;
}
