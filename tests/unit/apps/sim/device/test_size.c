#include "apps/sim/device/size.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static size_t all(const SimSize *size)
{
    size_t count = 0;
    for (size_t kind = 0; kind < SIM_EQUIPMENT_KINDS; kind++)
        for (size_t i = 0; i < sim_points[kind].count; i++)
            count += size->have[kind][i];
    return count;
}

static void each_size_has_exactly_as_many_points_as_were_asked_for(void **state)
{
    (void)state;
    SimSize size;
    for (size_t points = 1; points <= 12000; points++) {
        sim_size(points, &size);
        assert_int_equal(all(&size), points);
    }
    for (size_t points = SIM_POINTS_MAX - 1000; points <= SIM_POINTS_MAX; points += 7) {
        sim_size(points, &size);
        assert_int_equal(all(&size), points);
    }
}

static void from_fifty_points_on_a_site_has_all_equipment_and_each_what_it_is_run_by(void **state)
{
    (void)state;
    SimSize size;
    for (size_t points = SIM_POINTS_WHOLE; points <= 3000; points++) {
        sim_size(points, &size);
        assert_true(size.equipment[SIM_ZONE] >= 4);
        for (size_t kind = 0; kind < SIM_EQUIPMENT_KINDS; kind++)
            for (size_t i = 0; i < sim_points[kind].count; i++)
                if (sim_points[kind].specs[i].level == SIM_ALWAYS)
                    assert_int_equal(size.have[kind][i], size.equipment[kind]);
    }
}

static void what_is_rare_is_given_after_what_is_not(void **state)
{
    (void)state;
    SimSize size;
    for (size_t points = SIM_POINTS_WHOLE; points <= 1500; points++) {
        SimLevel first_missed = SIM_LEVELS, last_given = 0;
        sim_size(points, &size);
        for (size_t kind = 0; kind < SIM_EQUIPMENT_KINDS; kind++)
            for (size_t i = 0; i < sim_points[kind].count; i++) {
                const SimLevel level = sim_points[kind].specs[i].level;
                if (size.have[kind][i] < size.equipment[kind] && level < first_missed)
                    first_missed = level;
                if (size.have[kind][i] > 0 && level > last_given)
                    last_given = level;
            }
        assert_true(last_given <= first_missed);
    }
}

static void a_large_site_has_every_point_of_its_equipment_but_for_the_last_one(void **state)
{
    (void)state;
    SimSize size;
    static const size_t wanted[] = {500, 1000, 2000, 5000, 10000, 100000};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        size_t missed = 0;
        sim_size(wanted[i], &size);
        for (size_t kind = 0; kind < SIM_EQUIPMENT_KINDS; kind++)
            for (size_t j = 0; j < sim_points[kind].count; j++)
                missed += size.equipment[kind] - size.have[kind][j];
        assert_true(missed < sim_points[SIM_ZONE].count);
        assert_true(size.equipment[SIM_ZONE] <= size.equipment[SIM_HANDLER] * 18);
        assert_true(size.equipment[SIM_ZONE] > size.equipment[SIM_HANDLER] * 9);
    }
}

static void a_site_of_fewer_than_fifty_is_its_first_devices(void **state)
{
    (void)state;
    SimSize size;
    sim_size(5, &size);
    for (size_t i = 0; i < sim_points[SIM_HANDLER].count; i++)
        assert_int_equal(size.have[SIM_HANDLER][i], i < 5);
    sim_size(49, &size);
    assert_int_equal(size.have[SIM_ZONE][0], 0);
    assert_int_equal(size.have[SIM_PLANT][0], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_size_has_exactly_as_many_points_as_were_asked_for),
        cmocka_unit_test(from_fifty_points_on_a_site_has_all_equipment_and_each_what_it_is_run_by),
        cmocka_unit_test(what_is_rare_is_given_after_what_is_not),
        cmocka_unit_test(a_large_site_has_every_point_of_its_equipment_but_for_the_last_one),
        cmocka_unit_test(a_site_of_fewer_than_fifty_is_its_first_devices),
    };
    return cmocka_run_group_tests_name("sim size", tests, NULL, NULL);
}
