/* The three kinds of control beside each other: the same building, people and weather. */
#include "tests/unit/apps/sim/building/house.h"

#include "apps/sim/control/sequence.h"

static void a_reset_is_a_line_between_its_ends(void **state)
{
    (void)state;
    const Reset reset = {5, 18, 25, 13};
    assert_true(reset_at(&reset, -10) == 18);
    assert_true(reset_at(&reset, 5) == 18);
    assert_between(reset_at(&reset, 15), 15.499, 15.501);
    assert_true(reset_at(&reset, 40) == 13);
}

/* kWh a day of fans, chiller, pumps, tower and half of the gas; comfort in `add`. */
static double use(const char *climate, BuildingControl control, Use *add)
{
    static const char *const starts[] = {"2026-01-12T00:00:00Z", "2026-04-13T00:00:00Z",
                                         "2026-07-13T00:00:00Z", "2026-10-12T00:00:00Z"};
    double sum = 0;
    for (size_t i = 0; i < 4; i++) {
        house_begin(climate, control, starts[i]);
        const Use of = house_use(5); /* from a Monday on */
        sum += (of.fans + of.chiller + of.pumps + of.gas / 2) / 4;
        add->cold += of.cold / 4;
        add->hot += of.hot / 4;
        add->humid += of.humid / 4;
        add->stale += of.stale / 4;
        house_end();
    }
    return sum;
}

static void better_control_saves_and_nobody_pays_for_it(void **state)
{
    (void)state;
    static const char *const places[] = {"macau", "lisbon"};
    for (size_t i = 0; i < 2; i++) {
        Use contractor = {0}, rules = {0}, g36 = {0};
        const double of_contractor = use(places[i], CONTROL_CONTRACTOR, &contractor),
                     of_rules = use(places[i], CONTROL_RULES, &rules),
                     of_g36 = use(places[i], CONTROL_G36, &g36);
        print_message("# %s: contractor %.0f, rules %.0f, g36 %.0f kWh a day\n", places[i], of_contractor,
                      of_rules, of_g36);
        assert_between(of_rules / of_contractor, 0.5, 0.9);
        assert_between(of_g36 / of_rules, 0.7, 0.93);
        const Use *all[] = {&contractor, &rules, &g36};
        for (size_t j = 0; j < 3; j++) { /* of about 120 zone hours a day */
            const Use *of = all[j];
            print_message("# cold %.2f, hot %.2f K h, humid %.2f, stale %.2f h a day\n", of->cold, of->hot,
                          of->humid, of->stale);
            assert_true(of->cold < 0.5 && of->hot < 0.5 && of->humid < 1 && of->stale < 0.5);
        }
        assert_true(g36.cold < rules.cold + 0.3 && g36.hot < rules.hot + 0.3);
        assert_true(g36.humid < rules.humid + 0.3 && g36.stale < rules.stale + 0.3);
    }
    house_begin("macau", CONTROL_RULES, "2026-07-13T00:00:00Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reset_is_a_line_between_its_ends),
        cmocka_unit_test_teardown(better_control_saves_and_nobody_pays_for_it, house_tear_down),
    };
    return cmocka_run_group_tests_name("kinds of control", tests, NULL, NULL);
}
