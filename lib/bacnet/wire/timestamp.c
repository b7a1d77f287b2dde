#include "bacnet/wire/timestamp.h"

#include "bacnet/wire/parameter.h"

#include "base/time.h"

#include <assert.h>
#include <stdio.h>

enum { ANY = 255, FIRST_YEAR = 1900, LAST_MONTH = 12, LAST_DAY = 31, HUNDREDTH_US = 10000 };

/* ---- as one number ---- */

/* Days since 1970 of a day in the Gregorian calendar: the year begins in March, so that a leap day is its
 * last. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    if (month <= 2)
        year--;
    const int64_t months = (month + 9) % 12; /* since March */
    return year * 365 + year / 4 - year / 100 + year / 400 + (months * 153 + 2) / 5 + day - 1 - 719468;
}

BacDateTime bac_date_time_at(int64_t clock_us)
{
    const int64_t days = clock_us / BP_DAY - (clock_us % BP_DAY < 0), rest_us = clock_us - days * BP_DAY;
    int64_t year = 1970 + days / 366, month = 1;
    while (days_of(year + 1, 1, 1) <= days)
        year++;
    while (month < LAST_MONTH && days_of(year, month + 1, 1) <= days)
        month++;
    return (BacDateTime){.date = {.year = (uint8_t)(year - FIRST_YEAR),
                                  .month = (uint8_t)month,
                                  .day = (uint8_t)(days - days_of(year, month, 1) + 1),
                                  .weekday = (uint8_t)((days % 7 + 10) % 7 + 1)},
                         .time = {.hour = (uint8_t)(rest_us / BP_HOUR),
                                  .minute = (uint8_t)(rest_us / BP_MINUTE % 60),
                                  .second = (uint8_t)(rest_us / BP_SECOND % 60),
                                  .hundredths = (uint8_t)(rest_us / HUNDREDTH_US % 100)}};
}

BpStatus bac_date_time_to_us(const BacDateTime *date_time, int64_t *ret_clock_us, BpError *err)
{
    const BacDate *date = &date_time->date;
    const BacTime *time = &date_time->time;
    char text[BAC_DATE_TIME_TEXT_MAX];
    if (date->year == ANY || date->month < 1 || date->month > LAST_MONTH || date->day < 1 ||
        date->day > LAST_DAY || time->hour > 23 || time->minute > 59 || time->second > 59)
        return bp_fail(err, BP_INVALID, "%s is no time", bac_date_time_format(date_time, text));
    *ret_clock_us = days_of(FIRST_YEAR + date->year, date->month, date->day) * BP_DAY + time->hour * BP_HOUR +
                    time->minute * BP_MINUTE + time->second * BP_SECOND +
                    (time->hundredths < 100 ? time->hundredths * HUNDREDTH_US : 0);
    return BP_OK;
}

static void put_part(BpBuf *out, const char *before, unsigned value, bool is_any)
{
    if (is_any)
        bp_buf_printf(out, "%s*", before);
    else
        bp_buf_printf(out, "%s%02u", before, value);
}

char *bac_date_time_format(const BacDateTime *date_time, char ret_text[BAC_DATE_TIME_TEXT_MAX])
{
    const BacDate *date = &date_time->date;
    const BacTime *time = &date_time->time;
    BpBuf out = bp_buf(ret_text, BAC_DATE_TIME_TEXT_MAX);
    put_part(&out, "", FIRST_YEAR + (unsigned)date->year, date->year == ANY);
    put_part(&out, "-", date->month, date->month == ANY);
    put_part(&out, "-", date->day, date->day == ANY);
    put_part(&out, " ", time->hour, time->hour == ANY);
    put_part(&out, ":", time->minute, time->minute == ANY);
    put_part(&out, ":", time->second, time->second == ANY);
    bp_buf_u8(&out, '\0');
    return ret_text;
}

/* ---- as octets ---- */

BpStatus bac_date_time_decode(BpCursor *in, BacDateTime *ret_date_time, BpError *err)
{
    assert(in && ret_date_time);
    BacValue date, time;
    BP_TRY(bac_parameter_application(in, BAC_DATE, &date, err));
    BP_TRY(bac_parameter_application(in, BAC_TIME, &time, err));
    *ret_date_time = (BacDateTime){.date = date.date, .time = time.time};
    return BP_OK;
}

void bac_date_time_encode(BpBuf *out, const BacDateTime *date_time)
{
    bac_value_encode(out, &(BacValue){.type = BAC_DATE, .date = date_time->date});
    bac_value_encode(out, &(BacValue){.type = BAC_TIME, .time = date_time->time});
}

static BpStatus read_time(BpCursor *in, BacTimestamp *timestamp, BpError *err)
{
    BacValue value;
    const BpStatus status = bac_parameter_value(in, BAC_TIMESTAMP_TIME, BAC_TIME, &value, err);
    if (status == BP_OK)
        timestamp->time = value.time;
    return status;
}

static BpStatus read_sequence(BpCursor *in, BacTimestamp *timestamp, BpError *err)
{
    uint32_t sequence;
    const BpStatus status = bac_parameter_unsigned(in, BAC_TIMESTAMP_SEQUENCE, UINT16_MAX, &sequence, err);
    if (status == BP_OK)
        timestamp->sequence = (uint16_t)sequence;
    return status;
}

static BpStatus read_date_time(BpCursor *in, BacTimestamp *timestamp, BpError *err)
{
    BpCursor inner;
    BP_TRY(bac_parameter_values(in, BAC_TIMESTAMP_DATE_TIME, &inner, err));
    BP_TRY(bac_date_time_decode(&inner, &timestamp->date_time, err));
    return bac_parameter_end(&inner, err);
}

BpStatus bac_timestamp_decode(BpCursor *in, BacTimestamp *ret_timestamp, BpError *err)
{
    assert(in && ret_timestamp);
    BacTimestamp timestamp = {.kind = BAC_TIMESTAMP_DATE_TIME};
    if (bac_tag_is_next(in, BAC_CONTEXT, BAC_TIMESTAMP_TIME))
        timestamp.kind = BAC_TIMESTAMP_TIME;
    else if (bac_tag_is_next(in, BAC_CONTEXT, BAC_TIMESTAMP_SEQUENCE))
        timestamp.kind = BAC_TIMESTAMP_SEQUENCE;
    switch (timestamp.kind) {
    case BAC_TIMESTAMP_TIME: BP_TRY(read_time(in, &timestamp, err)); break;
    case BAC_TIMESTAMP_SEQUENCE: BP_TRY(read_sequence(in, &timestamp, err)); break;
    case BAC_TIMESTAMP_DATE_TIME: BP_TRY(read_date_time(in, &timestamp, err)); break;
    }
    *ret_timestamp = timestamp;
    return BP_OK;
}

void bac_timestamp_encode(BpBuf *out, const BacTimestamp *timestamp)
{
    switch (timestamp->kind) {
    case BAC_TIMESTAMP_TIME:
        bac_value_encode_context(out, BAC_TIMESTAMP_TIME,
                                 &(BacValue){.type = BAC_TIME, .time = timestamp->time});
        break;
    case BAC_TIMESTAMP_SEQUENCE:
        bac_parameter_put_unsigned(out, BAC_TIMESTAMP_SEQUENCE, timestamp->sequence);
        break;
    case BAC_TIMESTAMP_DATE_TIME:
        bac_tag_encode(out, BAC_OPENING, BAC_TIMESTAMP_DATE_TIME, 0);
        bac_date_time_encode(out, &timestamp->date_time);
        bac_tag_encode(out, BAC_CLOSING, BAC_TIMESTAMP_DATE_TIME, 0);
        break;
    }
}

BpStatus bac_timestamp_decode_context(BpCursor *in, uint8_t number, BacTimestamp *ret_timestamp, BpError *err)
{
    BpCursor inner;
    BacTimestamp timestamp;
    BP_TRY(bac_parameter_values(in, number, &inner, err));
    BP_TRY(bac_timestamp_decode(&inner, &timestamp, err));
    BP_TRY(bac_parameter_end(&inner, err));
    *ret_timestamp = timestamp;
    return BP_OK;
}

void bac_timestamp_encode_context(BpBuf *out, uint8_t number, const BacTimestamp *timestamp)
{
    bac_tag_encode(out, BAC_OPENING, number, 0);
    bac_timestamp_encode(out, timestamp);
    bac_tag_encode(out, BAC_CLOSING, number, 0);
}
