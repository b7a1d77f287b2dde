/* Of this folder. Public holidays: those on a fixed date and around Easter of every year, those that go by
 * the moon from 2020 to 2040. */
#ifndef SIM_HOLIDAYS_H
#define SIM_HOLIDAYS_H

#include "apps/sim/world/climate.h"
#include "apps/sim/world/date.h"

#include <stdbool.h>

/* Days as date_day counts them. Outside those years the moon's holidays are working days. */
bool holidays_has(ClimateCountry country, int64_t day);

/* Share of people who take leave then, beyond the usual: on days between a holiday and a weekend, at the end
 * of December, in Lisbon's August, in the week of Chinese new year. Ours, not a statistic. */
double holidays_leave(ClimateCountry country, int64_t day);

#endif
