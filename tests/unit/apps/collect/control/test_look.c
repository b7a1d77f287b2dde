/* A look at a point: who answers, what is there, and its value. */
#include "tests/unit/field.h"

#include "apps/collect/control/look.h"

static struct {
    size_t count;
    ControlSeen seen;
} told;

static void on_seen(void *context, const ControlSeen *seen)
{
    (void)context;
    told.count++;
    told.seen = *seen;
}

static SimObject *setpoint_of(Field *field, size_t i)
{
    SimDevice *device = field->stations[i].sim.device;
    for (size_t j = 0; j < device->count; j++)
        if (device->objects[j].is_commandable && device->objects[j].id.type == BAC_ANALOG_VALUE)
            return &device->objects[j];
    fail();
    return NULL;
}

static SimObject *sensor_of(Field *field, size_t i)
{
    SimDevice *device = field->stations[i].sim.device;
    for (size_t j = 0; j < device->count; j++)
        if (!device->objects[j].is_commandable && device->objects[j].id.type == BAC_ANALOG_INPUT)
            return &device->objects[j];
    fail();
    return NULL;
}

static Field *begin(size_t count, const char *quirks)
{
    const SimQuirks none = {0}, first = *quirks ? quirks_of(quirks) : none;
    Field *field = field_new(count, &first, 1, 0);
    for (size_t i = 0; i < count; i++)
        field_poll(field, i, 60 * BP_SECOND, 0);
    field_run(field, 5 * BP_SECOND);
    told.count = 0;
    return field;
}

static const ControlSeen *look_at(Field *field, size_t i, BacObjectId object)
{
    ControlLook look = {0};
    told.count = 0;
    control_look(&look, &(ControlLookRequest){.poller = field->poller,
                                              .device = field->stations[i].device,
                                              .object = object,
                                              .property = BAC_PROP_PRESENT_VALUE,
                                              .slot = 8,
                                              .wants_limits = true,
                                              .is_urgent = true,
                                              .now_us = field->network.now_us,
                                              .on_seen = on_seen});
    field_run(field, BP_MINUTE);
    assert_int_equal(told.count, 1);
    assert_false(control_look_is_under_way(&look));
    return &told.seen;
}

static void command(SimObject *object, int slot, double value)
{
    object->commanded |= (uint16_t)(1U << (slot - 1));
    object->slots[slot - 1] = value;
    sim_object_apply(object);
}

static void assert_setpoint_is_seen(const char *quirks)
{
    Field *field = begin(1, quirks);
    SimObject *setpoint = setpoint_of(field, 0);
    command(setpoint, 8, 21.5);
    command(setpoint, 5, 19);
    const ControlSeen *seen = look_at(field, 0, setpoint->id);
    assert_int_equal(seen->sight, CONTROL_SEEN);
    assert_string_equal(seen->name, setpoint->name);
    assert_int_equal(seen->type, BAC_REAL);
    assert_null(seen->problem);
    assert_true(seen->value == sim_object_value(setpoint));
    assert_true(seen->has_least && seen->has_most && seen->least == setpoint->spec->min);
    assert_true(control_slots_is_known(&seen->slots, 8) && control_slots_is_held(&seen->slots, 8));
    assert_true(seen->slots.values[7] == 21.5);
    assert_int_equal(control_slots_first(&seen->slots), 5);
    assert_int_equal(seen->slots.known, 0xFFFF);
    assert_int_equal(seen->slots.held, 1 << 7 | 1 << 4);
    field_free(field);
}

static void value_name_and_priority_array_are_seen_together(void **state)
{
    (void)state;
    assert_setpoint_is_seen("");
}

static void and_one_by_one_where_the_device_reads_no_several_properties(void **state)
{
    (void)state;
    assert_setpoint_is_seen("no-read-multiple");
}

/* Answers of 50 octets have no room for a whole priority array: the slot in question is read alone. */
static void and_where_an_answer_has_room_for_little(void **state)
{
    (void)state;
    static const char *const quirks[] = {"apdu-50,no-segments", "drops-long", "short-answers", "slow",
                                         "apdu-50,no-segments,no-read-multiple"};
    for (size_t i = 0; i < sizeof quirks / sizeof quirks[0]; i++) {
        Field *field = begin(1, quirks[i]);
        SimObject *setpoint = setpoint_of(field, 0);
        for (int slot = 8; slot <= 16; slot++)
            command(setpoint, slot, 20 + slot / 4.0);
        const ControlSeen *seen = look_at(field, 0, setpoint->id);
        assert_int_equal(seen->sight, CONTROL_SEEN);
        assert_true(control_slots_is_held(&seen->slots, 8) && seen->slots.values[7] == 22);
        field_free(field);
    }
}

static void a_sensor_has_no_priority_array(void **state)
{
    (void)state;
    static const char *const quirks[] = {"", "no-read-multiple"};
    for (size_t i = 0; i < 2; i++) {
        Field *field = begin(1, quirks[i]);
        const ControlSeen *seen = look_at(field, 0, sensor_of(field, 0)->id);
        assert_int_equal(seen->sight, CONTROL_SEEN);
        assert_true(seen->has_no_array);
        assert_int_equal(seen->slots.known, 0);
        assert_int_equal(control_slots_first(&seen->slots), 0);
        field_free(field);
    }
}

static void an_object_that_is_gone_is_said(void **state)
{
    (void)state;
    static const char *const quirks[] = {"", "no-read-multiple"};
    for (size_t i = 0; i < 2; i++) {
        Field *field = begin(1, quirks[i]);
        const ControlSeen *seen = look_at(field, 0, (BacObjectId){BAC_ANALOG_VALUE, 4000000});
        assert_int_equal(seen->sight, CONTROL_NO_OBJECT);
        field_free(field);
    }
}

static void another_device_at_the_address_is_never_taken_for_the_right_one(void **state)
{
    (void)state;
    static const char *const quirks[] = {"", "no-read-multiple"};
    for (size_t i = 0; i < 2; i++) {
        Field *field = begin(2, quirks[i]);
        const BacObjectId object = setpoint_of(field, 0)->id;
        const BacAddress address = field->stations[0].sim.address;
        field->stations[0].sim.address = field->stations[1].sim.address;
        field->stations[1].sim.address = address;
        const ControlSeen *seen = look_at(field, 0, object);
        assert_int_equal(seen->sight, CONTROL_ANOTHER_ANSWERS);
        field_free(field);
    }
}

static void silence_is_no_sight(void **state)
{
    (void)state;
    Field *field = begin(1, "");
    const BacObjectId object = setpoint_of(field, 0)->id;
    field->stations[0].sim.quirks.silent = true;
    const ControlSeen *seen = look_at(field, 0, object);
    assert_true(seen->sight == CONTROL_NOT_ASKED || seen->sight == CONTROL_NO_ANSWER);
    /* And one that is known to be away is not asked at all. */
    seen = look_at(field, 0, object);
    assert_int_equal(seen->sight, CONTROL_NOT_ASKED);
    assert_int_equal(seen->why, COLLECT_ORDER_AWAY);
    field_free(field);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(value_name_and_priority_array_are_seen_together),
        cmocka_unit_test(and_one_by_one_where_the_device_reads_no_several_properties),
        cmocka_unit_test(and_where_an_answer_has_room_for_little),
        cmocka_unit_test(a_sensor_has_no_priority_array),
        cmocka_unit_test(an_object_that_is_gone_is_said),
        cmocka_unit_test(another_device_at_the_address_is_never_taken_for_the_right_one),
        cmocka_unit_test(silence_is_no_sight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
