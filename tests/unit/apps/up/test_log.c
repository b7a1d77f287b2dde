#include "apps/up/log.h"

#include "apps/up/up.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static Up up;
static char folder[64];

static int begin(void **state)
{
    (void)state;
    char log[80];
    strcpy(folder, "/tmp/bacpipes-log.XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(log, sizeof log, "%s/log", folder);
    assert_int_equal(mkdir(log, 0700), 0);
    up = (Up){.loop = loop_new(), .folder.data = folder, .wish.cfg.log_size = 65536};
    return 0;
}

static int end(void **state)
{
    (void)state;
    char path[96];
    up_log_close_all(&up);
    loop_free(up.loop);
    bp_arena_done(&up.arena);
    snprintf(path, sizeof path, "%s/log/postgresql.log", folder);
    unlink(path);
    *strrchr(path, '/') = '\0';
    rmdir(path);
    return rmdir(folder);
}

static UpLog *open_log(void)
{
    UpLog *log = NULL;
    assert_int_equal(up_log_open(&up, "postgresql", &log, NULL), BP_OK);
    return log;
}

static void say(const UpLog *log, const char *text)
{
    assert_int_equal(write(up_log_output(log), text, strlen(text)), (ssize_t)strlen(text));
}

static void last_words_are_the_last_complaint_with_the_advice_below_it(void **state)
{
    (void)state;
    UpLog *log = open_log();
    say(log, "LOG:  starting PostgreSQL 15\nERROR:  an earlier one\nHINT:  of that\n");
    say(log, "FATAL:  data directory \"x\" has invalid permissions\nDETAIL:  Permissions should be");
    say(log, " u=rwx (0700).\nLOG:  database system is shut down\n");
    assert_string_equal(
        up_log_last_words(log),
        "FATAL:  data directory \"x\" has invalid permissions; DETAIL:  Permissions should be u=rwx (0700).");
    say(log, "FATAL:  killed in the midst of a lin");
    assert_string_equal(up_log_last_words(log), "FATAL:  killed in the midst of a lin");
}

static void without_a_complaint_they_are_the_last_line_of_this_run(void **state)
{
    (void)state;
    UpLog *log = open_log();
    say(log, "ERROR:  of an earlier run\n");
    log = open_log();
    assert_string_equal(up_log_last_words(log), "");
    say(log, "one\ntwo\n\n");
    assert_string_equal(up_log_last_words(log), "two");
}

static void of_a_role_they_are_without_time_and_level(void **state)
{
    (void)state;
    UpLog *log = open_log();
    say(log, "2026-11-24T02:51:59.123Z error   collect: the spool: no room\n"
             "2026-11-24T02:51:59.124Z info    collect: no error: at all\n");
    assert_string_equal(up_log_last_words(log), "the spool: no room");
}

static void each_line_is_in_the_file_with_a_level(void **state)
{
    (void)state;
    char path[96], line[256];
    char memory[1024];
    BpBuf text = bp_buf(memory, sizeof memory);
    UpLog *log = open_log();
    say(log, "LOG:  ready\nbacpipes ingest ERROR:  deadlock detected\nWarning: odd\n"
             "2026-11-24T02:51:59.123Z info    collect: ready\n");
    (void)up_log_last_words(log);
    snprintf(path, sizeof path, "%s/log/postgresql.log", folder);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file))
        bp_buf_printf(&text, "%s", line + strcspn(line, " "));
    fclose(file);
    bp_buf_u8(&text, 0);
    assert_string_equal(memory, " info    postgresql: LOG:  ready\n"
                                " error   postgresql: bacpipes ingest ERROR:  deadlock detected\n"
                                " warning postgresql: Warning: odd\n info    collect: ready\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(last_words_are_the_last_complaint_with_the_advice_below_it, begin,
                                        end),
        cmocka_unit_test_setup_teardown(without_a_complaint_they_are_the_last_line_of_this_run, begin, end),
        cmocka_unit_test_setup_teardown(of_a_role_they_are_without_time_and_level, begin, end),
        cmocka_unit_test_setup_teardown(each_line_is_in_the_file_with_a_level, begin, end),
    };
    return cmocka_run_group_tests_name("up log", tests, NULL, NULL);
}
