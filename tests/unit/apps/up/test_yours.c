#include "apps/up/up.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static bool is_yours(const char *host)
{
    return up_database_is_yours(&(Cfg){.database_host = host});
}

static void a_name_an_address_and_the_systems_socket_are_yours(void **state)
{
    (void)state;
    assert_true(is_yours("db.example.org"));
    assert_true(is_yours("127.0.0.1"));
    assert_true(is_yours("/var/run/postgresql"));
    assert_true(is_yours("/var/run"));
    assert_true(is_yours("/run"));
    assert_true(is_yours("/tmp"));
    assert_true(is_yours("/tmp/bacpipes-pg.Ab3xYz"));
}

static void what_an_up_wrote_down_is_not(void **state)
{
    (void)state;
    assert_false(is_yours(""));
    assert_false(is_yours("/var/lib/bacpipes/run"));
    assert_false(is_yours("/tmp/bacpipes-x.y/data/run"));
    assert_false(is_yours("/tmp/bacpipes-Ab3xYz"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_an_address_and_the_systems_socket_are_yours),
        cmocka_unit_test(what_an_up_wrote_down_is_not),
    };
    return cmocka_run_group_tests_name("up yours", tests, NULL, NULL);
}
