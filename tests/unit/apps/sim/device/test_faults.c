/* A simulated device that fails those who write to it. */
#include "apps/sim/device/faults.h"

#include "apps/sim/device/ordered.h"

#include "tests/unit/apps/sim/device/a_station.h"

enum { SETPOINT_SLOT = 8 };

static AStation *station_with(const char *faults)
{
    AStation *station = a_station_new(60, NULL);
    BpError err = {0};
    SimOrdered *ordered = sim_ordered_new(&station->site, &(SimOrderedOptions){.end_us = INT64_MAX});
    if (sim_ordered_take(ordered, bp_str(faults), &err) != BP_OK)
        fail_msg("%s", err.text);
    sim_station_set_faults(&station->sim, sim_ordered_faults(ordered, 0));
    sim_ordered_free(ordered);
    return station;
}

static SimObject *setpoint(AStation *station)
{
    SimDevice *device = station->sim.device;
    for (size_t i = 0; i < device->count; i++)
        if (device->objects[i].is_commandable && sim_object_takes(&device->objects[i], 14.5))
            return &device->objects[i];
    fail_msg("nothing takes 14.5");
    return NULL;
}

/* The answer, or NULL. */
static const Sent *write_real(AStation *station, float value)
{
    uint8_t memory[64], contents[8];
    BpBuf out = bp_buf(memory, sizeof memory), tagged = bp_buf(contents, sizeof contents);
    const BacValue real = {.type = BAC_REAL, .real = value};
    bac_value_encode(&tagged, &real);
    const BacWrite write = {
        .reference = {setpoint(station)->id, BAC_PROP_PRESENT_VALUE, BAC_NO_INDEX},
        .value = bp_cursor(contents, tagged.size),
        .priority = SETPOINT_SLOT,
    };
    bac_write_property_encode(&out, &write);
    return a_station_ask(station, BAC_SERVICE_CONFIRMED_WRITE_PROPERTY, bp_buf_text(&out));
}

static bool is_held(AStation *station, int slot)
{
    return setpoint(station)->commanded & 1U << (slot - 1);
}

static void one_that_ignores_writes_acknowledges_them(void **state)
{
    (void)state;
    AStation *station = station_with("1001:ignores-writes");
    assert_int_equal(write_real(station, 14.5F)->apdu.type, BAC_SIMPLE_ACK);
    assert_false(is_held(station, SETPOINT_SLOT));
    a_station_free(station);
}

static void one_that_drops_writes_does_and_says_nothing(void **state)
{
    (void)state;
    AStation *station = station_with("all:drops-writes");
    assert_null(write_real(station, 14.5F));
    assert_false(is_held(station, SETPOINT_SLOT));
    a_station_free(station);
}

static void a_mute_one_takes_them_over(void **state)
{
    (void)state;
    AStation *station = station_with("1001:mute-writes");
    assert_null(write_real(station, 14.5F));
    assert_true(is_held(station, SETPOINT_SLOT));
    a_station_free(station);
}

static void one_that_hides_writes_keeps_its_value(void **state)
{
    (void)state;
    uint8_t memory[16];
    BpBuf out = bp_buf(memory, sizeof memory);
    BacValue value;
    double number;
    AStation *station = station_with("1001:hides-writes");
    assert_int_equal(write_real(station, 14.5F)->apdu.type, BAC_SIMPLE_ACK);
    assert_true(is_held(station, SETPOINT_SLOT));
    const BacReference reference = {setpoint(station)->id, BAC_PROP_PRESENT_VALUE, BAC_NO_INDEX};
    assert_int_equal(sim_device_objects.read(station->sim.device, &reference, &out).kind, BAC_NOT_REFUSED);
    BpCursor in = bp_cursor(memory, out.size);
    assert_int_equal(bac_value_decode(&in, &value, NULL), BP_OK);
    assert_true(bac_value_number(&value, &number));
    assert_true(number != 14.5);
    a_station_free(station);
}

static void one_that_refuses_writes_says_why(void **state)
{
    (void)state;
    AStation *station = station_with("1001:refuses-writes=value-out-of-range");
    const Sent *answer = write_real(station, 14.5F);
    BacRefusal refusal;
    BpCursor in = bp_cursor(answer->octets, answer->size);
    assert_int_equal(answer->apdu.type, BAC_ERROR);
    assert_int_equal(bac_error_decode(&in, &refusal, NULL), BP_OK);
    assert_int_equal(refusal.code, BAC_CODE_VALUE_OUT_OF_RANGE);
    assert_false(is_held(station, SETPOINT_SLOT));
    a_station_free(station);
}

static void a_late_one_takes_them_over_in_their_time(void **state)
{
    (void)state;
    AStation *station = station_with("1001:late-writes=3s");
    assert_int_equal(write_real(station, 14.5F)->apdu.type, BAC_SIMPLE_ACK);
    assert_true(sim_station_next_due_us(&station->sim) <= station->now_us + 3 * BP_SECOND);
    a_station_live(station, 2);
    assert_false(is_held(station, SETPOINT_SLOT));
    a_station_live(station, 1);
    assert_true(is_held(station, SETPOINT_SLOT));
    a_station_free(station);
}

static void one_that_restarts_at_a_write_is_away_and_keeps_it(void **state)
{
    (void)state;
    AStation *station = station_with("1001:restarts-at-writes=4s");
    assert_null(write_real(station, 14.5F));
    assert_true(is_held(station, SETPOINT_SLOT));
    sim_station_set_faults(&station->sim, &(SimFaults){0});
    a_station_live(station, 3);
    assert_null(write_real(station, 15.0F));
    a_station_live(station, 1);
    assert_int_equal(write_real(station, 15.0F)->apdu.type, BAC_SIMPLE_ACK);
    a_station_free(station);
}

static void somebody_elses_slot_is_held_and_let_go(void **state)
{
    (void)state;
    AStation *station = station_with("1001:holds=5@18.5");
    assert_true(is_held(station, 5));
    assert_true(setpoint(station)->slots[4] == 18.5);
    assert_int_equal(write_real(station, 14.5F)->apdu.type, BAC_SIMPLE_ACK);
    sim_station_set_faults(&station->sim, &(SimFaults){0});
    assert_false(is_held(station, 5));
    assert_true(is_held(station, SETPOINT_SLOT));
    a_station_free(station);
}

static void a_silent_one_answers_nothing(void **state)
{
    (void)state;
    AStation *station = station_with("1001:silent");
    assert_null(write_real(station, 14.5F));
    sim_station_set_faults(&station->sim, &(SimFaults){0});
    assert_non_null(write_real(station, 14.5F));
    a_station_free(station);
}

static void a_slow_one_answers_in_its_time(void **state)
{
    (void)state;
    AStation *station = station_with("1001:late-answers=2s");
    assert_null(write_real(station, 14.5F));
    assert_int_equal(station->count, 0);
    a_station_live(station, 2);
    assert_int_equal(station->count, 1);
    a_station_free(station);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_ignores_writes_acknowledges_them),
        cmocka_unit_test(one_that_drops_writes_does_and_says_nothing),
        cmocka_unit_test(a_mute_one_takes_them_over),
        cmocka_unit_test(one_that_hides_writes_keeps_its_value),
        cmocka_unit_test(one_that_refuses_writes_says_why),
        cmocka_unit_test(a_late_one_takes_them_over_in_their_time),
        cmocka_unit_test(one_that_restarts_at_a_write_is_away_and_keeps_it),
        cmocka_unit_test(somebody_elses_slot_is_held_and_let_go),
        cmocka_unit_test(a_silent_one_answers_nothing),
        cmocka_unit_test(a_slow_one_answers_in_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
