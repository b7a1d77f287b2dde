#include "apps/sim/run/csv.h"
#include "apps/sim/run/run.h"
#include "base/parse.h"
#include "base/time.h"

#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const int64_t START_US = INT64_C(1767571200) * BP_SECOND;

static SimRun *run;
static SimColumns columns;
static SimCsv *csv;
static char path[64], *text;

static int set_up(void **state)
{
    (void)state;
    run = sim_run_new(
        &(SimSiteOptions){.points = 90, .building = {.seed = 1, .weather_seed = 1, .start_us = START_US}});
    snprintf(path, sizeof path, "/tmp/test_csv.%d", (int)getpid());
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sim_csv_free(csv);
    sim_columns_done(&columns);
    sim_run_free(run);
    free(text);
    unlink(path);
    csv = NULL;
    text = NULL;
    return 0;
}

static void choose(const char *const *patterns, size_t count)
{
    BpError err = {0};
    if (sim_columns_init(&columns, sim_run_site(run), patterns, count, &err) != BP_OK)
        fail_msg("%s", err.text);
}

static void begin(void)
{
    BpError err = {0};
    csv = sim_csv_new(path, &columns, &err);
    if (!csv)
        fail_msg("%s", err.text);
}

static void add_row(int64_t at_us)
{
    assert_int_equal(sim_csv_row(csv, at_us, NULL), BP_OK);
}

static const char *read_file(void)
{
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    text = calloc(1, 1 << 20);
    assert_non_null(text);
    (void)!fread(text, 1, (1 << 20) - 1, file);
    fclose(file);
    return text;
}

static const char *only_value(const char *name, double value)
{
    const char *const patterns[] = {name};
    choose(patterns, 1);
    assert_int_equal(columns.count, 1);
    SimObject *object = columns.objects[0];
    object->is_stuck = true;
    object->stuck_value = value;
    begin();
    add_row(START_US);
    assert_int_equal(sim_csv_end(csv, NULL), BP_OK);
    return read_file();
}

static void a_row_says_when_and_what(void **state)
{
    (void)state;
    assert_string_equal(only_value("WEATHER/OAT", 21.5), "time,WEATHER/OAT\n2026-01-05T00:00:00Z,21.5\n");
}

static void numbers_have_no_digits_that_say_nothing(void **state)
{
    (void)state;
    assert_string_equal(only_value("WEATHER/OAT", -0.1), "time,WEATHER/OAT\n2026-01-05T00:00:00Z,-0.1\n");
}

static void zero_is_zero(void **state)
{
    (void)state;
    assert_string_equal(only_value("WEATHER/OAT", 0), "time,WEATHER/OAT\n2026-01-05T00:00:00Z,0\n");
}

static void what_is_no_number_is_nan(void **state)
{
    (void)state;
    assert_string_equal(only_value("WEATHER/OAT", NAN), "time,WEATHER/OAT\n2026-01-05T00:00:00Z,nan\n");
}

static void what_was_written_reads_back_as_the_same(void **state)
{
    (void)state;
    BpError err = {0};
    const float values[] = {1.0F / 3, 16.7777216F, 1e-7F, 39.99999F};
    const char *const patterns[] = {"AHU-1/SAT-C"};
    choose(patterns, 1);
    begin();
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        columns.objects[0]->is_stuck = true;
        columns.objects[0]->stuck_value = values[i];
        add_row(START_US + (int64_t)i * BP_SECOND);
    }
    assert_int_equal(sim_csv_end(csv, NULL), BP_OK);
    BpStr rest = bp_str(read_file());
    bp_str_cut(rest, '\n', &rest);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        double value = 0;
        BpStr number;
        bp_str_cut(bp_str_cut(rest, '\n', &rest), ',', &number);
        assert_int_equal(bp_parse_double(number, &value, &err), BP_OK);
        assert_true((float)value == values[i]);
    }
}

static void states_are_numbers_as_on_the_wire(void **state)
{
    (void)state;
    const char *const patterns[] = {"AHU-1/MODE", "AHU-1/SF-S", "METER/KWH"};
    choose(patterns, 3);
    assert_int_equal(columns.count, 3);
    for (size_t i = 0; i < columns.count; i++) {
        columns.objects[i]->is_stuck = true;
        columns.objects[i]->stuck_value = 1.9;
    }
    begin();
    add_row(START_US);
    assert_int_equal(sim_csv_end(csv, NULL), BP_OK);
    assert_string_equal(read_file(), "time,AHU-1/SF-S,AHU-1/MODE,METER/KWH\n2026-01-05T00:00:00Z,1,2,1\n");
}

static void names_with_commas_and_quotes_are_quoted(void **state)
{
    (void)state;
    const char *const patterns[] = {"WEATHER/OAT"};
    choose(patterns, 1);
    snprintf(columns.objects[0]->name, SIM_NAME_MAX, "OAT, \"roof\"");
    begin();
    assert_int_equal(sim_csv_end(csv, NULL), BP_OK);
    assert_string_equal(read_file(), "time,\"OAT, \"\"roof\"\"\"\n");
}

static void patterns_choose(void **state)
{
    (void)state;
    BpError err = {0};
    choose(NULL, 0);
    assert_int_equal(columns.count, 90);
    sim_columns_done(&columns);
    const char *const zones[] = {"ZN-T", "VAV-1-01/*"}; /* one of them by both */
    choose(zones, 2);
    size_t temperatures = 0, first = 0;
    for (size_t i = 0; i < columns.count; i++) {
        temperatures += strcmp(columns.objects[i]->spec->name, "ZN-T") == 0;
        first += strncmp(columns.objects[i]->name, "VAV-1-01/", 9) == 0;
    }
    assert_true(temperatures > 1 && first > 1);
    assert_int_equal(columns.count, temperatures + first - 1);
    sim_columns_done(&columns);
    const char *const wrong[] = {"ZN-T", "METER/KWW"};
    assert_int_equal(sim_columns_init(&columns, sim_run_site(run), wrong, 2, &err), BP_NOT_FOUND);
    assert_non_null(strstr(err.text, "METER/KW"));
}

/* The disk is full in the middle of a row, here by a limit on files' sizes. */
static void a_full_disk_leaves_whole_rows(void **state)
{
    (void)state;
    BpError err = {0};
    struct rlimit before;
    const struct rlimit limit = {.rlim_cur = 300001, .rlim_max = RLIM_INFINITY};
    choose(NULL, 0);
    begin();
    getrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit now = limit;
    now.rlim_max = before.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &now), 0);
    BpStatus status = BP_OK;
    int64_t rows = 0;
    for (; status == BP_OK && rows < 100000; rows++)
        status = sim_csv_row(csv, START_US + rows * BP_SECOND, &err);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(status, BP_UNAVAILABLE);
    assert_non_null(strstr(err.text, path));
    const char *all = read_file();
    const size_t size = strlen(all);
    assert_true(size > 250000 && size <= 300001 && all[size - 1] == '\n');
    uint64_t lines = 0;
    for (size_t i = 0; i < size; i++)
        lines += all[i] == '\n';
    assert_int_equal(sim_csv_rows(csv), lines - 1);
    char told[40];
    snprintf(told, sizeof told, "%llu rows", (unsigned long long)(lines - 1));
    assert_non_null(strstr(err.text, told));
}

static void a_file_that_cannot_be_says_so(void **state)
{
    (void)state;
    BpError err = {0};
    choose(NULL, 0);
    assert_null(sim_csv_new("/nowhere/at/all.csv", &columns, &err));
    assert_non_null(strstr(err.text, "/nowhere/at/all.csv"));
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(a_row_says_when_and_what),
        EACH(numbers_have_no_digits_that_say_nothing),
        EACH(zero_is_zero),
        EACH(what_is_no_number_is_nan),
        EACH(what_was_written_reads_back_as_the_same),
        EACH(states_are_numbers_as_on_the_wire),
        EACH(names_with_commas_and_quotes_are_quoted),
        EACH(patterns_choose),
        EACH(a_full_disk_leaves_whole_rows),
        EACH(a_file_that_cannot_be_says_so),
    };
    return cmocka_run_group_tests_name("apps/sim/run/csv", tests, NULL, NULL);
}
