/* bacpipes write --direct and release --direct: one WriteProperty straight to the device, never a second one,
 * and then a look at what came of it. Commands of a site go through its gate (apps/control/write.c). */
#include "apps/ask/write.h"
#include "apps/ask/coerce.h"
#include "apps/ask/device.h"
#include "node/tool.h"
#include "say/exit.h"

#include "apps/roles.h"
#include "bacnet/service/write_multiple.h"

#include <assert.h>
#include <stdio.h>

enum {
    OBJECTS_MAX = 64,  /* written at once */
    SLOT_RESERVED = 6, /* the device's own, for minimum on and off times (clause 19.2.3) */
    REQUEST_MAX = 16 * 1024,
};

static int64_t priority = BAC_NO_PRIORITY;
static bool direct;
static const char *property_text, *type_text;

/* For --help. */
#define DIRECT_HELP                                                                                          \
    "It goes past the gate of the site and its record: nothing is asked of the database but what it has "    \
    "against it, which\nis said. Nobody releases it by itself. Without --direct the site writes, where "     \
    "there is one.\n"

static const CfgOption write_options[] = {
    {"priority", "N",
     "Slot of the priority array to write to, 1 (highest) to 16. Default: 16, which overrides "
     "nothing that somebody else has set; an operator's usual one is 8. Not 6: it is the device's.",
     .integer = &priority, .min = 1, .max = ASK_SLOTS},
    {"property", "NAME", "Property to write. Default: present-value, or that of POINT.",
     .text = &property_text},
    {"type", "TYPE",
     "null, boolean, unsigned, signed, real, double, string, enumerated or object. Default: what the "
     "property has when it is read.",
     .text = &type_text},
    {"direct", NULL, "Straight to the device.", .flag = &direct},
    NODE_OPTIONS,
    {0},
};

static const CfgCommand write_command = {
    .name = "bacpipes write --direct",
    .positionals = "DEVICE OBJECT VALUE [OBJECT VALUE]... | POINT VALUE [POINT VALUE]...",
    .positionals_min = 2,
    .positionals_max = 1 + 2 * OBJECTS_MAX,
    .summary = "Straight to the device, past the site: writes a property of one or several objects, once, "
               "then reads each and its priority "
               "array back and says which slot holds the value. Where no answer comes it reads back too, and "
               "never writes twice.",
    .options = write_options,
    .offers_json = true,
    .details = ASK_DEVICE_HELP
    "OBJECT is a type and an instance: analog-value,3 or av,3 or 2,3. POINT may stand wherever OBJECT may; "
    "all are of\n"
    "one device.\n"
    "VALUE is taken as the property's datatype: 21.5, active or its text, a state's number or text; null\n"
    "releases, as `bacpipes release --direct` does.\n"
    "Several objects are written by one request (WritePropertyMultiple), in order, up to the first that the\n"
    "device refuses; one after the other where it does not know that service.\n" DIRECT_HELP
    "Exit codes: 0 it holds the value; 1 it does not, or the device refuses;\n" SAY_EXIT_OF_DEVICES,
    .examples = "bacpipes write --direct 1001 av,2 300\n"
                "bacpipes write --direct AHU-1/SF-C active --priority 8\n"
                "bacpipes write --direct 1001 bo,1 active --priority 8\n"
                "bacpipes write --direct 1001 msv,1 off --priority 8\n"
                "bacpipes write --direct 1004 av,4 -1.5\n"
                "bacpipes write --direct 1001 av,1 24 av,2 300 --priority 8\n"
                "bacpipes write --direct 1001 ai,1 false --property out-of-service",
};

static const CfgOption release_options[] = {
    {"priority", "N", "Slot of the priority array to release, 1 to 16. It must be given.",
     .integer = &priority, .min = 1, .max = ASK_SLOTS},
    {"direct", NULL, "Straight to the device.", .flag = &direct},
    NODE_OPTIONS,
    {0},
};

static const CfgCommand release_command = {
    .name = "bacpipes release --direct",
    .positionals = "DEVICE OBJECT | POINT",
    .positionals_min = 1,
    .positionals_max = 2,
    .summary = "Straight to the device, past the site: takes back what was written to a slot of an object's "
               "priority array, by writing Null to it, "
               "then reads "
               "back and says what holds the value now.",
    .options = release_options,
    .offers_json = true,
    .details = ASK_DEVICE_HELP DIRECT_HELP
    "Exit codes: 0 the slot is empty; 1 it is not, or the device refuses;\n" SAY_EXIT_OF_DEVICES,
    .examples = "bacpipes release --direct 1001 bo,1 --priority 8\n"
                "bacpipes release --direct AHU-1/SF-C --priority 8",
};

/* ---- before ---- */

static BpStatus find_type(const AskWrite *job, AskTarget *target, BpError *err)
{
    BacValue value;
    char text[BAC_REFERENCE_TEXT_MAX], refusal[BAC_REFUSAL_TEXT_MAX];
    if (type_text)
        return ask_coerce_type(bp_str(type_text), &target->type, err);
    if (node_reading_first(ask_write_own(&job->before), &value) && value.type != BAC_NULL) {
        target->type = value.type;
        return BP_OK;
    }
    if (ask_write_own(&job->before))
        return bp_fail(err, BP_UNSUPPORTED,
                       "%s has no single value whose datatype could be taken: give --type",
                       bac_reference_format(&job->reference, text));
    return bp_fail(err, BP_REFUSED, "%s cannot be read (%s)", bac_reference_format(&job->reference, text),
                   job->before.count ? bac_refusal_format(job->before.items[0].refusal, refusal)
                                     : "no value");
}

static BpStatus coerce(AskWrite *job, BpStr text, BpError *err)
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
    target.inactive_text = ask_write_text(job, BAC_PROP_INACTIVE_TEXT);
    target.active_text = ask_write_text(job, BAC_PROP_ACTIVE_TEXT);
    return ask_coerce(text, &target, job->arena, &job->value, err);
}

/* A point without a priority array has no slots: a priority would be ignored, and Null is no value of it. */
static BpStatus settle_priority(AskWrite *job, BpError *err)
{
    char object[BAC_REFERENCE_TEXT_MAX];
    bac_object_format(job->reference.object, object);
    job->commandable = node_readings_find(&job->before, job->reference.object, BAC_PROP_PRIORITY_ARRAY) &&
                       ask_write_is_present_value(job);
    if (!job->commandable && job->value.type == BAC_NULL && !type_text)
        return bp_fail(err, BP_REFUSED, "%s has no priority array: there is nothing to release", object);
    if (!job->commandable && priority != BAC_NO_PRIORITY)
        fprintf(stderr, "%s has no priority array there: --priority does not matter.\n", object);
    job->priority = !job->commandable             ? BAC_NO_PRIORITY
                    : priority == BAC_NO_PRIORITY ? ASK_SLOTS
                                                  : (uint8_t)priority;
    return BP_OK;
}

/* ---- the write ---- */

static BacWrite encode(AskWrite *job)
{
    BpBuf value = bp_buf(bp_arena_take(job->arena, 2 * ASK_SHOWN_MAX), 2 * ASK_SHOWN_MAX);
    bac_value_encode(&value, &job->value);
    job->octets = bp_cursor(value.data, value.size);
    return (BacWrite){.reference = job->reference, .value = job->octets, .priority = job->priority};
}

/* The device's own limits behind its refusal, where it has them. */
static BpStatus tell_limits(const AskWrite *job, BpError *err)
{
    BacValue min, max;
    double from, to;
    if (err->status != BP_REFUSED || !strstr(err->text, "value-out-of-range") ||
        !node_reading_first(node_readings_find(&job->before, job->reference.object, BAC_PROP_MIN_PRES_VALUE),
                            &min) ||
        !node_reading_first(node_readings_find(&job->before, job->reference.object, BAC_PROP_MAX_PRES_VALUE),
                            &max) ||
        !bac_value_number(&min, &from) || !bac_value_number(&max, &to))
        return err->status;
    const BpError why = *err;
    return bp_fail(err, BP_REFUSED, "%s; it takes %g to %g", why.text, from, to);
}

/* BP_TIMEOUT is no failure: it is not known whether the device took it, and what is read back tells. */
static BpStatus write_once(AskWrite *job, BpError *err)
{
    const BacWrite write = encode(job);
    BpBuf parameters = bp_buf(bp_arena_take(job->arena, 2 * ASK_SHOWN_MAX), 2 * ASK_SHOWN_MAX);
    bac_write_property_encode(&parameters, &write);
    BpCursor body;
    BacRefusal refusal;
    const BpStatus status = node_ask(job->node, job->peer, BAC_SERVICE_CONFIRMED_WRITE_PROPERTY,
                                     bp_buf_text(&parameters), NODE_ONCE, &body, &refusal, err);
    job->answered = status == BP_OK;
    return status == BP_TIMEOUT ? BP_OK : status == BP_OK ? BP_OK : tell_limits(job, err);
}

static bool is_unknown_service(BacRefusal refusal)
{
    return refusal.kind == BAC_REFUSED_REJECT && refusal.code == BAC_REJECT_UNRECOGNIZED_SERVICE;
}

/* A refusal is told, and then what each of them holds: those before the refused one were written. */
static BpStatus write_several(AskWrite *jobs, size_t count, BpError *err)
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

/* ---- the whole of it ---- */

/* What the command line says. */
typedef struct AskLine {
    AskDevice device;
    AskWrite *jobs;
    size_t count;
} AskLine;

static BpStatus check_job(AskWrite *job, const AskDevice *device, BpError *err)
{
    if (device->named.is_point && job->object_text == device->word)
        job->reference = device->named.reference;
    else
        BP_TRY(ask_device_object(device, job->object_text, job->cfg, job->arena, &job->reference, err));
    if (property_text)
        BP_TRY(
            bac_property_parse(bp_str(property_text), &job->reference.property, &job->reference.index, err));
    if (priority == SLOT_RESERVED)
        return bp_fail(err, BP_INVALID,
                       "priority 6 is the device's own, for minimum on and off times (ASHRAE 135, "
                       "19.2.3): take another, as 8");
    if (job->command == &release_command && priority == BAC_NO_PRIORITY)
        return bp_fail(err, BP_INVALID,
                       "which slot? --priority N says it (1 to 16); `bacpipes read %s%s%s "
                       "priority-array` shows what is in them",
                       device->word, job->object_text == device->word ? "" : " ",
                       job->object_text == device->word ? "" : job->object_text);
    return BP_OK;
}

/* DEVICE, then OBJECT VALUE as often as there are, or OBJECT alone to release it; or the same without DEVICE,
 * the first being a point. */
static BpStatus read_line(const AskWrite *common, const CfgTexts *texts, AskLine *ret_line, BpError *err)
{
    const bool releases = common->command == &release_command;
    AskLine line = {0};
    BP_TRY(ask_device_parse(texts->items[0], common->cfg, common->arena, &line.device, err));
    const size_t first = line.device.named.is_point ? 0 : 1, words = releases ? 1 : 2,
                 count = texts->count - first;
    line.count = count / words;
    if (count == 0)
        return bp_fail(err, BP_INVALID, "which object of it? As in %s av,3", texts->items[0]);
    if (count % words)
        return bp_fail(err, BP_INVALID, "%s has no value: each OBJECT or POINT has one behind it",
                       texts->items[texts->count - 1]);
    if (releases && line.count > 1)
        return bp_fail(err, BP_INVALID, "%s is one too many: release one at a time",
                       texts->items[texts->count - 1]);
    line.jobs = bp_arena_take(common->arena, line.count * sizeof *line.jobs);
    for (size_t i = 0; i < line.count; i++) {
        line.jobs[i] = *common;
        line.jobs[i].object_text = texts->items[first + i * words];
        line.jobs[i].value_text = releases ? NULL : texts->items[first + i * words + 1];
        BP_TRY(check_job(&line.jobs[i], &line.device, err));
    }
    *ret_line = line;
    return BP_OK;
}

/* The first sentence of what the site has against it, which it goes past. */
static void pass(AskWrite *job, BpStatus status, const BpError *err)
{
    BpStr rest;
    if (status != BP_OK && !job->past)
        job->past = bp_arena_text(job->arena, bp_str_cut(bp_str(err->text), ':', &rest));
}

/* Nothing is written before all of them are known to be right. */
static BpStatus prepare(AskWrite *job, const AskDevice *device, BpError *err)
{
    double number;
    BpError why = {0};
    pass(job,
         ask_gate_look(device, &job->peer->address, &job->reference, job->cfg, job->arena, &job->gate, &why),
         &why);
    pass(job, ask_gate_check_write(&job->gate, &why), &why);
    BP_TRY(ask_write_look(job, &job->before, err));
    if (job->value_text)
        BP_TRY(coerce(job, bp_str(job->value_text), err));
    if (bac_value_number(&job->value, &number))
        pass(job, ask_gate_check_number(&job->gate, number, &why), &why);
    return settle_priority(job, err);
}

static BpStatus carry_out(Node *node, AskLine *line, const Cfg *cfg, BpError *err)
{
    BacPeer *peer;
    AskWrite *jobs = line->jobs;
    const size_t count = line->count;
    assert(jobs && count); /* or read_line has refused it */
    BP_TRY(ask_device_find(&line->device, node, cfg, &peer, err));
    for (size_t i = 0; i < count; i++) {
        jobs[i].node = node;
        jobs[i].peer = peer;
        BP_TRY(prepare(&jobs[i], &line->device, err));
    }
    BP_TRY(count == 1 ? write_once(jobs, err) : write_several(jobs, count, err));
    for (size_t i = 0; i < count; i++)
        BP_TRY(ask_write_look_after(&jobs[i], err));
    return BP_OK;
}

static int run(const CfgCommand *command, const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    AskLine line = {0};
    size_t held = 0;
    Node *node = NULL;
    const AskWrite common = {.command = command, .cfg = cfg, .arena = arena, .value.type = BAC_NULL};
    BpStatus status = read_line(&common, &arguments->positionals, &line, &err);
    if (status == BP_OK)
        status = node_new(cfg, &node, &err);
    if (status == BP_OK)
        status = carry_out(node, &line, cfg, &err);
    if (status == BP_OK)
        ask_write_tell(line.jobs, line.count, arguments->json);
    for (size_t i = 0; status == BP_OK && i < line.count; i++)
        held += ask_write_holds(&line.jobs[i]);
    node_free(node);
    if (status != BP_OK)
        return say_fail(command->name, &err);
    return held == line.count ? EX_OK : SAY_NOTHING;
}

static int run_write(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    return run(&write_command, arguments, cfg, arena);
}

static int run_release(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    return run(&release_command, arguments, cfg, arena);
}

int ask_write_main(int argc, char **argv)
{
    return node_run(&write_command, argc, argv, run_write);
}

int ask_release_main(int argc, char **argv)
{
    return node_run(&release_command, argc, argv, run_release);
}
