/* Several requests under way at once, against a real PostgreSQL: run through tests/with-postgres. */
#include "io/pg/pg.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ALL = 100 };

static Loop *loop;
static Pg *pg;
static int notices, losses, answered;
static BpStatus statuses[ALL];
static int64_t numbers[ALL];
static int order[ALL];

static void on_notice(void *owner, const char *channel, const char *payload)
{
    (void)owner, (void)channel, (void)payload;
    notices++;
}

static void on_lost(void *owner, const BpError *why)
{
    (void)owner, (void)why;
    losses++;
}

static int set_up(void **state)
{
    (void)state;
    loop = loop_new();
    const PgOptions options = {.host = getenv("PGHOST"),
                               .port = 5432,
                               .database = "bacpipes",
                               .user = "bacpipes",
                               .is_pipelined = true,
                               .on_notice = on_notice,
                               .on_lost = on_lost};
    notices = losses = answered = 0;
    pg = pg_new(loop, &options);
    pg_listen(pg, "bacpipes_config");
    BpError err;
    assert_int_equal(pg_wait_connected(pg, 20 * BP_SECOND, &err), BP_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pg_free(pg);
    loop_free(loop);
    return 0;
}

static void keep_answer(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    (void)err;
    const int which = (int)(intptr_t)context;
    order[answered++] = which;
    statuses[which] = status;
    if (rows && pg_row_count(rows))
        numbers[which] = pg_get_integer(rows, 0, 0);
}

static PgTicket ask(int which, const char *sql)
{
    return pg_request_text(pg, bp_str(sql), keep_answer,
                           (void *)(intptr_t)which); /* NOLINT(performance-no-int-to-ptr) */
}

static void run_until_answered(int count)
{
    while (answered < count)
        loop_run_once(loop, BP_SECOND);
}

static void answers_come_in_the_order_asked(void **state)
{
    (void)state;
    for (int i = 0; i < ALL; i++) {
        char sql[64];
        snprintf(sql, sizeof sql, "select %d", i * 3);
        if (i % 2)
            ask(i, sql);
        else
            pg_request(pg, SQL_SELECT_VERSION, NULL, 0, keep_answer,
                       (void *)(intptr_t)i); /* NOLINT(performance-no-int-to-ptr) */
    }
    run_until_answered(ALL);
    for (int i = 0; i < ALL; i++) {
        assert_int_equal(order[i], i);
        assert_int_equal(statuses[i], BP_OK);
        assert_int_equal(numbers[i], i % 2 ? i * 3 : 0); /* of the other there is a text */
    }
}

static void who_fails_fails_alone(void **state)
{
    (void)state;
    ask(0, "create table kept (number integer)");
    ask(1, "insert into kept values (1)");
    ask(2, "insert into kept select 1 / 0");
    ask(3, "insert into kept values (3)");
    pg_request(pg, SQL_UPSERT_SETTING, NULL, 0, keep_answer, (void *)4); /* there is no such table */
    ask(5, "select count(*) from kept");
    pg_request(pg, SQL_UPSERT_SETTING, NULL, 0, keep_answer, (void *)6);
    run_until_answered(7);
    assert_int_equal(statuses[1], BP_OK);
    assert_int_equal(statuses[2], BP_INVALID);
    assert_int_equal(statuses[3], BP_OK);
    assert_int_equal(statuses[4], BP_REFUSED);
    assert_int_equal(numbers[5], 2);
    assert_int_equal(statuses[6], BP_REFUSED);
}

static void notices_come_while_it_is_idle_and_while_it_is_busy(void **state)
{
    (void)state;
    ask(0, "notify bacpipes_config");
    run_until_answered(1);
    while (notices < 1)
        loop_run_once(loop, BP_SECOND);
    for (int i = 1; i < 20; i++)
        ask(i, i == 5 ? "notify bacpipes_config" : "select 1");
    run_until_answered(20);
    while (notices < 2)
        loop_run_once(loop, BP_SECOND);
}

static void what_is_under_way_when_it_breaks_is_told_so(void **state)
{
    (void)state;
    ask(0, "select 7");
    ask(1, "select pg_terminate_backend(pg_backend_pid())");
    for (int i = 2; i < 60; i++)
        ask(i, "select 8");
    run_until_answered(60);
    assert_int_equal(statuses[0], BP_OK);
    for (int i = 1; i < 60; i++)
        assert_int_equal(statuses[i], BP_UNAVAILABLE);
    BpError err;
    assert_int_equal(pg_wait_connected(pg, 20 * BP_SECOND, &err), BP_OK);
    assert_int_equal(losses, 1);
    ask(60, "select 9");
    run_until_answered(61);
    assert_int_equal(numbers[60], 9);
}

static void who_is_late_ends_the_connection(void **state)
{
    (void)state;
    const PgTicket late = ask(0, "select pg_sleep(60)");
    ask(1, "select 1");
    loop_run_once(loop, 10 * BP_MS);
    pg_cancel(pg, late); /* it is under way: nothing happens */
    assert_int_equal(answered, 0);
    pg_set_deadline(pg, late, loop_now_us(loop) + 50 * BP_MS);
    run_until_answered(2);
    assert_int_equal(statuses[0], BP_UNAVAILABLE);
    assert_int_equal(statuses[1], BP_UNAVAILABLE);
    assert_int_equal(losses, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers_come_in_the_order_asked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_fails_fails_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(notices_come_while_it_is_idle_and_while_it_is_busy, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_under_way_when_it_breaks_is_told_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_is_late_ends_the_connection, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
