/* Of this folder. Days of the Gregorian calendar, counted from 1970-01-01 (day 0, a Thursday). */
#ifndef SIM_DATE_H
#define SIM_DATE_H

#include <stdint.h>

/* Divided, towards the past before 1970 too. */
int64_t date_floored(int64_t value, int64_t by);

typedef struct Date {
    int year, month, day;
} Date;

int64_t date_day(Date date);
Date date_of(int64_t day);

/* 0 is Sunday. */
int date_weekday(int64_t day);

/* Sunday, by Meeus, Jones and Butcher's rule. */
int64_t date_easter(int year);

#endif
