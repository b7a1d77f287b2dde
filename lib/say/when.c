#include "say/when.h"

#include "base/parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

char *say_time(int64_t instant_us, int digits, char ret_text[BP_TIME_TEXT_MAX])
{
    char text[BP_TIME_TEXT_MAX];
    const int64_t into_second_us = (instant_us % BP_SECOND + BP_SECOND) % BP_SECOND;
    const time_t second = (time_t)((instant_us - into_second_us) / BP_SECOND);
    struct tm local;
    localtime_r(&second, &local);
    const long offset_s = local.tm_gmtoff;
    const unsigned minutes = (unsigned)(labs(offset_s) / 60);
    bp_time_format(instant_us + (int64_t)offset_s * BP_SECOND, digits, text);
    *strchr(text, 'T') = ' ';
    *strchr(text, 'Z') = '\0';
    snprintf(ret_text, BP_TIME_TEXT_MAX, "%.32s%c%02u:%02u", text, offset_s < 0 ? '-' : '+',
             minutes / 60 % 100, minutes % 60);
    return ret_text;
}

/* A clock on a wall: a time without a zone, a time without seconds, or a date alone. As if it were UTC. */
static bool read_wall(const char *text, int64_t *ret_wall_us)
{
    enum { DATE = sizeof "2026-11-24" - 1, MINUTE = sizeof "2026-11-24T08:00" - 1 };
    char whole[BP_TIME_TEXT_MAX];
    const size_t size = strlen(text);
    const char *rest = size == DATE ? "T00:00:00Z" : size == MINUTE ? ":00Z" : "Z";
    const int used = snprintf(whole, sizeof whole, "%s%s", text, rest);
    return used > 0 && (size_t)used < sizeof whole &&
           bp_time_parse(bp_str(whole), ret_wall_us, NULL) == BP_OK;
}

static int64_t from_local(int64_t wall_us)
{
    const int64_t into_second_us = (wall_us % BP_SECOND + BP_SECOND) % BP_SECOND;
    const time_t as_if = (time_t)((wall_us - into_second_us) / BP_SECOND);
    struct tm date;
    gmtime_r(&as_if, &date);
    date.tm_isdst = -1;
    return (int64_t)mktime(&date) * BP_SECOND + into_second_us;
}

static BpStatus read_instant(const char *option, const char *text, int64_t now_us, int64_t *ret_us,
                             BpError *err)
{
    int64_t ago_us;
    if (bp_parse_duration_us(bp_str(text), &ago_us, NULL) == BP_OK) {
        *ret_us = now_us - ago_us;
        return BP_OK;
    }
    if (bp_time_parse(bp_str(text), ret_us, NULL) == BP_OK)
        return BP_OK;
    return bp_fail(
        err, BP_INVALID,
        "--%s %s is neither a time like 2026-11-24T08:00:00Z or \"2026-11-24 16:00:00+08:00\" nor one "
        "like 2h or 7d ago",
        option, text);
}

BpStatus say_when(const char *option, const char *text, int64_t now_us, int64_t *ret_us, BpError *err)
{
    int64_t wall_us;
    if (!read_wall(text, &wall_us))
        return read_instant(option, text, now_us, ret_us, err);
    *ret_us = from_local(wall_us);
    return BP_OK;
}

BpStatus say_when_of_clock(const char *option, const char *text, int64_t now_us, int64_t offset_us,
                           int64_t *ret_clock_us, BpError *err)
{
    int64_t instant_us;
    if (read_wall(text, ret_clock_us))
        return BP_OK;
    BP_TRY(read_instant(option, text, now_us, &instant_us, err));
    *ret_clock_us = instant_us + offset_us;
    return BP_OK;
}
