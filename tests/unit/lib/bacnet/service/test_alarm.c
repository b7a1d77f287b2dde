#include "bacnet/service/acknowledge_alarm.h"
#include "bacnet/service/event_notification.h"
#include "bacnet/service/event_values.h"
#include "bacnet/service/get_events.h"
#include "tests/unit/octets.h"

static BpStatus parse_notification(BpCursor in)
{
    BacEventNotification notification;
    BacEventValues values;
    BpStatus status = bac_event_notification_decode(&in, &notification, NULL);
    if (status == BP_OK && notification.has_values)
        status = bac_event_values_decode(&notification.values, notification.values_type, &values, NULL);
    return status == BP_UNSUPPORTED ? BP_OK : status;
}

static BpStatus parse_acknowledge(BpCursor in)
{
    BacAcknowledgeAlarm acknowledge;
    return bac_acknowledge_alarm_decode(&in, &acknowledge, NULL);
}

static BpStatus parse_get_events(BpCursor in)
{
    BacGetEvents request;
    return bac_get_events_decode(&in, &request, NULL);
}

static BpStatus parse_get_events_ack(BpCursor in)
{
    BacGetEventsAck ack;
    BacEventSummary summary;
    BpStatus status = bac_get_events_ack_decode(&in, &ack, NULL);
    while (status == BP_OK)
        status = bac_event_summary_next(&ack.summaries, &summary, NULL);
    return status == BP_NOT_FOUND ? BP_OK : status;
}

/* Analog input 3 of device 4711 is too warm. */
#define SOURCE               "09 07 1c 02 00 12 67 2c 00 00 00 03 3e 2e a4 7e 0b 18 02 b4 07 2d 00 00 2f 3f 49 04 59 64"
#define STATES               "89 00 99 01 a9 00 b9 03"
#define NOTIFY(type, values) SOURCE "69 " type " 7c 00 68 6f 74" STATES "ce " values " cf"
#define ACKNOWLEDGED         SOURCE "69 05 89 02 b9 03"

static const struct {
    const char *octets;
    uint8_t type;
} NOTIFICATIONS[] = {
    {NOTIFY("01", "1e 0e 09 01 0f 1a 04 80 1f"), BAC_EVENT_CHANGE_OF_STATE},
    {NOTIFY("02", "2e 0e 1c 41 ac 00 00 0f 1a 04 80 2f"), BAC_EVENT_CHANGE_OF_VALUE},
    {NOTIFY("02", "2e 0e 0a 04 a0 0f 1a 04 80 2f"), BAC_EVENT_CHANGE_OF_VALUE},
    {NOTIFY("03", "3e 0e 91 01 0f 1a 04 80 2e 91 00 2f 3f"), BAC_EVENT_COMMAND_FAILURE},
    {NOTIFY("04", "4e 0c 41 ac 00 00 1a 04 80 2c 41 a0 00 00 3c 3f 80 00 00 4f"), BAC_EVENT_FLOATING_LIMIT},
    {NOTIFY("05", "5e 0c 41 ac 00 00 1a 04 80 2c 3f 80 00 00 3c 41 a0 00 00 5f"), BAC_EVENT_OUT_OF_RANGE},
};
enum { NOTIFICATION_COUNT = sizeof NOTIFICATIONS / sizeof NOTIFICATIONS[0] };

#define ACKNOWLEDGE "09 07 1c 00 00 00 03 29 03 3e 19 10 3f 4c 00 4d 61 78 5e 0c 07 2d 1e 05 5f"
#define SUMMARY                                                                                              \
    "0c 00 00 00 03 19 03 2a 05 60 3e 0c 07 2d 00 00 19 05 2e a4 7e 0b 18 02 b4 07 2d 00 00 2f 3f 49 00"     \
    "5a 05 e0 6e 21 0f 21 0f 21 14 6f"

static void messages_are_taken_whole_or_not_at_all(void **state)
{
    (void)state;
    const size_t header = octets(SOURCE "69 05 7c 00 68 6f 74" STATES).size; /* may go without values */
    for (size_t i = 0; i < NOTIFICATION_COUNT; i++) {
        assert_taken_whole_or_not_at_all(parse_notification, NOTIFICATIONS[i].octets, header + 1);
        const Octets message = octets(NOTIFICATIONS[i].octets);
        for (size_t size = 0; size < header; size++)
            assert_int_not_equal(parse_exactly(parse_notification, message.data, size), BP_OK);
    }
    assert_taken_whole_or_not_at_all(parse_notification, ACKNOWLEDGED, 0);
    assert_taken_whole_or_not_at_all(parse_acknowledge, ACKNOWLEDGE, 0);
    assert_taken_whole_or_not_at_all(parse_get_events, "0c 00 00 00 03", 1);
    assert_taken_whole_or_not_at_all(parse_get_events_ack, "0e" SUMMARY SUMMARY "0f 19 01", 0);
    assert_taken_whole_or_not_at_all(parse_get_events_ack, "0e 0f 19 00", 0);
}

static void notifications_and_their_values_come_back_as_they_were_sent(void **state)
{
    (void)state;
    for (size_t i = 0; i < NOTIFICATION_COUNT; i++) {
        const Octets message = octets(NOTIFICATIONS[i].octets);
        BpCursor in = cursor_over(&message);
        BacEventNotification notification;
        BacEventValues values;
        assert_int_equal(bac_event_notification_decode(&in, &notification, NULL), BP_OK);
        assert_int_equal(notification.device, 4711);
        assert_int_equal(notification.time.kind, BAC_TIMESTAMP_DATE_TIME);
        assert_int_equal(notification.priority, 100);
        assert_int_equal(notification.event_type, NOTIFICATIONS[i].type);
        assert_int_equal(notification.message.type, BAC_CHARACTER_STRING);
        assert_true(notification.ack_required);
        assert_int_equal(notification.to_state, BAC_STATE_HIGH_LIMIT);
        assert_int_equal(notification.values_type, NOTIFICATIONS[i].type);
        assert_int_equal(
            bac_event_values_decode(&notification.values, notification.values_type, &values, NULL), BP_OK);
        assert_true(bac_bits_test(values.status_flags, BAC_FLAG_IN_ALARM));
        uint8_t inner_memory[64], memory[128];
        BpBuf inner = bp_buf(inner_memory, sizeof inner_memory), out = bp_buf(memory, sizeof memory);
        bac_event_values_encode(&inner, &values);
        notification.values = bp_cursor(inner_memory, inner.size);
        bac_event_notification_encode(&out, &notification);
        assert_octets(&out, NOTIFICATIONS[i].octets);
    }
}

static void limits_come_as_numbers(void **state)
{
    (void)state;
    const Octets message = octets("0c 41 ac 00 00 1a 04 80 2c 3f 80 00 00 3c 41 a0 00 00");
    BpCursor in = cursor_over(&message);
    BacEventValues values;
    assert_int_equal(bac_event_values_decode(&in, BAC_EVENT_OUT_OF_RANGE, &values, NULL), BP_OK);
    assert_true(values.range.value == 21.5F && values.range.deadband == 1.0F && values.range.limit == 20.0F);
    in = cursor_over(&message);
    assert_int_equal(bac_event_values_decode(&in, BAC_EVENT_FLOATING_LIMIT, &values, NULL), BP_OK);
    assert_true(values.floating.reference == 21.5F && values.floating.setpoint == 1.0F);
    in = cursor_over(&message);
    assert_int_equal(bac_event_values_decode(&in, 18, &values, NULL), BP_UNSUPPORTED);
}

/* Each with status flags behind it, and written to the same octets again. */
static void states_of_every_choice_are_kept(void **state)
{
    (void)state;
    static const struct {
        const char *octets;
        uint8_t kind;
        bool is_known;
        int64_t number;
    } STATES_KEPT[] = {
        {"0e 19 01 0f 1a 04 80", 1, true, 1},                                     /* binary-value: active */
        {"0e 09 00 0f 1a 04 80", 0, true, 0},                                     /* boolean-value */
        {"0e b9 05 0f 1a 04 80", 11, true, 5},                                    /* unsigned-value */
        {"0e f9 29 fb 0f 1a 04 80", BAC_STATE_OF_INTEGER, true, -5},              /* integer-value */
        {"0e fc 29 80 00 00 00 0f 1a 04 80", 41, true, INT32_MIN},                /* the least of 32 bits */
        {"0e f9 29 7f 0f 1a 04 80", 41, true, 127},                               /* */
        {"0e f9 30 02 0f 1a 04 80", 48, true, 2},                                 /* network-number-quality */
        {"0e fc 3f ff ff ff ff 0f 1a 04 80", 63, true, UINT32_MAX},               /* extended-value */
        {"0e f9 80 07 0f 1a 04 80", 128, false, 0},                               /* a vendor's */
        {"0e fd 80 05 01 02 03 04 05 0f 1a 04 80", 128, false, 0},                /* of any length */
        {"0e fe 80 21 01 2e 44 3f 80 00 00 2f ff 80 0f 1a 04 80", 128, false, 0}, /* and shape */
        {"0e f9 3e 01 0f 1a 04 80", 62, false, 0},                                /* not given yet */
    };
    for (size_t i = 0; i < sizeof STATES_KEPT / sizeof STATES_KEPT[0]; i++) {
        const Octets message = octets(STATES_KEPT[i].octets);
        BpCursor in = cursor_over(&message);
        BacEventValues values;
        BpError err;
        if (bac_event_values_decode(&in, BAC_EVENT_CHANGE_OF_STATE, &values, &err) != BP_OK)
            fail_msg("%s: %s", STATES_KEPT[i].octets, err.text);
        assert_int_equal(values.state.kind, STATES_KEPT[i].kind);
        assert_int_equal(values.state.is_known, STATES_KEPT[i].is_known);
        assert_true(!values.state.is_known || values.state.number == STATES_KEPT[i].number);
        assert_true(bac_bits_test(values.status_flags, BAC_FLAG_IN_ALARM));
        uint8_t memory[64];
        BpBuf out = bp_buf(memory, sizeof memory);
        bac_event_values_encode(&out, &values);
        assert_octets(&out, STATES_KEPT[i].octets);
    }
}

static void states_that_are_none_are_refused(void **state)
{
    (void)state;
    static const char *const BROKEN[] = {"0e 0f 1a 04 80",             /* nothing */
                                         "0e 91 01 0f 1a 04 80",       /* an application tag */
                                         "0e 19 01 19 01 0f 1a 04 80", /* two */
                                         "0e f9 80 07 f9 80 07 0f 1a 04 80", "0e f8 29 0f 1a 04 80"};
    for (size_t i = 0; i < sizeof BROKEN / sizeof BROKEN[0]; i++) {
        const Octets message = octets(BROKEN[i]);
        BpCursor in = cursor_over(&message);
        BacEventValues values;
        assert_int_not_equal(bac_event_values_decode(&in, BAC_EVENT_CHANGE_OF_STATE, &values, NULL), BP_OK);
    }
}

static void an_acknowledgement_is_told_without_states_and_values(void **state)
{
    (void)state;
    const Octets message = octets(ACKNOWLEDGED);
    BpCursor in = cursor_over(&message);
    BacEventNotification notification;
    assert_int_equal(bac_event_notification_decode(&in, &notification, NULL), BP_OK);
    assert_int_equal(notification.notify_type, BAC_NOTIFY_ACKNOWLEDGEMENT);
    assert_int_equal(notification.message.type, BAC_NULL);
    assert_false(notification.has_ack_required || notification.has_from_state || notification.has_values);
    uint8_t memory[128];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_event_notification_encode(&out, &notification);
    assert_octets(&out, ACKNOWLEDGED);
}

static void an_alarm_is_acknowledged_by_somebody_at_a_time(void **state)
{
    (void)state;
    const Octets message = octets(ACKNOWLEDGE);
    BpCursor in = cursor_over(&message);
    BacAcknowledgeAlarm acknowledge;
    assert_int_equal(bac_acknowledge_alarm_decode(&in, &acknowledge, NULL), BP_OK);
    assert_int_equal(acknowledge.state, BAC_STATE_HIGH_LIMIT);
    assert_int_equal(acknowledge.time.kind, BAC_TIMESTAMP_SEQUENCE);
    assert_int_equal(acknowledge.time.sequence, 16);
    assert_int_equal(acknowledge.ack_time.kind, BAC_TIMESTAMP_TIME);
    assert_int_equal(acknowledge.ack_time.time.second, 30);
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_acknowledge_alarm_encode(&out, &acknowledge);
    assert_octets(&out, ACKNOWLEDGE);
}

static void events_are_summed_up_with_three_transitions_each(void **state)
{
    (void)state;
    const Octets message = octets("0e" SUMMARY "0f 19 01");
    BpCursor in = cursor_over(&message);
    BacGetEventsAck ack;
    assert_int_equal(bac_get_events_ack_decode(&in, &ack, NULL), BP_OK);
    assert_true(ack.has_more);
    uint8_t memory[128];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_get_events_ack_encode(&out, &ack);
    assert_octets(&out, "0e" SUMMARY "0f 19 01");
    BacEventSummary summary;
    assert_int_equal(bac_event_summary_next(&ack.summaries, &summary, NULL), BP_OK);
    assert_false(summary.is_acknowledged[BAC_TO_OFFNORMAL]);
    assert_true(summary.is_acknowledged[BAC_TO_FAULT] && summary.is_enabled[BAC_TO_OFFNORMAL]);
    assert_int_equal(summary.times[BAC_TO_FAULT].sequence, 5);
    assert_int_equal(summary.priorities[BAC_TO_NORMAL], 20);
    bp_buf_clear(&out);
    bac_event_summary_encode(&out, &summary);
    assert_octets(&out, SUMMARY);
    assert_int_equal(bac_event_summary_next(&ack.summaries, &summary, NULL), BP_NOT_FOUND);
}

static void everybody_or_those_after_one_are_asked_for(void **state)
{
    (void)state;
    uint8_t memory[16];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_get_events_encode(&out, &(BacGetEvents){0});
    assert_octets(&out, "");
    bac_get_events_encode(&out, &(BacGetEvents){.has_last = true, .last = {BAC_ANALOG_INPUT, 3}});
    assert_octets(&out, "0c 00 00 00 03");
}

static void wrong_ones_are_refused(void **state)
{
    (void)state;
    static const struct {
        Parser *parser;
        const char *octets;
        BpStatus status;
    } cases[] = {
        {parse_notification, "19 07", BP_MALFORMED},
        {parse_notification, NOTIFY("05", "5c 41 ac 00 00"), BP_MALFORMED}, /* values not opened */
        {parse_notification, NOTIFY("05", "5e 0c 41 ac 00 00 1a 04 80 2c 3f 80 00 00 5f"), BP_TRUNCATED},
        {parse_notification, NOTIFY("05", "5e 0b 41 ac 00 1a 04 80 2c 3f 80 00 00 5f"), BP_MALFORMED},
        {parse_notification, NOTIFY("12", "fe 12 0e 0f ff 12"), BP_OK}, /* of another type: kept as octets */
        {parse_acknowledge, "09 07 1c 00 00 00 03 29 03 3e 1b 01 00 00 3f 4c 00 4d 61 78 5e 19 01 5f",
         BP_INVALID},
        {parse_acknowledge, "09 07 1c 00 00 00 03 29 03 3e 39 10 3f 4c 00 4d 61 78 5e 19 01 5f",
         BP_MALFORMED},
        {parse_acknowledge, "09 07 1c 00 00 00 03 29 03 3e 19 10 19 11 3f 4c 00 4d 61 78 5e 19 01 5f",
         BP_MALFORMED},
        {parse_get_events, "1c 00 00 00 03", BP_MALFORMED},
        {parse_get_events_ack, "0e 0f", BP_TRUNCATED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const Octets message = octets(cases[i].octets);
        const BpStatus status = parse_exactly(cases[i].parser, message.data, message.size);
        if (status != cases[i].status)
            fail_msg("%s: status %d where %d belongs", cases[i].octets, status, cases[i].status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_taken_whole_or_not_at_all),
        cmocka_unit_test(notifications_and_their_values_come_back_as_they_were_sent),
        cmocka_unit_test(limits_come_as_numbers),
        cmocka_unit_test(states_of_every_choice_are_kept),
        cmocka_unit_test(states_that_are_none_are_refused),
        cmocka_unit_test(an_acknowledgement_is_told_without_states_and_values),
        cmocka_unit_test(an_alarm_is_acknowledged_by_somebody_at_a_time),
        cmocka_unit_test(events_are_summed_up_with_three_transitions_each),
        cmocka_unit_test(everybody_or_those_after_one_are_asked_for),
        cmocka_unit_test(wrong_ones_are_refused),
    };
    return cmocka_run_group_tests_name("bacnet alarm", tests, NULL, NULL);
}
