#include "site/person.h"

#include "site/owner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void a_person_is_the_unix_user_and_who_went_through_sudo(void **state)
{
    (void)state;
    char text[SITE_PERSON_MAX];
    assert_string_equal(site_person_format(0, NULL, text), "root");
    assert_string_equal(site_person_format(0, "", text), "root");
    assert_string_equal(site_person_format(0, "alice", text), "root (sudo by alice)");
    assert_string_equal(site_person_format(4000000001U, NULL, text), "uid 4000000001");
}

static void what_the_environment_says_cannot_move_a_cursor_or_grow(void **state)
{
    (void)state;
    char text[SITE_PERSON_MAX], much[1000];
    assert_string_equal(site_person_format(0, "\033[2Jx\r\n\x7F", text), "root (sudo by ?[2Jx???)");
    assert_string_equal(site_person_format(0, "caf\xC3\xA9", text), "root (sudo by caf\xC3\xA9)");
    assert_string_equal(site_person_format(0, "caf\xE9", text), "root (sudo by caf?)");
    memset(much, 'a', sizeof much - 1);
    much[sizeof much - 1] = '\0';
    assert_int_equal(strlen(site_person_format(0, much, text)), strlen("root (sudo by )") + 63);
}

static void who_it_was_stays_when_it_becomes_the_folders_owner(void **state)
{
    (void)state;
    char folder[] = "/tmp/test_person.XXXXXX";
    BpError err;
    if (geteuid() != 0)
        skip();
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chown(folder, 1, 1), 0);
    setenv("SUDO_USER", "alice", 1);
    assert_int_equal(site_become_owner(folder, &err), BP_OK);
    assert_int_equal(geteuid(), 1);
    assert_string_equal(site_person(), "root (sudo by alice)");
    (void)rmdir(folder); /* of a sticky /tmp that may be refused */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_person_is_the_unix_user_and_who_went_through_sudo),
        cmocka_unit_test(what_the_environment_says_cannot_move_a_cursor_or_grow),
        cmocka_unit_test(who_it_was_stays_when_it_becomes_the_folders_owner), /* the last: it is for good */
    };
    return cmocka_run_group_tests_name("who sits at a program", tests, NULL, NULL);
}
