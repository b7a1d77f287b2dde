/* How a tool ends. */
#ifndef SAY_FAIL_H
#define SAY_FAIL_H

#include "base/error.h"

/* Nothing was found, or the device understood and said no. */
enum { SAY_NOTHING = 1 };

/* Says on standard error what went wrong and returns the exit code for it: SAY_NOTHING for BP_NOT_FOUND and
 * BP_REFUSED, EX_USAGE for BP_INVALID, EX_UNAVAILABLE where somebody is silent or away. */
int say_fail(const char *command, const BpError *err);

/* The codes, for --help. */
#define SAY_EXIT_CODES                                                                                       \
    "Exit codes: 0 fine, 1 nothing found or the device refuses, 64 wrong use, 69 no answer.\n"

#endif
