/* A device's commands in their order: what may be done next, and when. */
#include "apps/collect/control/line.h"
#include "apps/collect/control/sentence.h"
#include "base/time.h"

static const int64_t CLAIM_LOOK_LIFE_US = 3 * BP_SECOND, /* from looking to asking for the claim */
    HELD_UP_US = 200 * BP_MS; /* by a write before it: a claim might not live until its turn */

static bool is_pending(const ControlCommand *command)
{
    return command->step == CONTROL_WAITS || command->step == CONTROL_IS_READY;
}

bool control_has_expired(const ControlCommand *command, const ControlNow *now)
{
    return now->wall_us >= command->expires_us || now->boot_us >= command->dies_us;
}

static void expire(ControlCommand *command)
{
    char text[BP_TIME_TEXT_MAX];
    command->is_expired = true;
    control_say(command, "it was to be carried out before %s: nothing was written",
                bp_time_format(command->expires_us, 0, text));
    control_end(command, CONTROL_NOT_SENT);
}

/* What is to happen at a time of day waits for a clock that is believed, and holds up nobody behind it. */
static bool waits_for_clock(const ControlCommand *command, const ControlNow *now)
{
    return command->step == CONTROL_WAITS && command->execute_us != 0 &&
           !control_clock_is_believed(&command->of->clock, now);
}

static bool has_one_of_point_before(const ControlLine *line, const ControlCommand *command)
{
    for (const ControlCommand *one = line->first; one != command; one = one->next_in_line)
        if (one->point_id == command->point_id && one->step != CONTROL_WAITS)
            return true;
    return false;
}

/* How far the line has come, while it is gone through. */
typedef struct Progress {
    size_t ahead, under_way; /* of those so far: begun and not written, and all that have begun */
    bool may_begin, may_write;
} Progress;

static void advance(ControlLine *line, ControlCommand *command, Progress *progress, const ControlNow *now)
{
    const bool is_due = command->again_us <= now->loop_us;
    switch (command->step) {
    case CONTROL_WAITS:
        if (waits_for_clock(command, now))
            return;
        progress->may_begin = progress->may_begin && is_due && progress->ahead < CONTROL_AHEAD &&
                              progress->under_way < CONTROL_UNDER_WAY &&
                              !control_is_taken(command->of, command->point_id) &&
                              !has_one_of_point_before(line, command);
        if (progress->may_begin)
            control_look_before(command, now);
        break;
    case CONTROL_IS_READY:
        if (now->boot_us - command->looked_us > CLAIM_LOOK_LIFE_US)
            control_look_before(command, now);
        break;
    case CONTROL_IS_KEPT:
        if (progress->may_write && is_due)
            control_write(command, now);
        break;
    case CONTROL_VERIFIES:
        if (is_due && !control_look_is_under_way(&command->look))
            control_verify(command, now);
        break;
    default: break;
    }
    progress->ahead += command->step > CONTROL_WAITS && command->step < CONTROL_VERIFIES;
    progress->under_way += command->step > CONTROL_WAITS && command->step < CONTROL_HAS_ENDED;
    progress->may_write = progress->may_write && command->step >= CONTROL_VERIFIES;
}

void control_line_advance(ControlLine *line, const ControlNow *now)
{
    Progress progress = {.may_begin = true, .may_write = true};
    for (ControlCommand *command = line->first, *next; command; command = next) {
        next = command->next_in_line; /* it may leave the line */
        if (is_pending(command) && control_has_expired(command, now))
            expire(command);
        else
            advance(line, command, &progress, now);
    }
}

/* In order: whoever is not ready holds up those behind. */
size_t control_line_to_claim(ControlLine *line, const ControlNow *now, ControlCommand **ret_all, size_t most)
{
    size_t count = 0;
    for (ControlCommand *command = line->first; command && count < most; command = command->next_in_line) {
        const bool is_held_up =
            command->step == CONTROL_WRITES && now->loop_us - command->written_us > HELD_UP_US;
        if (waits_for_clock(command, now))
            continue;
        if (command->step < CONTROL_IS_READY || is_held_up)
            break;
        if (command->step != CONTROL_IS_READY)
            continue;
        if (now->boot_us - command->looked_us > CLAIM_LOOK_LIFE_US || control_has_expired(command, now))
            break;
        ret_all[count++] = command;
    }
    return count;
}

/* When something of it is due that nothing else brings about. */
int64_t control_line_due_us(const ControlLine *line, const ControlNow *now)
{
    int64_t due_us = INT64_MAX;
    for (const ControlCommand *command = line->first; command; command = command->next_in_line) {
        int64_t one_us = INT64_MAX;
        if (is_pending(command)) {
            const int64_t boot_us = command->dies_us - now->boot_us,
                          wall_us = command->expires_us - now->wall_us;
            one_us = now->loop_us + (boot_us < wall_us ? boot_us : wall_us);
        }
        if (command->step == CONTROL_IS_READY && now->loop_us + CLAIM_LOOK_LIFE_US < one_us)
            one_us = now->loop_us + CLAIM_LOOK_LIFE_US;
        const bool is_tried_again =
            command->step == CONTROL_WAITS || command->step == CONTROL_IS_KEPT ||
            (command->step == CONTROL_VERIFIES && !control_look_is_under_way(&command->look));
        if (is_tried_again && command->again_us > now->loop_us && command->again_us < one_us)
            one_us = command->again_us;
        due_us = one_us < due_us ? one_us : due_us;
    }
    return due_us;
}
