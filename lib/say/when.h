/* Times as people type them. */
#ifndef SAY_WHEN_H
#define SAY_WHEN_H

#include "base/error.h"

#include <stdint.h>

/* Reads what --`option` says: a time like 2026-11-24T08:00:00Z, or 2h or 7d before `now_us`. */
BpStatus say_when(const char *option, const char *text, int64_t now_us, int64_t *ret_us,
                  BpError *err) BP_CHECKED;

#endif
