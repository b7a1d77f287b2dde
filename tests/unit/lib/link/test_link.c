#include "link/link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATH_SIZE = 200 };
static const char *const names[] = {"link/link.json", "link/ca.crt", "link/site.crt", "link/site.key"};
static const char good[] = "{\"v\": 1, \"site_id\": \"macau\", \"number\": 7, \"central\": \"Lisboa\", "
                           "\"host\": \"10.9.0.1\", \"port\": 5432}";

static char folder[PATH_SIZE];
static BpArena arena;

static char *in_folder(const char *name)
{
    static char path[2 * PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put(const char *name, const char *text, mode_t mode)
{
    FILE *file = fopen(in_folder(name), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(in_folder(name), mode), 0);
}

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/bacpipes-link.XXXXXX");
    if (!mkdtemp(folder) || mkdir(in_folder("link"), 0700) != 0)
        return -1;
    for (size_t i = 0; i < 4; i++)
        put(names[i], i == 0 ? good : "-----BEGIN\n", i == 3 ? 0600 : 0644);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++)
        unlink(in_folder(names[i]));
    rmdir(in_folder("link"));
    bp_arena_done(&arena);
    return rmdir(folder);
}

static void a_link_says_where_central_is_and_who_we_are_there(void **state)
{
    (void)state;
    Link link;
    BpError err;
    PgOptions options;
    assert_int_equal(link_read(folder, &arena, &link, &err), BP_OK);
    assert_string_equal(link.site_id, "macau");
    assert_string_equal(link.central, "Lisboa");
    link_options(&link, "bacpipes sync", &options);
    assert_string_equal(options.host, "10.9.0.1");
    assert_int_equal(options.port, 5432);
    assert_string_equal(options.user, "site_7");
    assert_string_equal(options.tls, "verify-full");
    assert_string_equal(options.client_key, in_folder("link/site.key"));
    assert_string_equal(options.ca_file, in_folder("link/ca.crt"));
}

static void who_has_joined_no_central_is_told_so(void **state)
{
    (void)state;
    Link link;
    BpError err;
    char other[2 * PATH_SIZE];
    snprintf(other, sizeof other, "%s", in_folder("link"));
    assert_int_equal(link_read(other, &arena, &link, &err), BP_NOT_FOUND);
    assert_non_null(strstr(err.text, "joined no central"));
}

static void each_file_that_is_missing_is_named(void **state)
{
    (void)state;
    Link link;
    BpError err;
    for (size_t i = 0; i < 4; i++) {
        char away[2 * PATH_SIZE + 8];
        snprintf(away, sizeof away, "%s.away", in_folder(names[i]));
        assert_int_equal(rename(in_folder(names[i]), away), 0);
        assert_int_equal(link_read(folder, &arena, &link, &err), BP_INVALID);
        assert_non_null(strstr(err.text, names[i]));
        assert_int_equal(rename(away, in_folder(names[i])), 0);
    }
}

static void a_key_that_others_may_read_is_refused(void **state)
{
    (void)state;
    Link link;
    BpError err;
    chmod(in_folder("link/site.key"), 0640);
    assert_int_equal(link_read(folder, &arena, &link, &err), BP_INVALID);
    assert_non_null(strstr(err.text, "chmod 600"));
}

static void what_does_not_say_where_central_is_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "[]",
        "{}",
        "{\"v\": 1",
        "{\"v\": 2, \"site_id\": \"a\", \"number\": 1, \"host\": \"h\", \"port\": 1}",
        "{\"v\": 1, \"site_id\": \"\", \"number\": 1, \"host\": \"h\", \"port\": 1}",
        "{\"v\": 1, \"site_id\": \"a\", \"number\": 0, \"host\": \"h\", \"port\": 1}",
        "{\"v\": 1, \"site_id\": \"a\", \"number\": 2147483648, \"host\": \"h\", \"port\": 1}",
        "{\"v\": 1, \"site_id\": \"a\", \"number\": \"1\", \"host\": \"h\", \"port\": 1}",
        "{\"v\": 1, \"site_id\": \"a\", \"number\": 1, \"host\": \"h\", \"port\": 65536}",
        "{\"v\": 1, \"site_id\": \"a\", \"number\": 1, \"host\": 9, \"port\": 1}"};
    (void)state;
    Link link;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        put("link/link.json", bad[i], 0644);
        assert_int_equal(link_read(folder, &arena, &link, NULL), BP_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_link_says_where_central_is_and_who_we_are_there, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(who_has_joined_no_central_is_told_so, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(each_file_that_is_missing_is_named, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_key_that_others_may_read_is_refused, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(what_does_not_say_where_central_is_is_refused, make_folder,
                                        remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
