/* Whether the wall clock can be believed, as what is to happen at a time of day needs. A machine without a
 * battery starts in the past and is set right later; people set clocks wrong. Neither may have a command of
 * tonight carried out now. */
#ifndef COLLECT_CONTROL_CLOCK_H
#define COLLECT_CONTROL_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

typedef struct ControlNow {
    int64_t loop_us; /* monotonic, as the poller's and the loop's timers */
    int64_t boot_us; /* CLOCK_BOOTTIME: it goes on while the machine sleeps, and nobody sets it */
    int64_t wall_us;
} ControlNow;

typedef struct ControlClock {
    bool has_begun;
    int64_t offset_us;     /* wall clock less boot's, when it was looked at last */
    int64_t doubted_us;    /* until then (boot's): it jumped */
    int64_t known_wall_us; /* it was that late already: a time on file */
} ControlClock;

/* To be called often: it jumped where both clocks have parted by more than 3 s since the last time. It is
 * believed again when it has not for a minute. True: it has jumped now. */
bool control_clock_look(ControlClock *clock, const ControlNow *now);

/* It was that late once. Until it is again it is not believed. */
void control_clock_knew(ControlClock *clock, int64_t wall_us);

bool control_clock_is_believed(const ControlClock *clock, const ControlNow *now);

#endif
