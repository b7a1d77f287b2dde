#include "apps/collect/control/span.h"

#include <string.h>

ControlSpan control_span(int64_t after_us, const ControlTime *now)
{
    return (ControlSpan){.after_us = after_us, .noted = *now};
}

/* Sums stay in range, whatever a file says. */
static int64_t sum(int64_t a, int64_t b)
{
    int64_t result;
    return __builtin_add_overflow(a, b, &result) ? INT64_MAX : result;
}

/* A clock that counts from the start of the machine and went back is another boot's, whatever its name. */
static bool is_same_boot(const ControlTime *then, const ControlTime *now)
{
    return strcmp(then->boot, now->boot) == 0 && now->boot_us >= then->boot_us;
}

int64_t control_span_elapsed(const ControlSpan *span, const ControlTime *now)
{
    const ControlTime *then = &span->noted;
    const bool is_same = is_same_boot(then, now);
    int64_t since_us;
    if (__builtin_sub_overflow(is_same ? now->boot_us : now->wall_us, is_same ? then->boot_us : then->wall_us,
                               &since_us))
        since_us = is_same || now->wall_us > then->wall_us ? INT64_MAX : 0;
    return since_us > 0 ? sum(span->elapsed_us, since_us) : span->elapsed_us;
}

void control_span_note(ControlSpan *span, const ControlTime *now)
{
    span->elapsed_us = control_span_elapsed(span, now);
    span->noted = *now;
}

int64_t control_span_left(const ControlSpan *span, const ControlTime *now)
{
    return span->after_us == CONTROL_NO_END ? CONTROL_NO_END
                                            : span->after_us - control_span_elapsed(span, now);
}

void control_span_shorten(ControlSpan *span, int64_t left_us, const ControlTime *now)
{
    if (left_us == CONTROL_NO_END)
        return;
    control_span_note(span, now);
    const int64_t after_us = sum(span->elapsed_us, left_us > 0 ? left_us : 0);
    if (after_us < span->after_us)
        span->after_us = after_us;
}
