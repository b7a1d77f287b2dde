/* A simulated device as its clients see it. */
#include "tests/unit/apps/sim/device/a_station.h"

#include "bacnet/service/cov.h"
#include "bacnet/service/get_events.h"
#include "bacnet/service/read_property.h"
#include "bacnet/service/read_range.h"

static void subscribe_to_all(AStation *station)
{
    const SimDevice *device = station->sim.device;
    for (size_t i = 0; i < device->count; i++) {
        uint8_t memory[32];
        BpBuf out = bp_buf(memory, sizeof memory);
        const BacSubscribeCov subscribe = {
            .process = 7, .object = device->objects[i].id, .is_confirmed = true, .lifetime_s = 600};
        bac_subscribe_cov_encode(&out, &subscribe);
        const Sent *answer = a_station_ask(station, BAC_SERVICE_CONFIRMED_SUBSCRIBE_COV, bp_buf_text(&out));
        assert_non_null(answer);
        assert_int_equal(answer->apdu.type, BAC_SIMPLE_ACK);
    }
}

static size_t subscriptions(const AStation *station)
{
    size_t count = 0;
    for (size_t i = 0; i < station->sim.publisher.count; i++)
        count += station->sim.publisher.subscriptions[i].in_use;
    return count;
}

/* The freeze alarm, as if it were cold. */
static void raise_alarm(AStation *station, bool is_raised)
{
    SimObject *alarm = a_station_object(station, "AHU-1/FRZ-A");
    alarm->out_of_service = true;
    alarm->forced = is_raised;
    sim_object_apply(alarm);
    sim_station_tell(&station->sim, station->now_us);
}

static AStation *station_with_both(void)
{
    AStation *station = a_station_new(30, NULL);
    sim_recipients_add(&station->sim.events.recipients, &CLIENT, true);
    subscribe_to_all(station);
    raise_alarm(station, true);
    raise_alarm(station, false);
    return station;
}

/* Nothing has been answered: COV and events wait side by side. */
static void changes_and_alarms_under_way_have_different_invoke_ids(void **state)
{
    (void)state;
    AStation *station = station_with_both();
    size_t changes = 0, events = 0;
    bool seen[256] = {false};
    for (size_t i = 0; i < station->count; i++) {
        const BacApdu *apdu = &station->sent[i].apdu;
        if (apdu->type != BAC_CONFIRMED_REQUEST)
            continue;
        changes += apdu->service == BAC_SERVICE_CONFIRMED_COV_NOTIFICATION;
        events += apdu->service == BAC_SERVICE_CONFIRMED_EVENT_NOTIFICATION;
        assert_false(seen[apdu->invoke_id]);
        seen[apdu->invoke_id] = true;
    }
    assert_int_equal(changes, station->sim.device->count);
    assert_int_equal(events, 2);
    a_station_free(station);
}

static void an_answer_by_another_service_answers_nothing(void **state)
{
    (void)state;
    AStation *station = station_with_both();
    const size_t count = subscriptions(station);
    for (int id = 1; id <= UINT8_MAX; id++) { /* what neither of them is answered by */
        BacApdu apdu = {.type = BAC_SIMPLE_ACK,
                        .invoke_id = (uint8_t)id,
                        .service = BAC_SERVICE_CONFIRMED_WRITE_PROPERTY};
        a_station_hear(station, &apdu, (BpStr){0});
        apdu.type = BAC_ABORT; /* by a client, of a request */
        a_station_hear(station, &apdu, (BpStr){0});
    }
    assert_int_equal(station->sim.publisher.confirmed, 0);
    assert_int_equal(station->sim.events.reporter.confirmed, 0);
    for (size_t i = 0, sent = station->count; i < sent; i++) { /* an alarm that is not known costs no COV */
        const BacApdu *told = &station->sent[i].apdu;
        const BacApdu reject = {
            .type = BAC_REJECT, .invoke_id = told->invoke_id, .reason = BAC_REJECT_UNRECOGNIZED_SERVICE};
        if (told->service == BAC_SERVICE_CONFIRMED_EVENT_NOTIFICATION)
            a_station_hear(station, &reject, (BpStr){0});
    }
    assert_int_equal(subscriptions(station), count);
    const size_t sent = station->count;
    a_station_live(station, 4);
    size_t changes = 0;
    for (size_t i = sent; i < station->count; i++) {
        assert_int_equal(station->sent[i].apdu.service, BAC_SERVICE_CONFIRMED_COV_NOTIFICATION);
        changes++;
    }
    assert_int_equal(changes, count); /* each is told again, and no event */
    a_station_free(station);
}

static void each_notification_is_confirmed_by_its_own(void **state)
{
    (void)state;
    AStation *station = station_with_both();
    for (size_t i = 0, sent = station->count; i < sent; i++) {
        const BacApdu *told = &station->sent[i].apdu;
        const BacApdu ack = {.type = BAC_SIMPLE_ACK, .invoke_id = told->invoke_id, .service = told->service};
        if (told->type == BAC_CONFIRMED_REQUEST)
            a_station_hear(station, &ack, (BpStr){0});
    }
    assert_int_equal(station->sim.publisher.confirmed, station->sim.device->count);
    assert_int_equal(station->sim.events.reporter.confirmed, 2);
    const BacInvokeIds none = {0};
    assert_memory_equal(&station->sim.notice_ids.in_use, &none, sizeof none);
    a_station_free(station);
}

/* ---- what its device object says ---- */

static BpCursor read_property(AStation *station, BacObjectId object, uint32_t property)
{
    uint8_t memory[32];
    BpBuf out = bp_buf(memory, sizeof memory);
    const BacReference reference = {object, property, BAC_NO_INDEX};
    BacReference told;
    BpCursor value;
    bac_read_property_encode(&out, &reference);
    const Sent *answer = a_station_ask(station, BAC_SERVICE_CONFIRMED_READ_PROPERTY, bp_buf_text(&out));
    assert_int_equal(answer->apdu.type, BAC_COMPLEX_ACK);
    BpCursor in = bp_cursor(answer->octets, answer->size);
    assert_int_equal(bac_read_property_ack_decode(&in, &told, &value, NULL), BP_OK);
    return value;
}

static BacValue read_value(AStation *station, BacObjectId object, uint32_t property)
{
    BpCursor in = read_property(station, object, property);
    BacValue value;
    assert_int_equal(bac_value_decode(&in, &value, NULL), BP_OK);
    return value;
}

/* What its revision wants of a device that does what it says that it does (12.11). */
static void it_says_no_more_than_is_true(void **state)
{
    (void)state;
    AStation *station = a_station_new(30, NULL);
    const BacObjectId device = {BAC_DEVICE, station->sim.device->instance};
    assert_int_equal(read_value(station, device, BAC_PROP_PROTOCOL_REVISION).natural, 16);
    assert_int_equal(read_value(station, device, BAC_PROP_MAX_SEGMENTS_ACCEPTED).natural,
                     BAC_SERVER_ANSWER_MAX / BAC_APDU_MAX);
    assert_false(read_value(station, device, BAC_PROP_DAYLIGHT_SAVINGS_STATUS).boolean);
    BpCursor none = read_property(station, device, BAC_PROP_ACTIVE_COV_SUBSCRIPTIONS);
    assert_int_equal(bp_cursor_remaining(&none), 0);
    a_station_free(station);
    const SimQuirks small = {.no_segments = true, .no_cov = true};
    static const uint32_t MISSING[] = {BAC_PROP_MAX_SEGMENTS_ACCEPTED, BAC_PROP_APDU_SEGMENT_TIMEOUT,
                                       BAC_PROP_ACTIVE_COV_SUBSCRIPTIONS};
    station = a_station_new(30, &small);
    uint32_t property;
    for (size_t i = 0; sim_device_objects.property(station->sim.device, device, BAC_PROP_ALL, i, &property);
         i++)
        for (size_t j = 0; j < sizeof MISSING / sizeof MISSING[0]; j++)
            assert_int_not_equal(property, MISSING[j]);
    a_station_free(station);
}

static void subscriptions_are_listed_while_they_last(void **state)
{
    (void)state;
    AStation *station = a_station_new(3, NULL);
    const BacObjectId device = {BAC_DEVICE, station->sim.device->instance};
    subscribe_to_all(station);
    station->now_us += 100 * BP_SECOND;
    BpCursor list = read_property(station, device, BAC_PROP_ACTIVE_COV_SUBSCRIPTIONS);
    for (size_t i = 0; i < 3; i++) {
        BacTag tag;
        BpCursor recipient, to, reference;
        BacRecipient who;
        BacValue value;
        assert_int_equal(bac_tag_decode(&list, &tag, NULL), BP_OK);
        assert_int_equal(bac_tag_contents(&list, 0, &recipient, NULL), BP_OK);
        assert_int_equal(bac_tag_decode(&recipient, &tag, NULL), BP_OK);
        assert_int_equal(bac_tag_contents(&recipient, 0, &to, NULL), BP_OK);
        assert_int_equal(bac_recipient_decode(&to, &who, NULL), BP_OK);
        const BacRecipient client = bac_recipient_of(&CLIENT);
        assert_memory_equal(who.address.mac, client.address.mac, 6);
        assert_int_equal(bac_tag_decode(&list, &tag, NULL), BP_OK);
        assert_int_equal(bac_tag_contents(&list, 1, &reference, NULL), BP_OK);
        assert_int_equal(bac_tag_decode(&list, &tag, NULL), BP_OK); /* [2] confirmed */
        assert_int_equal(bac_value_decode_as(&list, &tag, BAC_BOOLEAN, &value, NULL), BP_OK);
        assert_true(value.boolean);
        assert_int_equal(bac_tag_decode(&list, &tag, NULL), BP_OK); /* [3] time remaining */
        assert_int_equal(bac_value_decode_as(&list, &tag, BAC_UNSIGNED, &value, NULL), BP_OK);
        assert_int_equal(value.natural, 500);
        if (bac_tag_is_next(&list, BAC_CONTEXT, 4)) {
            assert_int_equal(bac_tag_decode(&list, &tag, NULL), BP_OK);
            assert_int_equal(bac_value_decode_as(&list, &tag, BAC_REAL, &value, NULL), BP_OK);
        }
    }
    assert_int_equal(bp_cursor_remaining(&list), 0);
    station->now_us += 500 * BP_SECOND;
    list = read_property(station, device, BAC_PROP_ACTIVE_COV_SUBSCRIPTIONS);
    assert_int_equal(bp_cursor_remaining(&list), 0);
    a_station_free(station);
}

static BacRefusal command(SimObject *object, uint8_t priority)
{
    const uint8_t value[] = {0x44, 0x42, 0x28, 0, 0}; /* 42 */
    const BacWrite write = {.reference = {object->id, BAC_PROP_PRESENT_VALUE, BAC_NO_INDEX},
                            .value = bp_cursor(value, sizeof value),
                            .priority = priority};
    return sim_object_write(object, &write);
}

static void the_priority_in_force_is_told_and_the_sixth_is_reserved(void **state)
{
    (void)state;
    AStation *station = a_station_new(30, NULL);
    SimObject *valve = a_station_object(station, "AHU-1/CLG-O");
    assert_int_equal(read_value(station, valve->id, BAC_PROP_CURRENT_COMMAND_PRIORITY).type, BAC_NULL);
    assert_int_equal(command(valve, 16).kind, BAC_NOT_REFUSED);
    assert_int_equal(command(valve, 9).kind, BAC_NOT_REFUSED);
    assert_int_equal(command(valve, 6).code, BAC_CODE_WRITE_ACCESS_DENIED);
    assert_int_equal(read_value(station, valve->id, BAC_PROP_CURRENT_COMMAND_PRIORITY).natural, 9);
    a_station_free(station);
}

/* ---- answers as long as the client can put together ---- */

typedef struct Taken {
    size_t segments, size;
    uint8_t octets[BAC_SERVER_ANSWER_MAX];
} Taken;

/* Sends a request as `client` says what it takes, and takes the answer, in segments or whole. False: it was
 * aborted. */
static bool take_answer(AStation *station, const BacApdu *client, BacConfirmedService service,
                        BpStr parameters, Taken *taken)
{
    BacApdu apdu = *client;
    apdu.type = BAC_CONFIRMED_REQUEST;
    apdu.invoke_id = ++station->invoke_id;
    apdu.service = (uint8_t)service;
    taken->size = taken->segments = 0;
    station->count = 0;
    a_station_hear(station, &apdu, parameters);
    for (bool goes_on = true; goes_on;) {
        const Sent *sent = &station->sent[station->count - 1];
        assert_int_equal(sent->apdu.invoke_id, apdu.invoke_id);
        assert_in_range(sent->size + (sent->apdu.segmented ? 5 : 3), 3, client->max_apdu);
        if (sent->apdu.type == BAC_ABORT)
            return false;
        assert_int_equal(sent->apdu.type, BAC_COMPLEX_ACK);
        memcpy(taken->octets + taken->size, sent->octets, sent->size);
        taken->size += sent->size;
        taken->segments++;
        goes_on = sent->apdu.segmented && sent->apdu.more_follows;
        if (!sent->apdu.segmented)
            break;
        const BacApdu ack = {.type = BAC_SEGMENT_ACK,
                             .invoke_id = apdu.invoke_id,
                             .sequence = sent->apdu.sequence,
                             .window = 1};
        station->count = 0;
        a_station_hear(station, &ack, (BpStr){0});
    }
    assert_true(taken->segments == 1 || client->segmented_response_accepted);
    if (client->max_segments > 0 && client->max_segments <= 64)
        assert_in_range(taken->segments, 1, client->max_segments);
    return true;
}

/* Every size and number of segments that a client can say (20.1.2.4, 20.1.2.5). */
static const uint16_t MAX_APDUS[] = {50, 128, 206, 480, 1024, 1476};
static const uint8_t MAX_SEGMENTS[] = {0, 2, 4, 8, 16, 32, 64, 65};

static BacApdu client_of(size_t apdu, size_t segments, bool takes_segments)
{
    return (BacApdu){.max_apdu = MAX_APDUS[apdu],
                     .max_segments = MAX_SEGMENTS[segments],
                     .segmented_response_accepted = takes_segments};
}

/* By sequence number, on from each answer; returns how many answers it took. */
static size_t read_log(AStation *station, const BacApdu *client)
{
    static Taken taken;
    const SimTrend *log = &station->sim.device->trends[0];
    uint32_t next = log->total - log->count + 1;
    size_t answers = 0;
    for (bool goes_on = true; goes_on; answers++) {
        uint8_t memory[64];
        BpBuf out = bp_buf(memory, sizeof memory);
        const BacReadRange range = {.reference = {log->id, BAC_PROP_LOG_BUFFER, BAC_NO_INDEX},
                                    .kind = BAC_RANGE_BY_SEQUENCE,
                                    .sequence = next,
                                    .count = SIM_TREND_RECORDS};
        bac_read_range_encode(&out, &range);
        assert_true(
            take_answer(station, client, BAC_SERVICE_CONFIRMED_READ_RANGE, bp_buf_text(&out), &taken));
        BpCursor in = bp_cursor(taken.octets, taken.size);
        BacReadRangeAck ack;
        assert_int_equal(bac_read_range_ack_decode(&in, &ack, NULL), BP_OK);
        assert_int_equal(ack.sequence, next);
        assert_true(ack.count > 0);
        next += ack.count;
        assert_int_equal(ack.has_more_items, next <= log->total);
        assert_int_equal(ack.has_last_item, next > log->total);
        goes_on = ack.has_more_items;
    }
    assert_int_equal(next, log->total + 1);
    return answers;
}

static void a_log_is_read_in_pieces_of_what_the_client_can_put_together(void **state)
{
    (void)state;
    AStation *station = a_station_new(30, NULL);
    sim_site_age(&station->site, 10 * BP_DAY);
    for (size_t apdu = 0; apdu < sizeof MAX_APDUS / sizeof MAX_APDUS[0]; apdu++)
        for (size_t segments = 0; segments < sizeof MAX_SEGMENTS; segments++) {
            BacApdu client = client_of(apdu, segments, true);
            const size_t segmented = read_log(station, &client);
            client.segmented_response_accepted = false;
            if (client.max_apdu < 100)
                continue; /* no record fits */
            const size_t whole = read_log(station, &client);
            assert_true(segmented < whole);
        }
    const BacApdu all = client_of(5, 0, true);
    assert_int_equal(read_log(station, &all), 1); /* it says no number of segments: as many as there are */
    a_station_free(station);
}

/* Of all the alarms, on from each answer. */
static size_t read_events(AStation *station, const BacApdu *client, size_t *ret_answers)
{
    static Taken taken;
    BacGetEvents request = {0};
    size_t count = 0;
    *ret_answers = 0;
    for (bool goes_on = true; goes_on; (*ret_answers)++) {
        uint8_t memory[16];
        BpBuf out = bp_buf(memory, sizeof memory);
        BacGetEventsAck ack;
        BacEventSummary summary;
        bac_get_events_encode(&out, &request);
        if (!take_answer(station, client, BAC_SERVICE_CONFIRMED_GET_EVENT_INFORMATION, bp_buf_text(&out),
                         &taken))
            return 0;
        BpCursor in = bp_cursor(taken.octets, taken.size);
        assert_int_equal(bac_get_events_ack_decode(&in, &ack, NULL), BP_OK);
        while (bac_event_summary_next(&ack.summaries, &summary, NULL) == BP_OK) {
            request = (BacGetEvents){.has_last = true, .last = summary.object};
            count++;
        }
        goes_on = ack.has_more;
    }
    return count;
}

static void alarms_are_told_in_pieces_of_what_the_client_can_put_together(void **state)
{
    (void)state;
    AStation *station = a_station_new(60, NULL);
    BacReporter *reporter = &station->sim.events.reporter;
    for (size_t i = 0; i < reporter->source_count; i++)
        reporter->sources[i].is_unacknowledged[BAC_TO_OFFNORMAL] = reporter->sources[i].has_time[0] = true;
    size_t answers = 0;
    for (size_t apdu = 0; apdu < sizeof MAX_APDUS / sizeof MAX_APDUS[0]; apdu++)
        for (size_t segments = 0; segments < sizeof MAX_SEGMENTS; segments++) {
            BacApdu client = client_of(apdu, segments, true);
            assert_int_equal(read_events(station, &client, &answers), reporter->source_count);
            client.segmented_response_accepted = false;
            if (client.max_apdu >= 100) /* else not one fits, and an empty list would be an all-clear */
                assert_int_equal(read_events(station, &client, &answers), reporter->source_count);
        }
    a_station_free(station);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_and_alarms_under_way_have_different_invoke_ids),
        cmocka_unit_test(an_answer_by_another_service_answers_nothing),
        cmocka_unit_test(each_notification_is_confirmed_by_its_own),
        cmocka_unit_test(it_says_no_more_than_is_true),
        cmocka_unit_test(subscriptions_are_listed_while_they_last),
        cmocka_unit_test(the_priority_in_force_is_told_and_the_sixth_is_reserved),
        cmocka_unit_test(a_log_is_read_in_pieces_of_what_the_client_can_put_together),
        cmocka_unit_test(alarms_are_told_in_pieces_of_what_the_client_can_put_together),
    };
    return cmocka_run_group_tests_name("sim station", tests, NULL, NULL);
}
