#include "apps/sim/world/date.h"

int64_t date_floored(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

/* Both go by years that begin in March, so that the day of February 29 is the last (Hinnant,
 * "chrono-compatible low-level date algorithms"). */
int64_t date_day(Date date)
{
    const int64_t year = date.year - (date.month <= 2);
    const int64_t era = (year >= 0 ? year : year - 399) / 400, of_era = year - era * 400;
    const int64_t of_year = (153 * ((date.month + 9) % 12) + 2) / 5 + date.day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

Date date_of(int64_t day)
{
    day += 719468;
    const int64_t era = (day >= 0 ? day : day - 146096) / 146097, of_era = day - era * 146097;
    const int64_t years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    const int64_t of_year = of_era - (365 * years + years / 4 - years / 100), month = (5 * of_year + 2) / 153;
    const Date date = {.year = (int)(years + era * 400 + (month >= 10)),
                       .month = (int)(month < 10 ? month + 3 : month - 9),
                       .day = (int)(of_year - (153 * month + 2) / 5 + 1)};
    return date;
}

int date_weekday(int64_t day)
{
    return (int)(((day + 4) % 7 + 7) % 7);
}

int64_t date_easter(int year)
{
    const int a = year % 19, b = year / 100, c = year % 100, d = b / 4, e = b % 4, g = (8 * b + 13) / 25;
    const int h = (19 * a + b - d - g + 15) % 30, i = c / 4, k = c % 4;
    const int l = (32 + 2 * e + 2 * i - h - k) % 7, m = (a + 11 * h + 22 * l) / 451;
    const int sum = h + l - 7 * m + 114;
    return date_day((Date){year, sum / 31, sum % 31 + 1});
}
