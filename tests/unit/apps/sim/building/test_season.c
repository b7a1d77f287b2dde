/* Seasons: what is heated follows the degree days, what is cooled the warmth and moisture outside. */
#include "tests/unit/apps/sim/building/house.h"

/* y by x: the slope of the best line, and how much of y it says. */
typedef struct Line {
    double slope, r2;
} Line;

static Line fit(const double *x, const double *y, size_t count)
{
    double sx = 0, sy = 0, sxx = 0, sxy = 0, syy = 0;
    const double n = (double)count;
    for (size_t i = 0; i < count; i++) {
        sx += x[i];
        sy += y[i];
        sxx += x[i] * x[i];
        sxy += x[i] * y[i];
        syy += y[i] * y[i];
    }
    const double xx = sxx - sx * sx / n, xy = sxy - sx * sy / n, yy = syy - sy * sy / n;
    return (Line){xy / xx, xy * xy / xx / yy};
}

enum { WEEKS = 24 };

/* Day and night at the same temperatures, without people or sun through the glass: what is left is what
 * walls, glass and outdoor air lose. */
static void hold_still(void)
{
    for (size_t i = 0; i < house.handler_count; i++) {
        signal_force(&house.handlers[i].mode, 3);
        signal_force(&house.handlers[i].supply_setpoint, 21);
    }
    for (size_t i = 0; i < house.zone_count; i++) {
        signal_force(&house.zones[i].occupancy_mode, 1);
        house.zones[i].seats = house.zones[i].lights = house.zones[i].equipment = house.zones[i].glass_gain =
            0;
    }
}

/* W/K: windows, walls, cracks, and the least outdoor air. */
static double heat_loss(void)
{
    double loss = 0;
    for (size_t i = 0; i < house.zone_count; i++) {
        const Zone *zone = &house.zones[i];
        loss += zone->glass_loss + zone->wall_loss + 0.25 * zone->leakage * 1.2;
    }
    for (size_t i = 0; i < house.handler_count; i++)
        loss += house.handlers[i].outdoor_minimum.actual * 1.2;
    return loss;
}

/* Weeks in Lisbon: heat that coils give, by the degree days below a base that fits best. */
static Line heat_by_degree_days(bool is_held, double *ret_base)
{
    double days[WEEKS][7], heat[WEEKS];
    Line best = {0};
    house_begin_of(1, 5, "lisbon", CONTROL_RULES, "2025-10-27T00:00:00Z");
    if (is_held)
        hold_still();
    house_run(7 * 24);
    for (size_t i = 0; i < WEEKS; i++) {
        const Ledger before = house.ledger;
        for (int day = 0; day < 7; day++) {
            days[i][day] = 0;
            for (int hour = 0; hour < 24; hour++) {
                house_run(1);
                days[i][day] += house.weather.sky.temperature / 24;
            }
        }
        heat[i] = (house.ledger.heating + house.ledger.reheat - before.heating - before.reheat) / 3.6e6;
    }
    for (int half = 16; half <= 42; half++) {
        const double base = half / 2.0;
        double degrees[WEEKS] = {0};
        for (size_t i = 0; i < WEEKS; i++)
            for (int day = 0; day < 7; day++)
                degrees[i] += fmax(0, base - days[i][day]);
        const Line line = fit(degrees, heat, WEEKS);
        if (line.r2 > best.r2) {
            best = line;
            *ret_base = base;
        }
    }
    house_end();
    return best;
}

static void heating_goes_with_degree_days(void **state)
{
    (void)state;
    double base;
    const Line held = heat_by_degree_days(true, &base);
    print_message("# held: %.1f kWh for a degree day below %.1f C; r2 %.3f\n", held.slope, base, held.r2);
    assert_between(held.r2, 0.95, 1);
    house_begin_of(1, 5, "lisbon", CONTROL_RULES, "2025-10-27T00:00:00Z");
    const double loss = heat_loss() * 24 / 1000; /* kWh for a day and K */
    house_end();
    assert_between(held.slope / loss, 0.8, 1.2);
    /* In use, sun, people, holidays and Mondays are in it, too. */
    const Line used = heat_by_degree_days(false, &base);
    print_message("# in use: %.1f kWh for a degree day below %.1f C; r2 %.3f\n", used.slope, base, used.r2);
    assert_true(used.slope > 0);
}

/* What is cooled in a day by the heat content of the air outside. */
static void cooling_goes_with_the_warmth_and_moisture_outside(void **state)
{
    (void)state;
    enum { DAYS = 60 };
    house_begin_of(1, 5, "macau", CONTROL_RULES, "2026-04-05T16:00:00Z"); /* a local midnight */
    double content[DAYS], cooling[DAYS];
    size_t count = 0;
    for (int day = 0; day < DAYS; day++) {
        const double before = house.ledger.cooling;
        double mean = 0;
        bool counts = false;
        for (int hour = 0; hour < 24; hour++) {
            house_run(1);
            const Sky *sky = &house.weather.sky;
            if (house.local.hour > 8 && house.local.hour < 18)
                mean += (1.006 * sky->temperature + 2501 * sky->vapour) / 9;
            if (hour == 12) /* on Mondays the weekend's heat is cooled, too */
                counts = house.local.is_workday && house.local.weekday > 1;
        }
        if (!counts)
            continue;
        content[count] = mean;
        cooling[count++] = (house.ledger.cooling - before) / 3.6e6;
    }
    const Line line = fit(content, cooling, count);
    print_message("# %.1f kWh a day for each kJ/kg outside; r2 %.3f over %zu days\n", line.slope, line.r2,
                  count);
    assert_true(count > 25);
    assert_true(line.slope > 0);
    assert_between(line.r2, 0.6, 1);
}

#define TEST(name) cmocka_unit_test_teardown(name, house_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(heating_goes_with_degree_days),
        TEST(cooling_goes_with_the_warmth_and_moisture_outside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
