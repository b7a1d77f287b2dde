#include "base/time.h"

#include "base/cursor.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

static int64_t clock_us(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * BP_SECOND + now.tv_nsec / 1000;
}

int64_t bp_wall_us(void)
{
    return clock_us(CLOCK_REALTIME);
}

int64_t bp_monotonic_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

int64_t bp_boot_us(void)
{
    return clock_us(CLOCK_BOOTTIME);
}

char *bp_time_format(int64_t instant_us, int digits, char ret_text[BP_TIME_TEXT_MAX])
{
    int64_t second = instant_us / BP_SECOND, fraction = instant_us % BP_SECOND;
    if (fraction < 0) {
        fraction += BP_SECOND;
        second--;
    }
    const time_t time = (time_t)second;
    struct tm date;
    gmtime_r(&time, &date);
    size_t used = strftime(ret_text, BP_TIME_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &date);
    if (digits == 3)
        used += (size_t)snprintf(ret_text + used, BP_TIME_TEXT_MAX - used, ".%03d", (int)(fraction / 1000));
    else if (digits == 6)
        used += (size_t)snprintf(ret_text + used, BP_TIME_TEXT_MAX - used, ".%06d", (int)fraction);
    snprintf(ret_text + used, BP_TIME_TEXT_MAX - used, "Z");
    return ret_text;
}

/* Exactly `digits` decimal digits; anything else fails the cursor. */
static int64_t read_number(BpCursor *in, size_t digits)
{
    int64_t value = 0;
    for (size_t i = 0; i < digits; i++) {
        const uint8_t octet = bp_cursor_u8(in);
        if (octet < '0' || octet > '9')
            in->failed = true;
        value = value * 10 + (octet - '0');
    }
    return value;
}

static void skip_one_of(BpCursor *in, const char *octets)
{
    const uint8_t octet = bp_cursor_u8(in);
    if (!octet || !strchr(octets, octet))
        in->failed = true;
}

static int64_t read_fraction_us(BpCursor *in)
{
    bp_cursor_skip(in, 1);
    int64_t value_us = read_number(in, 1) * 100000;
    for (int64_t unit_us = 10000; bp_cursor_peek(in) >= '0' && bp_cursor_peek(in) <= '9'; unit_us /= 10)
        value_us += read_number(in, 1) * unit_us;
    return value_us;
}

static int64_t read_offset_us(BpCursor *in)
{
    const uint8_t sign = bp_cursor_u8(in);
    if (sign == 'Z' || sign == 'z')
        return 0;
    if (sign != '+' && sign != '-')
        in->failed = true;
    const int64_t hours = read_number(in, 2);
    if (bp_cursor_peek(in) == ':')
        bp_cursor_skip(in, 1);
    const int64_t minutes = bp_cursor_remaining(in) ? read_number(in, 2) : 0;
    if (hours > 23 || minutes > 59)
        in->failed = true;
    const int64_t offset_us = hours * BP_HOUR + minutes * BP_MINUTE;
    return sign == '-' ? -offset_us : offset_us;
}

BpStatus bp_time_parse(BpStr text, int64_t *ret_us, BpError *err)
{
    BpCursor in = bp_cursor(text.data, text.size);
    struct tm date = {.tm_year = (int)read_number(&in, 4) - 1900};
    skip_one_of(&in, "-");
    date.tm_mon = (int)read_number(&in, 2) - 1;
    skip_one_of(&in, "-");
    date.tm_mday = (int)read_number(&in, 2);
    int64_t fraction_us = 0, offset_us = 0;
    if (bp_cursor_remaining(&in)) {
        skip_one_of(&in, "Tt ");
        date.tm_hour = (int)read_number(&in, 2);
        skip_one_of(&in, ":");
        date.tm_min = (int)read_number(&in, 2);
        skip_one_of(&in, ":");
        date.tm_sec = (int)read_number(&in, 2);
        if (bp_cursor_peek(&in) == '.')
            fraction_us = read_fraction_us(&in);
        offset_us = read_offset_us(&in);
    }
    const struct tm asked = date;
    const time_t second = timegm(&date);
    /* timegm carries the 31st of April over into May: what came back different was no date. */
    if (in.failed || bp_cursor_remaining(&in) || date.tm_mday != asked.tm_mday ||
        date.tm_mon != asked.tm_mon || date.tm_hour != asked.tm_hour || date.tm_min != asked.tm_min ||
        date.tm_sec != asked.tm_sec)
        return bp_fail(err, BP_INVALID, "\"%.*s\" is not a time such as 2026-11-24T08:30:00Z",
                       BP_STR_ARGS(text));
    *ret_us = (int64_t)second * BP_SECOND + fraction_us - offset_us;
    return BP_OK;
}

char *bp_interval_format(int64_t interval_us, char ret_text[BP_TIME_TEXT_MAX])
{
    static const struct {
        int64_t size_us;
        const char *unit;
    } units[] = {{BP_DAY, "d"}, {BP_HOUR, "h"}, {BP_MINUTE, "min"}, {BP_SECOND, "s"}, {BP_MS, "ms"}};
    enum { UNITS = sizeof units / sizeof units[0] };
    const char *sign = interval_us < 0 ? "-" : "";
    uint64_t left_us = interval_us < 0 ? -(uint64_t)interval_us : (uint64_t)interval_us;
    size_t i = 0;
    while (i < UNITS - 1 && left_us < (uint64_t)units[i].size_us)
        i++;
    const uint64_t whole = left_us / (uint64_t)units[i].size_us;
    left_us %= (uint64_t)units[i].size_us;
    const uint64_t part = i + 1 < UNITS ? left_us / (uint64_t)units[i + 1].size_us : 0;
    /* Two units say enough, and below a minute one does. */
    if (part && i < 2)
        snprintf(ret_text, BP_TIME_TEXT_MAX, "%s%" PRIu64 " %s %" PRIu64 " %s", sign, whole, units[i].unit,
                 part, units[i + 1].unit);
    else
        snprintf(ret_text, BP_TIME_TEXT_MAX, "%s%" PRIu64 " %s", sign, whole, units[i].unit);
    return ret_text;
}
