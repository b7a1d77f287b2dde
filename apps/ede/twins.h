/* Devices of one file that have the same instance, as careless sites do: their addresses tell them apart. */
#ifndef EDE_TWINS_H
#define EDE_TWINS_H

#include "apps/ede/ede.h"

/* Where lines of device objects have one instance and different addresses, says of each of these and of each
 * object of that instance which of them it is or is of (`twin`), by the vendor-specific-address of its line.
 * Objects that do not say whose they are, are added to the problems. */
void ede_mark_twins(Ede *ede, const char *file, BpArena *arena, SayProblems *problems);

#endif
