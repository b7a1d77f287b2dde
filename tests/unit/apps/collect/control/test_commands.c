/* Commands: at most once, never late, to the right device, and a verdict that is true. */
#include "tests/unit/apps/collect/control/scene.h"

/* ---- what is to come of it ---- */

static void a_value_is_written_once_and_holds(void **state)
{
    (void)state;
    static const char *const quirks[] = {"", "no-read-multiple", "apdu-50,no-segments", "drops-long"};
    for (size_t i = 0; i < sizeof quirks / sizeof quirks[0]; i++) {
        scene_begin(1, quirks[i]);
        SimObject *object = setpoint(0);
        const Row *row = insert(0, object, 21.3, 8);
        scene_run(2 * BP_SECOND);
        assert_ended(row, CONTROL_HELD, "21.3 holds at 8");
        assert_int_equal(scene.write_count, 1);
        assert_int_equal(scene.writes[0].write.priority, 8);
        assert_int_equal(scene.writes[0].value.type, BAC_REAL);
        assert_true(holds(object, 8) && (float)object->slots[7] == 21.3F);
        assert_int_equal(row->claims, 1);
        assert_true(control_slots_is_held(&row->end.shown.slots, 8));
        scene_end();
    }
}

static void a_release_empties_our_slot_and_no_other(void **state)
{
    (void)state;
    scene_begin(1, "");
    SimObject *object = setpoint(0);
    put_slot(object, 8, 21);
    put_slot(object, 10, 19);
    const Row *row = insert_release(0, object, 8);
    scene_run(2 * BP_SECOND);
    assert_ended(row, CONTROL_HELD, "slot 8 is empty, slot 10 holds 19");
    assert_int_equal(scene.write_count, 1);
    assert_int_equal(scene.writes[0].value.type, BAC_NULL);
    assert_int_equal(scene.writes[0].write.priority, 8);
    assert_true(!holds(object, 8) && holds(object, 10));
    scene_end();
}

static void a_higher_slot_outranks_and_is_named(void **state)
{
    (void)state;
    scene_begin(1, "");
    SimObject *object = setpoint(0);
    put_slot(object, 5, 18.5);
    const Row *row = insert(0, object, 21, 8);
    scene_run(2 * BP_SECOND);
    assert_ended(row, CONTROL_OUTRANKED, "commanded 21 at 8, slot 5 holds 18.5");
    assert_true(holds(object, 8)); /* and would decide once slot 5 is empty */
    scene_end();
}

static void what_the_device_refuses_is_said_in_its_words_and_with_its_limits(void **state)
{
    (void)state;
    scene_begin(1, "");
    SimObject *object = setpoint(0);
    const Row *row = insert(0, object, 1e6, 8);
    scene_run(2 * BP_SECOND);
    assert_ended(row, CONTROL_REFUSED, "value-out-of-range");
    assert_non_null(strstr(row->end.text, "it says that it takes"));
    assert_int_equal(scene.write_count, 1);
    assert_false(holds(object, 8));
    scene_end();
}

static void datatypes_are_the_devices_own(void **state)
{
    (void)state;
    scene_begin(2, "");
    size_t found = 0;
    for (size_t i = 0; i < 2; i++) {
        const SimDevice *device = scene.field->stations[i].sim.device;
        for (size_t j = 0; j < device->count; j++) {
            const SimObject *object = &device->objects[j];
            const bool is_binary = bac_object_is_binary(object->id.type);
            if (!object->is_commandable || (!is_binary && !bac_object_is_multi_state(object->id.type)))
                continue;
            const Row *row = insert(i, object, 1, 8);
            scene_run(2 * BP_SECOND);
            assert_ended(row, CONTROL_HELD, NULL);
            assert_int_equal(scene.writes[found].value.type, is_binary ? BAC_ENUMERATED : BAC_UNSIGNED);
            found++;
            row = insert(i, object, 1.5, 8);
            scene_run(2 * BP_SECOND);
            assert_ended(row, CONTROL_NOT_SENT, "whole numbers");
        }
    }
    assert_true(found > 0);
    assert_int_equal(scene.write_count, found);
    scene_end();
}

/* ---- answers that say less than one would like ---- */

static void a_lost_answer_is_found_out_by_reading(void **state)
{
    (void)state;
    scene_begin(1, "");
    SimObject *object = setpoint(0);
    scene.loses_answers = true;
    const Row *row = insert(0, object, 21, 8);
    scene_run(20 * BP_SECOND);
    assert_ended(row, CONTROL_HELD, "its answer did not come, and this was read later");
    assert_int_equal(scene.write_count, 1);
    scene_end();
}

static void a_lost_write_is_not_sent_again(void **state)
{
    (void)state;
    scene_begin(1, "");
    SimObject *object = setpoint(0);
    scene.loses_writes = true;
    const Row *row = insert(0, object, 21, 8);
    scene_run(BP_MINUTE);
    assert_ended(row, CONTROL_UNKNOWN, "may have been written or not; read later: slot 8 is empty");
    assert_int_equal(scene.write_count, 1);
    assert_false(holds(object, 8));
    scene_end();
}

static void one_that_falls_silent_at_the_write_leaves_it_unknown(void **state)
{
    (void)state;
    scene_begin(1, "");
    SimObject *object = setpoint(0);
    scene.holds_keeps = true;
    const Row *row = insert(0, object, 21, 8);
    scene_run(BP_SECOND);
    assert_int_equal(row->status, EXECUTING);
    scene.field->stations[0].sim.quirks.silent = true;
    scene.holds_keeps = false;
    scene_run(BP_MINUTE);
    assert_ended(row, CONTROL_UNKNOWN, "could not be read since");
    assert_int_equal(scene.write_count, 1);
    scene_end();
}

static bool swallows_writes(FieldStation *station, const BacDatagram *datagram)
{
    if (!datagram->has_apdu || datagram->apdu.type != BAC_CONFIRMED_REQUEST ||
        datagram->apdu.service != BAC_SERVICE_CONFIRMED_WRITE_PROPERTY)
        return false;
    uint8_t memory[BAC_DATAGRAM_MAX];
    BpBuf out = bp_buf(memory, sizeof memory);
    const BacApdu ack = {
        .type = BAC_SIMPLE_ACK, .invoke_id = datagram->apdu.invoke_id, .service = datagram->apdu.service};
    bac_datagram_end(&out,
                     bac_datagram_begin(&out, BAC_BVLC_ORIGINAL_UNICAST, &datagram->from, NULL, false, &ack));
    field_station_send(station, &datagram->from, bp_buf_text(&out));
    return true;
}

static void what_is_accepted_and_ignored_is_not_shown(void **state)
{
    (void)state;
    scene_begin(1, "");
    SimObject *object = setpoint(0);
    scene.field->intercept = swallows_writes;
    const Row *row = insert(0, object, 21, 8);
    scene_run(4 * BP_SECOND);
    assert_int_equal(row->status, EXECUTING); /* it may yet */
    scene_run(3 * BP_SECOND);
    assert_ended(row, CONTROL_NOT_SHOWN, "does not show it within 5 s: slot 8 is empty");
    const Row *release = insert_release(0, object, 8);
    put_slot(object, 8, 20);
    scene_run(7 * BP_SECOND);
    assert_ended(release, CONTROL_NOT_SHOWN, "does not let go within 5 s: slot 8 holds 20");
    assert_int_equal(scene.write_count, 2);
    scene_end();
}

static void one_that_shows_it_late_is_waited_for(void **state)
{
    (void)state;
    scene_begin(1, "");
    SimObject *object = setpoint(0);
    scene.field->intercept = swallows_writes;
    const Row *row = insert(0, object, 21, 8);
    scene_run(3 * BP_SECOND);
    put_slot(object, 8, 21); /* now it does */
    scene_run(BP_SECOND);
    assert_ended(row, CONTROL_HELD, "21 holds at 8");
    assert_int_equal(scene.write_count, 1);
    scene_end();
}

/* It starts anew between its answer and the look: what was in its slots is gone. */
static void one_that_restarts_after_the_write_does_not_show_it(void **state)
{
    (void)state;
    scene_begin(1, "");
    SimObject *object = setpoint(0);
    scene.field->intercept = swallows_writes;
    const Row *row = insert(0, object, 21, 8);
    scene_run(500 * BP_MS);
    scene.field->stations[0].sim.quirks.silent = true;
    scene_run(2 * BP_SECOND);
    scene.field->stations[0].sim.quirks.silent = false;
    scene_run(40 * BP_SECOND);
    assert_ended(row, CONTROL_NOT_SHOWN, "slot 8 is empty");
    assert_int_equal(scene.write_count, 1);
    scene_end();
}

/* ---- to the right device ---- */

static void swap_addresses(void)
{
    FieldStation *stations = scene.field->stations;
    const BacAddress address = stations[0].sim.address;
    stations[0].sim.address = stations[1].sim.address;
    stations[1].sim.address = address;
}

static void nothing_is_written_where_another_device_answers(void **state)
{
    (void)state;
    static const char *const quirks[] = {"", "no-read-multiple"};
    for (size_t i = 0; i < 2; i++) {
        scene_begin(2, quirks[i]);
        swap_addresses();
        const Row *row = insert(0, setpoint(0), 21, 8);
        scene_run(BP_MINUTE);
        assert_ended(row, CONTROL_NOT_SENT, "another device answers");
        assert_int_equal(row->claims, 0);
        assert_int_equal(scene.write_count, 0);
        scene_end();
    }
}

static void nor_where_the_object_is_another_or_gone(void **state)
{
    (void)state;
    scene_begin(1, "");
    SimObject *object = setpoint(0);
    Row *renamed = insert(0, object, 21, 8);
    renamed->due.name = bp_str("AHU-77/SAT-C");
    Row *gone = insert(0, object, 21, 8);
    gone->due.object.instance = 4000000;
    Row *unknown = insert(0, object, 21, 8);
    unknown->due.device_id = 99;
    scene_run(10 * BP_SECOND);
    assert_ended(renamed, CONTROL_NOT_SENT, "not AHU-77/SAT-C");
    assert_ended(gone, CONTROL_NOT_SENT, "the device has no analog-value 4000000 any more");
    assert_ended(unknown, CONTROL_NOT_SENT, "not in the collector's list");
    assert_int_equal(scene.write_count, 0);
    scene_end();
}

static void a_device_that_was_away_is_asked_once_more(void **state)
{
    (void)state;
    scene_begin(1, "");
    scene.field->stations[0].sim.quirks.silent = true;
    const Row *row = insert(0, setpoint(0), 21, 8);
    scene_run(BP_MINUTE);
    assert_ended(row, CONTROL_NOT_SENT, "does not answer: nothing was written");
    const int64_t now_us = scene.field->network.now_us;
    row = insert(0, setpoint(0), 21, 8);
    scene_run(8 * BP_SECOND);
    assert_ended(row, CONTROL_NOT_SENT, "does not answer: nothing was written");
    assert_in_range(row->ended_us - now_us, 0, 6 * BP_SECOND);
    assert_int_equal(scene.write_count, 0);
    scene.field->stations[0].sim.quirks.silent = false; /* the poll's own next probe is a minute away */
    row = insert(0, setpoint(0), 21, 8);
    scene_run(2 * BP_SECOND);
    assert_ended(row, CONTROL_HELD, NULL);
    assert_int_equal(scene.write_count, 1);
    scene_end();
}

/* ---- points without a priority array ---- */

static SimObject *plain_point(void)
{
    SimObject *object = object_of(0, BAC_ANALOG_INPUT, false, 0);
    object->out_of_service = true; /* takes values then */
    object->forced = 17;
    sim_object_apply(object);
    return object;
}

static void a_point_without_slots_is_written_plainly_and_what_was_there_is_kept(void **state)
{
    (void)state;
    scene_begin(1, "");
    SimObject *object = plain_point();
    const double before = sim_object_value(object);
    const Row *row = insert(0, object, 20, 8);
    scene_run(2 * BP_SECOND);
    assert_ended(row, CONTROL_HELD, "it has no priority array");
    assert_int_equal(scene.writes[0].write.priority, BAC_NO_PRIORITY);
    assert_true(row->end.before.value == before);
    /* A release has nothing to let go of, and writes back only what it was told to. */
    const Row *release = insert_release(0, object, 8);
    scene_run(2 * BP_SECOND);
    assert_ended(release, CONTROL_NOT_SENT, "nothing to release");
    assert_int_equal(scene.write_count, 1);
    Row *restore = insert_release(0, object, 8);
    restore->due.has_value = true;
    restore->due.value = before;
    scene_run(2 * BP_SECOND);
    assert_ended(restore, CONTROL_HELD, NULL);
    assert_int_equal(scene.write_count, 2);
    assert_true(scene.writes[1].value.type == BAC_REAL && scene.writes[1].value.real == (float)before);
    scene_end();
}

/* Names of states, where a point has them: a binary value's count from 0. */
static void a_state_is_told_by_its_name(void **state)
{
    (void)state;
    scene_begin(1, "");
    Row *row = insert(0, object_of(0, BAC_BINARY_OUTPUT, true, 0), 1, 8);
    row->due.states = bp_str("off\nrunning");
    scene_run(2 * BP_SECOND);
    assert_ended(row, CONTROL_HELD, "running holds at 8");
    row = insert(0, object_of(0, BAC_BINARY_OUTPUT, true, 0), 0, 8);
    row->due.states = bp_str("off\nrunning");
    scene_run(2 * BP_SECOND);
    assert_ended(row, CONTROL_HELD, "off holds at 8");
    scene_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_written_once_and_holds),
        cmocka_unit_test(a_release_empties_our_slot_and_no_other),
        cmocka_unit_test(a_higher_slot_outranks_and_is_named),
        cmocka_unit_test(what_the_device_refuses_is_said_in_its_words_and_with_its_limits),
        cmocka_unit_test(datatypes_are_the_devices_own),
        cmocka_unit_test(a_lost_answer_is_found_out_by_reading),
        cmocka_unit_test(a_lost_write_is_not_sent_again),
        cmocka_unit_test(one_that_falls_silent_at_the_write_leaves_it_unknown),
        cmocka_unit_test(what_is_accepted_and_ignored_is_not_shown),
        cmocka_unit_test(one_that_shows_it_late_is_waited_for),
        cmocka_unit_test(one_that_restarts_after_the_write_does_not_show_it),
        cmocka_unit_test(nothing_is_written_where_another_device_answers),
        cmocka_unit_test(nor_where_the_object_is_another_or_gone),
        cmocka_unit_test(a_device_that_was_away_is_asked_once_more),
        cmocka_unit_test(a_point_without_slots_is_written_plainly_and_what_was_there_is_kept),
        cmocka_unit_test(a_state_is_told_by_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
