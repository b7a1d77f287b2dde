#include "apps/collect/control/sentence.h"

#include "apps/collect/control/value.h"
#include "base/time.h"

#include <stdio.h>
#include <string.h>

void control_say(ControlCommand *command, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(command->text, sizeof command->text, format, arguments);
    va_end(arguments);
}

/* ---- parts ---- */

enum { PART_MAX = 128 };

/* A binary value's states count from 0, all others from 1. The last name may have been cut. */
static bool state_text(const ControlCommand *command, double value, char ret_text[CONTROL_VALUE_TEXT_MAX])
{
    const uint16_t type = command->object.type;
    const bool is_binary = type == BAC_BINARY_INPUT || type == BAC_BINARY_OUTPUT || type == BAC_BINARY_VALUE;
    BpStr rest = bp_str(command->states), name = {0};
    for (int number = is_binary ? 0 : 1; rest.size > 0; number++) {
        name = bp_str_cut(rest, '\n', &rest);
        const bool is_whole = rest.size > 0 || strlen(command->states) < CONTROL_STATES_MAX - 1;
        if (number == value && name.size > 0 && is_whole) {
            (void)bp_str_copy(name, ret_text, CONTROL_VALUE_TEXT_MAX);
            return true;
        }
    }
    return false;
}

static char *value_text(const ControlCommand *command, double value, char ret_text[CONTROL_VALUE_TEXT_MAX])
{
    if (state_text(command, value, ret_text))
        return ret_text;
    return control_value_format(value, command->units, ret_text);
}

/* "slot 8 holds 21 °C", "slot 8 is empty". */
static char *slot_text(const ControlCommand *command, int slot, char ret_text[PART_MAX])
{
    const ControlSlots *slots = &command->shown.slots;
    char value[CONTROL_VALUE_TEXT_MAX];
    if (!control_slots_is_known(slots, slot))
        snprintf(ret_text, PART_MAX, "slot %d was not told", slot);
    else if (control_slots_is_held(slots, slot))
        snprintf(ret_text, PART_MAX, "slot %d holds %s", slot,
                 value_text(command, slots->values[slot - 1], value));
    else
        snprintf(ret_text, PART_MAX, "slot %d is empty", slot);
    return ret_text;
}

/* "its value is 21 °C". */
static char *shown_text(const ControlCommand *command, char ret_text[PART_MAX])
{
    char value[CONTROL_VALUE_TEXT_MAX];
    if (command->shown.problem)
        snprintf(ret_text, PART_MAX, "its value is no number (%s)", command->shown.problem);
    else
        snprintf(ret_text, PART_MAX, "its value is %s", value_text(command, command->shown.value, value));
    return ret_text;
}

/* "slot 8 is empty, its value is 21 °C", or of a point without a priority array its value alone. */
static char *seen_text(const ControlCommand *command, char ret_text[2 * PART_MAX + 2])
{
    char slot[PART_MAX], shown[PART_MAX];
    if (command->wish.has_array)
        snprintf(ret_text, 2 * PART_MAX + 2, "%s, %s", slot_text(command, command->priority, slot),
                 shown_text(command, shown));
    else
        snprintf(ret_text, 2 * PART_MAX + 2, "%s", shown_text(command, shown));
    return ret_text;
}

/* How it was found out, where the device did not just say yes. */
static const char *how_text(const ControlCommand *command)
{
    if (command->was_executing)
        return "; the collector had ended meanwhile, and this was read after its start";
    switch (command->answer) {
    case CONTROL_DENIED: return "; the device said no, and shows it all the same";
    case CONTROL_UNANSWERED: return "; its answer did not come, and this was read later";
    default: return "";
    }
}

/* ---- verdicts ---- */

static void say_held(ControlCommand *command)
{
    char value[CONTROL_VALUE_TEXT_MAX], before[CONTROL_VALUE_TEXT_MAX], slot[PART_MAX], shown[PART_MAX];
    const int first = control_slots_first(&command->shown.slots);
    if (command->wish.is_release && first > 0)
        control_say(command, "slot %d is empty, %s%s", command->priority, slot_text(command, first, slot),
                    how_text(command));
    else if (command->wish.is_release)
        control_say(command, "slot %d is empty, %s%s", command->priority, shown_text(command, shown),
                    how_text(command));
    else if (command->wish.has_array)
        control_say(command, "%s holds at %d%s", value_text(command, command->wish.value, value),
                    command->priority, how_text(command));
    else if (command->was_executing)
        control_say(command, "its value is %s%s", value_text(command, command->shown.value, value),
                    how_text(command));
    else
        control_say(command, "its value is %s, and was %s before: it has no priority array%s",
                    value_text(command, command->shown.value, value),
                    value_text(command, command->before.value, before), how_text(command));
}

static void say_outranked(ControlCommand *command)
{
    enum { MINIMUM_TIMES = 6 }; /* clause 19.2.3 */
    char value[CONTROL_VALUE_TEXT_MAX], slot[PART_MAX];
    const int first = control_slots_first(&command->shown.slots);
    control_say(command, "commanded %s at %d, %s%s%s", value_text(command, command->wish.value, value),
                command->priority, slot_text(command, first, slot),
                first == MINIMUM_TIMES ? " (the device's own, for minimum times on and off)" : "",
                how_text(command));
}

static void say_refused(ControlCommand *command)
{
    char refusal[BAC_REFUSAL_TEXT_MAX], limits[PART_MAX] = "", seen[2 * PART_MAX + 2];
    const ControlSeen *shown = &command->shown;
    if (shown->has_least && shown->has_most && shown->least < shown->most)
        snprintf(limits, sizeof limits, "; it says that it takes %.10g to %.10g", shown->least, shown->most);
    bac_refusal_format(command->refusal, refusal);
    if (command->has_shown)
        control_say(command, "the device refused it: %s%s; %s", refusal, limits, seen_text(command, seen));
    else
        control_say(command, "the device refused it: %s", refusal);
}

static void say_not_shown(ControlCommand *command, int64_t within_us)
{
    char seen[2 * PART_MAX + 2], within[BP_TIME_TEXT_MAX], value[CONTROL_VALUE_TEXT_MAX];
    seen_text(command, seen);
    bp_interval_format(within_us, within);
    if (command->wish.is_release)
        control_say(command, "the device accepted it, and does not let go within %s: %s", within, seen);
    else
        control_say(command, "the device accepted %s, and does not show it within %s: %s",
                    value_text(command, command->wish.value, value), within, seen);
}

static void say_unknown(ControlCommand *command)
{
    char seen[2 * PART_MAX + 2];
    const char *what = command->was_executing ? "the collector ended while this was carried out"
                       : command->answer == CONTROL_ACCEPTED
                           ? "the device accepted it, and was not heard of since"
                           : "the device did not answer";
    if (command->has_shown)
        control_say(command, "%s: it may have been written or not; read later: %s", what,
                    seen_text(command, seen));
    else
        control_say(command, "%s: it may have been written or not, and could not be read since", what);
}

void control_say_verdict(ControlCommand *command, int64_t verify_within_us)
{
    switch (command->verdict) {
    case CONTROL_HELD: say_held(command); break;
    case CONTROL_OUTRANKED: say_outranked(command); break;
    case CONTROL_REFUSED: say_refused(command); break;
    case CONTROL_NOT_SHOWN: say_not_shown(command, verify_within_us); break;
    case CONTROL_UNKNOWN: say_unknown(command); break;
    default: break; /* said by who ended it */
    }
}

/* ---- nothing was written ---- */

static const char *why_text(CollectOrderWhy why)
{
    switch (why) {
    case COLLECT_ORDER_AWAY: return "the device does not answer";
    case COLLECT_ORDER_DISABLED: return "the device is disabled";
    case COLLECT_ORDER_NO_NETWORK: return "the collector is not on the building's network";
    case COLLECT_ORDER_FULL: return "too much waits for the device";
    case COLLECT_ORDER_TOO_LONG: return "the device takes no request of that length";
    case COLLECT_ORDER_LATE: return "its time had passed when its turn came";
    default: return "the device is not known any more";
    }
}

void control_say_why(ControlCommand *command, CollectOrderWhy why)
{
    control_say(command, "%s: nothing was written", why_text(why));
}

char *control_sight_format(const ControlSeen *seen, BacObjectId object, char ret_text[CONTROL_SIGHT_TEXT])
{
    char refusal[BAC_REFUSAL_TEXT_MAX];
    switch (seen->sight) {
    case CONTROL_ANOTHER_ANSWERS:
        if (seen->other == BAC_INSTANCE_WILDCARD)
            snprintf(ret_text, CONTROL_SIGHT_TEXT,
                     "another device answers at its address, or one that does not say who it is");
        else
            snprintf(ret_text, CONTROL_SIGHT_TEXT, "another device answers at its address, device %u",
                     seen->other);
        break;
    case CONTROL_NO_OBJECT:
        snprintf(ret_text, CONTROL_SIGHT_TEXT, "the device has no %s %u any more",
                 bac_object_type_name(object.type), object.instance);
        break;
    case CONTROL_NOT_TOLD:
        snprintf(ret_text, CONTROL_SIGHT_TEXT, "its value cannot be read: %s",
                 bac_refusal_format(seen->refusal, refusal));
        break;
    case CONTROL_NOT_ASKED: snprintf(ret_text, CONTROL_SIGHT_TEXT, "%s", why_text(seen->why)); break;
    default: snprintf(ret_text, CONTROL_SIGHT_TEXT, "%s", why_text(COLLECT_ORDER_AWAY)); break;
    }
    return ret_text;
}

void control_say_sight(ControlCommand *command, const ControlSeen *seen)
{
    char sight[CONTROL_SIGHT_TEXT];
    control_sight_format(seen, command->object, sight);
    control_say(command, "%.*s: nothing was written", CONTROL_TEXT_MAX - 32, sight);
}
