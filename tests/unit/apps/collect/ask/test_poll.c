/* The poller against simulated devices with the quirks of real ones, in invented time. */
#include "apps/collect/ask/cov.h"
#include "tests/unit/field.h"

/* ---- well-behaved devices ---- */

static void each_point_is_read_at_its_interval(void **state)
{
    (void)state;
    Field *field = field_new(6, NULL, 0, 0);
    for (size_t i = 0; i < field->count; i++)
        field_poll(field, i, i % 2 ? 5 * BP_SECOND : 15 * BP_SECOND, 0);
    field_run(field, 60 * BP_SECOND);
    for (size_t i = 0; i < field->count; i++)
        for (size_t j = 0; j < field->stations[i].sim.device->count; j++) {
            assert_in_range(field->stations[i].seen[j].good, i % 2 ? 12 : 4, i % 2 ? 12 : 4);
            assert_int_equal(field->stations[i].seen[j].bad, 0);
        }
    assert_int_equal(field->wrong, 0);
    assert_int_equal(collect_poll_counts(field->poller)->rounds_late, 0);
    assert_int_equal(collect_poll_counts(field->poller)->reads_failed, 0);
    field_free(field);
}

static void a_hundred_devices_form_no_burst(void **state)
{
    (void)state;
    Field *field = field_new(100, NULL, 0, 0);
    for (size_t i = 0; i < field->count; i++)
        field_poll(field, i, 15 * BP_SECOND, 0);
    field_run(field, 60 * BP_SECOND);
    assert_int_equal(field->wrong, 0);
    /* 100 devices with a request each (a few have two) over 150 slots: all at once would be 100. */
    assert_in_range(field->sent_in_slot_max, 1, 12);
    field_free(field);
}

static void a_disabled_device_is_left_alone_and_goes_on_when_enabled(void **state)
{
    (void)state;
    Field *field = field_new(2, NULL, 0, 0);
    field_poll(field, 0, 5 * BP_SECOND, 0);
    field_poll(field, 1, 5 * BP_SECOND, 0);
    collect_poll_enable(field->poller, field->stations[0].device, false, field->network.now_us);
    field_run(field, 30 * BP_SECOND);
    assert_int_equal(field->stations[0].asked, 0);
    assert_int_equal(field->stations[1].seen[0].good, 6);
    collect_poll_enable(field->poller, field->stations[0].device, true, field->network.now_us);
    field_run(field, 30 * BP_SECOND);
    assert_in_range(field->stations[0].seen[0].good, 6, 7);
    field_free(field);
}

static void a_new_interval_holds_at_once(void **state)
{
    (void)state;
    Field *field = field_new(1, NULL, 0, 0);
    field_poll(field, 0, 60 * BP_SECOND, 0);
    field_run(field, 60 * BP_SECOND);
    assert_int_equal(field->stations[0].seen[0].good, 1);
    field_poll(field, 0, BP_SECOND, 0);
    field_run(field, 10 * BP_SECOND);
    assert_int_equal(field->stations[0].seen[0].good, 11);
    field_free(field);
}

/* ---- quality ---- */

static SimObject *object_named(Field *field, size_t i, uint16_t type, size_t *ret_index)
{
    SimDevice *device = field->stations[i].sim.device;
    for (size_t j = 0; j < device->count; j++)
        if (device->objects[j].id.type == type) {
            *ret_index = j;
            return &device->objects[j];
        }
    fail_msg("device %zu has no object of type %u", i, type);
    return NULL;
}

static void faults_and_oddities_become_qualities(void **state)
{
    (void)state;
    Field *field = field_new(1, NULL, 0, 0);
    Seen *seen = field->stations[0].seen;
    size_t i;
    SimObject *object = object_named(field, 0, BAC_ANALOG_INPUT, &i);
    object->is_faulty = true;
    field_poll(field, 0, 5 * BP_SECOND, 0);
    field_run(field, 20 * BP_SECOND);
    assert_int_equal(seen[i].quality, MDL_BAD);
    assert_string_equal(seen[i].reason, "fault: unreliable-other");
    object->is_faulty = false;
    object->is_not_a_number = true;
    field_run(field, 20 * BP_SECOND);
    assert_int_equal(seen[i].quality, MDL_BAD);
    assert_string_equal(seen[i].reason, "not-a-number");
    assert_true(isnan(seen[i].value));
    object->is_not_a_number = false;
    object->out_of_service = true;
    field_run(field, 20 * BP_SECOND);
    assert_int_equal(seen[i].quality, MDL_UNCERTAIN);
    assert_string_equal(seen[i].reason, "out-of-service");
    object->out_of_service = false;
    field_run(field, 20 * BP_SECOND);
    assert_int_equal(seen[i].quality, MDL_GOOD);
    assert_string_equal(seen[i].reason, "");
    assert_int_equal(seen[i + 1].bad, 0);
    field_free(field);
}

static void what_a_run_before_has_learned_is_known_and_more_is_tried_later(void **state)
{
    (void)state;
    CollectLimits limits = collect_limits(1476, true);
    collect_limits_recall(&limits, false, 300, BP_SECOND);
    assert_false(limits.read_multiple);
    assert_int_equal(limits.answer_octets, 300);
    collect_limits_relax(&limits, 1476, 30 * BP_MINUTE);
    assert_int_equal(limits.answer_octets, 300);
    collect_limits_relax(&limits, 1476, 61 * BP_MINUTE);
    assert_true(limits.read_multiple);
    assert_int_equal(limits.answer_octets, 600);
    limits = collect_limits(480, true);
    collect_limits_recall(&limits, true, 1476, 0); /* it says now that it takes less */
    assert_int_equal(limits.answer_octets, 480);
    collect_limits_recall(&limits, true, 7, 0); /* nonsense */
    assert_int_equal(limits.answer_octets, 480);
}

static void an_unknown_object_spoils_no_neighbour(void **state)
{
    (void)state;
    Field *field = field_new(1, NULL, 0, 0);
    const size_t count = field->stations[0].sim.device->count;
    field_poll(field, 0, 5 * BP_SECOND, 3);
    field_run(field, 5 * BP_MINUTE);
    for (size_t j = 0; j < count; j++) {
        assert_int_equal(field->stations[0].seen[j].good, 60);
        assert_int_equal(field->stations[0].seen[j].bad, 0);
    }
    for (size_t j = count; j < count + 3; j++) {
        assert_string_equal(field->stations[0].seen[j].reason, "unknown-object");
        assert_int_equal(field->stations[0].seen[j].good, 0);
        assert_in_range(field->stations[0].seen[j].bad, 2, 5); /* asked for ever more rarely */
    }
    field_free(field);
}

static void what_is_refused_for_good_is_asked_for_half_as_often_each_time(void **state)
{
    (void)state;
    Field *field = field_new(1, NULL, 0, 0);
    const size_t count = field->stations[0].sim.device->count;
    field_poll(field, 0, 10 * BP_SECOND, 1);
    field_run(field, 255 * BP_MINUTE); /* after 0, 1, 3, 7, 15, 31, 63, then every 64 minutes: 127, 191 */
    assert_in_range(field->stations[0].seen[count].bad, 9, 10);
    field_run(field, 256 * BP_MINUTE);
    assert_in_range(field->stations[0].seen[count].bad, 13, 14);
    field_free(field);
}

/* ---- silence ---- */

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

/* ---- our own network ---- */

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

static void subscriptions_are_made_anew_after_the_network_was_gone(void **state)
{
    (void)state;
    Field *field = field_new(1, NULL, 0, 0);
    field->wants_cov = true;
    field_poll(field, 0, 10 * BP_SECOND, 0);
    field_run(field, 30 * BP_SECOND);
    const uint64_t subscribed = collect_poll_counts(field->poller)->cov_subscribed;
    assert_true(subscribed > 0);
    collect_poll_leave(field->poller, field->network.now_us);
    field_run(field, BP_MINUTE);
    collect_poll_join(field->poller, field->network.now_us);
    field_run(field, 10 * BP_SECOND);
    assert_true(collect_poll_counts(field->poller)->cov_subscribed >= 2 * subscribed);
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

/* ---- devices that fall short ---- */

static void every_quirk_is_read_whole(void **state)
{
    (void)state;
    for (size_t q = 0; sim_quirk_names[q][0]; q++) {
        const SimQuirks quirks = quirks_of(sim_quirk_names[q][0]);
        if (quirks.silent || quirks.restarts_us)
            continue;
        Field *field = field_new(2, &quirks, 1, 0);
        field_poll(field, 0, 60 * BP_SECOND, 1);
        field_poll(field, 1, 5 * BP_SECOND, 0);
        field_run(field, 10 * BP_MINUTE);
        const FieldStation *station = &field->stations[0];
        for (size_t j = 0; j < station->sim.device->count; j++) {
            if (station->seen[j].quality != MDL_GOOD || station->seen[j].good < 8)
                fail_msg("%s: point %zu was read %zu times, and last is: %s", sim_quirk_names[q][0], j,
                         station->seen[j].good, station->seen[j].reason);
        }
        assert_string_equal(station->seen[station->sim.device->count].reason, "unknown-object");
        assert_int_equal(field->stations[1].seen[0].good, 120);
        assert_int_equal(field->wrong, 0);
        field_free(field);
    }
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

/* ---- behind a router ---- */

static void a_trunk_is_given_one_request_at_a_time_and_kept_busy(void **state)
{
    (void)state;
    Field *field = field_new(20, NULL, 0, 90 * BP_MS);
    for (size_t i = 0; i < field->count; i++)
        field_poll(field, i, i == 0 ? BP_SECOND : 15 * BP_SECOND, 0);
    field_run(field, 5 * BP_MINUTE);
    /* Between the device that is read each second and the 19 others a round takes 20 and some requests. */
    assert_in_range(field->stations[0].seen[0].good, 290, 301);
    for (size_t i = 1; i < field->count; i++)
        assert_in_range(field->stations[i].seen[0].good, 19, 21);
    for (size_t i = 0; i < field->count; i++)
        assert_int_equal(field->stations[i].seen[0].bad, 0);
    assert_int_equal(field->trunk.dropped, 0);
    assert_in_range(field->trunk_waiting_max, 1, 2); /* one more while a device is not known to answer */
    assert_int_equal(field->wrong, 0);
    field_free(field);
}

static void a_full_trunk_is_never_idle(void **state)
{
    (void)state;
    Field *field = field_new(20, NULL, 0, 15 * BP_MS);
    for (size_t i = 0; i < field->count; i++)
        field_poll(field, i, 100 * BP_MS, 0);
    field_run(field, BP_MINUTE);
    /* 4000 requests of 15 ms fit a minute. */
    assert_in_range(field->trunk.carried, 3600, 4000);
    for (size_t i = 1; i < field->count; i++) /* and the devices are served alike */
        assert_in_range(field->stations[i].seen[0].good, field->stations[1].seen[0].good - 30,
                        field->stations[1].seen[0].good + 30);
    field_free(field);
}

static void a_dead_device_on_a_trunk_holds_up_nobody(void **state)
{
    (void)state;
    SimQuirks quirks[5];
    for (size_t i = 0; i < 5; i++)
        quirks[i] = quirks_of("silent");
    Field *field = field_new(20, quirks, 5, 50 * BP_MS);
    for (size_t i = 0; i < field->count; i++)
        field_poll(field, i, 10 * BP_SECOND, 0);
    field_run(field, 5 * BP_MINUTE);
    for (size_t i = 5; i < field->count; i++) {
        assert_in_range(field->stations[i].seen[0].good, 28, 31);
        assert_int_equal(field->stations[i].seen[0].bad, 0);
    }
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(field->stations[i].seen[0].reason, "timeout");
    field_free(field);
}

/* Too much is asked of it, at different intervals; some are dead, some come and go. */
static void an_overloaded_trunk_is_never_idle_and_starves_nobody(void **state)
{
    (void)state;
    SimQuirks quirks[3];
    for (size_t i = 0; i < 3; i++)
        quirks[i] = quirks_of("silent");
    Field *field = field_new(30, quirks, 3, 90 * BP_MS);
    static const int64_t intervals_us[] = {BP_SECOND, 2 * BP_SECOND, BP_MINUTE};
    for (size_t i = 0; i < field->count; i++)
        field_poll(field, i, intervals_us[i % 3], 0);
    field_run(field, 2 * BP_MINUTE);
    const uint64_t carried = field->trunk.carried;
    for (int i = 0; i < 60; i++) {
        CollectDevice *device = field->stations[3 + i % 27].device;
        collect_poll_enable(field->poller, device, i % 4 < 2, field->network.now_us);
        field_run(field, 4 * BP_SECOND);
        collect_poll_enable(field->poller, device, true, field->network.now_us);
        field_run(field, BP_SECOND);
    }
    assert_in_range(field->trunk.carried - carried, 300 * 11 * 9 / 10, 300 * 12); /* 90 ms each, for 300 s */
    for (size_t i = 3; i < field->count; i++)
        if (field->stations[i].seen[0].good < 4)
            fail_msg("device %zu was read %zu times", i, field->stations[i].seen[0].good);
    for (size_t i = 0; i < 3; i++)
        assert_true(field->stations[i].asked >= 5);
    field->stations[0].sim.quirks.silent = false; /* one comes back while the trunk is full */
    field_run(field, 12 * BP_MINUTE);
    assert_true(field->stations[0].seen[0].good > 0);
    assert_int_equal(field->wrong, 0);
    field_free(field);
}

/* Whoever is asked just then is taken out; the others, which nothing else wakes, go on. */
static void a_device_that_is_removed_leaves_the_trunk_to_the_others(void **state)
{
    (void)state;
    Field *field = field_new(6, NULL, 0, 90 * BP_MS);
    for (size_t i = 0; i < field->count; i++)
        collect_poll_scan(field->poller, field->stations[i].device,
                          collect_scan_new(field->site.devices[i].instance, BAC_APDU_MAX, 0),
                          field->network.now_us);
    field_run(field, BP_SECOND);
    size_t removed = 0;
    while (removed < 6 && field->stations[removed].device->peer.outstanding == 0)
        removed++;
    assert_true(removed < 6);
    collect_poll_remove(field->poller, field->stations[removed].device, field->network.now_us);
    field_run(field, 10 * BP_MINUTE);
    for (size_t i = 0; i < 6; i++)
        if (i != removed)
            assert_non_null(field->stations[i].scan);
    field_free(field);
}

static void a_busy_router_is_left_alone_until_it_is_free(void **state)
{
    (void)state;
    Field *field = field_new(4, NULL, 0, 15 * BP_MS);
    for (size_t i = 0; i < field->count; i++)
        field_poll(field, i, 5 * BP_SECOND, 0);
    field_run(field, 30 * BP_SECOND);
    const uint64_t before = field->trunk.carried;
    BacAddress network = field_address(field, 0);
    network.remote = (BacStation){.network = TRUNK_NETWORK};
    const int64_t now_us = field->network.now_us;
    collect_poll_pause(field->poller, &network, now_us + 30 * BP_SECOND, now_us);
    field_run(field, 20 * BP_SECOND);
    assert_in_range(field->trunk.carried, before, before + 1);             /* what was under way */
    collect_poll_pause(field->poller, &network, 0, field->network.now_us); /* it says that it is free */
    field_run(field, 2 * BP_SECOND);
    assert_true(field->trunk.carried >= before + 4);
    const uint64_t freed = field->trunk.carried;
    collect_poll_pause(field->poller, &network, field->network.now_us + 10 * BP_SECOND,
                       field->network.now_us);
    field_run(field, 20 * BP_SECOND); /* it says nothing more: half of the time is its own */
    assert_true(field->trunk.carried > freed);
    for (size_t i = 0; i < field->count; i++) {
        assert_int_equal(field->stations[i].device->state, COLLECT_ONLINE);
        assert_int_equal(field->stations[i].seen[0].bad, 0);
    }
    assert_int_equal(field->wrong, 0);
    field_free(field);
}

static void a_trunk_keeps_to_its_budget(void **state)
{
    (void)state;
    Field *field = field_new(20, NULL, 0, BP_MS);
    field->settings.trunk.rate = 10;
    collect_poll_set(field->poller, &field->settings);
    for (size_t i = 0; i < field->count; i++)
        field_poll(field, i, BP_SECOND, 0);
    field_run(field, BP_MINUTE);
    assert_in_range(field->trunk.carried, 580, 602);
    field_free(field);
}

/* ---- pace ---- */

static void a_device_that_keeps_up_is_asked_more_at_once(void **state)
{
    (void)state;
    SimQuirks slow = quirks_of("apdu-206");
    slow.work_us = 20 * BP_MS;
    Field *field = field_new(1, &slow, 1, 0);
    field_poll(field, 0, 5 * BP_SECOND, 0);
    field_run(field, 5 * BP_MINUTE);
    assert_in_range(field->stations[0].sim.open_max, 3, 4);
    field_free(field);
}

static void a_subscription_holds_as_long_as_its_lifetime(void **state)
{
    (void)state;
    CollectPoint point = {
        .interval_us = 15 * BP_SECOND, .polled_at_us = 1000 * BP_SECOND, .cov_until_us = 1060 * BP_SECOND};
    assert_true(collect_cov_holds(&point, 1060 * BP_SECOND - 1));
    assert_false(collect_cov_holds(&point, 1060 * BP_SECOND));
    point.cov_until_us = 2000 * BP_SECOND; /* and it is verified meanwhile */
    assert_true(collect_cov_holds(&point, 1140 * BP_SECOND));
    assert_false(collect_cov_holds(&point, 1143 * BP_SECOND));
}

static void devices_are_found_by_their_instance(void **state)
{
    (void)state;
    Field *field = field_new(3, NULL, 0, 0);
    CollectDevice *first = field->stations[0].device, *second = field->stations[1].device;
    const uint32_t number = first->instance;
    assert_ptr_equal(collect_poll_find_instance(field->poller, number, NULL), first);
    assert_null(collect_poll_find_instance(field->poller, number, first));
    collect_poll_set_instance(field->poller, second, number);
    assert_ptr_equal(collect_poll_find_instance(field->poller, number, first), second);
    assert_ptr_equal(collect_poll_find_instance(field->poller, number, second), first);
    collect_poll_remove(field->poller, first, field->network.now_us);
    assert_ptr_equal(collect_poll_find_instance(field->poller, number, NULL), second);
    collect_poll_set_instance(field->poller, second, number + 4096);
    assert_null(collect_poll_find_instance(field->poller, number, NULL));
    field_free(field);
}

static void a_device_with_room_for_one_is_soon_asked_one_at_a_time(void **state)
{
    (void)state;
    const SimQuirks quirks = quirks_of("apdu-206,one-at-a-time");
    Field *field = field_new(1, &quirks, 1, 0);
    field_poll(field, 0, 5 * BP_SECOND, 0);
    field_run(field, 30 * BP_MINUTE);
    assert_in_range(field->stations[0].sim.forgotten, 1, 4); /* once it was tried */
    assert_int_equal(field->stations[0].seen[0].bad, 0);
    assert_in_range(field->stations[0].seen[0].good, 355, 361);
    field_free(field);
}

static void an_answer_that_takes_longer_than_the_timeout_is_waited_for(void **state)
{
    (void)state;
    SimQuirks slow = {.work_us = 4 * BP_SECOND};
    Field *field = field_new(1, &slow, 1, 0);
    field_poll(field, 0, 30 * BP_SECOND, 0);
    field_run(field, 20 * BP_MINUTE);
    assert_int_equal(field->stations[0].seen[0].quality, MDL_GOOD);
    assert_in_range(field->stations[0].seen[0].good, 30, 41);
    /* Once its time is known, nothing is asked twice. */
    const uint64_t retries = collect_poll_client_counts(field->poller)->retries;
    field_run(field, 20 * BP_MINUTE);
    assert_in_range(collect_poll_client_counts(field->poller)->retries - retries, 0, 1);
    field_free(field);
}

/* ---- change of value ---- */

static Field *field_that_tells(size_t count, const SimQuirks *quirks)
{
    Field *field = field_new(count, quirks, quirks ? 1 : 0, 0);
    field->wants_cov = true;
    for (size_t i = 0; i < count; i++)
        field_poll(field, i, 10 * BP_SECOND, 0);
    return field;
}

/* Minutes of a building whose values change, told each second. */
static void live(Field *field, int minutes)
{
    for (int second = 0; second < 60 * minutes; second++) {
        field_step(field, 20);
        field_run(field, BP_SECOND);
    }
}

static void changes_are_told_and_polled_more_slowly(void **state)
{
    (void)state;
    Field *field = field_that_tells(2, NULL);
    field_run(field, 60 * 60 * BP_SECOND);
    const CollectPollCounts *counts = collect_poll_counts(field->poller);
    const size_t points = field->stations[0].sim.device->count + field->stations[1].sim.device->count;
    /* Nothing changes: each is told once with each subscription, and polled each 100 s instead of each 10. */
    assert_in_range(counts->cov_subscribed, 8 * points, 13 * points);
    assert_int_equal(counts->cov_told, counts->cov_subscribed);
    assert_in_range(field->stations[0].seen[0].good, 36 + 8, 36 + 16);
    assert_int_equal(counts->cov_missed, 0);
    live(field, 5);
    assert_int_equal(counts->cov_given_up, 0);
    assert_true(counts->cov_told > counts->cov_subscribed + 100);
    field_free(field);
}

static void confirmed_notifications_are_confirmed(void **state)
{
    (void)state;
    Field *field = field_that_tells(1, NULL);
    field->settings.cov_confirmed = true;
    collect_poll_set(field->poller, &field->settings);
    live(field, 2);
    const BacPublisher *publisher = &field->stations[0].sim.publisher;
    assert_true(publisher->told > 20);
    assert_in_range(publisher->confirmed, publisher->told - field->stations[0].sim.device->count,
                    publisher->told);
    assert_int_equal(publisher->given_up, 0);
    field_free(field);
}

static void a_device_that_tells_nothing_is_polled_again(void **state)
{
    (void)state;
    const SimQuirks mute = quirks_of("mute-cov");
    Field *field = field_that_tells(1, &mute);
    field_run(field, 30 * BP_MINUTE);
    const size_t points = field->stations[0].sim.device->count;
    assert_int_equal(collect_poll_counts(field->poller)->cov_given_up, points);
    assert_in_range(field->stations[0].seen[0].good, 150, 181);
    field_free(field);
}

static void a_device_that_knows_no_cov_is_polled(void **state)
{
    (void)state;
    const SimQuirks quirks = quirks_of("no-cov");
    Field *field = field_that_tells(1, &quirks);
    field_run(field, 10 * BP_MINUTE);
    assert_int_equal(collect_poll_counts(field->poller)->cov_given_up, field->stations[0].sim.device->count);
    assert_in_range(field->stations[0].seen[0].good, 60, 61);
    field_free(field);
}

static void a_device_that_restarts_is_subscribed_to_again(void **state)
{
    (void)state;
    Field *field = field_that_tells(1, NULL);
    BacPublisher *publisher = &field->stations[0].sim.publisher;
    field_run(field, BP_MINUTE);
    memset(publisher->subscriptions, 0, publisher->count * sizeof *publisher->subscriptions);
    collect_poll_restarted(field->poller, field->stations[0].device, field->network.now_us);
    field_run(field, 10 * BP_SECOND);
    size_t subscribed = 0;
    for (size_t i = 0; i < publisher->count; i++)
        subscribed += publisher->subscriptions[i].in_use;
    assert_int_equal(subscribed, field->stations[0].sim.device->count);
    field_free(field);
}

static size_t count_subscriptions(const Field *field, size_t i)
{
    const BacPublisher *publisher = &field->stations[i].sim.publisher;
    size_t count = 0;
    for (size_t j = 0; j < publisher->count; j++)
        count += publisher->subscriptions[j].in_use;
    return count;
}

static void another_run_renews_the_subscriptions_of_the_last(void **state)
{
    (void)state;
    Field *field = field_that_tells(1, NULL);
    for (size_t run = 0; run < 3; run++) {
        field_restart(field, 77);
        field_poll(field, 0, 5 * BP_SECOND, 0);
        field_run(field, BP_MINUTE);
        assert_int_equal(count_subscriptions(field, 0), field->stations[0].sim.device->count);
    }
    field_free(field);
}

static void what_was_given_up_is_tried_again_when_a_device_restarts(void **state)
{
    (void)state;
    const SimQuirks mute = quirks_of("mute-cov");
    Field *field = field_that_tells(1, &mute);
    field_run(field, 20 * BP_MINUTE);
    assert_true(collect_poll_counts(field->poller)->cov_given_up > 0);
    field->stations[0].sim.quirks.mute_cov = false;
    BacPublisher *publisher = &field->stations[0].sim.publisher;
    memset(publisher->subscriptions, 0, publisher->count * sizeof *publisher->subscriptions);
    collect_poll_restarted(field->poller, field->stations[0].device, field->network.now_us);
    field_run(field, 10 * BP_SECOND);
    assert_int_equal(count_subscriptions(field, 0), field->stations[0].sim.device->count);
    field_free(field);
}

/* A restart that nobody has heard of shows by the first of its changes that is not told. */
static void one_change_that_is_not_told_has_all_subscriptions_renewed(void **state)
{
    (void)state;
    Field *field = field_that_tells(1, NULL);
    field_run(field, BP_MINUTE);
    BacPublisher *publisher = &field->stations[0].sim.publisher;
    memset(publisher->subscriptions, 0, publisher->count * sizeof *publisher->subscriptions);
    while (collect_poll_counts(field->poller)->cov_missed == 0) {
        field_step(field, 60);
        field_run(field, BP_SECOND);
    }
    field_run(field, 10 * BP_SECOND);
    assert_int_equal(count_subscriptions(field, 0), field->stations[0].sim.device->count);
    field_free(field);
}

/* From the right device and object, but for another process: that of the run before, say. */
static void what_others_tell_is_nobodys(void **state)
{
    (void)state;
    Field *field = field_that_tells(2, NULL);
    field_run(field, BP_MINUTE);
    const size_t before = field->readings;
    const uint64_t told = collect_poll_counts(field->poller)->cov_told;
    BacSubscription *one = &field->stations[1].sim.publisher.subscriptions[0];
    one->process++;
    one->was_told = false;
    sim_station_tell(&field->stations[1].sim, field->network.now_us);
    field_run(field, BP_MS);
    assert_int_equal(field->readings, before);
    assert_int_equal(collect_poll_counts(field->poller)->cov_told, told);
    assert_int_equal(collect_poll_counts(field->poller)->cov_foreign, 1);
    field_free(field);
}

/* ---- reading out ---- */

static void every_quirk_is_scanned_whole(void **state)
{
    (void)state;
    for (size_t q = 0; sim_quirk_names[q][0]; q++) {
        const SimQuirks quirks = quirks_of(sim_quirk_names[q][0]);
        if (quirks.silent || quirks.restarts_us)
            continue;
        Field *field = field_new(1, &quirks, 1, 0);
        FieldStation *station = &field->stations[0];
        const SimDevice *device = station->sim.device;
        collect_poll_scan(field->poller, station->device,
                          collect_scan_new(device->instance, device->max_apdu, device->segmentation),
                          field->network.now_us);
        field_run(field, 20 * BP_MINUTE);
        assert_non_null(station->scan);
        if (collect_scan_failure(station->scan))
            fail_msg("%s: %s", sim_quirk_names[q][0], collect_scan_failure(station->scan));
        size_t count;
        const CollectScanObject *objects = collect_scan_objects(station->scan, &count);
        assert_string_equal(collect_scan_device(station->scan)->name, device->name);
        assert_int_equal(count, device->count);
        for (size_t j = 0; j < count; j++) {
            assert_true(bac_object_equal(objects[j].id, device->objects[j].id));
            if (strlen(device->objects[j].name) < 30)
                assert_string_equal(objects[j].name, device->objects[j].name);
            if (device->objects[j].spec->states)
                assert_string_equal(objects[j].states[0], device->objects[j].spec->states[0]);
        }
        field_free(field);
    }
}

/* ---- bad networks ---- */

static void a_bad_network_costs_time_and_never_a_wrong_value(void **state)
{
    (void)state;
    Field *field = field_new(40, NULL, 0, 0);
    field->network.lost = 0.05;
    field->network.doubled = 0.1;
    field->network.delayed = 0.2;
    field->network.jitter_us = 5 * BP_SECOND;
    for (size_t i = 0; i < field->count; i++)
        field_poll(field, i, 15 * BP_SECOND, 0);
    field_run(field, 30 * BP_MINUTE);
    assert_int_equal(field->wrong, 0);
    for (size_t i = 0; i < field->count; i++)
        assert_in_range(field->stations[i].seen[0].good, 60, 120);
    assert_true(collect_poll_client_counts(field->poller)->late > 0);
    assert_true(collect_poll_client_counts(field->poller)->duplicates > 0);
    field_free(field);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_point_is_read_at_its_interval),
        cmocka_unit_test(a_hundred_devices_form_no_burst),
        cmocka_unit_test(a_disabled_device_is_left_alone_and_goes_on_when_enabled),
        cmocka_unit_test(a_new_interval_holds_at_once),
        cmocka_unit_test(faults_and_oddities_become_qualities),
        cmocka_unit_test(what_a_run_before_has_learned_is_known_and_more_is_tried_later),
        cmocka_unit_test(an_unknown_object_spoils_no_neighbour),
        cmocka_unit_test(what_is_refused_for_good_is_asked_for_half_as_often_each_time),
        cmocka_unit_test(what_is_answered_after_a_device_was_given_up_is_not_told_twice),
        cmocka_unit_test(a_silent_device_is_told_probed_and_delays_nobody),
        cmocka_unit_test(off_the_network_nothing_is_asked_and_no_device_is_blamed),
        cmocka_unit_test(who_is_taken_in_off_the_network_is_asked_once_we_are_on_it),
        cmocka_unit_test(subscriptions_are_made_anew_after_the_network_was_gone),
        cmocka_unit_test(half_of_the_devices_silent_leaves_the_others_on_time),
        cmocka_unit_test(every_quirk_is_read_whole),
        cmocka_unit_test(a_device_that_restarts_is_read_between),
        cmocka_unit_test(a_trunk_is_given_one_request_at_a_time_and_kept_busy),
        cmocka_unit_test(a_full_trunk_is_never_idle),
        cmocka_unit_test(a_dead_device_on_a_trunk_holds_up_nobody),
        cmocka_unit_test(an_overloaded_trunk_is_never_idle_and_starves_nobody),
        cmocka_unit_test(a_device_that_is_removed_leaves_the_trunk_to_the_others),
        cmocka_unit_test(a_busy_router_is_left_alone_until_it_is_free),
        cmocka_unit_test(a_trunk_keeps_to_its_budget),
        cmocka_unit_test(a_device_that_keeps_up_is_asked_more_at_once),
        cmocka_unit_test(a_subscription_holds_as_long_as_its_lifetime),
        cmocka_unit_test(devices_are_found_by_their_instance),
        cmocka_unit_test(a_device_with_room_for_one_is_soon_asked_one_at_a_time),
        cmocka_unit_test(an_answer_that_takes_longer_than_the_timeout_is_waited_for),
        cmocka_unit_test(changes_are_told_and_polled_more_slowly),
        cmocka_unit_test(confirmed_notifications_are_confirmed),
        cmocka_unit_test(a_device_that_tells_nothing_is_polled_again),
        cmocka_unit_test(a_device_that_knows_no_cov_is_polled),
        cmocka_unit_test(a_device_that_restarts_is_subscribed_to_again),
        cmocka_unit_test(another_run_renews_the_subscriptions_of_the_last),
        cmocka_unit_test(what_was_given_up_is_tried_again_when_a_device_restarts),
        cmocka_unit_test(one_change_that_is_not_told_has_all_subscriptions_renewed),
        cmocka_unit_test(what_others_tell_is_nobodys),
        cmocka_unit_test(every_quirk_is_scanned_whole),
        cmocka_unit_test(a_bad_network_costs_time_and_never_a_wrong_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
