/* Instants are int64_t microseconds in UTC since 1970; intervals come from the monotonic clock.
 * Only programs look at clocks: lib/ takes both as arguments. */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include "base/error.h"
#include "base/str.h"

#define BP_MS     INT64_C(1000)
#define BP_SECOND INT64_C(1000000)
#define BP_MINUTE (60 * BP_SECOND)
#define BP_HOUR   (60 * BP_MINUTE)
#define BP_DAY    (24 * BP_HOUR)

int64_t bp_wall_us(void);
int64_t bp_monotonic_us(void);
int64_t bp_boot_us(void); /* as that, and it goes on while the machine is suspended: how old something is */

/* "2026-11-24T02:51:59.000000Z", or an interval, with its zero. */
enum { BP_TIME_TEXT_MAX = 48 };

/* RFC 3339 in UTC with `digits` (0, 3 or 6) of a second's fraction. Returns ret_text. */
char *bp_time_format(int64_t instant_us, int digits, char ret_text[BP_TIME_TEXT_MAX]);

/* RFC 3339: a date, "T" or a space, a time, an optional fraction, and "Z" or an offset. A bare date is its
 * midnight in UTC. */
BpStatus bp_time_parse(BpStr text, int64_t *ret_us, BpError *err) BP_CHECKED;

/* "3 s", "4 min", "2 h 10 min", "3 d": an interval for people. Returns ret_text. */
char *bp_interval_format(int64_t interval_us, char ret_text[BP_TIME_TEXT_MAX]);

#endif
