/* bacpipes ack: tells a device that somebody has seen what it told of an object. */
#include "apps/ask/events.h"
#include "bacnet/service/acknowledge_alarm.h"
#include "node/device.h"
#include "node/tool.h"
#include "say/exit.h"

#include "apps/roles.h"
#include "base/time.h"

#include <stdio.h>
#include <string.h>

static int64_t process = 1;
static const char *source = "BacPipes";

static const CfgOption options[] = {
    {"source", "NAME", "Who has seen it, as the device keeps it. Default: BacPipes.", .text = &source},
    {"process", "N", "Our process identifier, as devices know it. Default: 1.", .integer = &process,
     .max = UINT32_MAX},
    NODE_OPTIONS,
    {0},
};

static const CfgCommand command = {
    .name = "bacpipes ack",
    .positionals = "DEVICE OBJECT",
    .positionals_min = 2,
    .positionals_max = 2,
    .summary = "Acknowledges all that an object of a device has told and nobody has acknowledged "
               "(AcknowledgeAlarm).",
    .options = options,
    .details = NODE_DEVICE_HELP "`bacpipes alarms DEVICE` lists what there is.\n" SAY_EXIT_CODES,
    .examples = "bacpipes ack 1001 bi,2\nbacpipes ack 1001 ai,1 --source \"A. Keeper\"",
};

typedef struct Acking {
    const Cfg *cfg;
    BpArena *arena;
    Node *node;
    BacObjectId object;
    BacEventSummary summary;
    bool found;
} Acking;

static bool keep_wanted(void *owner, BacPeer *peer, const BacEventSummary *summary)
{
    Acking *acking = owner;
    (void)peer;
    if (!bac_object_equal(summary->object, acking->object))
        return true;
    acking->summary = *summary;
    acking->found = true;
    return false;
}

/* The state that a transition led to: that of now, or, where it is over, any of its kind is taken. */
static uint32_t state_of(const BacEventSummary *summary, size_t transition)
{
    if (ask_event_transition(summary->state) == transition)
        return summary->state;
    return transition == BAC_TO_NORMAL  ? BAC_STATE_NORMAL
           : transition == BAC_TO_FAULT ? BAC_STATE_FAULT
                                        : BAC_STATE_OFFNORMAL;
}

/* A high limit that is over is to be acknowledged as such, and the device no longer says which it was. */
static BpStatus acknowledge(Acking *acking, BacPeer *peer, size_t transition, BpError *err)
{
    static const uint32_t otherwise[] = {BAC_STATE_HIGH_LIMIT, BAC_STATE_LOW_LIMIT};
    const BacTimestamp now = {.kind = BAC_TIMESTAMP_DATE_TIME, .date_time = bac_date_time_at(bp_wall_us())};
    BacAcknowledgeAlarm request = {
        .process = (uint32_t)process,
        .object = acking->object,
        .state = state_of(&acking->summary, transition),
        .time = acking->summary.times[transition],
        .source = {.type = BAC_CHARACTER_STRING, .text = {BAC_UTF_8, bp_cursor(source, strlen(source))}},
        .ack_time = now};
    BpStatus status;
    for (size_t i = 0;; i++) {
        uint8_t memory[512];
        BpBuf out = bp_buf(memory, sizeof memory);
        BpCursor body;
        BacRefusal refusal = {0};
        bac_acknowledge_alarm_encode(&out, &request);
        if (out.failed)
            return bp_fail(err, BP_INVALID, "--source is too long");
        status = node_ask(acking->node, peer, BAC_SERVICE_CONFIRMED_ACKNOWLEDGE_ALARM, bp_buf_text(&out),
                          NODE_WITH_RETRIES, &body, &refusal, err);
        if (status != BP_REFUSED || refusal.code != BAC_CODE_INVALID_EVENT_STATE || i == 2 ||
            transition != BAC_TO_OFFNORMAL)
            return status;
        request.state = otherwise[i];
    }
}

static BpStatus ack(Acking *acking, const char *device, const char *object, BpError *err)
{
    BacPeer *peer;
    size_t count = 0;
    BP_TRY(bac_object_parse(bp_str(object), &acking->object, err));
    BP_TRY(node_new(acking->cfg, &acking->node, err));
    BP_TRY(node_device_find(acking->node, acking->cfg, device, &peer, err));
    BP_TRY(ask_events(&(AskEvents){acking->node, acking->arena, keep_wanted, acking}, peer, err));
    for (size_t i = 0; acking->found && i < BAC_TRANSITIONS; i++) {
        if (acking->summary.is_acknowledged[i])
            continue;
        BP_TRY(acknowledge(acking, peer, i, err));
        printf("%s: %s is acknowledged\n", object, ask_event_transitions[i]);
        count++;
    }
    if (count == 0)
        return bp_fail(err, BP_NOT_FOUND, "%s has nothing to acknowledge", object);
    return BP_OK;
}

static int run(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    Acking *acking = bp_arena_take(arena, sizeof *acking);
    const char *const *words = arguments->positionals.items;
    acking->cfg = cfg;
    acking->arena = arena;
    const int code = ack(acking, words[0], words[1], &err) == BP_OK ? EX_OK : say_fail(command.name, &err);
    node_free(acking->node);
    return code;
}

int ask_ack_main(int argc, char **argv)
{
    return node_run(&command, argc, argv, run);
}
