/* bacpipes write and release: one WriteProperty, never a second one, and then a look at what came of it. */
#include "apps/ask/coerce.h"
#include "apps/ask/show.h"
#include "node/device.h"
#include "node/readings.h"
#include "say/fail.h"
#include "say/json.h"

#include "apps/roles.h"
#include "bacnet/service/write_multiple.h"
#include "base/time.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <sysexits.h>

enum {
    SLOTS = 16,
    OBJECTS_MAX = 64,  /* written at once */
    SLOT_RESERVED = 6, /* the device's own, for minimum on and off times (clause 19.2.3) */
    LOOKS_MAX = 3,     /* at the value afterwards: some devices take it over with their next scan */
    SHOWN_MAX = 1024,
    REQUEST_MAX = 16 * 1024,
};
#define LOOK_PAUSE_US (400 * BP_MS)

static int64_t priority = BAC_NO_PRIORITY;
static const char *property_text = "present-value", *type_text;

static const CfgOption write_options[] = {
    {"priority", "N",
     "Slot of the priority array to write to, 1 (highest) to 16. Default: 16, which overrides "
     "nothing that somebody else has set; an operator's usual one is 8. Not 6: it is the device's.",
     .integer = &priority, .min = 1, .max = SLOTS},
    {"property", "NAME", "Property to write. Default: present-value.", .text = &property_text},
    {"type", "TYPE",
     "null, boolean, unsigned, signed, real, double, string, enumerated or object. Default: what the "
     "property has when it is read.",
     .text = &type_text},
    NODE_OPTIONS,
    {0},
};

static const CfgCommand write_command = {
    .name = "bacpipes write",
    .positionals = "DEVICE OBJECT VALUE [OBJECT VALUE]...",
    .positionals_min = 3,
    .positionals_max = 1 + 2 * OBJECTS_MAX,
    .summary =
        "Writes a property of one or several objects of a device, once, then reads each and its priority "
        "array back and says which slot holds the value. Where no answer comes it reads back too, and "
        "never writes twice.",
    .options = write_options,
    .offers_json = true,
    .details = NODE_DEVICE_HELP
    "OBJECT is a type and an instance: analog-value,3 or av,3 or 2,3.\n"
    "VALUE is taken as the property's datatype: 21.5, active or its text, a state's number or text; null\n"
    "releases, as `bacpipes release` does.\n"
    "Several objects are written by one request (WritePropertyMultiple), in order, up to the first that the\n"
    "device refuses; one after the other where it does not know that service.\n"
    "Exit codes: 0 it holds the value, 1 it does not or the device refuses, 64 wrong use, 69 no answer.\n",
    .examples = "bacpipes write 1001 av,2 300\n"
                "bacpipes write 1001 bo,1 active --priority 8\n"
                "bacpipes write 1001 msv,1 off --priority 8\n"
                "bacpipes write 1004 av,4 -1.5\n"
                "bacpipes write 1001 av,1 24 av,2 300 --priority 8\n"
                "bacpipes write 1001 ai,1 false --property out-of-service",
};

static const CfgOption release_options[] = {
    {"priority", "N", "Slot of the priority array to release, 1 to 16. It must be given.",
     .integer = &priority, .min = 1, .max = SLOTS},
    NODE_OPTIONS,
    {0},
};

static const CfgCommand release_command = {
    .name = "bacpipes release",
    .positionals = "DEVICE OBJECT",
    .positionals_min = 2,
    .positionals_max = 2,
    .summary = "Takes back what was written to a slot of an object's priority array, by writing Null to it, "
               "then reads "
               "back and says what holds the value now.",
    .options = release_options,
    .offers_json = true,
    .details = NODE_DEVICE_HELP
    "Exit codes: 0 the slot is empty, 1 it is not or the device refuses, 64 wrong use, 69 no answer.\n",
    .examples = "bacpipes release 1001 bo,1 --priority 8",
};

/* One write, from the command line to its result. */
typedef struct Write {
    const char *object_text, *value_text; /* value: NULL to release */
    const CfgCommand *command;
    const Cfg *cfg;
    BpArena *arena;
    Node *node;
    BacPeer *peer;
    BacReference reference;
    bool commandable; /* it has a priority array */
    uint8_t priority; /* or BAC_NO_PRIORITY */
    BacValue value;
    BpCursor octets; /* the value's */
    bool answered;   /* the device took it; false: it did not say */
    NodeReadings before, after;
} Write;

/* ---- what is there ---- */

static bool is_present_value(const Write *job)
{
    return job->reference.property == BAC_PROP_PRESENT_VALUE && job->reference.index == BAC_NO_INDEX;
}

static BpStatus look(const Write *job, NodeReadings *readings, BpError *err)
{
    static const uint32_t around[] = {
        BAC_PROP_PRIORITY_ARRAY, BAC_PROP_RELINQUISH_DEFAULT, BAC_PROP_OBJECT_NAME, BAC_PROP_NUMBER_OF_STATES,
        BAC_PROP_STATE_TEXT,     BAC_PROP_INACTIVE_TEXT,      BAC_PROP_ACTIVE_TEXT};
    enum { AROUND = sizeof around / sizeof around[0] };
    BacReference references[1 + AROUND] = {job->reference};
    for (size_t i = 0; i < AROUND; i++)
        references[1 + i] = (BacReference){job->reference.object, around[i], BAC_NO_INDEX};
    *readings = (NodeReadings){.arena = job->arena};
    return node_readings_read(readings, job->node, job->peer, references,
                              is_present_value(job) ? 1 + AROUND : 1, err);
}

/* The property itself, by its reference, which may have an index; NULL without a value. */
static const NodeReading *own_reading(const NodeReadings *readings)
{
    return readings->count && readings->items[0].refusal.kind == BAC_NOT_REFUSED ? &readings->items[0] : NULL;
}

/* What a slot holds, 1 to 16. False where there is no priority array, or nothing primitive in it. */
static bool slot_value(const Write *job, const NodeReadings *readings, unsigned slot, BpCursor *ret_octets,
                       BacValue *ret_value)
{
    assert(slot >= 1 && slot <= SLOTS);
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

/* The slot that holds the value: the first that is not Null; 0 for none. */
static unsigned holding_slot(const Write *job, const NodeReadings *readings)
{
    BpCursor octets;
    BacValue value;
    for (unsigned slot = 1; slot <= SLOTS; slot++)
        if (slot_value(job, readings, slot, &octets, &value) && value.type != BAC_NULL)
            return slot;
    return 0;
}

static BpStr text_value(const Write *job, uint32_t property)
{
    BacValue value;
    BpBuf out = bp_buf(bp_arena_take(job->arena, SHOWN_MAX), SHOWN_MAX);
    if (!node_reading_first(node_readings_find(&job->before, job->reference.object, property), &value) ||
        value.type != BAC_CHARACTER_STRING)
        return (BpStr){0};
    bac_text_to_utf8(&out, &value);
    return bp_buf_text(&out);
}

/* ---- before ---- */

static BpStatus find_type(const Write *job, AskTarget *target, BpError *err)
{
    BacValue value;
    char text[BAC_REFERENCE_TEXT_MAX], refusal[BAC_REFUSAL_TEXT_MAX];
    if (type_text)
        return ask_coerce_type(bp_str(type_text), &target->type, err);
    if (node_reading_first(own_reading(&job->before), &value) && value.type != BAC_NULL) {
        target->type = value.type;
        return BP_OK;
    }
    if (own_reading(&job->before))
        return bp_fail(err, BP_UNSUPPORTED,
                       "%s has no single value whose datatype could be taken: give --type",
                       bac_reference_format(&job->reference, text));
    return bp_fail(err, BP_REFUSED, "%s cannot be read (%s)", bac_reference_format(&job->reference, text),
                   job->before.count ? bac_refusal_format(job->before.items[0].refusal, refusal)
                                     : "no value");
}

static BpStatus coerce(Write *job, BpStr text, BpError *err)
{
    AskTarget target = {.object = job->reference.object, .property = job->reference.property};
    BacValue count;
    if (find_type(job, &target, err) != BP_OK)
        return err->status;
    const BacObjectId object = job->reference.object;
    const NodeReading *states = node_readings_find(&job->before, object, BAC_PROP_STATE_TEXT);
    if (states)
        target.state_texts = states->value;
    if (node_reading_first(node_readings_find(&job->before, object, BAC_PROP_NUMBER_OF_STATES), &count) &&
        count.type == BAC_UNSIGNED)
        target.state_count = count.natural;
    target.inactive_text = text_value(job, BAC_PROP_INACTIVE_TEXT);
    target.active_text = text_value(job, BAC_PROP_ACTIVE_TEXT);
    return ask_coerce(text, &target, job->arena, &job->value, err);
}

/* A point without a priority array has no slots: a priority would be ignored, and Null is no value of it. */
static BpStatus settle_priority(Write *job, BpError *err)
{
    char object[BAC_REFERENCE_TEXT_MAX];
    bac_object_format(job->reference.object, object);
    job->commandable = node_readings_find(&job->before, job->reference.object, BAC_PROP_PRIORITY_ARRAY) &&
                       is_present_value(job);
    if (!job->commandable && job->value.type == BAC_NULL && !type_text)
        return bp_fail(err, BP_REFUSED, "%s has no priority array: there is nothing to release", object);
    if (!job->commandable && priority != BAC_NO_PRIORITY)
        fprintf(stderr, "%s has no priority array there: --priority does not matter.\n", object);
    job->priority = !job->commandable             ? BAC_NO_PRIORITY
                    : priority == BAC_NO_PRIORITY ? SLOTS
                                                  : (uint8_t)priority;
    return BP_OK;
}

/* ---- the write, and after ---- */

static BacWrite encode(Write *job)
{
    BpBuf value = bp_buf(bp_arena_take(job->arena, 2 * SHOWN_MAX), 2 * SHOWN_MAX);
    bac_value_encode(&value, &job->value);
    job->octets = bp_cursor(value.data, value.size);
    return (BacWrite){.reference = job->reference, .value = job->octets, .priority = job->priority};
}

/* BP_TIMEOUT is no failure: it is not known whether the device took it, and what is read back tells. */
static BpStatus write_once(Write *job, BpError *err)
{
    const BacWrite write = encode(job);
    BpBuf parameters = bp_buf(bp_arena_take(job->arena, 2 * SHOWN_MAX), 2 * SHOWN_MAX);
    bac_write_property_encode(&parameters, &write);
    BpCursor body;
    BacRefusal refusal;
    const BpStatus status = node_ask(job->node, job->peer, BAC_SERVICE_CONFIRMED_WRITE_PROPERTY,
                                     bp_buf_text(&parameters), NODE_ONCE, &body, &refusal, err);
    job->answered = status == BP_OK;
    return status == BP_TIMEOUT ? BP_OK : status;
}

static bool is_unknown_service(BacRefusal refusal)
{
    return refusal.kind == BAC_REFUSED_REJECT && refusal.code == BAC_REJECT_UNRECOGNIZED_SERVICE;
}

/* A refusal is told, and then what each of them holds: those before the refused one were written. */
static BpStatus write_several(Write *jobs, size_t count, BpError *err)
{
    BacWrite writes[OBJECTS_MAX];
    BpBuf parameters = bp_buf(bp_arena_take(jobs->arena, REQUEST_MAX), REQUEST_MAX);
    BpCursor body;
    BacRefusal refusal = {0};
    for (size_t i = 0; i < count; i++)
        writes[i] = encode(&jobs[i]);
    bac_write_multiple_encode(&parameters, writes, count);
    if (parameters.failed)
        return bp_fail(err, BP_INVALID, "that is too much for one request: write fewer objects at once");
    BpStatus status = node_ask(jobs->node, jobs->peer, BAC_SERVICE_CONFIRMED_WRITE_PROPERTY_MULTIPLE,
                               bp_buf_text(&parameters), NODE_ONCE, &body, &refusal, err);
    for (size_t i = 0; i < count; i++)
        jobs[i].answered = status != BP_TIMEOUT;
    if (status == BP_REFUSED && is_unknown_service(refusal)) {
        status = BP_OK;
        for (size_t i = 0; i < count && status == BP_OK; i++)
            status = write_once(&jobs[i], err);
    }
    if (status == BP_REFUSED)
        fprintf(stderr, "%s\n", err->text);
    return status == BP_TIMEOUT || status == BP_REFUSED ? BP_OK : status;
}

static bool same_value(const BacValue *a, BpCursor a_octets, const BacValue *b, BpCursor b_octets)
{
    double number, other;
    if (bac_value_number(a, &number) && bac_value_number(b, &other))
        return number == other;
    return a->type == b->type && bp_str_equal((BpStr){(const char *)a_octets.data, a_octets.size},
                                              (BpStr){(const char *)b_octets.data, b_octets.size});
}

/* The slot, or the property where there are no slots, has what was written. */
static bool holds_value(const Write *job)
{
    BpCursor octets;
    BacValue value;
    const NodeReading *own = own_reading(&job->after);
    if (job->commandable)
        return slot_value(job, &job->after, job->priority, &octets, &value) &&
               same_value(&value, octets, &job->value, job->octets);
    return node_reading_first(own, &value) && same_value(&value, own->value, &job->value, job->octets);
}

static BpStatus look_after(Write *job, BpError *err)
{
    BpStatus status = look(job, &job->after, err);
    for (int looks = 1; looks < LOOKS_MAX && status == BP_OK && !holds_value(job); looks++) {
        node_wait(job->node, LOOK_PAUSE_US);
        status = look(job, &job->after, err);
    }
    return status == BP_OK ? BP_OK : bp_within(err, "written, but reading back");
}

/* ---- telling ---- */

static const char *shown(const Write *job, BpCursor octets)
{
    char *text = bp_arena_take(job->arena, SHOWN_MAX);
    BpBuf out = bp_buf(text, SHOWN_MAX - 1);
    ask_show_values(&out, octets, &job->reference);
    return text;
}

static const char *shown_reading(const Write *job, const NodeReading *reading)
{
    return reading ? shown(job, reading->value) : "unreadable";
}

static void tell_slots(const Write *job)
{
    BpCursor octets;
    BacValue value;
    const unsigned holding = holding_slot(job, &job->after);
    const NodeReading *fallback =
        node_readings_find(&job->after, job->reference.object, BAC_PROP_RELINQUISH_DEFAULT);
    if (holding == 0)
        printf("No slot is in use: the value is the relinquish default%s%s.\n", fallback ? ", " : "",
               fallback ? shown(job, fallback->value) : "");
    else if (holding < job->priority && job->value.type != BAC_NULL)
        printf("Slot %u is above ours and holds the value.\n", holding);
    else
        printf("Slot %u holds the value.\n", holding);
    for (unsigned slot = 1; slot <= SLOTS; slot++)
        if (slot_value(job, &job->after, slot, &octets, &value) && value.type != BAC_NULL)
            printf("  priority-array[%u] %s\n", slot, shown(job, octets));
}

static void tell(const Write *job)
{
    char object[BAC_REFERENCE_TEXT_MAX], property[BAC_REFERENCE_TEXT_MAX];
    const BpStr name = text_value(job, BAC_PROP_OBJECT_NAME);
    const NodeReading *before = own_reading(&job->before), *after = own_reading(&job->after);
    printf("%s%s%.*s%s: ", bac_object_format(job->reference.object, object), name.size ? " (" : "",
           BP_STR_ARGS(name), name.size ? ")" : "");
    if (!job->answered)
        printf("the device did not answer; ");
    if (job->value.type == BAC_NULL && job->commandable)
        printf("%s slot %u.\n", holds_value(job) ? "released" : "could not release", job->priority);
    else if (job->commandable)
        printf("%s %s %s slot %u.\n", holds_value(job) ? "wrote" : "did not keep", shown(job, job->octets),
               holds_value(job) ? "to" : "in", job->priority);
    else
        printf("%s %s.\n", holds_value(job) ? "wrote" : "did not keep", shown(job, job->octets));
    printf("%s is %s, and was %s.\n", ask_show_property(&job->reference, property), shown_reading(job, after),
           shown_reading(job, before));
    if (job->commandable)
        tell_slots(job);
}

static json_t *slots_json(const Write *job)
{
    json_t *slots = json_array();
    BpCursor octets;
    BacValue value;
    for (unsigned slot = 1; slot <= SLOTS; slot++)
        json_array_append_new(slots, slot_value(job, &job->after, slot, &octets, &value)
                                         ? ask_show_json(octets, &job->reference)
                                         : json_null());
    return slots;
}

static json_t *reading_json(const NodeReading *reading)
{
    return reading ? ask_show_json(reading->value, &reading->reference) : json_null();
}

static json_t *job_json(const Write *job)
{
    char object[BAC_REFERENCE_TEXT_MAX], property[BAC_REFERENCE_TEXT_MAX];
    json_t *told = json_pack(
        "{s:s, s:s, s:o, s:b, s:b, s:o, s:o}", "object", bac_object_format(job->reference.object, object),
        "property", ask_show_property(&job->reference, property), "written",
        ask_show_json(job->octets, &job->reference), "answered", job->answered, "held", holds_value(job),
        "before", reading_json(own_reading(&job->before)), "value", reading_json(own_reading(&job->after)));
    if (job->commandable) {
        const unsigned holding = holding_slot(job, &job->after);
        json_object_set_new(told, "priority", json_integer(job->priority));
        json_object_set_new(told, "holding_slot", holding ? json_integer(holding) : json_null());
        json_object_set_new(told, "priority_array", slots_json(job));
    }
    return told;
}

/* One as an object, several as an array of them. */
static void tell_all(const Write *jobs, size_t count, bool json)
{
    json_t *all = json ? json_array() : NULL;
    for (size_t i = 0; i < count; i++)
        if (json)
            json_array_append_new(all, job_json(&jobs[i]));
        else
            tell(&jobs[i]);
    if (!json)
        return;
    say_json_print(count == 1 ? json_incref(json_array_get(all, 0)) : json_incref(all));
    json_decref(all);
}

/* ---- the whole of it ---- */

static BpStatus check_job(Write *job, const char *device, BpError *err)
{
    if (bac_object_parse(bp_str(job->object_text), &job->reference.object, err) != BP_OK)
        return err->status;
    if (bac_property_parse(bp_str(property_text), &job->reference.property, &job->reference.index, err) !=
        BP_OK)
        return err->status;
    if (priority == SLOT_RESERVED)
        return bp_fail(err, BP_INVALID,
                       "priority 6 is the device's own, for minimum on and off times (ASHRAE 135, "
                       "19.2.3): take another, as 8");
    if (job->command == &release_command && priority == BAC_NO_PRIORITY)
        return bp_fail(err, BP_INVALID,
                       "which slot? --priority N says it (1 to 16); `bacpipes read %s %s "
                       "priority-array` shows what is in them",
                       device, job->object_text);
    return BP_OK;
}

/* DEVICE, then OBJECT VALUE as often as there are, or OBJECT alone to release it. */
static BpStatus read_line(const Write *common, const CfgTexts *texts, Write **ret_jobs, size_t *ret_count,
                          BpError *err)
{
    const bool releases = common->command == &release_command;
    const size_t words = releases ? 1 : 2, count = (texts->count - 1) / words;
    if ((texts->count - 1) % words)
        return bp_fail(err, BP_INVALID, "%s has no value: each OBJECT has one behind it",
                       texts->items[texts->count - 1]);
    Write *jobs = bp_arena_take(common->arena, count * sizeof *jobs);
    for (size_t i = 0; i < count; i++) {
        jobs[i] = *common;
        jobs[i].object_text = texts->items[1 + i * words];
        jobs[i].value_text = releases ? NULL : texts->items[2 + i * words];
        const BpStatus status = check_job(&jobs[i], texts->items[0], err);
        if (status != BP_OK)
            return status;
    }
    *ret_jobs = jobs;
    *ret_count = count;
    return BP_OK;
}

/* Nothing is written before all of them are known to be right. */
static BpStatus prepare(Write *job, BpError *err)
{
    BpStatus status = look(job, &job->before, err);
    if (status == BP_OK && job->value_text)
        status = coerce(job, bp_str(job->value_text), err);
    return status == BP_OK ? settle_priority(job, err) : status;
}

static BpStatus carry_out(Node *node, Write *jobs, size_t count, const char *device, BpError *err)
{
    BacPeer *peer;
    BpStatus status = node_device_find(node, jobs->cfg, device, &peer, err);
    for (size_t i = 0; status == BP_OK && i < count; i++) {
        jobs[i].node = node;
        jobs[i].peer = peer;
        status = prepare(&jobs[i], err);
    }
    if (status == BP_OK)
        status = count == 1 ? write_once(jobs, err) : write_several(jobs, count, err);
    for (size_t i = 0; status == BP_OK && i < count; i++)
        status = look_after(&jobs[i], err);
    return status;
}

static int run(const CfgCommand *command, int argc, char **argv)
{
    Cfg cfg;
    BpError err;
    BpArena arena = {0};
    CfgArguments arguments;
    Write common = {.command = command, .cfg = &cfg, .arena = &arena, .value.type = BAC_NULL};
    int code = cfg_begin(command, argc, argv, &arena, &arguments, &cfg);
    if (code == CFG_GO_ON) {
        Write *jobs = NULL;
        size_t count = 0, held = 0;
        Node *node = NULL;
        BpStatus status = read_line(&common, &arguments.positionals, &jobs, &count, &err);
        if (status == BP_OK)
            status = node_new(&cfg, &node, &err);
        if (status == BP_OK)
            status = carry_out(node, jobs, count, arguments.positionals.items[0], &err);
        if (status == BP_OK)
            tell_all(jobs, count, arguments.json);
        for (size_t i = 0; status == BP_OK && i < count; i++)
            held += holds_value(&jobs[i]);
        node_free(node);
        code = status != BP_OK ? say_fail(command->name, &err) : held == count ? EX_OK : SAY_NOTHING;
    }
    bp_arena_done(&arena);
    return code;
}

int ask_write_main(int argc, char **argv)
{
    return run(&write_command, argc, argv);
}

int ask_release_main(int argc, char **argv)
{
    return run(&release_command, argc, argv);
}
