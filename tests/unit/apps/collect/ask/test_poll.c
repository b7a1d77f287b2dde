/* The poller against simulated devices with the quirks of real ones, in invented time. */
#include "tests/unit/field.h"

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

/* It was the only one that waited: the queue is empty, and takes the next. */
static void who_waits_alone_for_a_seat_and_goes_is_in_nobodys_way(void **state)
{
    (void)state;
    Field *field = field_new(3, NULL, 0, 0);
    field->settings.devices = 1;
    collect_poll_set(field->poller, &field->settings);
    for (size_t i = 0; i < 2; i++)
        collect_poll_probe(field->poller, field->stations[i].device, field->network.now_us);
    assert_int_equal(field->stations[0].device->turn.seat, COLLECT_ACTIVE);
    assert_int_equal(field->stations[1].device->turn.seat, COLLECT_WAITING);
    collect_poll_remove(field->poller, field->stations[1].device, field->network.now_us);
    collect_poll_probe(field->poller, field->stations[2].device, field->network.now_us);
    assert_int_equal(field->stations[2].device->turn.seat, COLLECT_WAITING);
    field_run(field, BP_SECOND);
    assert_int_equal(field->stations[0].device->state, COLLECT_ONLINE);
    assert_int_equal(field->stations[2].device->state, COLLECT_ONLINE);
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
        cmocka_unit_test(who_waits_alone_for_a_seat_and_goes_is_in_nobodys_way),
        cmocka_unit_test(a_hundred_devices_form_no_burst),
        cmocka_unit_test(a_disabled_device_is_left_alone_and_goes_on_when_enabled),
        cmocka_unit_test(a_new_interval_holds_at_once),
        cmocka_unit_test(faults_and_oddities_become_qualities),
        cmocka_unit_test(an_unknown_object_spoils_no_neighbour),
        cmocka_unit_test(what_is_refused_for_good_is_asked_for_half_as_often_each_time),
        cmocka_unit_test(every_quirk_is_read_whole),
        cmocka_unit_test(devices_are_found_by_their_instance),
        cmocka_unit_test(every_quirk_is_scanned_whole),
        cmocka_unit_test(a_bad_network_costs_time_and_never_a_wrong_value),
    };
    return cmocka_run_group_tests_name("collect poll", tests, NULL, NULL);
}
