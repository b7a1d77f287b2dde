/* Ended holds at devices: what goes over the wire, and what the slot has then. */
#include "tests/unit/field.h"

#include "apps/collect/control/release.h"
#include "bacnet/service/write_property.h"

typedef struct Bench {
    Field *field;
    ControlKept kept;
    ControlReleases *releases;
    SimObject *object;
    bool is_point_taken;
    int points_taken;  /* and not given back */
    int64_t stands_us; /* after each look: so long the process stands still */
    int64_t skew_us;
    bool is_frozen, freezes; /* control.mode; and it comes with the look */
} Bench;

static size_t nulls, writes; /* that reached the device */

static bool counts_writes(FieldStation *station, const BacDatagram *datagram)
{
    BpCursor body = datagram->body;
    BacWrite write;
    (void)station;
    if (datagram->apdu.type != BAC_CONFIRMED_REQUEST ||
        datagram->apdu.service != BAC_SERVICE_CONFIRMED_WRITE_PROPERTY)
        return false;
    assert_int_equal(bac_write_property_decode(&body, &write, NULL), BP_OK);
    writes++;
    nulls += bp_cursor_peek(&write.value) == 0 && write.priority == 8;
    return false;
}

/* ---- what releases ask for ---- */

static void put(void *owner, const ControlRecord *record)
{
    (void)owner, (void)record;
}

static void now_of(void *owner, ControlTime *ret_now)
{
    const Bench *bench = owner;
    *ret_now = (ControlTime){.boot_us = bench->field->network.now_us + bench->skew_us,
                             .wall_us = bench->field->network.now_us,
                             .boot = "b"};
}

static int64_t loop_now_of(void *owner)
{
    const Bench *bench = owner;
    return bench->field->network.now_us;
}

static bool take_point(void *owner, int32_t point_id)
{
    Bench *bench = owner;
    (void)point_id;
    bench->points_taken += !bench->is_point_taken;
    return !bench->is_point_taken;
}

static void give_point(void *owner, int32_t point_id)
{
    Bench *bench = owner;
    (void)point_id;
    bench->points_taken--;
}

static bool may_write(void *owner)
{
    const Bench *bench = owner;
    return !bench->is_frozen;
}

static void on_seen(void *owner, int32_t point_id, const ControlSeen *seen)
{
    Bench *bench = owner;
    (void)point_id, (void)seen;
    bench->skew_us += bench->stands_us;
    bench->is_frozen = bench->is_frozen || bench->freezes;
}

static void on_change(void *owner)
{
    (void)owner;
}

static SimObject *setpoint_of(SimDevice *device)
{
    for (size_t i = 0; i < device->count; i++)
        if (device->objects[i].is_commandable && device->objects[i].id.type == BAC_ANALOG_VALUE)
            return &device->objects[i];
    fail();
    return NULL;
}

/* A device with a setpoint whose slot 8 holds 21.5 by a command, for a minute. */
static Bench *begin(const char *quirks)
{
    const SimQuirks none = {0}, first = *quirks ? quirks_of(quirks) : none;
    Bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    Field *field = bench->field = field_new(1, &first, 1, 0);
    SimDevice *device = field->stations[0].sim.device;
    field->intercept = counts_writes;
    nulls = writes = 0;
    field_poll(field, 0, 60 * BP_SECOND, 0);
    field_run(field, 5 * BP_SECOND);
    bench->object = setpoint_of(device);
    bench->object->commanded = 1U << 7;
    bench->object->slots[7] = 21.5;
    control_kept_init(&bench->kept, put, NULL);
    bench->releases = control_releases_new(&(ControlReleasesOptions){.poller = field->poller,
                                                                     .kept = &bench->kept,
                                                                     .owner = bench,
                                                                     .now = now_of,
                                                                     .loop_now_us = loop_now_of,
                                                                     .take_point = take_point,
                                                                     .give_point = give_point,
                                                                     .may_write = may_write,
                                                                     .on_seen = on_seen,
                                                                     .on_change = on_change});
    ControlTime now;
    now_of(bench, &now);
    ControlHold hold = {.point_id = 10001,
                        .slot = 8,
                        .command = "0f0e0d0c-0000-4000-8000-000000000001",
                        .device_id = 1,
                        .device_instance = device->instance,
                        .object = bench->object->id,
                        .property = BAC_PROP_PRESENT_VALUE,
                        .source = "tools",
                        .created_by = "alice",
                        .span = control_span(BP_MINUTE, &now)};
    snprintf(hold.name, sizeof hold.name, "%s", bench->object->name);
    control_hold_add_ours(&hold, 21.5);
    control_holds_put(bench->kept.holds, &hold, false);
    return bench;
}

static void finish(Bench *bench)
{
    assert_int_equal(bench->points_taken, 0);
    control_releases_close(bench->releases);
    field_free(bench->field);
    control_releases_free(bench->releases);
    control_kept_done(&bench->kept);
    free(bench);
}

static void run(Bench *bench, int64_t for_us)
{
    for (; for_us > 0; for_us -= 100 * BP_MS) {
        control_releases_advance(bench->releases);
        field_run(bench->field, 100 * BP_MS);
    }
}

static bool is_held(const Bench *bench)
{
    return bench->object->commanded >> 7 & 1;
}

static void assert_ended(const Bench *bench, ControlEventKind kind)
{
    size_t count;
    const ControlEvent *events = control_holds_events(bench->kept.holds, &count);
    assert_int_equal(control_holds_count(bench->kept.holds), 0);
    assert_true(count > 0);
    assert_int_equal(events[count - 1].kind, kind);
}

/* ---- tests ---- */

static void null_is_written_once_at_its_end(void **state)
{
    (void)state;
    static const char *const quirks[] = {"", "no-read-multiple", "apdu-50,no-segments", "slow"};
    for (size_t i = 0; i < sizeof quirks / sizeof quirks[0]; i++) {
        Bench *bench = begin(quirks[i]);
        run(bench, 59 * BP_SECOND);
        assert_true(is_held(bench));
        assert_int_equal(writes, 0);
        run(bench, 30 * BP_SECOND);
        assert_false(is_held(bench));
        assert_int_equal(writes, 1);
        assert_int_equal(nulls, 1);
        assert_ended(bench, CONTROL_RELEASED);
        finish(bench);
    }
}

/* What was seen before may be another's by now. */
static void a_null_goes_on_a_fresh_look_alone(void **state)
{
    (void)state;
    Bench *bench = begin("");
    bench->stands_us = 6 * BP_SECOND;
    run(bench, 2 * BP_MINUTE);
    assert_true(is_held(bench));
    assert_int_equal(writes, 0);
    bench->stands_us = 4 * BP_SECOND;
    run(bench, 2 * BP_MINUTE);
    assert_false(is_held(bench));
    assert_int_equal(nulls, 1);
    assert_ended(bench, CONTROL_RELEASED);
    finish(bench);
}

static void nor_does_it_after_a_freeze(void **state)
{
    (void)state;
    Bench *bench = begin("");
    bench->freezes = true;
    run(bench, 2 * BP_MINUTE);
    assert_true(is_held(bench));
    assert_int_equal(writes, 0);
    bench->freezes = bench->is_frozen = false;
    run(bench, 2 * BP_MINUTE);
    assert_false(is_held(bench));
    assert_int_equal(nulls, 1);
    finish(bench);
}

static void what_somebody_else_wrote_stays(void **state)
{
    (void)state;
    Bench *bench = begin("");
    bench->object->slots[7] = 22;
    run(bench, 2 * BP_MINUTE);
    assert_true(is_held(bench));
    assert_int_equal(writes, 0);
    assert_ended(bench, CONTROL_LEFT);
    finish(bench);
}

static void an_empty_slot_is_released_already(void **state)
{
    (void)state;
    Bench *bench = begin("");
    bench->object->commanded = 0;
    run(bench, 2 * BP_MINUTE);
    assert_int_equal(writes, 0);
    assert_ended(bench, CONTROL_RELEASED);
    finish(bench);
}

static void a_device_that_comes_back_is_released_within_a_minute_or_two(void **state)
{
    (void)state;
    Bench *bench = begin("");
    bench->field->stations[0].sim.quirks.silent = true;
    run(bench, 3 * BP_HOUR);
    assert_true(is_held(bench));
    assert_int_equal(control_holds_count(bench->kept.holds), 1);
    bench->field->stations[0].sim.quirks.silent = false;
    run(bench, 7 * BP_MINUTE); /* it is probed each 5 */
    assert_false(is_held(bench));
    assert_int_equal(nulls, 1);
    assert_ended(bench, CONTROL_RELEASED);
    finish(bench);
}

static void a_command_at_the_point_is_waited_for(void **state)
{
    (void)state;
    Bench *bench = begin("");
    bench->is_point_taken = true;
    run(bench, 2 * BP_MINUTE);
    assert_int_equal(writes, 0);
    bench->is_point_taken = false;
    run(bench, BP_SECOND);
    assert_false(is_held(bench));
    assert_int_equal(writes, 1);
    finish(bench);
}

static void another_object_is_not_written_to(void **state)
{
    (void)state;
    Bench *bench = begin("");
    snprintf(bench->object->name, sizeof bench->object->name, "Another");
    run(bench, 10 * BP_MINUTE);
    assert_int_equal(writes, 0);
    assert_int_equal(control_holds_count(bench->kept.holds), 1);
    finish(bench);
}

static void a_device_that_is_not_known_is_waited_for(void **state)
{
    (void)state;
    Bench *bench = begin("");
    ControlHold hold = *control_holds_find(bench->kept.holds, 10001, 8);
    hold.device_id = 77;
    hold.device_instance = 4000000;
    control_holds_put(bench->kept.holds, &hold, false);
    run(bench, 5 * BP_MINUTE);
    assert_int_equal(writes, 0);
    assert_int_equal(control_holds_count(bench->kept.holds), 1);
    finish(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(null_is_written_once_at_its_end),
        cmocka_unit_test(a_null_goes_on_a_fresh_look_alone),
        cmocka_unit_test(nor_does_it_after_a_freeze),
        cmocka_unit_test(what_somebody_else_wrote_stays),
        cmocka_unit_test(an_empty_slot_is_released_already),
        cmocka_unit_test(a_device_that_comes_back_is_released_within_a_minute_or_two),
        cmocka_unit_test(a_command_at_the_point_is_waited_for),
        cmocka_unit_test(another_object_is_not_written_to),
        cmocka_unit_test(a_device_that_is_not_known_is_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
