#include "apps/sim/world/calendar.h"

#include "apps/sim/world/date.h"
#include "apps/sim/world/holidays.h"

#include "base/time.h"

enum { SUNDAY, MONDAY, FRIDAY = 5, MARCH = 3, OCTOBER = 10 };

/* 01:00 UTC on the month's last Sunday; March and October have 31 days. */
static int64_t change_us(int year, int month)
{
    const int64_t last = date_day((Date){year, month, 31});
    return (last - date_weekday(last)) * BP_DAY + BP_HOUR;
}

/* How far clocks are ahead of UTC. */
static int64_t ahead_us(const Climate *climate, int64_t at_us)
{
    int64_t ahead = climate->utc_hours * BP_HOUR;
    if (climate->country == CLIMATE_PORTUGAL) {
        /* Changes are months from new year, where a day's offset would matter. */
        const int year = date_of(date_floored(at_us, BP_DAY)).year;
        if (at_us >= change_us(year, MARCH) && at_us < change_us(year, OCTOBER))
            ahead += BP_HOUR;
    }
    return ahead;
}

int64_t calendar_midnight(const Climate *climate, int year, int month, int day)
{
    const int64_t wall = date_day((Date){year, month, day}) * BP_DAY;
    const int64_t winter = wall - climate->utc_hours * BP_HOUR;
    /* Clocks change an hour or two after midnight, so that the offset at the one guess is that at the other.
     */
    return wall - ahead_us(climate, winter);
}

void calendar_local(const Climate *climate, int64_t at_us, LocalTime *ret_local)
{
    const int64_t wall = at_us + ahead_us(climate, at_us), day = date_floored(wall, BP_DAY);
    const Date date = date_of(day);
    const int weekday = date_weekday(day);
    const bool is_holiday = holidays_has(climate->country, day);
    *ret_local = (LocalTime){.year = date.year,
                             .month = date.month,
                             .day = date.day,
                             .weekday = weekday,
                             .day_of_year = (int)(day - date_day((Date){date.year, 1, 1})) + 1,
                             .hour = (double)(wall - day * BP_DAY) / (double)BP_HOUR,
                             .is_holiday = is_holiday,
                             .is_workday = weekday >= MONDAY && weekday <= FRIDAY && !is_holiday,
                             .on_leave = holidays_leave(climate->country, day),
                             .midnight_us = calendar_midnight(climate, date.year, date.month, date.day)};
}

void calendar_cached(const Climate *climate, int64_t at_us, LocalTime *local)
{
    /* Clocks change on Sundays of these two months alone. */
    const bool may_change = local->weekday == SUNDAY && (local->month == MARCH || local->month == OCTOBER);
    const int64_t into = at_us - local->midnight_us;
    if (local->year && !may_change && into >= 0 && into < BP_DAY)
        local->hour = (double)into / (double)BP_HOUR;
    else
        calendar_local(climate, at_us, local);
}
