/* How long a hold has run, by clocks that nobody sets: CLOCK_BOOTTIME, which goes on while the machine
 * sleeps, within one boot. Over a boot the wall clock says how long the outage was, where it says that time
 * has passed; where it went back, nothing of the outage counts. So a hold never lasts longer than its span
 * and the outage, and no change of the wall clock ends it early while the machine runs. */
#ifndef COLLECT_CONTROL_SPAN_H
#define COLLECT_CONTROL_SPAN_H

#include "base/error.h"

enum { CONTROL_BOOT_TEXT = 40 }; /* of a boot_id (36 letters), with its closing zero */

/* Now. */
typedef struct ControlTime {
    int64_t boot_us; /* CLOCK_BOOTTIME */
    int64_t wall_us;
    char boot[CONTROL_BOOT_TEXT]; /* which boot: /proc/sys/kernel/random/boot_id */
} ControlTime;

#define CONTROL_NO_END INT64_MAX

typedef struct ControlSpan {
    int64_t after_us;   /* it ends when it has run so long; CONTROL_NO_END: never by itself */
    int64_t elapsed_us; /* it had run so long at this instant: */
    ControlTime noted;
} ControlSpan;

/* One that begins now. */
ControlSpan control_span(int64_t after_us, const ControlTime *now);

/* How long it has run by now: never less than was noted. */
int64_t control_span_elapsed(const ControlSpan *span, const ControlTime *now);

/* Notes how long it has run. */
void control_span_note(ControlSpan *span, const ControlTime *now);

/* How long it has left: 0 or less where it has ended, CONTROL_NO_END where it does not end. */
int64_t control_span_left(const ControlSpan *span, const ControlTime *now);

/* It ends no later than so long from now. */
void control_span_shorten(ControlSpan *span, int64_t left_us, const ControlTime *now);

#endif
