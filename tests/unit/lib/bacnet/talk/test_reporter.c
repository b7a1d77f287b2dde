/* Alarms as a device tells of them: three sources, a recipient, invented time. */
#include "bacnet/service/event_notification.h"
#include "bacnet/service/event_values.h"
#include "bacnet/talk/reporter.h"
#include "base/time.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const BacAddress RECIPIENT = {{10, 9, 1, 50}, BAC_PORT, {0}},
                        STRANGER = {{10, 9, 1, 51}, BAC_PORT, {0}};

typedef struct Desk {
    BacReporter reporter;
    BacNoticeIds ids;
    BacListeners listeners;
    BacEventSource sources[3];
    int64_t now_us;
    size_t sent;
    BacApdu apdu; /* of the last one */
    BacEventNotification told;
    BacEventValues values;
    uint8_t octets[BAC_DATAGRAM_MAX];
} Desk;

static void take_sent(void *owner, const BacAddress *to, BpStr octets)
{
    Desk *desk = owner;
    BacDatagram datagram;
    assert_true(bac_address_equal(to, &RECIPIENT));
    memcpy(desk->octets, octets.data, octets.size);
    assert_int_equal(bac_datagram_decode(bp_cursor(desk->octets, octets.size), &STRANGER, &datagram, NULL),
                     BP_OK);
    desk->sent++;
    desk->apdu = datagram.apdu;
    assert_int_equal(bac_event_notification_decode(&datagram.body, &desk->told, NULL), BP_OK);
    if (desk->told.has_values)
        assert_int_equal(
            bac_event_values_decode(&desk->told.values, desk->told.values_type, &desk->values, NULL), BP_OK);
}

static BacDateTime clock_of(void *owner)
{
    const Desk *desk = owner;
    return bac_date_time_at(desk->now_us);
}

static Desk *begin(bool is_confirmed)
{
    static Desk desk;
    desk = (Desk){.now_us = INT64_C(1767600000) * BP_SECOND};
    desk.listeners = (BacListeners){.count = 1};
    desk.listeners.items[0] = (BacListener){bac_destination_of(&RECIPIENT, 5, is_confirmed), RECIPIENT};
    desk.sources[0] = (BacEventSource){.object = {BAC_ANALOG_INPUT, 1},
                                       .event_type = BAC_EVENT_OUT_OF_RANGE,
                                       .low = 10,
                                       .high = 30,
                                       .deadband = 2,
                                       .delay_s = 60};
    desk.sources[1] = (BacEventSource){
        .object = {BAC_BINARY_INPUT, 1}, .event_type = BAC_EVENT_CHANGE_OF_STATE, .alarm_value = BAC_ACTIVE};
    desk.sources[2] = desk.sources[1];
    desk.sources[2].object.instance = 2;
    desk.reporter = (BacReporter){.owner = &desk,
                                  .send = take_sent,
                                  .clock = clock_of,
                                  .device = 1001,
                                  .notification_class = 7,
                                  .priorities = {10, 20, 200},
                                  .needs_ack = {true, true, false},
                                  .sources = desk.sources,
                                  .source_count = 3,
                                  .listeners = &desk.listeners,
                                  .ids = &desk.ids,
                                  .timeout_us = 3 * BP_SECOND,
                                  .retries = 2};
    return &desk;
}

/* The first one's value for so long, looked at each second. */
static void hold(Desk *desk, double value, int seconds)
{
    for (int i = 0; i < seconds; i++) {
        bac_reporter_judge(&desk->reporter, &desk->sources[0], value, desk->now_us);
        desk->now_us += BP_SECOND;
    }
}

static void out_of_range_is_told_when_it_lasts(void **state)
{
    (void)state;
    Desk *desk = begin(false);
    hold(desk, 31, 50);
    hold(desk, 29, 1);
    hold(desk, 31, 50); /* from the beginning again */
    assert_int_equal(desk->sent, 0);
    hold(desk, 31.5, 11);
    assert_int_equal(desk->sent, 1);
    assert_int_equal(desk->apdu.type, BAC_UNCONFIRMED_REQUEST);
    assert_int_equal(desk->told.device, 1001);
    assert_int_equal(desk->told.process, 5);
    assert_int_equal(desk->told.notification_class, 7);
    assert_int_equal(desk->told.priority, 10);
    assert_int_equal(desk->told.from_state, BAC_STATE_NORMAL);
    assert_int_equal(desk->told.to_state, BAC_STATE_HIGH_LIMIT);
    assert_true(desk->told.ack_required);
    assert_true(desk->values.range.value == 31.5F && desk->values.range.limit == 30 &&
                desk->values.range.deadband == 2);
    assert_true(bac_bits_test(desk->values.status_flags, BAC_FLAG_IN_ALARM));
    hold(desk, 28.5, 100); /* within the limit, and not by the deadband */
    hold(desk, NAN, 10);
    assert_int_equal(desk->sent, 1);
    hold(desk, 27.9, 61);
    assert_int_equal(desk->sent, 2);
    assert_int_equal(desk->told.to_state, BAC_STATE_NORMAL);
    assert_int_equal(desk->told.priority, 200);
    assert_false(desk->told.ack_required);
    assert_true(desk->values.range.limit == 30); /* which it had passed */
    hold(desk, 31, 61);
    hold(desk, 5, 61); /* from one limit to the other */
    assert_int_equal(desk->sent, 4);
    assert_int_equal(desk->told.from_state, BAC_STATE_HIGH_LIMIT);
    assert_int_equal(desk->told.to_state, BAC_STATE_LOW_LIMIT);
    assert_true(desk->values.range.limit == 10);
}

static void a_state_that_is_an_alarm_is_told_at_once(void **state)
{
    (void)state;
    Desk *desk = begin(false);
    bac_reporter_judge(&desk->reporter, &desk->sources[1], BAC_ACTIVE, desk->now_us);
    assert_int_equal(desk->sent, 1);
    assert_int_equal(desk->told.event_type, BAC_EVENT_CHANGE_OF_STATE);
    assert_int_equal(desk->told.to_state, BAC_STATE_OFFNORMAL);
    assert_int_equal(desk->values.state.number, BAC_ACTIVE);
    bac_reporter_judge(&desk->reporter, &desk->sources[1], BAC_ACTIVE, desk->now_us);
    assert_int_equal(desk->sent, 1);
}

static void answer(Desk *desk, const BacAddress *from, BacApduType type, bool is_taken)
{
    const BacDatagram datagram = {.from = *from,
                                  .has_apdu = true,
                                  .apdu = {.type = type,
                                           .invoke_id = desk->apdu.invoke_id,
                                           .service = BAC_SERVICE_CONFIRMED_EVENT_NOTIFICATION}};
    assert_int_equal(bac_reporter_receive(&desk->reporter, &datagram), is_taken);
}

static void confirmed_ones_are_told_again_until_they_are_confirmed(void **state)
{
    (void)state;
    Desk *desk = begin(true);
    bac_reporter_judge(&desk->reporter, &desk->sources[1], BAC_ACTIVE, desk->now_us);
    assert_int_equal(desk->apdu.type, BAC_CONFIRMED_REQUEST);
    answer(desk, &STRANGER, BAC_SIMPLE_ACK, false);
    desk->now_us += 3 * BP_SECOND;
    bac_reporter_advance(&desk->reporter, desk->now_us);
    assert_int_equal(desk->sent, 2);
    answer(desk, &RECIPIENT, BAC_SIMPLE_ACK, true);
    answer(desk, &RECIPIENT, BAC_SIMPLE_ACK, false);
    desk->now_us += 10 * BP_SECOND;
    bac_reporter_advance(&desk->reporter, desk->now_us);
    assert_int_equal(desk->sent, 2);
    /* And one that nobody confirms. */
    bac_reporter_judge(&desk->reporter, &desk->sources[1], BAC_INACTIVE, desk->now_us);
    for (int i = 0; i < 20; i++)
        bac_reporter_advance(&desk->reporter, desk->now_us += BP_SECOND);
    assert_int_equal(desk->sent, 5);
    assert_int_equal(desk->reporter.given_up, 1);
    assert_int_equal(desk->reporter.confirmed, 1);
}

/* Every summary, by answers of `room` octets; returns how many answers it took. */
static size_t ask_all(Desk *desk, size_t room, BacEventSummary *summaries, size_t *ret_count)
{
    BacGetEvents request = {0};
    size_t answers = 0;
    *ret_count = 0;
    for (bool has_more = true; has_more; answers++) {
        uint8_t memory[1476];
        BpBuf out = bp_buf(memory, room);
        BacGetEventsAck ack;
        bac_reporter_inform(&desk->reporter, &request, &out);
        assert_false(out.failed);
        BpCursor in = bp_cursor(out.data, out.size);
        assert_int_equal(bac_get_events_ack_decode(&in, &ack, NULL), BP_OK);
        while (bac_event_summary_next(&ack.summaries, &summaries[*ret_count], NULL) == BP_OK) {
            request = (BacGetEvents){true, summaries[*ret_count].object};
            (*ret_count)++;
        }
        has_more = ack.has_more;
        assert_true(answers < 10);
    }
    return answers;
}

static void what_is_wrong_is_told_to_whoever_asks(void **state)
{
    (void)state;
    Desk *desk = begin(false);
    BacEventSummary summaries[4];
    size_t count;
    assert_int_equal(ask_all(desk, 1476, summaries, &count), 1);
    assert_int_equal(count, 0);
    hold(desk, 31, 61);
    bac_reporter_judge(&desk->reporter, &desk->sources[1], BAC_ACTIVE, desk->now_us);
    bac_reporter_judge(&desk->reporter, &desk->sources[2], BAC_ACTIVE, desk->now_us);
    assert_int_equal(ask_all(desk, 1476, summaries, &count), 1);
    assert_int_equal(count, 3);
    assert_int_equal(ask_all(desk, 90, summaries, &count), 3); /* one at a time */
    assert_int_equal(count, 3);
    assert_int_equal(summaries[0].state, BAC_STATE_HIGH_LIMIT);
    assert_false(summaries[0].is_acknowledged[BAC_TO_OFFNORMAL]);
    assert_true(summaries[0].is_acknowledged[BAC_TO_NORMAL]);
    assert_int_equal(summaries[2].object.instance, 2);
    hold(desk, 20, 61); /* normal again, and nobody has seen it: it stays */
    ask_all(desk, 1476, summaries, &count);
    assert_int_equal(count, 3);
    assert_int_equal(summaries[0].state, BAC_STATE_NORMAL);
}

static BacRefusal acknowledge(Desk *desk, BacObjectId object, uint32_t event_state, const BacDateTime *time)
{
    const BacAcknowledgeAlarm request = {.object = object,
                                         .state = event_state,
                                         .time = {.kind = BAC_TIMESTAMP_DATE_TIME, .date_time = *time}};
    return bac_reporter_acknowledge(&desk->reporter, &request, desk->now_us);
}

static void what_somebody_has_seen_is_told_and_closed(void **state)
{
    (void)state;
    Desk *desk = begin(false);
    BacEventSummary summaries[4];
    size_t count;
    hold(desk, 31, 61);
    const BacDateTime then = desk->sources[0].times[BAC_TO_OFFNORMAL],
                      wrong = bac_date_time_at(desk->now_us + BP_DAY);
    const BacObjectId object = desk->sources[0].object;
    hold(desk, 20, 61);
    assert_int_equal(acknowledge(desk, (BacObjectId){BAC_ANALOG_INPUT, 99}, BAC_STATE_HIGH_LIMIT, &then).code,
                     BAC_CODE_NO_ALARM_CONFIGURED);
    assert_int_equal(acknowledge(desk, object, BAC_STATE_LOW_LIMIT, &then).code,
                     BAC_CODE_INVALID_EVENT_STATE);
    assert_int_equal(acknowledge(desk, object, BAC_STATE_FAULT, &then).code, BAC_CODE_INVALID_EVENT_STATE);
    assert_int_equal(acknowledge(desk, object, BAC_STATE_HIGH_LIMIT, &wrong).code,
                     BAC_CODE_INVALID_TIME_STAMP);
    const size_t before = desk->sent;
    assert_int_equal(acknowledge(desk, object, BAC_STATE_HIGH_LIMIT, &then).kind, BAC_NOT_REFUSED);
    assert_int_equal(desk->sent, before + 1);
    assert_int_equal(desk->told.notify_type, BAC_NOTIFY_ACKNOWLEDGEMENT);
    assert_int_equal(desk->told.to_state, BAC_STATE_HIGH_LIMIT);
    assert_false(desk->told.has_values);
    ask_all(desk, 1476, summaries, &count);
    assert_int_equal(count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(out_of_range_is_told_when_it_lasts),
        cmocka_unit_test(a_state_that_is_an_alarm_is_told_at_once),
        cmocka_unit_test(confirmed_ones_are_told_again_until_they_are_confirmed),
        cmocka_unit_test(what_is_wrong_is_told_to_whoever_asks),
        cmocka_unit_test(what_somebody_has_seen_is_told_and_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
