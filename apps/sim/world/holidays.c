#include "apps/sim/world/holidays.h"

#include <stddef.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { MOON_FROM = 2020, MOON_UNTIL = 2040, MONDAY = 1, TUESDAY = 2, FRIDAY = 5, PUASA = 3 };

/* On the same date every year: month and day, as 1225. Portugal's 13 June is Lisbon's own; Malaysia's 1
 * February is that of its federal territories. */
static const int PORTUGAL[] = {101, 425, 501, 610, 613, 815, 1005, 1101, 1201, 1208, 1225};
static const int MALAYSIA[] = {101, 201, 501, 831, 916, 1225};
static const int MACAU[] = {101, 501, 1001, 1002, 1102, 1208, 1220, 1224, 1225};

/* By the Chinese calendar, worked out from new moons and the sun's longitude at UTC+8: new year; Ching Ming
 * (longitude 15); the Buddha's birthday (8th of the 4th month); dragon boats (5th of the 5th); the day after
 * mid-autumn (16th of the 8th); Chung Yeung (9th of the 9th); winter solstice. */
typedef struct ChineseYear {
    int new_year, others[6];
} ChineseYear;

static const ChineseYear CHINESE[MOON_UNTIL - MOON_FROM + 1] = {
    {125, {404, 430, 625, 1002, 1025, 1221}}, /* 2020 */
    {212, {404, 519, 614, 922, 1014, 1221}},  /* 2021 */
    {201, {405, 508, 603, 911, 1004, 1222}},  /* 2022 */
    {122, {405, 526, 622, 930, 1023, 1222}},  /* 2023 */
    {210, {404, 515, 610, 918, 1011, 1221}},  /* 2024 */
    {129, {404, 505, 531, 1007, 1029, 1221}}, /* 2025 */
    {217, {405, 524, 619, 926, 1018, 1222}},  /* 2026 */
    {206, {405, 513, 609, 916, 1008, 1222}},  /* 2027 */
    {126, {404, 502, 528, 1004, 1026, 1221}}, /* 2028 */
    {213, {404, 520, 616, 923, 1016, 1221}},  /* 2029 */
    {203, {405, 509, 605, 913, 1005, 1222}},  /* 2030 */
    {123, {405, 528, 624, 1002, 1024, 1222}}, /* 2031 */
    {211, {404, 516, 612, 920, 1012, 1221}},  /* 2032 */
    {131, {404, 506, 601, 909, 1001, 1221}},  /* 2033 */
    {219, {405, 525, 620, 928, 1020, 1222}},  /* 2034 */
    {208, {405, 515, 610, 917, 1009, 1222}},  /* 2035 */
    {128, {404, 503, 530, 1005, 1027, 1221}}, /* 2036 */
    {215, {404, 522, 618, 925, 1017, 1221}},  /* 2037 */
    {204, {405, 511, 607, 914, 1007, 1222}},  /* 2038 */
    {124, {405, 430, 527, 1003, 1026, 1222}}, /* 2039 */
    {212, {404, 518, 614, 921, 1014, 1221}},  /* 2040 */
};

/* Hindu and Buddhist days as Kuala Lumpur keeps them: Thaipusam, Wesak, Deepavali. As they were kept until
 * 2026, as far as we know; after that by full and new moon, and a day off at times (Thaipusam of 2033 maybe a
 * month: two full moons are about as good). */
static const int INDIAN[MOON_UNTIL - MOON_FROM + 1][3] = {
    {208, 507, 1114}, /* 2020 */
    {128, 526, 1104}, /* 2021 */
    {118, 515, 1024}, /* 2022 */
    {205, 504, 1112}, /* 2023 */
    {125, 522, 1031}, /* 2024 */
    {211, 512, 1020}, /* 2025 */
    {201, 531, 1108}, /* 2026 */
    {121, 520, 1028}, /* 2027 */
    {210, 509, 1017}, /* 2028 */
    {129, 527, 1105}, /* 2029 */
    {119, 516, 1026}, /* 2030 */
    {206, 507, 1114}, /* 2031 */
    {126, 523, 1102}, /* 2032 */
    {114, 513, 1022}, /* 2033 */
    {202, 503, 1110}, /* 2034 */
    {123, 522, 1030}, /* 2035 */
    {211, 510, 1018}, /* 2036 */
    {131, 529, 1106}, /* 2037 */
    {120, 518, 1027}, /* 2038 */
    {208, 507, 1017}, /* 2039 */
    {128, 525, 1104}, /* 2040 */
};

/* Islamic days in Malaysia, a row for each year of that calendar, so that ours is in the date: Muharram 1,
 * the Prophet's birthday, Nuzul Al-Quran, the first of two days of Hari Raya Puasa, Hari Raya Haji. As they
 * were kept until 2026, as far as we know; after that by whether the new moon can be seen in Kuala Lumpur (3
 * degrees high at sunset, 6.4 from the sun), which a sighting may change by a day. */
static const int ISLAMIC[][5] = {
    {0, 0, 20200510, 20200524, 20200731},               /* 1441 */
    {20200820, 20201029, 20210429, 20210513, 20210720}, /* 1442 */
    {20210810, 20211019, 20220419, 20220502, 20220710}, /* 1443 */
    {20220730, 20221010, 20230408, 20230422, 20230629}, /* 1444 */
    {20230719, 20230928, 20240328, 20240410, 20240617}, /* 1445 */
    {20240707, 20240916, 20250318, 20250331, 20250607}, /* 1446 */
    {20250627, 20250905, 20260307, 20260321, 20260527}, /* 1447 */
    {20260617, 20260825, 20270224, 20270310, 20270517}, /* 1448 */
    {20270606, 20270815, 20280213, 20280227, 20280505}, /* 1449 */
    {20280526, 20280804, 20290201, 20290215, 20290425}, /* 1450 */
    {20290515, 20290724, 20300122, 20300204, 20300414}, /* 1451 */
    {20300504, 20300714, 20310111, 20310125, 20310403}, /* 1452 */
    {20310423, 20310703, 20320101, 20320114, 20320322}, /* 1453 */
    {20320412, 20320621, 20321220, 20330103, 20330312}, /* 1454 */
    {20330401, 20330610, 20331210, 20331223, 20340301}, /* 1455 */
    {20340322, 20340531, 20341129, 20341212, 20350219}, /* 1456 */
    {20350312, 20350520, 20351118, 20351201, 20360208}, /* 1457 */
    {20360229, 20360509, 20361106, 20361120, 20370127}, /* 1458 */
    {20370217, 20370428, 20371027, 20371109, 20380116}, /* 1459 */
    {20380206, 20380417, 20381016, 20381030, 20390106}, /* 1460 */
    {20390126, 20390406, 20391006, 20391019, 20391226}, /* 1461 */
    {20400116, 20400326, 20400924, 20401008, 20401215}, /* 1462 */
};

static bool is_listed(const int *dates, size_t count, int date)
{
    for (size_t i = 0; i < count; i++)
        if (dates[i] == date)
            return true;
    return false;
}

static int month_day(Date date)
{
    return date.month * 100 + date.day;
}

static const ChineseYear *chinese(int year)
{
    return year >= MOON_FROM && year <= MOON_UNTIL ? &CHINESE[year - MOON_FROM] : NULL;
}

/* Days since Chinese new year; far off where it is not known. */
static int64_t since_new_year(int64_t day, int year)
{
    const ChineseYear *of = chinese(year);
    return of ? day - date_day((Date){year, of->new_year / 100, of->new_year % 100}) : INT64_MIN;
}

static bool macau(Date date, int64_t day)
{
    const ChineseYear *year = chinese(date.year);
    if (is_listed(MACAU, COUNT(MACAU), month_day(date)) ||
        (year && is_listed(year->others, COUNT(year->others), month_day(date))))
        return true;
    const int64_t new_year = since_new_year(day, date.year), easter = day - date_easter(date.year);
    return (new_year >= 0 && new_year < 3) || easter == -2 || easter == -1;
}

/* Of these days, or the day after the beginning of Hari Raya Puasa. */
static bool is_islamic(Date date, Date before)
{
    for (size_t i = 0; i < COUNT(ISLAMIC); i++)
        if (is_listed(ISLAMIC[i], COUNT(ISLAMIC[i]), date.year * 10000 + month_day(date)) ||
            ISLAMIC[i][PUASA] == before.year * 10000 + month_day(before))
            return true;
    return false;
}

static bool malaysia_itself(int64_t day)
{
    const Date date = date_of(day);
    if (is_listed(MALAYSIA, COUNT(MALAYSIA), month_day(date)))
        return true;
    /* The king's birthday is kept on the first Monday of June. */
    if (date.month == 6 && date.day <= 7 && date_weekday(day) == MONDAY)
        return true;
    if (!chinese(date.year))
        return false;
    const int64_t new_year = since_new_year(day, date.year);
    return new_year == 0 || new_year == 1 ||
           is_listed(INDIAN[date.year - MOON_FROM], COUNT(INDIAN[0]), month_day(date)) ||
           is_islamic(date, date_of(day - 1));
}

/* A holiday on a Sunday is made good on the next day that is none (Holidays Act 1951, section 2(2)); two days
 * are the longest. */
static bool malaysia(int64_t day)
{
    const int weekday = date_weekday(day);
    return malaysia_itself(day) || (weekday == MONDAY && malaysia_itself(day - 1)) ||
           (weekday == TUESDAY && malaysia_itself(day - 2) && malaysia_itself(day - 1));
}

static bool portugal(Date date, int64_t day)
{
    /* Carnival, which offices keep without being told to; Good Friday, Easter, Corpus Christi. */
    const int64_t easter = day - date_easter(date.year);
    return is_listed(PORTUGAL, COUNT(PORTUGAL), month_day(date)) || easter == -47 || easter == -2 ||
           easter == 0 || easter == 60;
}

bool holidays_has(ClimateCountry country, int64_t day)
{
    switch (country) {
    case CLIMATE_MACAU: return macau(date_of(day), day);
    case CLIMATE_MALAYSIA: return malaysia(day);
    case CLIMATE_PORTUGAL: return portugal(date_of(day), day);
    }
    return false;
}

/* A working day between a holiday and a weekend. */
static bool is_bridge(ClimateCountry country, int64_t day)
{
    const int weekday = date_weekday(day);
    return (weekday == MONDAY && holidays_has(country, day + 1)) ||
           (weekday == FRIDAY && holidays_has(country, day - 1));
}

double holidays_leave(ClimateCountry country, int64_t day)
{
    const Date date = date_of(day);
    double leave = 0;
    if (date.month == 12 && date.day >= 22)
        leave = country == CLIMATE_PORTUGAL ? 0.35 : 0.15;
    if (country == CLIMATE_PORTUGAL && date.month == 8)
        leave = 0.35;
    const int64_t new_year = country == CLIMATE_PORTUGAL ? -1 : since_new_year(day, date.year);
    if (new_year >= 0 && new_year < 7)
        leave = 0.3;
    return leave > 0.35 || !is_bridge(country, day) ? leave : 0.35;
}
