#include "apps/sync/budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const double DAY_S = 86400;

static void the_rest_of_the_month_is_like_the_last_week(void **state)
{
    (void)state;
    const BudgetFacts facts = {
        .used = 500, .recent = 700, .recent_days = 7, .left_s = 10 * DAY_S, .month_s = 20 * DAY_S};
    assert_int_equal(budget_forecast(&facts), 500 + 10 * 100);
}

static void a_link_that_is_new_is_like_this_month_so_far(void **state)
{
    (void)state;
    const BudgetFacts facts = {.used = 500, .left_s = 10 * DAY_S, .month_s = 20 * DAY_S};
    assert_int_equal(budget_forecast(&facts), 500 + 250);
}

static void the_first_minutes_of_a_month_say_little(void **state)
{
    (void)state;
    const BudgetFacts facts = {.used = 3600, .left_s = 100, .month_s = 1};
    assert_int_equal(budget_forecast(&facts), 3600 + 100);
}

static void a_budget_is_over_when_it_is_or_will_be(void **state)
{
    (void)state;
    BudgetFacts facts = {.used = 500,
                         .recent = 700,
                         .recent_days = 7,
                         .left_s = 10 * DAY_S,
                         .month_s = 20 * DAY_S,
                         .budget = 1600};
    assert_false(budget_is_over(&facts));
    facts.budget = 1400;
    assert_true(budget_is_over(&facts));
    facts.budget = 400;
    assert_true(budget_is_over(&facts));
    facts.budget = 0;
    assert_false(budget_is_over(&facts));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rest_of_the_month_is_like_the_last_week),
        cmocka_unit_test(a_link_that_is_new_is_like_this_month_so_far),
        cmocka_unit_test(the_first_minutes_of_a_month_say_little),
        cmocka_unit_test(a_budget_is_over_when_it_is_or_will_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
