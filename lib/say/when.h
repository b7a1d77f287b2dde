/* Times as people read and type them. On screens an instant is said in the zone of whoever looks (TZ, or the
 * machine's), with its offset: 2026-11-26 18:04:17+08:00. JSON and CSV have UTC (bp_time_format, "Z"). What a
 * device's own clock says has no zone, and is said so. */
#ifndef SAY_WHEN_H
#define SAY_WHEN_H

#include "base/time.h"

/* What --help says of the times that a tool shows. */
#define SAY_TIMES_HELP                                                                                       \
    "Times are shown in the zone of this machine (or of $TZ) with its offset, in JSON and CSV in UTC.\n"

/* The instant in the local zone with `digits` (0, 3 or 6) of a second's fraction. Returns ret_text. */
char *say_time(int64_t instant_us, int digits, char ret_text[BP_TIME_TEXT_MAX]);

/* Reads what --`option` says: a time as say_time or JSON have it, or 2h or 7d before `now_us`. Without a
 * zone, or as a date alone (its midnight), it is of the local one. */
BpStatus say_when(const char *option, const char *text, int64_t now_us, int64_t *ret_us,
                  BpError *err) BP_CHECKED;

/* The same on a device's clock, which is `offset_us` before UTC: without a zone it is a time of that clock.
 */
BpStatus say_when_of_clock(const char *option, const char *text, int64_t now_us, int64_t offset_us,
                           int64_t *ret_clock_us, BpError *err) BP_CHECKED;

#endif
