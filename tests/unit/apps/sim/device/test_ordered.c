/* Faults ordered for a site: who may fail how, when, and what is told of it. */
#include "apps/sim/device/ordered.h"

#include "base/time.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static const int64_t START_US = INT64_C(1784102400) * BP_SECOND; /* 2026-07-15T08:00:00Z */

enum { POINTS = 120 };

static SimSite site;

static void site_init(SimSite *ret_site)
{
    sim_site_init(ret_site,
                  &(SimSiteOptions){.points = POINTS, .building = {.seed = 1, .start_us = START_US}});
}

static int set_up(void **state)
{
    (void)state;
    site_init(&site);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sim_site_done(&site);
    return 0;
}

static SimOrdered *new_ordered(SimTruth *truth)
{
    return sim_ordered_new(
        &site, &(SimOrderedOptions){.start_us = START_US, .end_us = INT64_MAX, .seed = 1, .truth = truth});
}

static void take(SimOrdered *ordered, const char *text)
{
    BpError err = {0};
    if (sim_ordered_take(ordered, bp_str(text), &err) != BP_OK)
        fail_msg("%s", err.text);
}

static SimObject *object(const char *name)
{
    for (size_t i = 0; i < site.device_count; i++)
        for (size_t j = 0; j < site.devices[i].count; j++)
            if (strcmp(site.devices[i].objects[j].name, name) == 0)
                return &site.devices[i].objects[j];
    fail_msg("there is no %s", name);
    return NULL;
}

static void what_is_said_of_all_and_of_one_adds_up(void **state)
{
    (void)state;
    SimOrdered *ordered = new_ordered(NULL);
    take(ordered, "all:mute-writes\n1002: late-answers=1s , swaps=1003;\n");
    const SimFaults *first = sim_ordered_faults(ordered, 0), *second = sim_ordered_faults(ordered, 1),
                    *third = sim_ordered_faults(ordered, 2);
    assert_true(first->mute_writes && second->mute_writes && third->mute_writes);
    assert_int_equal(first->answer_us, 0);
    assert_int_equal(second->answer_us, BP_SECOND);
    assert_true(second->swaps && second->swaps_with == 1003 && !third->swaps);
    sim_ordered_free(ordered);
}

static void a_device_is_found_by_equipment_in_it(void **state)
{
    (void)state;
    SimOrdered *ordered = new_ordered(NULL);
    take(ordered, "AHU-1:silent;VAV-1-01:mute-writes");
    assert_true(sim_ordered_faults(ordered, 0)->silent);
    size_t mute = 0;
    for (size_t i = 0; i < site.device_count; i++)
        mute += sim_ordered_faults(ordered, i)->mute_writes;
    assert_int_equal(mute, 1);
    sim_ordered_free(ordered);
}

static void what_makes_no_sense_is_refused_with_what_would(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } wrong[] = {
        {"silent", "1001:silent"},
        {"7:silent", "1001 to 10"},
        {"1001:nonsense", "ignores-writes"},
        {"1001:damper-stuck", "equipment"},
        {"all:damper-stuck", "equipment"},
        {"1001:silent=1", "takes no"},
        {"1001:late-writes", "late-writes=TIME"},
        {"1001:late-writes=3", "late-writes=TIME"},
        {"1001:refuses-writes=because", "write-access-denied"},
        {"1001:holds=17@1", "holds=SLOT@VALUE"},
        {"1001:holds=5", "holds=SLOT@VALUE"},
        {"1001:swaps=7", "1001 to 10"},
        {"VAV-9-01:damper-stuck", "did you mean VAV-1-01"},
        {"VAV-9-01:damper-stuck", "There are: AHU-1, "},
        {"AHU-1/SATT:sensor-frozen", "did you mean SAT?"},
        {"VAV-1-01:filter-dirty", "damper-stuck, reheat-valve-leaks"},
        {"AHU-1:reheat-valve-leaks", "cooling-valve-leaks"},
        {"AHU-1:short-cycles", "schedule-ignored"},
        {"PLANT:damper-stuck", "short-cycles"},
        {"METER:damper-stuck", "sensor-frozen"},
        {"VAV-1-01:sensor-frozen", "VAV-1-01/ZN-T and other sensors: sensor-drifts, sensor-frozen"},
        {"AHU-1/SAT:override-forgotten=13", "sensor-drifts, sensor-frozen"},
        {"AHU-1/SAT-C:sensor-frozen", "There are: override-forgotten"},
        {"AHU-1/SAT:silent", "sensor-frozen"},
        {"AHU-1/SAT:sensor-drifts", "sensor-drifts=A-DAY"},
        {"AHU-1/SAT:sensor-drifts=much", "sensor-drifts=A-DAY: \"much\""},
        {"AHU-1/SAT:sensor-drifts=nan", "-1000 to 1000"},
        {"AHU-1/SAT:sensor-frozen=1", "takes no"},
        {"AHU-1/SAT-C:override-forgotten=1000", "does not take 1000"},
        {"AHU-1/SF-C:override-forgotten=-1", "does not take -1"},
        {"AHU-1/SF-C:override-forgotten=0.5", "does not take 0.5"},
        {"AHU-1/SF-C:override-forgotten=running", "no state of AHU-1/SF-C: 0 off, 1 on"},
        {"AHU-1/SAT-C:override-forgotten=on", "is not a number"},
        {"VAV-1-01:damper-stuck=120", "0 to 100, and not 120"},
        {"AHU-1:filter-dirty=0.5", "1 to 20"},
        {"VAV-1-01:damper-stuck@+1h;VAV-1-01:damper-stuck=10@+2h/+3h", "twice"},
        {"random:some", "random:20"},
        {"random:0", "random:20"},
        {"random:20", "This run has no end"},
        {"random:2000@+0h/+1h", "of 2000 random faults fit"},
        {"random:2@+0h/+1min", "an hour"},
    };
    SimOrdered *ordered = new_ordered(NULL);
    take(ordered, "1001:ignores-writes");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        BpError err = {0};
        assert_int_equal(sim_ordered_take(ordered, bp_str(wrong[i].text), &err), BP_INVALID);
        if (!strstr(err.text, wrong[i].says))
            fail_msg("%s: %s", wrong[i].text, err.text);
    }
    assert_true(sim_ordered_faults(ordered, 0)->ignores_writes);
    sim_ordered_free(ordered);
}

static void a_device_fails_from_then_until_then(void **state)
{
    (void)state;
    SimOrdered *ordered = new_ordered(NULL);
    take(ordered, "1001:silent@+10min/+20min,ignores-writes");
    assert_true(!sim_ordered_faults(ordered, 0)->silent && sim_ordered_faults(ordered, 0)->ignores_writes);
    sim_site_step(&site, 599);
    assert_false(sim_ordered_faults(ordered, 0)->silent);
    sim_site_step(&site, 1);
    assert_true(sim_ordered_faults(ordered, 0)->silent);
    sim_site_step(&site, 600);
    assert_true(!sim_ordered_faults(ordered, 0)->silent && sim_ordered_faults(ordered, 0)->ignores_writes);
    sim_ordered_free(ordered);
}

static void an_electrician_holds_a_slot_and_lets_go_of_it(void **state)
{
    (void)state;
    SimOrdered *ordered = new_ordered(NULL);
    const SimObject *setpoint = object("AHU-1/SAT-C");
    take(ordered, "AHU-1:holds=5@18.5@+1h/+2h");
    sim_site_step(&site, 3595);
    assert_false(setpoint->commanded);
    sim_site_step(&site, 5);
    assert_true(setpoint->commanded == 1 << 4 && sim_object_value(setpoint) == 18.5);
    assert_true(setpoint->signal->actual == 18.5);
    sim_site_step(&site, 3600);
    assert_false(setpoint->commanded);
    sim_ordered_free(ordered);
}

static void an_override_is_forgotten_until_somebody_finds_it(void **state)
{
    (void)state;
    SimOrdered *ordered = new_ordered(NULL);
    SimObject *fan = object("AHU-1/SF-O");
    take(ordered, "AHU-1/SF-O:override-forgotten=77@+1h/+2h");
    sim_site_step(&site, 3600);
    assert_true(fan->commanded == 1 << 7 && fan->signal->actual == 77);
    sim_site_step(&site, 3600);
    assert_false(fan->commanded);
    take(ordered, "AHU-1/SF-O:override-forgotten=66@+2h/+3h");
    assert_true(fan->signal->actual == 66);
    const double ours = 55;
    sim_fault_slot(fan, 8, &ours);
    sim_site_step(&site, 3600);
    assert_true(fan->commanded == 1 << 7 && fan->signal->actual == 55);
    sim_ordered_free(ordered);
}

static double slot_of(const char *contractor, const char *text)
{
    static const SimNaming *naming;
    BpError err = {0};
    char order[96];
    SimSite one;
    assert_int_equal(sim_naming_find(bp_str(contractor), &naming, &err), BP_OK);
    sim_site_init(
        &one,
        &(SimSiteOptions){.points = POINTS, .naming = naming, .building = {.seed = 1, .start_us = START_US}});
    SimOrdered *ordered =
        sim_ordered_new(&one, &(SimOrderedOptions){.start_us = START_US, .end_us = INT64_MAX});
    snprintf(order, sizeof order, "AHU-1/%s", text);
    take(ordered, order);
    double value = NAN;
    for (size_t i = 0; i < one.devices[0].count; i++)
        if (one.devices[0].objects[i].commanded)
            value = one.devices[0].objects[i].slots[7];
    sim_ordered_free(ordered);
    sim_site_done(&one);
    return value;
}

static void a_state_is_told_by_its_words_too(void **state)
{
    (void)state;
    static const struct {
        const char *naming, *text;
        double value;
    } words[] = {
        {"plain", "SF-C:override-forgotten=on", 1},     {"plain", "SF-C:override-forgotten=OFF", 0},
        {"plain", "SF-C:override-forgotten=active", 1}, {"plain", "SF-C:override-forgotten=inactive", 0},
        {"plain", "SF-C:override-forgotten=1", 1},      {"german", "SF-C:override-forgotten=Ein", 1},
        {"german", "SF-C:override-forgotten=Aus", 0},   {"german", "SF-C:override-forgotten=on", 1},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        assert_true(slot_of(words[i].naming, words[i].text) == words[i].value);
}

static void those_that_were_over_before_the_start_are_counted(void **state)
{
    (void)state;
    SimOrdered *ordered = new_ordered(NULL);
    take(ordered,
         "AHU-1:filter-dirty@2020-01-02/2020-01-03,heats-and-cools@/2026-07-15T08:00Z,damper-stuck@/+5s");
    assert_int_equal(sim_ordered_over(ordered), 2);
    sim_ordered_free(ordered);
}

static void what_is_ordered_anew_replaces_what_was(void **state)
{
    (void)state;
    SimOrdered *ordered = new_ordered(NULL);
    const Zone *zone = &site.building.zones[0];
    take(ordered, "VAV-1-01:damper-stuck");
    const double stuck_at = zone->damper_actuator.stuck_at;
    assert_true(stuck_at == zone->damper_actuator.at);
    sim_site_step(&site, 3600);
    take(ordered, "AHU-1:filter-dirty=4;VAV-1-01:damper-stuck");
    assert_true(zone->damper_actuator.stuck_at == stuck_at);
    assert_true(site.building.handlers[0].filter_dirt == 4);
    take(ordered, "VAV-1-01:damper-stuck=50");
    assert_true(zone->damper_actuator.stuck_at == 50);
    assert_true(site.building.handlers[0].filter_dirt == 1);
    take(ordered, "");
    assert_true(isnan(zone->damper_actuator.stuck_at));
    sim_ordered_free(ordered);
}

/* ---- the truth ---- */

static char *read_file(const char *path)
{
    static char text[64 * 1024];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    const size_t size = fread(text, 1, sizeof text - 1, file);
    text[size] = '\0';
    fclose(file);
    return text;
}

static void the_truth_says_what_and_when_and_where_it_shows(void **state)
{
    (void)state;
    char path[] = "/tmp/faults.truth.XXXXXX";
    BpError err = {0};
    close(mkstemp(path));
    SimTruth *truth = sim_truth_new(path, &err);
    assert_non_null(truth);
    SimOrdered *ordered = new_ordered(truth);
    take(ordered,
         "VAV-1-01:damper-stuck=30@+1h/+2h;AHU-1/SAT:sensor-drifts=0.5@+90min;1001:holds=5@18.5@+2h/+150min");
    for (int i = 0; i < 36; i++)
        sim_site_step(&site, 300);
    static const char wanted[] = "{\"event\":\"begins\",\"at\":\"2026-07-15T09:00:00Z\",\"from\":\"2026-07-"
                                 "15T09:00:00Z\",\"until\":\"2026-"
                                 "07-15T10:00:00Z\",\"equipment\":\"VAV-1-01\",\"device\":1004,\"fault\":"
                                 "\"damper-stuck\",\"value\":30.0,"
                                 "\"points\":[\"VAV-1-01/SUP-F\",\"VAV-1-01/DPR-O\"]}\n"
                                 "{\"event\":\"begins\",\"at\":\"2026-07-15T09:30:00Z\",\"from\":\"2026-07-"
                                 "15T09:30:00Z\",\"until\":null,"
                                 "\"equipment\":\"AHU-1\",\"device\":1001,\"fault\":\"sensor-drifts\","
                                 "\"value\":0.5,\"points\":[\"AHU-1/"
                                 "SAT\"]}\n"
                                 "{\"event\":\"ends\",\"at\":\"2026-07-15T10:00:00Z\",\"from\":\"2026-07-"
                                 "15T09:00:00Z\",\"until\":\"2026-"
                                 "07-15T10:00:00Z\",\"equipment\":\"VAV-1-01\",\"device\":1004,\"fault\":"
                                 "\"damper-stuck\",\"value\":30.0,"
                                 "\"points\":[\"VAV-1-01/SUP-F\",\"VAV-1-01/DPR-O\"]}\n";
    const char *text = read_file(path);
    if (strncmp(text, wanted, sizeof wanted - 1) != 0)
        fail_msg("%s", text);
    const char *rest = text + sizeof wanted - 1;
    assert_non_null(strstr(rest, "{\"event\":\"begins\",\"at\":\"2026-07-15T10:00:00Z\""));
    assert_non_null(strstr(rest, "\"fault\":\"holds\",\"value\":18.5,\"points\":[\"AHU-1/"));
    assert_non_null(strstr(rest, "\"slot\":5,\"who\":\"an electrician\"}\n"));
    assert_non_null(strstr(rest, "{\"event\":\"ends\",\"at\":\"2026-07-15T10:30:00Z\""));
    sim_ordered_free(ordered);
    assert_true(sim_truth_free(truth));
    unlink(path);
}

static void a_truth_that_cannot_be_written_is_refused(void **state)
{
    (void)state;
    BpError err = {0};
    assert_null(sim_truth_new("/nowhere/truth", &err));
    assert_int_equal(err.status, BP_UNAVAILABLE);
    assert_non_null(strstr(err.text, "/nowhere/truth: No such file"));
}

static void a_truth_that_has_no_room_says_so_in_the_end(void **state)
{
    (void)state;
    BpError err = {0};
    SimSite full;
    site_init(&full);
    SimTruth *truth = sim_truth_new("/dev/full", &err);
    assert_non_null(truth);
    SimOrdered *ordered = sim_ordered_new(
        &full,
        &(SimOrderedOptions){.start_us = START_US, .end_us = START_US + BP_DAY, .seed = 1, .truth = truth});
    assert_int_equal(sim_ordered_take(ordered, bp_str("VAV-1-01:damper-stuck=30"), &err), BP_OK);
    sim_site_step(&full, 3600);
    sim_ordered_free(ordered);
    assert_false(sim_truth_free(truth));
    sim_site_done(&full);
}

/* ---- random ones ---- */

static char *truth_of_random(uint64_t seed, char path[])
{
    BpError err = {0};
    SimSite another;
    site_init(&another);
    SimTruth *truth = sim_truth_new(path, &err);
    SimOrdered *ordered = sim_ordered_new(
        &another, &(SimOrderedOptions){
                      .start_us = START_US, .end_us = START_US + 10 * BP_DAY, .seed = seed, .truth = truth});
    assert_int_equal(sim_ordered_take(ordered, bp_str("random:30"), &err), BP_OK);
    sim_site_step(&another, 10 * 86400);
    sim_ordered_free(ordered);
    sim_truth_free(truth);
    sim_site_done(&another);
    return strdup(read_file(path));
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)); at++)
        count++;
    return count;
}

static void random_faults_are_the_same_for_the_same_seed_and_all_recover(void **state)
{
    (void)state;
    char path[] = "/tmp/faults.truth.XXXXXX";
    close(mkstemp(path));
    char *one = truth_of_random(7, path), *again = truth_of_random(7, path),
         *other = truth_of_random(8, path);
    assert_int_equal(count_of(one, "\"begins\""), 30);
    assert_int_equal(count_of(one, "\"ends\""), 30);
    assert_string_equal(one, again);
    assert_string_not_equal(one, other);
    free(one);
    free(again);
    free(other);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_said_of_all_and_of_one_adds_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_device_is_found_by_equipment_in_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_makes_no_sense_is_refused_with_what_would, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_device_fails_from_then_until_then, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_electrician_holds_a_slot_and_lets_go_of_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_override_is_forgotten_until_somebody_finds_it, set_up, tear_down),
        cmocka_unit_test(a_state_is_told_by_its_words_too),
        cmocka_unit_test_setup_teardown(those_that_were_over_before_the_start_are_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_ordered_anew_replaces_what_was, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_truth_says_what_and_when_and_where_it_shows, set_up, tear_down),
        cmocka_unit_test(a_truth_that_cannot_be_written_is_refused),
        cmocka_unit_test(a_truth_that_has_no_room_says_so_in_the_end),
        cmocka_unit_test(random_faults_are_the_same_for_the_same_seed_and_all_recover),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
