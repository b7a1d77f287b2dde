/* Before a command is claimed: is it the very device, the very object, and can it be written as asked? */
#include "apps/collect/control/line.h"
#include "apps/collect/control/sentence.h"
#include "apps/collect/control/value.h"
#include "base/time.h"

static const int64_t UNKNOWN_LIFE_US = 5 * BP_SECOND, /* until a device, or the network, must be there */
    SOON_US = 50 * BP_MS, LATER_US = 500 * BP_MS;

static void wait_on(ControlCommand *command, int64_t pause_us, const ControlNow *now)
{
    command->step = CONTROL_WAITS;
    command->again_us = now->loop_us + pause_us;
}

/* Why the poller could not be asked may pass: then the command waits on. */
static bool may_pass(const ControlCommand *command, CollectOrderWhy why, const ControlNow *now)
{
    return why == COLLECT_ORDER_FULL || ((why == COLLECT_ORDER_NO_NETWORK || why == COLLECT_ORDER_AWAY) &&
                                         now->boot_us - command->seen_us < UNKNOWN_LIFE_US);
}

void control_set_wish(ControlCommand *command, const ControlSeen *seen)
{
    const bool has_array = seen->slots.known || (command->is_commandable && !seen->has_no_array &&
                                                 command->property == BAC_PROP_PRESENT_VALUE);
    command->wish = (ControlWish){.is_release = command->is_release && has_array,
                                  .has_array = has_array,
                                  .slot = command->priority,
                                  .value = command->value};
}

/* Whether what was seen can be written to as asked; otherwise the text says why not. */
static bool suits(ControlCommand *command, const ControlSeen *seen)
{
    uint8_t memory[16];
    BpBuf out = bp_buf(memory, sizeof memory);
    BpError err;
    char value[CONTROL_VALUE_TEXT_MAX];
    if (*seen->name && *command->name && !bp_str_equal(bp_str(seen->name), bp_str(command->name))) {
        control_say(
            command,
            "the object there is called %.80s now, not %.80s: nothing was written; read the device out "
            "again (bacpipes discover)",
            seen->name, command->name);
        return false;
    }
    if (!control_mode_allows(command)) {
        control_say(command,
                    "setting control.mode is %s in the collector's own settings: nothing was written",
                    command->of->mode == CONTROL_STOP ? "stop" : "freeze");
        return false;
    }
    if (command->wish.is_release)
        return true;
    if (command->is_release && !command->has_value) {
        control_say(
            command,
            "it has no priority array, so there is nothing to release, and its value is %s: nothing was "
            "written",
            control_value_format(seen->value, command->units, value));
        return false;
    }
    if (control_value_encode(&out, seen->type, command->value, &err) == BP_OK)
        return true;
    control_say(command, "%s: nothing was written", err.text);
    return false;
}

static void on_seen_before(void *context, const ControlSeen *seen)
{
    ControlCommand *command = context;
    if (command->of->is_closing)
        return;
    const ControlNow now = control_now(command->of);
    command->before = *seen;
    control_work(command->of);
    if (!command->of->may_write) {
        wait_on(command, 0, &now);
    } else if (seen->sight == CONTROL_NOT_ASKED && may_pass(command, seen->why, &now)) {
        wait_on(command, seen->why == COLLECT_ORDER_FULL ? SOON_US : LATER_US, &now);
    } else if (seen->sight != CONTROL_SEEN) {
        control_say_sight(command, seen);
        control_end(command, CONTROL_NOT_SENT);
    } else {
        control_set_wish(command, seen);
        command->step = CONTROL_IS_READY;
        if (!suits(command, seen))
            control_end(command, CONTROL_NOT_SENT);
    }
}

/* The poller asks a device that was silent less and less often: whoever commands it wants to know how it is
 * now. */
static void ask_whether_it_is_there(ControlCommand *command, CollectDevice *device, const ControlNow *now)
{
    if (command->has_probed || !collect_device_is_away(device))
        return;
    command->has_probed = true;
    collect_poll_probe(command->of->poller, device, now->loop_us);
}

void control_look_before(ControlCommand *command, const ControlNow *now)
{
    CollectDevice *device = control_device(command);
    if (device) {
        ask_whether_it_is_there(command, device, now);
        command->step = CONTROL_LOOKS;
        command->looked_us = now->boot_us;
        control_look(&command->look, &(ControlLookRequest){.poller = command->of->poller,
                                                           .device = device,
                                                           .object = command->object,
                                                           .property = command->property,
                                                           .slot = command->priority,
                                                           .is_urgent = true,
                                                           .now_us = now->loop_us,
                                                           .context = command,
                                                           .on_seen = on_seen_before});
    } else if (now->boot_us - command->seen_us < UNKNOWN_LIFE_US) {
        wait_on(command, LATER_US, now);
    } else {
        control_say(command, "its device is not in the collector's list: nothing was written");
        control_end(command, CONTROL_NOT_SENT);
    }
}
