/* How far long work is, for whoever waits at a terminal: one line on standard error, written over each time.
 * Where standard error is no terminal nothing is written. */
#ifndef SAY_PROGRESS_H
#define SAY_PROGRESS_H

#include "base/error.h"

#include <stdint.h>

void say_progress(const char *format, ...) BP_PRINTF(1, 2);

/* The same for a wait that is mostly over at once: nothing is said before it has lasted for a second. To be
 * called again and again, as often as SAY_WAIT_LOOK_US. */
void say_wait(int64_t waited_us, const char *format, ...) BP_PRINTF(2, 3);
#define SAY_WAIT_LOOK_US ((int64_t)250000)

/* Takes the line away, before anything else is said. */
void say_progress_end(void);

#endif
