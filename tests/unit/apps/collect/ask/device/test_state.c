/* Silence, and our own network: whether a device is there, and what that means for its points. */
#include "tests/unit/field.h"

/* A device that hears nothing for a while, but for what it finds in its buffer when that is over. */
static struct {
    bool is_deaf, is_full;
    BacDatagram datagram;
    uint8_t body[BAC_DATAGRAM_MAX];
} deaf;

static bool hears_nothing(FieldStation *station, const BacDatagram *datagram)
{
    (void)station;
    if (deaf.is_deaf && datagram->apdu.service == BAC_SERVICE_CONFIRMED_READ_PROPERTY_MULTIPLE) {
        const size_t size = bp_cursor_remaining(&datagram->body);
        deaf.datagram = *datagram; /* the last one */
        memcpy(deaf.body, datagram->body.data + datagram->body.offset, size);
        deaf.datagram.body = bp_cursor(deaf.body, size);
        deaf.is_full = true;
    }
    return deaf.is_deaf;
}

/* A request is under way that has more time than the question after it whether the device is there: its
 * points are told when that is not answered, and once, though they are answered after all. */
static void what_is_answered_after_a_device_was_given_up_is_not_told_twice(void **state)
{
    (void)state;
    for (int is_suspect = 0; is_suspect < 2; is_suspect++) {
        Field *field = field_new(1, NULL, 0, 0);
        FieldStation *station = &field->stations[0];
        CollectDevice *device = station->device;
        deaf.is_deaf = deaf.is_full = false;
        field->intercept = hears_nothing;
        field_poll(field, 0, 30 * BP_SECOND, 0);
        field_run(field, 2 * BP_MINUTE);
        const size_t good = station->seen[0].good;
        const CollectPace quick = device->pace;
        device->pace.trip_us = 3 * BP_SECOND; /* it was slow until now */
        device->pace.more = 1;
        deaf.is_deaf = true;
        while (!deaf.is_full)
            field_run(field, 10 * BP_MS);
        device->pace.trip_us = quick.trip_us;
        const CollectClaim claim = {is_suspect ? 4711 : device->instance, BAC_APDU_MAX, BAC_NO_SEGMENTATION};
        collect_poll_doubt(field->poller, device, &claim, field->network.now_us);
        assert_int_equal(device->identity.is_suspect, is_suspect);
        while (device->state == COLLECT_ONLINE)
            field_run(field, 10 * BP_MS);
        assert_int_equal(device->peer.outstanding, 1); /* it is still waited for, */
        deaf.is_deaf = false;
        sim_station_receive(&station->sim, &deaf.datagram, field->network.now_us);
        field_run(field, 10 * BP_MS);
        assert_int_equal(device->peer.outstanding, 0); /* and taken */
        for (size_t j = 0; j < station->sim.device->count; j++) {
            assert_int_equal(station->seen[j].bad, 1);
            assert_string_equal(station->seen[j].reason, "timeout");
            assert_int_equal(station->seen[j].good, good);
        }
        field_run(field, BP_MINUTE);
        assert_int_equal(device->state, COLLECT_ONLINE);
        assert_int_equal(station->seen[0].bad, 1);
        assert_int_equal(field->wrong, 0);
        field_free(field);
    }
}

static void a_silent_device_is_told_probed_and_delays_nobody(void **state)
{
    (void)state;
    const SimQuirks silent = quirks_of("silent");
    Field *field = field_new(4, &silent, 1, 0);
    for (size_t i = 0; i < field->count; i++)
        field_poll(field, i, 5 * BP_SECOND, 0);
    field_run(field, 10 * BP_MINUTE);
    FieldStation *station = &field->stations[0];
    assert_int_equal(station->device->state, COLLECT_OFFLINE);
    assert_string_equal(station->seen[0].reason, "timeout");
    assert_int_equal(station->seen[0].good, 0);
    /* Three tries and a probe, then a probe after 10, 20, 40, 80, 160, 300 s. */
    assert_in_range(station->asked, 5, 14);
    assert_in_range(station->seen[0].bad, 5, 10);
    for (size_t i = 1; i < field->count; i++)
        assert_int_equal(field->stations[i].seen[0].good, 120);
    assert_int_equal(collect_poll_counts(field->poller)->rounds_late, 0);

    station->sim.quirks.silent = false;
    field_run(field, 7 * BP_MINUTE);
    assert_int_equal(station->device->state, COLLECT_ONLINE);
    assert_int_equal(station->seen[0].quality, MDL_GOOD);
    assert_in_range(station->seen[0].good, 12, 84);
    assert_int_equal(station->states, 2);
    assert_int_equal(field->wrong, 0);
    field_free(field);
}

static void half_of_the_devices_silent_leaves_the_others_on_time(void **state)
{
    (void)state;
    SimQuirks quirks[50];
    for (size_t i = 0; i < 50; i++)
        quirks[i] = quirks_of("silent");
    Field *field = field_new(100, quirks, 50, 0);
    for (size_t i = 0; i < field->count; i++)
        field_poll(field, i, 5 * BP_SECOND, 0);
    field_run(field, 2 * BP_MINUTE);
    for (size_t i = 50; i < field->count; i++)
        assert_int_equal(field->stations[i].seen[0].good, 24);
    assert_int_equal(collect_poll_counts(field->poller)->rounds_late, 0);
    field_free(field);
}

static void a_device_that_restarts_is_read_between(void **state)
{
    (void)state;
    const SimQuirks quirks = quirks_of("restarting");
    Field *field = field_new(1, &quirks, 1, 0);
    field_poll(field, 0, 5 * BP_SECOND, 0);
    field_run(field, 20 * BP_MINUTE);
    const Seen *seen = field->stations[0].seen;
    assert_in_range(seen[0].good, 160, 220); /* of 240, away for 40 */
    assert_in_range(seen[0].bad, 10, 60);
    assert_int_equal(field->wrong, 0);
    field_free(field);
}

static void off_the_network_nothing_is_asked_and_no_device_is_blamed(void **state)
{
    (void)state;
    Field *field = field_new(4, NULL, 0, 0);
    for (size_t i = 0; i < field->count; i++)
        field_poll(field, i, 5 * BP_SECOND, 0);
    field_run(field, BP_MINUTE);
    collect_poll_scan(field->poller, field->stations[1].device,
                      collect_scan_new(field->stations[1].sim.device->instance, 1476, BAC_SEGMENTED_BOTH),
                      field->network.now_us); /* and with that, something is under way */
    const uint64_t asked = field->stations[1].asked;
    const CollectLimits limits = field->stations[1].device->limits;
    collect_poll_leave(field->poller, field->network.now_us);
    field_run(field, 10 * BP_MINUTE);
    for (size_t i = 0; i < field->count; i++) {
        const FieldStation *station = &field->stations[i];
        assert_int_equal(station->device->state, COLLECT_UNKNOWN);
        assert_string_equal(station->device->reason, "no-network");
        assert_string_equal(station->seen[0].reason, "no-network");
        assert_in_range(station->seen[0].bad, 5, 10); /* as often as a silent device is probed */
    }
    assert_int_equal(field->stations[1].asked, asked);
    assert_non_null(field->stations[1].scan);
    assert_non_null(collect_scan_failure(field->stations[1].scan));
    assert_memory_equal(&field->stations[1].device->limits, &limits, sizeof limits);
    assert_int_equal(collect_poll_client_counts(field->poller)->silent, 0);

    const int64_t back_us = field->network.now_us;
    collect_poll_join(field->poller, back_us);
    field_run(field, BP_SECOND);
    for (size_t i = 0; i < field->count; i++) {
        const FieldStation *station = &field->stations[i];
        assert_int_equal(station->device->state, COLLECT_ONLINE);
        assert_int_equal(station->seen[0].quality, MDL_GOOD);
        assert_in_range(station->seen[0].at_us, back_us, back_us + BP_SECOND);
    }
    assert_int_equal(field->wrong, 0);
    field_free(field);
}

static void who_is_taken_in_off_the_network_is_asked_once_we_are_on_it(void **state)
{
    (void)state;
    Field *field = field_new(2, NULL, 0, 0);
    collect_poll_leave(field->poller, field->network.now_us);
    field_add(field, NULL);
    for (size_t i = 0; i < field->count; i++)
        field_poll(field, i, 5 * BP_SECOND, 0);
    field_run(field, BP_MINUTE);
    for (size_t i = 0; i < field->count; i++) {
        assert_int_equal(field->stations[i].asked, 0);
        assert_string_equal(field->stations[i].seen[0].reason, "no-network");
        assert_int_equal(field->stations[i].device->state, COLLECT_UNKNOWN);
    }
    collect_poll_join(field->poller, field->network.now_us);
    field_run(field, BP_SECOND);
    for (size_t i = 0; i < field->count; i++)
        assert_int_equal(field->stations[i].seen[0].quality, MDL_GOOD);
    field_free(field);
}

/* Nobody has chosen any of its points, and whether it is there is known all the same. */
static void a_device_of_which_nothing_is_polled_is_asked_now_and_then_whether_it_is_there(void **state)
{
    (void)state;
    Field *field = field_new(1, NULL, 0, 0);
    FieldStation *station = &field->stations[0];
    collect_poll_probe(field->poller, station->device, field->network.now_us);
    field_run(field, BP_MINUTE);
    assert_int_equal(station->device->state, COLLECT_ONLINE);
    assert_int_equal(station->asked, 1);
    field_run(field, BP_HOUR);
    assert_in_range(station->asked, 11, 13);
    assert_int_equal(station->states, 1);
    station->sim.quirks.silent = true;
    field_run(field, 6 * BP_MINUTE);
    assert_int_equal(station->device->state, COLLECT_OFFLINE);
    assert_string_equal(station->device->reason, "timeout");
    station->sim.quirks.silent = false;
    field_run(field, 6 * BP_MINUTE);
    assert_int_equal(station->device->state, COLLECT_ONLINE);
    /* As soon as something is, its rounds do that. */
    field_poll(field, 0, 10 * BP_MINUTE, 0);
    const uint64_t asked = station->asked;
    field_run(field, BP_HOUR);
    assert_in_range(station->asked - asked, 6, 12);
    collect_poll_set_points(field->poller, station->device, NULL, 0, field->network.now_us);
    collect_poll_enable(field->poller, station->device, false, field->network.now_us);
    const uint64_t asked_enabled = station->asked;
    field_run(field, BP_HOUR);
    assert_int_equal(station->asked, asked_enabled);
    field_free(field);
}

/* It restarts, and has heard nothing of the probe that is under way just then. */
static void a_device_that_says_it_is_there_while_it_is_probed_is_asked_at_once(void **state)
{
    (void)state;
    Field *field = field_new(1, NULL, 0, 0);
    FieldStation *station = &field->stations[0];
    CollectDevice *device = station->device;
    field_poll(field, 0, 30 * BP_SECOND, 0);
    field_run(field, 2 * BP_MINUTE);
    station->sim.quirks.silent = true;
    while (!device->identity.probing)
        field_run(field, 10 * BP_MS);
    station->sim.quirks.silent = false;
    assert_int_equal(device->state, COLLECT_ONLINE); /* nobody has found out yet */
    const CollectClaim claim = {device->instance, BAC_APDU_MAX, BAC_NO_SEGMENTATION};
    collect_poll_heard(field->poller, device, &claim, true, field->network.now_us);
    while (device->identity.probing)
        field_run(field, 10 * BP_MS);
    field_run(field, BP_SECOND);
    assert_int_equal(device->state, COLLECT_ONLINE);
    assert_int_equal(station->seen[0].quality, MDL_GOOD);
    field_free(field);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_answered_after_a_device_was_given_up_is_not_told_twice),
        cmocka_unit_test(a_silent_device_is_told_probed_and_delays_nobody),
        cmocka_unit_test(half_of_the_devices_silent_leaves_the_others_on_time),
        cmocka_unit_test(a_device_that_restarts_is_read_between),
        cmocka_unit_test(a_device_of_which_nothing_is_polled_is_asked_now_and_then_whether_it_is_there),
        cmocka_unit_test(off_the_network_nothing_is_asked_and_no_device_is_blamed),
        cmocka_unit_test(a_device_that_says_it_is_there_while_it_is_probed_is_asked_at_once),
        cmocka_unit_test(who_is_taken_in_off_the_network_is_asked_once_we_are_on_it),
    };
    return cmocka_run_group_tests_name("collect state", tests, NULL, NULL);
}
