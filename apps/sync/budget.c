#include "apps/sync/budget.h"

static const double DAY_S = 86400,
                    LEAST_S = 3600; /* what an hour costs says little of a month; less says nothing */

int64_t budget_forecast(const BudgetFacts *facts)
{
    double octets_s = 0;
    if (facts->recent_days > 0)
        octets_s = (double)facts->recent / ((double)facts->recent_days * DAY_S);
    else
        octets_s = (double)facts->used / (facts->month_s > LEAST_S ? facts->month_s : LEAST_S);
    return facts->used + (int64_t)(octets_s * (facts->left_s > 0 ? facts->left_s : 0));
}

bool budget_is_over(const BudgetFacts *facts)
{
    return facts->budget > 0 && (facts->used > facts->budget || budget_forecast(facts) > facts->budget);
}
