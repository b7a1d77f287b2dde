/* What the clock on the wall says, and whether people work that day.
 *
 * Own rules, so that a simulated year is the same on every machine: Macau and Kuala Lumpur are 8 hours ahead
 * of UTC all year; Lisbon keeps Western European time, with summer time from the last Sunday of March to that
 * of October, 01:00 UTC (directive 2000/84/EC, for as long as it lasts). */
#ifndef SIM_CALENDAR_H
#define SIM_CALENDAR_H

#include "apps/sim/world/climate.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct LocalTime {
    int year, month, day;
    int weekday;     /* 0 is Sunday */
    int day_of_year; /* from 1 on */
    double hour; /* of the day, as clocks show it: 0 to 24. One hour comes twice in October, none in March */
    bool is_holiday, is_workday; /* public holiday; Monday to Friday and none */
    int64_t midnight_us;         /* UTC at which the local day began */
    double on_leave;             /* share of people who take that day off, beyond the usual */
} LocalTime;

void calendar_local(const Climate *climate, int64_t at_us, LocalTime *ret_local);

/* The same, quicker on the way through a day: `local` holds zeroes, or what it answered for this climate
 * before. */
void calendar_cached(const Climate *climate, int64_t at_us, LocalTime *local);

/* UTC at which a local day begins. */
int64_t calendar_midnight(const Climate *climate, int year, int month, int day);

#endif
