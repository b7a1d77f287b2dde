/* A simulated device as its clients see it. */
#include "tests/unit/apps/sim/device/a_station.h"

#include "bacnet/service/cov.h"

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
    BacReporter *reporter = &station->sim.events.reporter;
    reporter->recipients = &CLIENT;
    reporter->recipient_count = 1;
    reporter->is_confirmed = true;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_and_alarms_under_way_have_different_invoke_ids),
        cmocka_unit_test(an_answer_by_another_service_answers_nothing),
        cmocka_unit_test(each_notification_is_confirmed_by_its_own),
    };
    return cmocka_run_group_tests_name("sim station", tests, NULL, NULL);
}
