/* How far long work is, for whoever waits at a terminal: one line on standard error, written over each time.
 * Where standard error is no terminal nothing is written. */
#ifndef SAY_PROGRESS_H
#define SAY_PROGRESS_H

#include "base/error.h"

void say_progress(const char *format, ...) BP_PRINTF(1, 2);

/* Takes the line away, before anything else is said. */
void say_progress_end(void);

#endif
