/* A zone alone. The cases are like those of ASHRAE 140 (conduction only, sun only, free floating), but on
 * this model's zone and with solutions that can be worked out; they are not that standard's cases. */
#include "tests/unit/apps/sim/physics/rig.h"

#include <complex.h>

enum { INSIDE_ZONE = -1, NORTH_ZONE, EAST_ZONE, SOUTH_ZONE, WEST_ZONE };

static const double WALL_INSIDE = 2.5,
                    WALL_OUTSIDE = 2.5 / 1.5; /* times the wall's loss: in series they are one */

/* The zone as its description has it. */
typedef struct Network {
    double air, mass, wall;
} Network;

typedef struct Drive {
    double outdoor, watts, supply,
        supplied; /* degrees C; W into the air; W/K and degrees C of air that is blown in */
} Drive;

static Zone *sealed(int facing)
{
    rig_begin(5);
    for (size_t i = 0; i < 5; i++)
        rig.zones[i].leakage = 0;
    return rig_zone(facing);
}

/* The zone by itself, the fan off. */
static void rest(Zone *zone, double hours)
{
    const AirHandler handler = rig.handlers[0];
    for (long i = 0; i < lround(hours * 3600 / BUILDING_STEP_S); i++) {
        rig.now_us += BUILDING_STEP_US;
        physics_step_zone(&rig, &handler, zone);
    }
}

static double steady_loss(const Zone *zone)
{
    return zone->glass_loss + zone->wall_loss;
}

static Network slope(const Zone *zone, Network now, const Drive *drive)
{
    const double wall = WALL_INSIDE * zone->wall_loss * (now.air - now.wall),
                 mass = zone->mass_exchange * (now.air - now.mass);
    return (Network){(drive->watts + zone->glass_loss * (drive->outdoor - now.air) +
                      drive->supply * (drive->supplied - now.air) - wall - mass) /
                         zone->air_heat,
                     mass / zone->mass_heat,
                     (wall + WALL_OUTSIDE * zone->wall_loss * (drive->outdoor - now.wall)) / zone->wall_heat};
}

static Network moved(Network from, Network by, double s)
{
    return (Network){from.air + by.air * s, from.mass + by.mass * s, from.wall + by.wall * s};
}

/* Runge and Kutta's fourth order. */
static Network network_after(const Zone *zone, Network now, const Drive *drive, double hours)
{
    const double s = 5;
    for (long i = 0; i < lround(hours * 3600 / s); i++) {
        const Network a = slope(zone, now, drive), b = slope(zone, moved(now, a, s / 2), drive),
                      c = slope(zone, moved(now, b, s / 2), drive), d = slope(zone, moved(now, c, s), drive);
        now = moved(moved(moved(moved(now, a, s / 6), b, s / 3), c, s / 3), d, s / 6);
    }
    return now;
}

static void a_sealed_room_without_gains_stays_as_it_is(void **state)
{
    (void)state;
    Zone *zone = sealed(NORTH_ZONE);
    rest(zone, 48);
    assert_near(zone->air, 20, 1e-9);
    assert_near(zone->mass, 20, 1e-9);
    assert_near(zone->wall, 20, 1e-9);
    assert_near(zone->vapour, vapour_of(20, 50), 1e-9);
}

static void conduction_only_ends_where_the_loss_is_the_gain(void **state)
{
    (void)state;
    Zone *zone = sealed(NORTH_ZONE);
    rig_weather(-5, 80);
    zone->gain_equipment = 900;
    rest(zone, 24 * 90);
    assert_near(zone->air + 5, 900 / steady_loss(zone), 0.01);
    assert_near(zone->mass, zone->air, 0.01);
    /* The wall's mass lies three fifths of its resistance from outdoors. */
    assert_near((zone->wall + 5) / (zone->air + 5), 0.6, 0.001);
}

static void an_inner_room_loses_only_through_its_roof(void **state)
{
    (void)state;
    Zone *zone = sealed(INSIDE_ZONE);
    assert_true(zone->wall_loss < 0.5 * rig_zone(NORTH_ZONE)->wall_loss);
    assert_true(zone->facing == -1 && zone->glass_loss == 0 && zone->wall_loss > 0);
    zone->gain_equipment = 100;
    zone->mass = zone->air = zone->wall =
        20 + 100 / zone->wall_loss - 3; /* it takes a month for two thirds of the rest */
    rest(zone, 24 * 200.0);
    assert_near(zone->air - 20, 100 / zone->wall_loss, 0.03);
}

static void sun_only_warms_by_what_the_glass_lets_in_and_the_wall_takes_up(void **state)
{
    (void)state;
    Zone *zone = sealed(SOUTH_ZONE), *north = rig_zone(NORTH_ZONE);
    rig.weather.on_wall[zone->facing] = 200;
    zone->gain_sun = zone->glass * zone->glass_gain * 200;
    rest(zone, 24 * 90);
    /* A wall in the sun is as one in air that is warmer by absorbed / film: 0.6 * 200 / 20 K (sol-air
     * temperature). */
    const double rise = (zone->gain_sun + zone->wall_loss * 6) / steady_loss(zone);
    assert_near(zone->air - 20, rise, 0.02 * rise);
    rest(north, 24);
    assert_near(north->air, 20, 1e-6);
}

static void glass_faces_the_sun_that_shines_on_it(void **state)
{
    (void)state;
    rig_begin(5);
    rig.climate = climate_find(bp_str("lisbon"));
    double sum[5] = {0}, walls[5] = {0};
    for (rig.now_us = INT64_C(1768435200000000); rig.now_us < INT64_C(1768521600000000);
         rig.now_us += 60 * INT64_C(1000000)) { /* 15 January 2026 */
        physics_step_world(&rig);
        for (int facing = INSIDE_ZONE; facing <= WEST_ZONE; facing++) {
            const Zone *zone = rig_zone(facing);
            sum[facing + 1] += zone->gain_sun;
            if (facing != INSIDE_ZONE)
                walls[facing + 1] +=
                    zone->glass * zone->glass_gain * sun_on_wall(&rig.weather.sky, 90.0 * facing);
        }
    }
    assert_near(sum[0], 0, 0);
    for (size_t i = 1; i < 5; i++)
        assert_near(sum[i], walls[i], 0.001 * walls[i]);
    assert_true(sum[1 + SOUTH_ZONE] / rig_zone(SOUTH_ZONE)->glass >
                1.5 * sum[1 + NORTH_ZONE] / rig_zone(NORTH_ZONE)->glass);
}

static void a_free_floating_room_cools_as_its_network_does(void **state)
{
    (void)state;
    Zone *zone = sealed(EAST_ZONE);
    const Drive drive = {.outdoor = 0};
    rig_weather(0, 80);
    Network network = {20, 20, 20};
    static const double HOURS[] = {0.5, 1, 5, 24, 96, 400};
    for (size_t i = 0; i < sizeof HOURS / sizeof *HOURS; i++) {
        rest(zone, HOURS[i]);
        network = network_after(zone, network, &drive, HOURS[i]);
        assert_near(zone->air, network.air, 0.02);
        assert_near(zone->mass, network.mass, 0.02);
        assert_near(zone->wall, network.wall, 0.02);
    }
    assert_between(zone->air, 0, 10);
}

/* Solves the network for outdoors that swing as e^(i w t), by elimination. */
static double complex swing(const Zone *zone, double w)
{
    const double complex mass = zone->mass_exchange / (zone->mass_exchange + I * w * zone->mass_heat);
    const double in = WALL_INSIDE * zone->wall_loss, out = WALL_OUTSIDE * zone->wall_loss;
    const double complex wall = in + out + I * w * zone->wall_heat;
    return (zone->glass_loss + in * out / wall) / (zone->glass_loss + in - in * in / wall +
                                                   zone->mass_exchange * (1 - mass) + I * w * zone->air_heat);
}

static void a_free_floating_room_swings_with_the_day_as_the_solution_says(void **state)
{
    (void)state;
    Zone *zone = sealed(NORTH_ZONE);
    const double w = 2 * M_PI / 86400;
    double cosine = 0, sine = 0;
    for (long day = 0; day < 60; day++)
        for (long i = 0; i < 17280; i++) {
            const double t = (double)(i + 1) * BUILDING_STEP_S;
            rig.weather.sky.temperature = 20 + 8 * cos(w * t);
            rest(zone, BUILDING_STEP_S / 3600.0);
            if (day == 59) {
                cosine += zone->air * cos(w * t) * 2 / 17280;
                sine += zone->air * sin(w * t) * 2 / 17280;
            }
        }
    const double complex expected = 8 * swing(zone, w);
    print_message("# the room swings by %.3f K, %.1f h late; outdoors by 8 K\n", hypot(cosine, sine),
                  atan2(sine, cosine) * 24 / (2 * M_PI));
    assert_near(hypot(cosine, sine), cabs(expected), 0.01 * cabs(expected));
    assert_near(atan2(sine, cosine), -carg(expected), 0.01);
    assert_between(hypot(cosine, sine), 0.3, 3); /* a heavy building's day */
}

/* Blows air in as an air handler would, of the room's own vapour. */
static void blow(Zone *zone, double flow, double temperature, double hours)
{
    AirHandler handler = rig.handlers[0];
    handler.supply_air = temperature;
    handler.supply_vapour = zone->vapour;
    handler.mixed_co2 = 600;
    zone->flow = flow;
    for (long i = 0; i < lround(hours * 3600 / BUILDING_STEP_S); i++) {
        rig.now_us += BUILDING_STEP_US;
        physics_step_zone(&rig, &handler, zone);
    }
}

static double stored(const Zone *zone)
{
    return zone->air_heat * zone->air + zone->mass_heat * zone->mass + zone->wall_heat * zone->wall;
}

static void a_cool_night_is_kept_in_the_mass(void **state)
{
    (void)state;
    double peak[2], mass[2];
    for (int cooled = 0; cooled < 2; cooled++) {
        Zone *zone = sealed(INSIDE_ZONE);
        zone->air = zone->mass = zone->wall = 25;
        rig_weather(25, 40);
        Network network = {25, 25, 25};
        const double before = stored(zone), flow = cooled ? 300 : 0;
        const Drive drive = {.outdoor = 25, .supply = flow * 1.2 * 1.006, .supplied = 15};
        blow(zone, flow, 15, 8);
        network = network_after(zone, network, &drive, 8);
        assert_near(zone->air, network.air, 0.02);
        assert_near(zone->mass, network.mass, 0.01);
        mass[cooled] = zone->mass;
        if (cooled) {
            assert_true(before - stored(zone) > 0.8 * (25 - zone->mass) * zone->mass_heat);
            const double air = zone->air;
            blow(zone, 0, 15, 1);
            assert_true(zone->air > air + 1); /* the air comes back: what is cold for long is the mass */
        }
        zone->gain_equipment = 25 * zone->area;
        blow(zone, 0, 15, 9);
        peak[cooled] = zone->air;
        rig_tear_down(NULL);
    }
    print_message(
        "# a night of 300 L/s at 15 C: mass %.2f instead of %.2f, the day's peak %.2f instead of %.2f\n",
        mass[1], mass[0], peak[1], peak[0]);
    assert_between(mass[0] - mass[1], 1, 5);
    assert_between(peak[0] - peak[1], 1, 5);
}

static double hours_to_warm(Zone *zone, double watts, double to)
{
    zone->gain_equipment = watts;
    for (long i = 1; i < 24 * 720; i++) {
        blow(zone, 0, 20, BUILDING_STEP_S / 3600.0);
        if (zone->air >= to)
            return (double)i * BUILDING_STEP_S / 3600;
    }
    return NAN;
}

static void time_to_warm_is_that_of_the_air_and_of_some_of_the_mass(void **state)
{
    (void)state;
    double hours[2];
    for (int weekend = 0; weekend < 2; weekend++) {
        Zone *zone = sealed(NORTH_ZONE);
        rig_weather(5, 80);
        zone->air = 16;
        zone->mass = weekend ? 16 : 18;
        zone->wall = weekend ? 11 : 12;
        Network network = {zone->air, zone->mass, zone->wall};
        const double watts = 60 * zone->area, least = zone->air_heat * 4 / watts / 3600,
                     most = (zone->air_heat + zone->mass_heat + zone->wall_heat) * 4 /
                            (watts - steady_loss(zone) * 15) / 3600;
        const Drive drive = {.outdoor = 5, .watts = watts};
        hours[weekend] = hours_to_warm(zone, watts, 20);
        assert_between(hours[weekend], least, most);
        network = network_after(zone, network, &drive, hours[weekend]);
        assert_near(network.air, 20, 0.03);
        rig_tear_down(NULL);
    }
    print_message("# to 20 C with 60 W/m2: %.2f h after a night, %.2f h after a weekend\n", hours[0],
                  hours[1]);
    assert_between(hours[1] / hours[0], 1.3, 3);
}

static void people_give_heat_vapour_and_co2(void **state)
{
    (void)state;
    Zone *zone = sealed(NORTH_ZONE);
    zone->leakage = 40; /* L/s through cracks: 48 g/s */
    zone->people = 5;
    rest(zone, 24 * 90);
    const double air = 0.048;
    assert_near(zone->air - 20, 5 * 70 / (steady_loss(zone) + air * 1006), 0.05);
    assert_near(zone->vapour - vapour_of(20, 50), 5 * 45 / 2.501e6 / air, 2e-5);
    assert_near(zone->co2 - 420, 5 * 0.0050 / 40 * 1e6, 1); /* 625 ppm above outdoors at 8 L/s each */
}

static void co2_nears_its_level_by_the_air_changes(void **state)
{
    (void)state;
    Zone *zone = sealed(NORTH_ZONE);
    zone->people = 6;
    const double level = 600 + 6 * 0.0050 / 60 * 1e6, hours = zone->area * 3 * 1000 / 60 / 3600;
    for (int i = 1; i <= 4; i++) {
        blow(zone, 60, 20, hours);
        assert_near(zone->co2, level + (420 - level) * exp(-i), 2);
    }
}

#define TEST(name) cmocka_unit_test_teardown(name, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_sealed_room_without_gains_stays_as_it_is),
        TEST(conduction_only_ends_where_the_loss_is_the_gain),
        TEST(an_inner_room_loses_only_through_its_roof),
        TEST(sun_only_warms_by_what_the_glass_lets_in_and_the_wall_takes_up),
        TEST(glass_faces_the_sun_that_shines_on_it),
        TEST(a_free_floating_room_cools_as_its_network_does),
        TEST(a_free_floating_room_swings_with_the_day_as_the_solution_says),
        TEST(a_cool_night_is_kept_in_the_mass),
        TEST(time_to_warm_is_that_of_the_air_and_of_some_of_the_mass),
        TEST(people_give_heat_vapour_and_co2),
        TEST(co2_nears_its_level_by_the_air_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
