/* What an object holds, before a write and after it. */
#include "apps/ask/write.h"

#include "base/time.h"

#include <assert.h>

enum { LOOKS_MAX = 3 };
#define LOOK_PAUSE_US (400 * BP_MS)

bool ask_write_is_present_value(const AskWrite *job)
{
    return job->reference.property == BAC_PROP_PRESENT_VALUE && job->reference.index == BAC_NO_INDEX;
}

BpStatus ask_write_look(const AskWrite *job, NodeReadings *readings, BpError *err)
{
    static const uint32_t around[] = {
        BAC_PROP_PRIORITY_ARRAY,   BAC_PROP_RELINQUISH_DEFAULT, BAC_PROP_OBJECT_NAME,
        BAC_PROP_NUMBER_OF_STATES, BAC_PROP_STATE_TEXT,         BAC_PROP_INACTIVE_TEXT,
        BAC_PROP_ACTIVE_TEXT,      BAC_PROP_MIN_PRES_VALUE,     BAC_PROP_MAX_PRES_VALUE};
    enum { AROUND = sizeof around / sizeof around[0] };
    BacReference references[1 + AROUND] = {job->reference};
    for (size_t i = 0; i < AROUND; i++)
        references[1 + i] = (BacReference){job->reference.object, around[i], BAC_NO_INDEX};
    *readings = (NodeReadings){.arena = job->arena};
    return node_readings_read(readings, job->node, job->peer, references,
                              ask_write_is_present_value(job) ? 1 + AROUND : 1, err);
}

const NodeReading *ask_write_own(const NodeReadings *readings)
{
    return readings->count && readings->items[0].refusal.kind == BAC_NOT_REFUSED ? &readings->items[0] : NULL;
}

bool ask_write_slot(const AskWrite *job, const NodeReadings *readings, unsigned slot, BpCursor *ret_octets,
                    BacValue *ret_value)
{
    assert(slot >= 1 && slot <= ASK_SLOTS);
    const NodeReading *array = node_readings_find(readings, job->reference.object, BAC_PROP_PRIORITY_ARRAY);
    if (!array)
        return false;
    BpCursor in = array->value;
    for (unsigned i = 1; i <= slot; i++) {
        const size_t begin = in.offset;
        if (bac_value_decode(&in, ret_value, NULL) != BP_OK)
            return false;
        *ret_octets = bp_cursor(in.data + begin, in.offset - begin);
    }
    return true;
}

unsigned ask_write_holding_slot(const AskWrite *job, const NodeReadings *readings)
{
    BpCursor octets;
    BacValue value;
    for (unsigned slot = 1; slot <= ASK_SLOTS; slot++)
        if (ask_write_slot(job, readings, slot, &octets, &value) && value.type != BAC_NULL)
            return slot;
    return 0;
}

BpStr ask_write_text(const AskWrite *job, uint32_t property)
{
    BacValue value;
    BpBuf out = bp_buf(bp_arena_take(job->arena, ASK_SHOWN_MAX), ASK_SHOWN_MAX);
    if (!node_reading_first(node_readings_find(&job->before, job->reference.object, property), &value) ||
        value.type != BAC_CHARACTER_STRING)
        return (BpStr){0};
    bac_text_to_utf8(&out, &value);
    return bp_buf_text(&out);
}

static bool same_value(const BacValue *a, BpCursor a_octets, const BacValue *b, BpCursor b_octets)
{
    double number, other;
    if (bac_value_number(a, &number) && bac_value_number(b, &other))
        return number == other;
    return a->type == b->type && bp_str_equal((BpStr){(const char *)a_octets.data, a_octets.size},
                                              (BpStr){(const char *)b_octets.data, b_octets.size});
}

bool ask_write_holds(const AskWrite *job)
{
    BpCursor octets;
    BacValue value;
    const NodeReading *own = ask_write_own(&job->after);
    if (job->commandable)
        return ask_write_slot(job, &job->after, job->priority, &octets, &value) &&
               same_value(&value, octets, &job->value, job->octets);
    return node_reading_first(own, &value) && same_value(&value, own->value, &job->value, job->octets);
}

BpStatus ask_write_look_after(AskWrite *job, BpError *err)
{
    BpStatus status = ask_write_look(job, &job->after, err);
    for (int looks = 1; looks < LOOKS_MAX && status == BP_OK && !ask_write_holds(job); looks++) {
        node_wait(job->node, LOOK_PAUSE_US);
        status = ask_write_look(job, &job->after, err);
    }
    return status == BP_OK ? BP_OK : bp_within(err, "written, but reading back");
}
