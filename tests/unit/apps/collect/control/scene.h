/* Commands in front of simulated devices and a database of a few lines, with invented time: what was written
 * is counted at the device. */
#ifndef TESTS_UNIT_CONTROL_SCENE_H
#define TESTS_UNIT_CONTROL_SCENE_H

#include "tests/unit/field.h"

#include "apps/collect/control/commands.h"

enum { ROWS_MAX = 256, BATCH_MAX = 64 };

/* A row of write_commands. */
typedef struct Row {
    ControlDue due;
    char id[CONTROL_ID_MAX];
    enum { PENDING, EXECUTING, ENDED } status;
    size_t claims;
    ControlCommand end; /* as it was told */
    int64_t ended_us;
} Row;

/* A write as it came by on the wire. */
typedef struct Wire {
    size_t station;
    BacWrite write;
    BacValue value;
    int64_t at_us;
} Wire;

typedef struct Scene {
    Field *field;
    ControlCommands *commands;
    int64_t wall_skew_us, boot_skew_us;
    Row rows[ROWS_MAX];
    size_t count;
    Wire writes[ROWS_MAX];
    size_t write_count;
    bool loses_writes, loses_answers;                   /* of the device, to writes */
    bool is_refusing_claims, holds_claims, holds_keeps; /* the database, and the disk, do not answer now */
    size_t claims_waiting;
    ControlCommand *claiming[BATCH_MAX];
    uint64_t batches, keeping[BATCH_MAX];
    size_t keeping_count;
    size_t batch_max; /* claims in one */
    size_t ended;     /* verdicts that were told by the hook */
    /* Called when a claim was answered, and when it was kept: between the steps. */
    void (*between)(struct Scene *scene, int step);
} Scene;

static Scene scene;

static ControlNow scene_now(void *owner)
{
    (void)owner;
    const int64_t now_us = scene.field->network.now_us;
    return (ControlNow){now_us, now_us + scene.boot_skew_us, now_us + scene.wall_skew_us};
}

static void scene_work(void *owner)
{
    (void)owner;
}

static void scene_ended(void *owner, const ControlCommand *command)
{
    (void)owner;
    assert_int_not_equal(command->verdict, CONTROL_NO_VERDICT);
    scene.ended++;
}

static size_t station_at(const BacAddress *address)
{
    for (size_t i = 0; i < scene.field->count; i++)
        if (bac_address_equal(&scene.field->stations[i].sim.address, address))
            return i;
    return SIZE_MAX;
}

static bool scene_loses(void *owner, const Frame *frame)
{
    BacDatagram datagram;
    (void)owner;
    assert_int_equal(
        bac_datagram_decode(bp_cursor(frame->octets, frame->size), &frame->from, &datagram, NULL), BP_OK);
    BpCursor body = datagram.body;
    if (!datagram.has_apdu || datagram.apdu.service != BAC_SERVICE_CONFIRMED_WRITE_PROPERTY)
        return false;
    if (datagram.apdu.type == BAC_CONFIRMED_REQUEST) {
        Wire *wire = &scene.writes[scene.write_count++];
        assert_true(scene.write_count < ROWS_MAX);
        wire->station = station_at(&frame->to);
        wire->at_us = scene.field->network.now_us;
        assert_int_equal(bac_write_property_decode(&body, &wire->write, NULL), BP_OK);
        BpCursor value = wire->write.value;
        assert_int_equal(bac_value_decode(&value, &wire->value, NULL), BP_OK);
        return scene.loses_writes;
    }
    return scene.loses_answers && (datagram.apdu.type == BAC_SIMPLE_ACK || datagram.apdu.type == BAC_ERROR);
}

/* ---- objects ---- */

static SimObject *object_of(size_t i, uint16_t type, bool is_commandable, size_t skip)
{
    SimDevice *device = scene.field->stations[i].sim.device;
    for (size_t j = 0; j < device->count; j++)
        if (device->objects[j].is_commandable == is_commandable && device->objects[j].id.type == type &&
            skip-- == 0)
            return &device->objects[j];
    fail();
    return NULL;
}

static SimObject *setpoint(size_t i)
{
    return object_of(i, BAC_ANALOG_VALUE, true, 0);
}

static void put_slot(SimObject *object, int slot, double value)
{
    object->commanded |= (uint16_t)(1U << (slot - 1));
    object->slots[slot - 1] = value;
    sim_object_apply(object);
}

static bool holds(const SimObject *object, int slot)
{
    return object->commanded >> (slot - 1) & 1;
}

/* ---- making one ---- */

static void scene_begin(size_t count, const char *quirks)
{
    const SimQuirks none = {0}, first = *quirks ? quirks_of(quirks) : none;
    scene = (Scene){.field = field_new(count, &first, 1, 0)};
    scene.field->network.loses = scene_loses;
    for (size_t i = 0; i < count; i++)
        field_poll(scene.field, i, 60 * BP_SECOND, 0);
    field_run(scene.field, 5 * BP_SECOND);
    const ControlCommandsHooks hooks = {.now = scene_now, .on_work = scene_work, .on_ended = scene_ended};
    scene.commands = control_commands_new(scene.field->poller, &hooks);
    control_commands_may_write(scene.commands, true);
}

static void scene_end(void)
{
    control_commands_check(scene.commands);
    control_commands_close(scene.commands);
    field_free(scene.field);
    control_commands_free(scene.commands);
}

/* ---- the database ---- */

static Row *row_of(const char *id)
{
    for (size_t i = 0; i < scene.count; i++)
        if (strcmp(scene.rows[i].id, id) == 0)
            return &scene.rows[i];
    fail();
    return NULL;
}

static Row *insert(size_t i, const SimObject *object, double value, int priority)
{
    Row *row = &scene.rows[scene.count];
    assert_true(scene.count < ROWS_MAX);
    snprintf(row->id, sizeof row->id, "command-%zu", scene.count);
    row->due =
        (ControlDue){.id = bp_str(row->id),
                     .number = (int64_t)++scene.count,
                     .device_id = (int32_t)i + 1,
                     .point_id = (int32_t)((i + 1) * 10000 +
                                           (size_t)(object - scene.field->stations[i].sim.device->objects)),
                     .object = object->id,
                     .property = BAC_PROP_PRESENT_VALUE,
                     .name = bp_str(object->name),
                     .units = bp_str(""),
                     .is_commandable = object->is_commandable,
                     .has_value = true,
                     .value = value,
                     .priority = priority,
                     .expires_us = scene_now(NULL).wall_us + 60 * BP_SECOND};
    return row;
}

static Row *insert_release(size_t i, const SimObject *object, int priority)
{
    Row *row = insert(i, object, 0, priority);
    row->due.is_release = true;
    row->due.has_value = false;
    return row;
}

static void look_for_due(void)
{
    for (size_t i = 0; i < scene.count; i++) {
        Row *row = &scene.rows[i];
        row->due.is_executing = row->status == EXECUTING;
        if (row->status != ENDED && row->due.execute_us <= scene_now(NULL).wall_us)
            (void)control_commands_take(scene.commands, &row->due);
    }
}

static void answer_claims(void)
{
    const uint64_t batch = ++scene.batches;
    if (scene.claims_waiting > scene.batch_max)
        scene.batch_max = scene.claims_waiting;
    for (size_t i = 0; i < scene.claims_waiting; i++) {
        Row *row = row_of(scene.claiming[i]->id);
        const bool is_claimed = row->status == PENDING && !scene.is_refusing_claims;
        row->claims += is_claimed;
        row->status = is_claimed ? EXECUTING : ENDED;
        control_commands_claimed(scene.commands, scene.claiming[i], is_claimed, batch);
    }
    scene.claims_waiting = 0;
    if (scene.between)
        scene.between(&scene, CONTROL_CLAIMED);
    scene.keeping[scene.keeping_count++] = batch;
}

static void tell_ends(void)
{
    const ControlCommand *all[BATCH_MAX];
    const size_t count = control_commands_to_tell(scene.commands, all, BATCH_MAX);
    for (size_t i = 0; i < count; i++) {
        Row *row = row_of(all[i]->id);
        row->end = *all[i];
        row->status = ENDED;
        row->ended_us = scene.field->network.now_us;
    }
    control_commands_told(scene.commands, count);
}

/* What the loop would do in a turn. */
static void scene_turn(void)
{
    look_for_due();
    control_commands_advance(scene.commands);
    if (scene.claims_waiting == 0)
        scene.claims_waiting = control_commands_to_claim(scene.commands, scene.claiming, BATCH_MAX);
    if (scene.claims_waiting > 0 && !scene.holds_claims)
        answer_claims();
    if (!scene.holds_keeps) {
        for (size_t i = 0; i < scene.keeping_count; i++)
            control_commands_kept(scene.commands, scene.keeping[i], true);
        if (scene.keeping_count > 0 && scene.between)
            scene.between(&scene, CONTROL_IS_KEPT);
        scene.keeping_count = 0;
    }
    tell_ends();
    control_commands_check(scene.commands);
}

static void scene_run(int64_t for_us)
{
    const int64_t end_us = scene.field->network.now_us + for_us;
    while (scene.field->network.now_us < end_us) {
        scene_turn();
        field_run(scene.field, 2 * BP_MS);
    }
    scene_turn();
}

static void assert_ended(const Row *row, ControlVerdict verdict, const char *text)
{
    if (row->status != ENDED) {
        const ControlCommand *command = control_commands_find(scene.commands, row->due.number);
        print_error("%s has not ended: step %d\n", row->id, command ? (int)command->step : -1);
        fail();
    }
    if (row->end.verdict != verdict || (text && !strstr(row->end.text, text)))
        print_error("verdict %d: %s\n", (int)row->end.verdict, row->end.text);
    assert_int_equal(row->end.verdict, verdict);
}

#endif
