/* Who is in, by zone and minute. Every zone is so many desks, whose owners each have habits of their own; a
 * day, they come and leave around them, go to lunch, to meetings, or stay away. */
#ifndef SIM_PEOPLE_H
#define SIM_PEOPLE_H

#include "apps/sim/world/calendar.h"

#include <stdint.h>

/* Share of a zone's seats that is taken in that minute: 0 to 1.2 (meetings have guests). It depends on these
 * three alone, is the same all through a minute, and takes about 100 ns. */
double people_in(uint64_t seed, uint32_t zone, const LocalTime *local);

#endif
