#include "apps/collect/control/clock.h"

#include "base/time.h"

static const int64_t JUMP_US = 3 * BP_SECOND, CALM_US = BP_MINUTE;

bool control_clock_look(ControlClock *clock, const ControlNow *now)
{
    const int64_t offset_us = now->wall_us - now->boot_us, parted_us = offset_us - clock->offset_us;
    const bool jumped = clock->has_begun && (parted_us > JUMP_US || parted_us < -JUMP_US);
    clock->has_begun = true;
    clock->offset_us = offset_us;
    if (jumped)
        clock->doubted_us = now->boot_us + CALM_US;
    return jumped;
}

void control_clock_knew(ControlClock *clock, int64_t wall_us)
{
    if (wall_us > clock->known_wall_us)
        clock->known_wall_us = wall_us;
}

bool control_clock_is_believed(const ControlClock *clock, const ControlNow *now)
{
    return clock->has_begun && now->boot_us >= clock->doubted_us && now->wall_us >= clock->known_wall_us;
}
