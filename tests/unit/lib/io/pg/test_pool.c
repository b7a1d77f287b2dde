/* Pools and listeners against a real PostgreSQL: run through tests/with-postgres. */
#include "io/pg/pool.h"

#include "base/time.h"
#include "io/pg/listener.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static Loop *loop;
static PgPool *pool;

static PgOptions connection(void)
{
    return (PgOptions){.host = getenv("PGHOST"), .port = 5432, .database = "bacpipes", .user = "bacpipes"};
}

static void make_pool(size_t least, size_t most, size_t waiting_max)
{
    const PgPoolOptions options = {.connection = connection(),
                                   .least = least,
                                   .most = most,
                                   .waiting_max = waiting_max,
                                   .patience_us = 20 * BP_SECOND,
                                   .idle_us = 300 * BP_MS,
                                   .look_every_us = 200 * BP_MS};
    pool = pg_pool_new(loop, &options);
}

static int set_up(void **state)
{
    (void)state;
    loop = loop_new();
    pool = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pg_pool_free(pool);
    loop_free(loop);
    return 0;
}

typedef struct Answer {
    int count;
    BpStatus status;
    int64_t number;
    int order;
} Answer;

static int answered;

static void on_answer(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    (void)err;
    Answer *answer = context;
    answer->count++;
    answer->order = ++answered;
    answer->status = status;
    if (rows && pg_row_count(rows))
        answer->number = pg_get_integer(rows, 0, 0);
}

static PgTicket ask(Answer *answer, const char *sql)
{
    return pg_pool_request_text(pool, bp_str(sql), on_answer, answer);
}

static void run_until_answered(const Answer *answers, size_t count)
{
    const int64_t until_us = loop_now_us(loop) + 60 * BP_SECOND;
    for (size_t i = 0; i < count; i++) {
        while (!answers[i].count && loop_now_us(loop) < until_us)
            loop_run_once(loop, 100 * BP_MS);
        assert_int_equal(answers[i].count, 1);
    }
}

static void run_for(int64_t wait_us)
{
    const int64_t until_us = loop_now_us(loop) + wait_us;
    while (loop_now_us(loop) < until_us)
        loop_run_once(loop, 10 * BP_MS);
}

static void run_server(const char *what)
{
    char command[4200];
    snprintf(command, sizeof command, "%s %s", getenv("PG_CTL"), what);
    assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): the test's own server */
}

static void a_long_statement_keeps_no_other_waiting(void **state)
{
    (void)state;
    make_pool(1, 3, 100);
    Answer answers[21] = {0};
    answered = 0;
    ask(&answers[0], "select pg_sleep(1.5), 0");
    for (int i = 1; i <= 20; i++)
        ask(&answers[i], "select 1");
    run_until_answered(answers + 1, 20);
    assert_in_range(pg_pool_counts(pool).connections, 2, 3);
    run_until_answered(answers, 1);
    assert_int_equal(answers[0].order, 21);
    for (int i = 0; i < 21; i++)
        assert_int_equal(answers[i].status, BP_OK);
}

static void no_more_connections_are_made_than_are_allowed(void **state)
{
    (void)state;
    make_pool(0, 4, 1000);
    Answer answers[200] = {0}, others = {0};
    answered = 0;
    for (int i = 0; i < 200; i++)
        ask(&answers[i],
            "select count(*) from pg_stat_activity where application_name = '' and usename = 'bacpipes' "
            "and backend_type = 'client backend'");
    run_until_answered(answers, 200);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(answers[i].status, BP_OK);
        assert_in_range(answers[i].number, 1, 4);
    }
    assert_true(pg_pool_counts(pool).connections <= 4);
    run_for(900 * BP_MS); /* what is idle is closed, */
    assert_int_equal(pg_pool_counts(pool).connections, 0);
    ask(&others, "select 1"); /* and made again when it is needed */
    run_until_answered(&others, 1);
    assert_int_equal(others.status, BP_OK);
}

static void requests_are_begun_in_their_order(void **state)
{
    (void)state;
    make_pool(1, 1, 100);
    Answer answers[50] = {0};
    answered = 0;
    for (int i = 0; i < 50; i++)
        ask(&answers[i], "select 1");
    run_until_answered(answers, 50);
    for (int i = 0; i < 50; i++)
        assert_int_equal(answers[i].order, i + 1);
}

static void too_many_are_refused_and_the_others_carried_out(void **state)
{
    (void)state;
    make_pool(2, 2, 10);
    Answer answers[40] = {0};
    for (int i = 0; i < 40; i++)
        ask(&answers[i], "select 1");
    for (int i = 0; i < 40; i++)
        assert_int_equal(answers[i].count, 0); /* never from inside the call */
    run_until_answered(answers, 40);
    size_t fine = 0, full = 0;
    for (int i = 0; i < 40; i++) {
        fine += answers[i].status == BP_OK;
        full += answers[i].status == BP_FULL;
    }
    assert_int_equal(fine + full, 40);
    assert_true(fine >= 10 && full >= 20);
    assert_int_equal(pg_pool_counts(pool).refused, full);
}

static void a_server_that_restarts_is_found_again(void **state)
{
    (void)state;
    make_pool(2, 4, 1000);
    Answer before = {0}, during[20] = {0}, after[20] = {0};
    ask(&before, "select 1");
    run_until_answered(&before, 1);
    run_server("stop -m immediate");
    run_for(300 * BP_MS);
    for (int i = 0; i < 20; i++)
        ask(&during[i], "select 1");
    run_for(500 * BP_MS);
    run_server("start");
    for (int i = 0; i < 20; i++)
        ask(&after[i], "select 2");
    run_until_answered(during, 20);
    run_until_answered(after, 20);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(during[i].status, BP_OK); /* they had the patience to wait */
        assert_int_equal(after[i].number, 2);
    }
    assert_true(pg_pool_counts(pool).lost > 0);
}

static void who_waits_too_long_is_told_why(void **state)
{
    (void)state;
    const PgPoolOptions options = {.connection = {.host = "/nonexistent-bacpipes",
                                                  .port = 5432,
                                                  .database = "bacpipes",
                                                  .user = "bacpipes"},
                                   .least = 1,
                                   .most = 2,
                                   .waiting_max = 10,
                                   .patience_us = 300 * BP_MS,
                                   .idle_us = BP_SECOND,
                                   .look_every_us = BP_SECOND};
    pool = pg_pool_new(loop, &options);
    Answer answers[5] = {0};
    for (int i = 0; i < 5; i++)
        ask(&answers[i], "select 1");
    run_until_answered(answers, 5);
    for (int i = 0; i < 5; i++)
        assert_int_equal(answers[i].status, BP_UNAVAILABLE);
    assert_int_equal(pg_pool_counts(pool).given_up, 5);
}

static void an_idle_connection_that_breaks_is_made_anew(void **state)
{
    (void)state;
    make_pool(3, 3, 10);
    Answer warm[3] = {0}, killed = {0}, after[6] = {0};
    for (int i = 0; i < 3; i++)
        ask(&warm[i], "select pg_sleep(0.1)");
    run_until_answered(warm, 3);
    ask(&killed,
        "select count(pg_terminate_backend(pid)) from pg_stat_activity where backend_type = 'client backend' "
        "and pid <> pg_backend_pid()");
    run_until_answered(&killed, 1);
    assert_int_equal(killed.number, 2);
    run_for(1500 * BP_MS);
    assert_int_equal(pg_pool_counts(pool).lost, 2);
    assert_int_equal(pg_pool_counts(pool).connected, 3);
    for (int i = 0; i < 6; i++)
        ask(&after[i], "select 1");
    run_until_answered(after, 6);
    for (int i = 0; i < 6; i++)
        assert_int_equal(after[i].status, BP_OK);
}

static void a_cancel_and_a_deadline_find_their_request_wherever_it_is(void **state)
{
    (void)state;
    make_pool(1, 1, 10);
    Answer running = {0}, waiting = {0}, late = {0}, last = {0};
    const PgTicket first = ask(&running, "select pg_sleep(30)"), second = ask(&waiting, "select 1");
    pg_pool_set_deadline(pool, ask(&late, "select 2"), loop_now_us(loop) + 200 * BP_MS);
    ask(&last, "select 3");
    run_for(400 * BP_MS);
    pg_pool_cancel(pool, second);
    pg_pool_cancel(pool, first);
    run_until_answered(&last, 1);
    assert_int_equal(running.status, BP_CANCELLED);
    assert_int_equal(waiting.status, BP_CANCELLED);
    assert_int_equal(late.status, BP_TIMEOUT);
    assert_int_equal(last.number, 3);
    assert_int_equal(running.count + waiting.count + late.count, 3);
}

/* ---- streams take a connection and give it back ---- */

typedef struct Receiver {
    int64_t rows;
    int ends;
    BpStatus status;
} Receiver;

static bool on_row(void *owner, const PgRows *rows)
{
    (void)rows;
    Receiver *receiver = owner;
    return ++receiver->rows != 100;
}

static void on_end(void *owner, BpStatus status, const BpError *err)
{
    (void)err;
    Receiver *receiver = owner;
    receiver->ends++;
    receiver->status = status;
}

static void a_stopped_stream_keeps_one_connection_alone(void **state)
{
    (void)state;
    make_pool(1, 2, 10);
    Receiver receiver = {0};
    Answer answers[5] = {0};
    const PgStreamOptions options = {.text = "select i from generate_series(1, 100000) i",
                                     .owner = &receiver,
                                     .on_row = on_row,
                                     .on_end = on_end};
    const PgTicket stream = pg_pool_stream(pool, &options);
    while (receiver.rows < 100)
        loop_run_once(loop, BP_SECOND);
    for (int i = 0; i < 5; i++)
        ask(&answers[i], "select 1");
    run_until_answered(answers, 5);
    assert_int_equal(receiver.rows, 100);
    pg_pool_go_on(pool, stream);
    while (!receiver.ends)
        loop_run_once(loop, BP_SECOND);
    assert_int_equal(receiver.rows, 100000);
    assert_int_equal(receiver.status, BP_OK);
    run_for(50 * BP_MS);
    assert_int_equal(pg_pool_counts(pool).busy, 0);
}

static void who_is_freed_ends_all(void **state)
{
    (void)state;
    make_pool(1, 2, 10);
    Answer answers[8] = {0};
    for (int i = 0; i < 8; i++)
        ask(&answers[i], "select pg_sleep(10)");
    run_for(300 * BP_MS);
    pg_pool_free(pool);
    pool = NULL;
    for (int i = 0; i < 8; i++) {
        assert_int_equal(answers[i].count, 1);
        assert_int_equal(answers[i].status, BP_UNAVAILABLE);
    }
}

/* ---- listeners ---- */

static int notices, listenings;

static void on_notice(void *owner, const char *channel, const char *payload)
{
    (void)owner;
    assert_string_equal(channel, "news");
    assert_string_equal(payload, "today");
    notices++;
}

static void on_listening(void *owner)
{
    (void)owner;
    listenings++;
}

static void run_until(const int *counter, int number)
{
    const int64_t until_us = loop_now_us(loop) + 30 * BP_SECOND;
    while (*counter < number && loop_now_us(loop) < until_us)
        loop_run_once(loop, 100 * BP_MS);
    assert_int_equal(*counter, number);
}

static void a_listener_hears_all_that_is_said_after_it_listens(void **state)
{
    (void)state;
    static const char *const channels[] = {"news"};
    notices = listenings = 0;
    const PgListenerOptions options = {.connection = connection(),
                                       .channels = channels,
                                       .channel_count = 1,
                                       .on_notice = on_notice,
                                       .on_listening = on_listening};
    PgListener *listener = pg_listener_new(loop, &options);
    make_pool(1, 1, 10);
    run_until(&listenings, 1);
    Answer said = {0}, broken = {0}, again = {0};
    ask(&said, "notify news, 'today'");
    run_until(&notices, 1);
    ask(&broken, "select count(pg_terminate_backend(pid)) from pg_stat_activity where backend_type = 'client "
                 "backend' and pid <> "
                 "pg_backend_pid()");
    run_until(&listenings, 2); /* what was missed is to be read anew */
    ask(&again, "notify news, 'today'");
    run_until(&notices, 2);
    run_until_answered(&said, 1); /* a notice may come before its answer */
    run_until_answered(&broken, 1);
    run_until_answered(&again, 1);
    pg_listener_free(listener);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_long_statement_keeps_no_other_waiting),
        TEST(no_more_connections_are_made_than_are_allowed),
        TEST(requests_are_begun_in_their_order),
        TEST(too_many_are_refused_and_the_others_carried_out),
        TEST(a_server_that_restarts_is_found_again),
        TEST(who_waits_too_long_is_told_why),
        TEST(an_idle_connection_that_breaks_is_made_anew),
        TEST(a_cancel_and_a_deadline_find_their_request_wherever_it_is),
        TEST(a_stopped_stream_keeps_one_connection_alone),
        TEST(who_is_freed_ends_all),
        TEST(a_listener_hears_all_that_is_said_after_it_listens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
