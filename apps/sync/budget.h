/* What the link costs in a month, as the contract with the carrier counts it. */
#ifndef SYNC_BUDGET_H
#define SYNC_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

typedef struct BudgetFacts {
    int64_t used;        /* octets of this month so far, both ways */
    int64_t recent;      /* of the whole days of the last week, */
    int64_t recent_days; /* so many of which had any */
    double left_s;       /* till the end of the month */
    double month_s;      /* that the month has had so far */
    int64_t budget;      /* 0: none */
} BudgetFacts;

/* At the month's end: what was used, and the rest of the month like the last week; without one, like this
 * month so far. */
int64_t budget_forecast(const BudgetFacts *facts);

/* Used up, or it will be. */
bool budget_is_over(const BudgetFacts *facts);

#endif
