#include "apps/up/log_file.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { MAX = 4096, NOW = 0 };
static char folder[64], path[96], older[100];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/bacpipes-log-file.XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a.log", folder);
    snprintf(older, sizeof older, "%s.1", path);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    unlink(older);
    return rmdir(folder);
}

static char *contents(const char *of)
{
    char *text = calloc(1, 4 * MAX);
    assert_non_null(text);
    FILE *file = fopen(of, "r");
    assert_non_null(file);
    (void)!fread(text, 1, 4 * MAX - 1, file);
    fclose(file);
    return text;
}

static void add(LogFile *file, int number)
{
    char line[64];
    snprintf(line, sizeof line, "line %d", number);
    log_file_add(file, NOW, 6, "mosquitto", bp_str(line));
}

static int number_at(const char *line)
{
    return (int)strtol(line + strlen("line "), NULL, 10);
}

/* The number of the first line, and how many follow one another from there. */
static int count_from(const char *text, int *ret_first)
{
    const char *at = strstr(text, "line ");
    assert_non_null(at);
    *ret_first = number_at(at);
    int count = 0;
    for (; at; at = strstr(at + 5, "line "))
        assert_int_equal(number_at(at), *ret_first + count++);
    return count;
}

static void a_line_has_time_and_level(void **state)
{
    (void)state;
    LogFile file;
    assert_int_equal(log_file_open(path, MAX, &file, NULL), 0);
    log_file_add(&file, NOW, 4, "mosquitto", bp_str("Warning: odd"));
    log_file_add_whole(&file, NOW, bp_str("2026-11-24T02:51:59.123Z info    collect: ready"));
    log_file_close(&file);
    char *text = contents(path);
    assert_string_equal(text, "1970-01-01T00:00:00.000Z warning mosquitto: Warning: odd\n"
                              "2026-11-24T02:51:59.123Z info    collect: ready\n");
    free(text);
}

static void a_full_one_is_set_aside_and_no_line_is_lost_in_that(void **state)
{
    (void)state;
    LogFile file;
    struct stat status;
    int first, first_older;
    assert_int_equal(log_file_open(path, MAX, &file, NULL), 0);
    for (int i = 0; i < 1000; i++) {
        add(&file, i);
        assert_int_equal(stat(path, &status), 0);
        assert_true(status.st_size <= MAX);
    }
    log_file_close(&file);
    char *text = contents(path), *before = contents(older);
    const int count = count_from(text, &first), count_older = count_from(before, &first_older);
    assert_int_equal(first + count, 1000);
    assert_int_equal(first_older + count_older, first);
    assert_true(strlen(before) <= MAX && strlen(before) > MAX - 100);
    free(text);
    free(before);
}

static void one_that_was_too_long_before_is_set_aside_with_the_first_line(void **state)
{
    (void)state;
    LogFile file;
    assert_int_equal(log_file_open(path, MAX, &file, NULL), 0);
    for (int i = 0; i < 40; i++)
        add(&file, i);
    log_file_close(&file);
    assert_int_equal(log_file_open(path, 100, &file, NULL), 0);
    add(&file, 40);
    log_file_close(&file);
    char *text = contents(path);
    int first;
    assert_int_equal(count_from(text, &first), 1);
    assert_int_equal(first, 40);
    free(text);
}

/* A disk without room, as the kernel can play it. */
static void allow(rlim_t size)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = size;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void where_there_is_no_room_lines_are_counted_and_told_when_there_is(void **state)
{
    (void)state;
    LogFile file;
    int first;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(log_file_open(path, 100000, &file, NULL), 0);
    allow(300);
    for (int i = 0; i < 20; i++)
        add(&file, i);
    allow(RLIM_INFINITY);
    assert_int_not_equal(file.lost, 0);
    const int lost = (int)file.lost;
    add(&file, 20);
    add(&file, 21);
    log_file_close(&file);
    char *text = contents(path), told[64];
    snprintf(told, sizeof told, "warning up: %d lines were lost here: ", lost);
    char *at = strstr(text, told);
    assert_non_null(at);
    assert_int_equal(at[-26], '\n'); /* a line of its own: what was written of the one before is whole */
    assert_int_equal(count_from(at, &first), 2);
    assert_int_equal(first, 20);
    free(text);
}

static void a_link_is_not_written_through(void **state)
{
    (void)state;
    LogFile file;
    BpError err;
    assert_int_equal(symlink("/dev/null", path), 0);
    assert_int_equal(log_file_open(path, MAX, &file, &err), BP_INVALID);
    assert_non_null(strstr(err.text, "is a link"));
    log_file_close(&file);
}

static void a_file_that_somebody_moves_or_removes_is_made_anew(void **state)
{
    (void)state;
    LogFile file;
    struct stat status;
    assert_int_equal(log_file_open(path, MAX, &file, NULL), BP_OK);
    add(&file, 1);
    assert_int_equal(rename(path, older), 0);
    add(&file, 2);
    char *moved = contents(older), *now = contents(path);
    assert_non_null(strstr(moved, "line 1"));
    assert_null(strstr(moved, "line 2"));
    assert_non_null(strstr(now, "line 2"));
    free(moved);
    free(now);
    assert_int_equal(unlink(path), 0);
    for (int i = 3; i < 1000; i++)
        add(&file, i);
    assert_int_equal(stat(path, &status), 0);
    assert_true(status.st_size <= MAX);
    log_file_close(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_has_time_and_level, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_full_one_is_set_aside_and_no_line_is_lost_in_that, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(one_that_was_too_long_before_is_set_aside_with_the_first_line,
                                        make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(where_there_is_no_room_lines_are_counted_and_told_when_there_is,
                                        make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_link_is_not_written_through, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_file_that_somebody_moves_or_removes_is_made_anew, make_folder,
                                        remove_folder),
    };
    return cmocka_run_group_tests_name("up log file", tests, NULL, NULL);
}
