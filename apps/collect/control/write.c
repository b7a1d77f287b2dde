/* The one datagram that writes, and the looks that tell what became of it. */
#include "apps/collect/control/line.h"
#include "apps/collect/control/sentence.h"
#include "apps/collect/control/value.h"
#include "bacnet/service/write_property.h"
#include "base/time.h"

#include <assert.h>

static const int64_t CLAIM_LIFE_US = 2 * BP_SECOND, /* from asking for it to the datagram */
    LOOK_LIFE_US = 5 * BP_SECOND,                   /* from the look before to the datagram */
    SOON_US = 20 * BP_MS, LOOK_SOON_US = 100 * BP_MS, LOOK_EVERY_US = 300 * BP_MS,
                     SILENCE_US =
                         30 * BP_SECOND; /* until nobody waits any more for a device that is not heard of */

/* ---- writing ---- */

/* The last word, right before the datagram is made, by clocks that are looked at for it: the process may have
 * stood still since anything else was decided. */
static bool may_go(void *context)
{
    ControlCommand *command = context;
    if (command->of->is_closing || !command->of->may_write || !control_mode_allows(command))
        return false;
    const ControlNow now = control_now(command->of);
    return now.boot_us - command->asked_us <= CLAIM_LIFE_US &&
           now.boot_us - command->looked_us <= LOOK_LIFE_US && !control_has_expired(command, &now);
}

static void on_written(void *context, const CollectOrderEnd *end)
{
    ControlCommand *command = context;
    if (command->of->is_closing)
        return;
    const ControlNow now = control_now(command->of);
    control_work(command->of);
    command->answered_us = now.loop_us;
    command->again_us = 0;
    command->step = CONTROL_VERIFIES;
    switch (end->outcome) {
    case COLLECT_ORDER_ANSWERED: command->answer = CONTROL_ACCEPTED; return;
    case COLLECT_ORDER_REFUSED:
        command->answer = CONTROL_DENIED;
        command->refusal = end->refusal;
        return;
    case COLLECT_ORDER_UNKNOWN: command->answer = CONTROL_UNANSWERED; return;
    case COLLECT_ORDER_NOT_SENT: break;
    }
    if (end->why == COLLECT_ORDER_FULL && may_go(command)) {
        command->step = CONTROL_IS_KEPT;
        command->again_us = now.loop_us + SOON_US;
        return;
    }
    control_say_why(command, end->why);
    control_end(command, CONTROL_NOT_SENT);
}

static void encode(const ControlCommand *command, BpBuf *out)
{
    uint8_t memory[16];
    BpBuf value = bp_buf(memory, sizeof memory);
    BpStatus status = BP_OK;
    if (command->wish.is_release)
        bac_value_encode(&value, &(BacValue){.type = BAC_NULL});
    else
        status = control_value_encode(&value, command->before.type, command->wish.value, NULL);
    assert(status == BP_OK); /* it was tried before the claim */
    bac_write_property_encode(
        out,
        &(BacWrite){.reference = {command->object, command->property, BAC_NO_INDEX},
                    .value = bp_cursor(memory, value.size),
                    .priority = command->wish.has_array ? (uint8_t)command->wish.slot : BAC_NO_PRIORITY});
    assert(!out->failed);
}

void control_write(ControlCommand *command, const ControlNow *now)
{
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    CollectDevice *device = control_device(command);
    if (!device) {
        control_say_why(command, COLLECT_ORDER_FORGOTTEN);
        control_end(command, CONTROL_NOT_SENT);
        return;
    }
    encode(command, &out);
    command->step = CONTROL_WRITES;
    command->written_us = now->loop_us;
    const CollectOrderRequest order = {.service = BAC_SERVICE_CONFIRMED_WRITE_PROPERTY,
                                       .parameters = bp_buf_text(&out),
                                       .is_urgent = true,
                                       .is_once = true,
                                       .context = command,
                                       .may_go = may_go,
                                       .on_end = on_written};
    collect_poll_order(command->of->poller, device, &order, now->loop_us);
}

/* ---- verifying ---- */

/* It looked so before the write already, so that seeing it tells nothing of an error. */
static bool was_so(const ControlCommand *command)
{
    return !command->was_executing && control_is_as_wished(&command->wish, &command->before);
}

/* What has been seen so far is all: of the device, or of its silence. */
static bool is_last(const ControlCommand *command, bool is_seen, const ControlNow *now)
{
    const int64_t within_us = command->of->verify_within_us,
                  most_us = !is_seen && SILENCE_US > within_us ? SILENCE_US : within_us;
    return now->loop_us - command->answered_us >= most_us;
}

static void take(ControlCommand *command, const ControlSeen *seen, const ControlNow *now)
{
    const bool is_seen = seen->sight == CONTROL_SEEN;
    if (is_seen && command->was_executing)
        control_set_wish(command, seen);
    if (is_seen) {
        command->shown = *seen;
        command->has_shown = true;
    }
    const ControlVerdict verdict =
        control_judge(&command->wish, command->answer, was_so(command), seen, is_last(command, is_seen, now));
    if (verdict != CONTROL_NO_VERDICT) {
        command->verdict = verdict;
        control_say_verdict(command, command->of->verify_within_us);
        control_end(command, verdict);
        return;
    }
    const bool is_early = now->loop_us - command->answered_us < LOOK_EVERY_US;
    command->again_us = now->loop_us + (is_early ? LOOK_SOON_US : LOOK_EVERY_US);
}

static void on_seen_after(void *context, const ControlSeen *seen)
{
    ControlCommand *command = context;
    if (command->of->is_closing)
        return;
    const ControlNow now = control_now(command->of);
    control_work(command->of);
    take(command, seen, &now);
}

void control_verify(ControlCommand *command, const ControlNow *now)
{
    CollectDevice *device = control_device(command);
    if (!device) {
        take(command, &(ControlSeen){.sight = CONTROL_NOT_ASKED, .why = COLLECT_ORDER_FORGOTTEN}, now);
        return;
    }
    control_look(&command->look, &(ControlLookRequest){.poller = command->of->poller,
                                                       .device = device,
                                                       .object = command->object,
                                                       .property = command->property,
                                                       .slot = command->priority,
                                                       .wants_limits = command->answer == CONTROL_DENIED,
                                                       .is_once = true,
                                                       .is_urgent = true,
                                                       .now_us = now->loop_us,
                                                       .context = command,
                                                       .on_seen = on_seen_after});
}
