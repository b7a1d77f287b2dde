#include "apps/collect/control/judge.h"

#include "apps/collect/control/value.h"

const char *control_verdict_name(ControlVerdict verdict)
{
    static const char *const names[] = {
        [CONTROL_HELD] = "held",       [CONTROL_OUTRANKED] = "outranked", [CONTROL_NOT_SHOWN] = "not-shown",
        [CONTROL_REFUSED] = "refused", [CONTROL_UNKNOWN] = "unknown",     [CONTROL_NOT_SENT] = "not-sent"};
    return names[verdict];
}

static bool shows(const ControlWish *wish, const ControlSeen *seen)
{
    return !seen->problem && control_value_is_same(seen->type, seen->value, wish->value);
}

/* A slot that is not told: the value has to do. */
static bool has_slot(const ControlWish *wish, const ControlSeen *seen)
{
    return wish->has_array && control_slots_is_known(&seen->slots, wish->slot);
}

bool control_is_as_wished(const ControlWish *wish, const ControlSeen *seen)
{
    if (seen->sight != CONTROL_SEEN)
        return false;
    if (!has_slot(wish, seen))
        return !wish->is_release && shows(wish, seen);
    const bool is_held = control_slots_is_held(&seen->slots, wish->slot);
    return wish->is_release ? !is_held
                            : is_held && control_value_is_same(seen->type, seen->slots.values[wish->slot - 1],
                                                               wish->value);
}

/* It is as wished where it was written: does it decide? */
static ControlVerdict judge_rank(const ControlWish *wish, const ControlSeen *seen, bool is_last)
{
    const int first = has_slot(wish, seen) ? control_slots_first(&seen->slots) : 0;
    if (wish->is_release)
        return CONTROL_HELD;
    if (first > 0 && first < wish->slot)
        return CONTROL_OUTRANKED;
    if (shows(wish, seen))
        return CONTROL_HELD;
    return is_last ? CONTROL_NOT_SHOWN : CONTROL_NO_VERDICT;
}

ControlVerdict control_judge(const ControlWish *wish, ControlAnswer answer, bool was_so,
                             const ControlSeen *seen, bool is_last)
{
    if (control_is_as_wished(wish, seen) && !(answer == CONTROL_DENIED && was_so))
        return judge_rank(wish, seen, is_last);
    if (answer == CONTROL_DENIED && (seen->sight == CONTROL_SEEN || is_last))
        return CONTROL_REFUSED;
    if (!is_last)
        return CONTROL_NO_VERDICT;
    return answer == CONTROL_ACCEPTED && seen->sight == CONTROL_SEEN ? CONTROL_NOT_SHOWN : CONTROL_UNKNOWN;
}
