#include "io/pg/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static BpArena arena;
static Cfg cfg;
static PgOptions options;
static BpError err;
static char path[] = "/tmp/bacpipes-test-XXXXXX";

static void write_password(const char *password, mode_t mode)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(password, file);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static BpStatus with_sets(const char *const *sets)
{
    char memory[1024];
    BpBuf problems = bp_buf(memory, sizeof memory);
    const CfgSource source = {.sets = sets};
    assert_int_equal(cfg_load(&source, &arena, &cfg, &problems), BP_OK);
    return pg_settings_options(&cfg, PG_INGEST, "bacpipes test", &arena, &options, &err);
}

static BpStatus with_password_file(void)
{
    static char set[64];
    snprintf(set, sizeof set, "database.password_file=%s", path);
    return with_sets((const char *const[]){set, NULL});
}

static int make_file(void **state)
{
    (void)state;
    const int file = mkstemp(path);
    return file < 0 || close(file) != 0;
}

static int remove_file(void **state)
{
    (void)state;
    bp_arena_done(&arena);
    return unlink(path);
}

static void without_a_host_it_is_the_socket_folder_in_the_data_folder(void **state)
{
    (void)state;
    char here[4096], expected[4200];
    assert_non_null(getcwd(here, sizeof here));
    snprintf(expected, sizeof expected, "%s/some/data/run", here);
    assert_int_equal(with_sets((const char *const[]){"data=some/data", NULL}), BP_OK);
    assert_string_equal(options.host, expected);
    assert_int_equal(with_sets((const char *const[]){"data=/srv/data", NULL}), BP_OK);
    assert_string_equal(options.host, "/srv/data/run");
    assert_string_equal(options.application_name, "bacpipes test");
    assert_null(options.password);
    assert_null(options.ca_file);
}

static void each_program_has_an_account_of_its_own_unless_one_is_named_for_all(void **state)
{
    (void)state;
    assert_int_equal(with_sets((const char *const[]){NULL}), BP_OK);
    assert_string_equal(options.user, "bacpipes_ingest");
    assert_int_equal(pg_settings_options(&cfg, PG_ADMIN, "bacpipes test", &arena, &options, &err), BP_OK);
    assert_string_equal(options.user, "bacpipes");
    assert_int_equal(with_sets((const char *const[]){"database.user=site_7", NULL}), BP_OK);
    assert_string_equal(options.user, "site_7");
}

static void a_server_elsewhere_has_to_prove_who_it_is(void **state)
{
    (void)state;
    static const char *const here[] = {"database.host=/run/postgresql", "database.host=localhost",
                                       "database.host=127.0.0.1", "database.host=::1"};
    for (size_t i = 0; i < sizeof here / sizeof here[0]; i++) {
        assert_int_equal(with_sets((const char *const[]){here[i], NULL}), BP_OK);
        assert_null(options.tls);
    }
    static const char *const elsewhere[] = {"database.host=db.example", "database.host=10.0.0.7",
                                            "database.host=128.0.0.1", "database.host=localhost.example"};
    for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++) {
        assert_int_equal(with_sets((const char *const[]){elsewhere[i], NULL}), BP_INVALID);
        assert_non_null(strstr(err.text, "database.ca_file"));
        assert_int_equal(with_sets((const char *const[]){elsewhere[i], "database.ca_file=/etc/ca.crt", NULL}),
                         BP_OK);
        assert_string_equal(options.tls, "verify-full");
        assert_int_equal(with_sets((const char *const[]){elsewhere[i], "database.tls=disable", NULL}), BP_OK);
        assert_string_equal(options.tls, "disable");
    }
    assert_int_equal(with_sets((const char *const[]){"database.tls=prefer", NULL}), BP_INVALID);
    assert_non_null(strstr(err.text, "database.tls = prefer"));
}

static void a_password_is_read_from_its_file_without_the_line_end(void **state)
{
    (void)state;
    write_password("correct horse\r\n", 0600);
    assert_int_equal(with_password_file(), BP_OK);
    assert_string_equal(options.password, "correct horse");
}

static void a_password_that_others_may_read_is_refused(void **state)
{
    (void)state;
    char expected[256];
    write_password("secret", 0644);
    assert_int_equal(with_password_file(), BP_INVALID);
    snprintf(expected, sizeof expected, "database.password_file: %s may be read by others: chmod 600 %s",
             path, path);
    assert_string_equal(err.text, expected);
    assert_null(strstr(err.text, "secret"));
}

static void an_empty_or_endless_password_is_refused(void **state)
{
    (void)state;
    static char endless[2000];
    memset(endless, 'x', sizeof endless - 1);
    write_password("\nsecond line", 0600);
    assert_int_equal(with_password_file(), BP_INVALID);
    write_password(endless, 0600);
    assert_int_equal(with_password_file(), BP_INVALID);
}

static void a_password_file_that_is_not_there_is_told(void **state)
{
    (void)state;
    assert_int_equal(with_sets((const char *const[]){"database.password_file=/nowhere/secret", NULL}),
                     BP_UNAVAILABLE);
    assert_string_equal(err.text, "database.password_file: /nowhere/secret: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_host_it_is_the_socket_folder_in_the_data_folder),
        cmocka_unit_test(each_program_has_an_account_of_its_own_unless_one_is_named_for_all),
        cmocka_unit_test(a_server_elsewhere_has_to_prove_who_it_is),
        cmocka_unit_test(a_password_is_read_from_its_file_without_the_line_end),
        cmocka_unit_test(a_password_that_others_may_read_is_refused),
        cmocka_unit_test(an_empty_or_endless_password_is_refused),
        cmocka_unit_test(a_password_file_that_is_not_there_is_told),
    };
    return cmocka_run_group_tests_name("io pg settings", tests, make_file, remove_file);
}
