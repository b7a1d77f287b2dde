#include "site/accounts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct World {
    char root[64], folder[96];
    BpArena arena;
} World;

static World world;
static size_t wrong_count;
static char last_wrong[512];

static int begin(void **state)
{
    (void)state;
    snprintf(world.root, sizeof world.root, "/tmp/bacpipes-accounts.XXXXXX");
    if (!mkdtemp(world.root))
        return -1;
    snprintf(world.folder, sizeof world.folder, "%s/broker", world.root);
    wrong_count = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    char command[160];
    bp_arena_done(&world.arena);
    snprintf(command, sizeof command, "rm -rf '%s'", world.root);
    return system(command); /* NOLINT(cert-env33-c): a path of our own */
}

static void note_wrong(const BpError *err)
{
    wrong_count++;
    snprintf(last_wrong, sizeof last_wrong, "%s", err->text);
}

static void write_file(const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", world.folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static SiteAccounts read_all(void)
{
    BpError err;
    SiteAccounts accounts;
    assert_int_equal(site_accounts_read(world.folder, note_wrong, &world.arena, &accounts, &err), BP_OK);
    return accounts;
}

static const SiteAccount node_red = {
    .name = "node-red", .hash = "$7$101$a$b", .topics = {"bacpipes/s/points/#", "a b/+"}, .topic_count = 2};
static const SiteAccount all = {.name = "all", .hash = "$7$101$c$d", .topics = {"#"}, .topic_count = 1};

static void what_was_added_is_read_back_by_name_until_it_is_removed(void **state)
{
    (void)state;
    BpError err;
    assert_int_equal(read_all().count, 0); /* no folder yet */
    assert_int_equal(site_account_add(world.folder, &node_red, &err), BP_OK);
    assert_int_equal(site_account_add(world.folder, &all, &err), BP_OK);
    assert_int_equal(site_account_add(world.folder, &node_red, &err), BP_CONFLICT);
    const SiteAccounts accounts = read_all();
    assert_int_equal(accounts.count, 2);
    assert_string_equal(accounts.items[0].name, "all");
    assert_string_equal(accounts.items[1].hash, "$7$101$a$b");
    assert_int_equal(accounts.items[1].topic_count, 2);
    assert_string_equal(accounts.items[1].topics[1], "a b/+");
    assert_int_equal(site_account_remove(world.folder, "all", &err), BP_OK);
    assert_int_equal(site_account_remove(world.folder, "all", &err), BP_NOT_FOUND);
    assert_int_equal(read_all().count, 1);
    assert_int_equal(wrong_count, 0);
}

static void a_file_that_is_no_account_is_told_and_left_out(void **state)
{
    (void)state;
    BpError err;
    static const char *const texts[] = {
        "",                                           /* no password */
        "topic a\n",                                  /* the same */
        "password plain\n",                           /* no hash */
        "password $7$101$a$b:c\n",                    /* would be two fields of Mosquitto's file */
        "password $7$101$a$b\ntopic a#\n",            /* a topic that is none */
        "password $7$101$a$b\ntopic\n",               /* the same */
        "password $7$101$a$b\nuser admin\n",          /* what an ACL has and an account has not */
        "password $7$101$a$b\ntopic a\r\ntopic # \n", /* octets that Mosquitto would see */
    };
    assert_int_equal(site_account_add(world.folder, &all, &err), BP_OK);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        write_file("odd", texts[i]);
        assert_int_equal(read_all().count, 1);
        assert_int_equal(wrong_count, i + 1);
    }
    write_file("odd", "password $7$101$a$b\ntopic a#\n");
    read_all();
    assert_non_null(strstr(last_wrong, "/broker/odd: topic a# has + or # in a wrong place"));
    assert_int_equal(site_account_remove(world.folder, "odd", &err), BP_OK);
    char link[200];
    snprintf(link, sizeof link, "%s/linked", world.folder);
    assert_int_equal(symlink("all", link), 0);
    assert_int_equal(read_all().count, 1);
    assert_non_null(strstr(last_wrong, "/broker/linked"));
}

static void names_and_topics_that_mosquitto_would_read_otherwise_are_refused(void **state)
{
    (void)state;
    BpError err;
    static const char *const bad_names[] = {
        "", ".", "..", "a/b", "a:b", "a b", "a\n", "\xC3\xA4", "123456789012345678901234567890123"};
    static const char *const good_names[] = {"a", "node-red", "Home_Assistant.2"};
    static const char *const bad_topics[] = {"",      "$SYS/#", "a#", "#/a", "a+/b",  "+a",
                                             "a/#/b", " a",     "a ", "a\n", "a\x7F", "\xC3"};
    static const char *const good_topics[] = {"#", "+", "a/+/b", "a/#", "+/+", "a b", "/", "\xC3\xA4"};
    for (size_t i = 0; i < sizeof bad_names / sizeof bad_names[0]; i++)
        assert_int_equal(site_account_check_name(bad_names[i], &err), BP_INVALID);
    for (size_t i = 0; i < sizeof good_names / sizeof good_names[0]; i++)
        assert_int_equal(site_account_check_name(good_names[i], &err), BP_OK);
    for (size_t i = 0; i < sizeof bad_topics / sizeof bad_topics[0]; i++)
        assert_int_equal(site_account_check_topic(bad_topics[i], &err), BP_INVALID);
    for (size_t i = 0; i < sizeof good_topics / sizeof good_topics[0]; i++)
        assert_int_equal(site_account_check_topic(good_topics[i], &err), BP_OK);
}

static void one_that_writes_has_the_name_of_a_source(void **state)
{
    (void)state;
    BpError err;
    assert_int_equal(site_account_check_source("hvac-2_b", NULL), BP_OK);
    static const char *const names[] = {"",   "HVAC", "a.b", "a/b",
                                        "a+", "#",    "a b", "abcdefghijklmnopqrstuvwxyz0123456"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_int_equal(site_account_check_source(names[i], &err), BP_INVALID);
    const SiteAccount account = {
        .name = "hvac", .hash = "$7$1$a$b", .topics = {"t"}, .topic_count = 1, .writes = true};
    assert_int_equal(site_account_add(world.folder, &account, NULL), BP_OK);
    write_file("Pump", "password $7$1$a$b\nwrites commands\n");
    write_file("valve", "password $7$1$a$b\nwrites everything\n");
    write_file("fan", "password $7$1$a$b\n");
    const SiteAccounts accounts = read_all();
    assert_int_equal(accounts.count, 2);
    assert_string_equal(accounts.items[0].name, "fan");
    assert_false(accounts.items[0].writes);
    assert_string_equal(accounts.items[1].name, "hvac");
    assert_true(accounts.items[1].writes);
    assert_int_equal(wrong_count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_added_is_read_back_by_name_until_it_is_removed, begin, end),
        cmocka_unit_test_setup_teardown(a_file_that_is_no_account_is_told_and_left_out, begin, end),
        cmocka_unit_test(names_and_topics_that_mosquitto_would_read_otherwise_are_refused),
        cmocka_unit_test_setup_teardown(one_that_writes_has_the_name_of_a_source, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
