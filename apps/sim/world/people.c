#include "apps/sim/world/people.h"

#include "apps/sim/world/chance.h"

#include <math.h>

enum { DESKS = 10, SATURDAY = 6 };

/* A desk's owner is away (leave, ill, at home, at a client's): as a share, by weekday from Sunday on. */
static const double AWAY[7] = {0, 0.19, 0.13, 0.12, 0.14, 0.24, 0};

/* On a Saturday, and on a Sunday or holiday: zones where somebody is in, and how many of them then. */
static const double OPEN_SATURDAY = 0.2, OPEN_HOLIDAY = 0.05, IN_AT_WEEKEND = 0.25;

/* The `field`-th 16 of 64 bits, as a number from `least` up to `most`. */
static double number(uint64_t bits, int field, double least, double most)
{
    return least + (most - least) * (double)(bits >> 16 * field & 0xFFFF) / 65536;
}

/* What all of a zone share that day. */
typedef struct ZoneDay {
    uint64_t chance;
    double away;                              /* share of the desks */
    double lunch;                             /* hour at which most go */
    double guests_from, guests_until, guests; /* a meeting here: hours, and seats its guests take */
} ZoneDay;

static ZoneDay day_of(uint64_t zone, uint64_t everybody, int64_t day, const LocalTime *local)
{
    const uint64_t bits = chance_bits(zone, day), common = chance_bits(everybody, day);
    ZoneDay of = {.chance = bits,
                  .away = local->on_leave + AWAY[local->weekday] + number(zone, 0, -0.06, 0.06) +
                          number(bits, 0, -0.06, 0.06) + number(common, 0, -0.12, 0.12),
                  .lunch = number(zone, 1, 12.1, 12.9)};
    if (number(bits, 1, 0, 1) < 0.35) {
        of.guests_from = floor(number(bits, 2, 18, 33)) / 2; /* on the half hour from 9 to 16 */
        of.guests_until = of.guests_from + number(bits, 3, 0.75, 2);
        of.guests = number(common ^ bits, 3, 0.1, 0.4);
    }
    return of;
}

static bool is_at_work(const ZoneDay *day, uint64_t owner, uint64_t today, double hour)
{
    if (number(today, 0, 0, 1) < day->away)
        return false;
    const uint64_t more = chance_mixed(today);
    const double come = number(owner, 0, 7.6, 9.4) + number(today, 1, -0.4, 0.4);
    /* One in twelve stays for the evening. */
    const double late = number(more, 0, 0, 12) < 1 ? number(more, 1, 0.5, 3.5) : 0;
    const double leave = come + number(owner, 1, 8.6, 9.6) + number(today, 2, -0.5, 0.5) + late;
    if (hour < come || hour >= leave)
        return false;
    /* One in six eats at the desk. */
    const double lunch = day->lunch + number(today, 3, -0.25, 0.25);
    if (number(owner, 3, 0, 6) >= 1 && hour >= lunch && hour < lunch + number(owner, 2, 0.5, 1.1))
        return false;
    /* Half of them have a meeting elsewhere. */
    const double meeting = floor(number(more, 2, 18, 48)) / 2;
    return hour < meeting || hour >= meeting + number(more, 3, 0.5, 1.5);
}

static bool is_in_at_weekend(uint64_t today, double hour)
{
    if (number(today, 0, 0, 1) >= IN_AT_WEEKEND)
        return false;
    const double come = number(today, 1, 8.5, 13);
    return hour >= come && hour < come + number(today, 2, 1.5, 5);
}

double people_in(uint64_t seed, uint32_t zone, const LocalTime *local)
{
    const double hour = floor(local->hour * 60) / 60;
    if (hour < 7 || hour >= 23)
        return 0;
    const int64_t date = (int64_t)local->year * 366 + local->day_of_year;
    const uint64_t of_zone = chance_bits(chance_of(seed, CHANCE_ZONE), zone);
    const ZoneDay day = day_of(of_zone, chance_of(seed, CHANCE_DAY), date, local);
    if (!local->is_workday) {
        const bool is_saturday = local->weekday == SATURDAY && !local->is_holiday;
        if (number(chance_mixed(day.chance), 0, 0, 1) >= (is_saturday ? OPEN_SATURDAY : OPEN_HOLIDAY))
            return 0;
    }
    int in = 0;
    for (int desk = 0; desk < DESKS; desk++) {
        const uint64_t today = chance_bits(day.chance, desk);
        in += local->is_workday ? is_at_work(&day, chance_bits(of_zone, desk), today, hour)
                                : is_in_at_weekend(today, hour);
    }
    double share = (double)in / DESKS;
    if (local->is_workday && hour >= day.guests_from && hour < day.guests_until)
        share += day.guests;
    return fmin(1.2, share);
}
