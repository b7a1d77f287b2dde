#include "apps/sim/device/faults.h"

#include "base/parse.h"

#include <inttypes.h>
#include <string.h>

/* ---- by name ---- */

enum {
    IGNORES_WRITES,
    DROPS_WRITES,
    MUTE_WRITES,
    HIDES_WRITES,
    REFUSES_WRITES,
    LATE_WRITES,
    RESTARTS_AT_WRITES,
    SILENT,
    LATE_ANSWERS,
    HOLDS,
    SWAPS,
    FAULTS
};

const char *const sim_fault_names[][3] = {
    [IGNORES_WRITES] = {"ignores-writes", NULL, "acknowledges them, and does nothing"},
    [DROPS_WRITES] = {"drops-writes", NULL, "does nothing, and says nothing"},
    [MUTE_WRITES] = {"mute-writes", NULL, "takes them over, and says nothing"},
    [HIDES_WRITES] = {"hides-writes", NULL, "puts them into their slot, and its value stays what it was"},
    [REFUSES_WRITES] = {"refuses-writes", "ERROR", "as write-access-denied, value-out-of-range"},
    [LATE_WRITES] = {"late-writes", "TIME", "acknowledges them, and takes them over so much later"},
    [RESTARTS_AT_WRITES] = {"restarts-at-writes", "TIME", "takes them over, and is away for so long"},
    [SILENT] = {"silent", NULL, "answers nothing at all"},
    [LATE_ANSWERS] = {"late-answers", "TIME", "works so long on each request"},
    [HOLDS] = {"holds", "SLOT@VALUE", "somebody holds this slot of all that takes the value"},
    [SWAPS] = {"swaps", "DEVICE", "the two have each other's address"},
    [FAULTS] = {NULL, NULL, NULL},
};

static BpStatus parse_slot(BpStr text, SimFaults *faults, BpError *err)
{
    BpStr rest;
    int64_t slot;
    const BpStr number = bp_str_cut(text, '@', &rest);
    BP_TRY(bp_parse_i64(number, 1, SIM_PRIORITIES, &slot, err));
    BP_TRY(bp_parse_double(rest, &faults->held_value, err));
    faults->held_slot = (uint8_t)slot;
    return BP_OK;
}

static BpStatus parse_refusal(BpStr text, SimFaults *faults, BpError *err)
{
    enum { LAST_CODE = 255 }; /* above are the vendors' own */
    for (int code = 1; code <= LAST_CODE; code++) {
        const char *name = bac_error_code_name((uint32_t)code);
        if (name && bp_str_equal(text, bp_str(name))) {
            faults->refuses_writes = true;
            faults->refusal = (uint16_t)code;
            return BP_OK;
        }
    }
    return bp_fail(err, BP_INVALID, "\"%.*s\" is no error of BACnet, as write-access-denied is",
                   (int)text.size, text.data);
}

BpStatus sim_instances_parse(BpStr text, SimInstances there, uint32_t *ret_instance, BpError *err)
{
    const int64_t last = (int64_t)there.first + (int64_t)there.count - 1;
    int64_t instance;
    if (bp_parse_i64(text, there.first, last, &instance, NULL) != BP_OK)
        return bp_fail(err, BP_INVALID, "\"%.*s\" is no device here; they are %" PRIu32 " to %" PRId64,
                       BP_STR_ARGS(text), there.first, last);
    *ret_instance = (uint32_t)instance;
    return BP_OK;
}

static BpStatus set_argument(SimFaults *faults, size_t i, BpStr argument, SimInstances there, BpError *err)
{
    switch (i) {
    case REFUSES_WRITES: return parse_refusal(argument, faults, err);
    case LATE_WRITES: return bp_parse_duration_us(argument, &faults->late_us, err);
    case RESTARTS_AT_WRITES: return bp_parse_duration_us(argument, &faults->restart_us, err);
    case LATE_ANSWERS: return bp_parse_duration_us(argument, &faults->answer_us, err);
    case HOLDS: return parse_slot(argument, faults, err);
    default: break;
    }
    faults->swaps = true;
    return sim_instances_parse(argument, there, &faults->swaps_with, err);
}

static void set_flag(SimFaults *faults, size_t i)
{
    switch (i) {
    case IGNORES_WRITES: faults->ignores_writes = true; break;
    case DROPS_WRITES: faults->drops_writes = true; break;
    case MUTE_WRITES: faults->mute_writes = true; break;
    case HIDES_WRITES: faults->hides_writes = true; break;
    default: faults->silent = true; break;
    }
}

BpStatus sim_fault_parse(const DefectOrder *order, SimInstances there, SimFaults *ret_faults,
                         const char **ret_name, BpError *err)
{
    BpError why = {0};
    SimFaults faults = {0};
    size_t i = 0;
    while (i < FAULTS && !bp_str_equal(order->fault, bp_str(sim_fault_names[i][0])))
        i++;
    if (i == FAULTS)
        return bp_fail(err, BP_NOT_FOUND, "\"%.*s\" is no fault of a device", BP_STR_ARGS(order->fault));
    const char *const *fault = sim_fault_names[i];
    if (order->has_value && !fault[1])
        return bp_fail(err, BP_INVALID, "%s takes no \"=\"", fault[0]);
    if (!fault[1])
        set_flag(&faults, i);
    else if (!order->has_value || set_argument(&faults, i, order->value, there, &why) != BP_OK)
        return bp_fail(err, BP_INVALID, "%s=%s: %s", fault[0], fault[1],
                       order->has_value ? why.text : "something is to stand behind the name");
    *ret_faults = faults;
    *ret_name = fault[0];
    return BP_OK;
}

void sim_faults_add(SimFaults *faults, const SimFaults *more)
{
    faults->ignores_writes |= more->ignores_writes;
    faults->drops_writes |= more->drops_writes;
    faults->mute_writes |= more->mute_writes;
    faults->hides_writes |= more->hides_writes;
    faults->silent |= more->silent;
    if (more->refuses_writes) {
        faults->refuses_writes = true;
        faults->refusal = more->refusal;
    }
    if (more->held_slot) {
        faults->held_slot = more->held_slot;
        faults->held_value = more->held_value;
    }
    if (more->swaps) {
        faults->swaps = true;
        faults->swaps_with = more->swaps_with;
    }
    faults->late_us = more->late_us ? more->late_us : faults->late_us;
    faults->restart_us = more->restart_us ? more->restart_us : faults->restart_us;
    faults->answer_us = more->answer_us ? more->answer_us : faults->answer_us;
}

/* ---- what they do ---- */

void sim_fault_slot(SimObject *object, uint8_t slot, const double *value)
{
    object->commanded &= (uint16_t) ~(1U << (slot - 1));
    if (value) {
        object->commanded |= (uint16_t)(1U << (slot - 1));
        object->slots[slot - 1] = *value;
    }
    sim_object_apply(object);
}

/* Somebody else's hand on all that takes it. */
static void hold(const SimDevice *device, uint8_t slot, const double *value)
{
    for (size_t i = 0; i < device->count; i++) {
        SimObject *object = &device->objects[i];
        if (object->is_commandable && (!value || sim_object_takes(object, *value)))
            sim_fault_slot(object, slot, value);
    }
}

void sim_faults_hold(const SimDevice *device, const SimFaults *old, const SimFaults *faults)
{
    if (old->held_slot == faults->held_slot && (!old->held_slot || old->held_value == faults->held_value))
        return;
    if (old->held_slot)
        hold(device, old->held_slot, NULL);
    if (faults->held_slot)
        hold(device, faults->held_slot, &faults->held_value);
}

static void stick(const SimDevice *device, bool is_stuck)
{
    for (size_t i = 0; i < device->count; i++) {
        SimObject *object = &device->objects[i];
        if (!object->is_commandable || object->is_stuck == is_stuck)
            continue;
        object->stuck_value = sim_object_value(object);
        object->is_stuck = is_stuck;
    }
}

void sim_writes_set(SimWrites *writes, const SimFaults *faults)
{
    const SimFaults old = writes->faults;
    writes->faults = *faults;
    stick(writes->device, faults->hides_writes);
    sim_faults_hold(writes->device, &old, faults);
}

/* A write that does not fit is taken over at once. */
static bool keep_for_later(SimWrites *writes, const BacWrite *write, int64_t now_us)
{
    BpCursor value = write->value;
    const size_t size = bp_cursor_remaining(&value);
    SimLateWrite *late = &writes->late[writes->late_count];
    if (writes->late_count == SIM_LATE_WRITES_MAX || size > sizeof late->octets)
        return false;
    *late = (SimLateWrite){.due_at_us = now_us + writes->faults.late_us, .write = *write};
    memcpy(late->octets, bp_cursor_take(&value, size), size);
    late->write.value = bp_cursor(NULL, size); /* until it is needed: entries move */
    writes->late_count++;
    return true;
}

BacRefusal sim_writes_take(SimWrites *writes, const BacWrite *write, int64_t now_us)
{
    const SimFaults *faults = &writes->faults;
    static const BacRefusal not_refused = {.kind = BAC_NOT_REFUSED};
    writes->is_mute = faults->drops_writes || faults->mute_writes || faults->restart_us > 0;
    writes->restarts = faults->restart_us > 0;
    if (faults->refuses_writes)
        return sim_error(BAC_CLASS_PROPERTY, faults->refusal);
    if (faults->ignores_writes || faults->drops_writes ||
        (faults->late_us > 0 && keep_for_later(writes, write, now_us)))
        return not_refused;
    return sim_device_objects.write(writes->device, write);
}

void sim_writes_advance(SimWrites *writes, int64_t now_us)
{
    size_t left = 0;
    for (size_t i = 0; i < writes->late_count; i++) {
        SimLateWrite *late = &writes->late[i];
        if (late->due_at_us > now_us) {
            writes->late[left++] = *late;
            continue;
        }
        BacWrite write = late->write;
        write.value = bp_cursor(late->octets, write.value.size);
        (void)sim_device_objects.write(writes->device, &write);
    }
    writes->late_count = left;
}

int64_t sim_writes_next_due_us(const SimWrites *writes)
{
    int64_t due_us = INT64_MAX;
    for (size_t i = 0; i < writes->late_count; i++)
        due_us = writes->late[i].due_at_us < due_us ? writes->late[i].due_at_us : due_us;
    return due_us;
}
