/* Streams, cancels and deadlines against a real PostgreSQL: run through tests/with-postgres. */
#include "io/pg/stream.h"

#include "base/time.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static Loop *loop;
static Pg *pg;
static int losses;

static void on_lost(void *owner, const BpError *why)
{
    (void)owner, (void)why;
    losses++;
}

static int set_up(void **state)
{
    (void)state;
    loop = loop_new();
    losses = 0;
    const PgOptions options = {.host = getenv("PGHOST"),
                               .port = 5432,
                               .database = "bacpipes",
                               .user = "bacpipes",
                               .on_lost = on_lost};
    pg = pg_new(loop, &options);
    assert_int_equal(pg_wait_connected(pg, 20 * BP_SECOND, NULL), BP_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pg_free(pg);
    loop_free(loop);
    return 0;
}

/* ---- what a receiver keeps ---- */

typedef struct Receiver {
    PgStream *stream;
    int64_t rows, sum, stop_each, cancel_at;
    bool is_stopped;
    int ends;
    BpStatus status;
    BpError err;
} Receiver;

static bool on_row(void *owner, const PgRows *rows)
{
    Receiver *receiver = owner;
    assert_int_equal(receiver->ends, 0);
    assert_false(receiver->is_stopped);
    assert_int_equal(pg_row_count(rows), 1);
    receiver->rows++;
    receiver->sum += pg_get_integer(rows, 0, 0);
    if (receiver->rows == receiver->cancel_at)
        pg_stream_cancel(receiver->stream);
    receiver->is_stopped = receiver->stop_each && receiver->rows % receiver->stop_each == 0;
    return !receiver->is_stopped;
}

static void on_end(void *owner, BpStatus status, const BpError *err)
{
    Receiver *receiver = owner;
    receiver->ends++;
    receiver->status = status;
    if (err)
        receiver->err = *err;
}

static void start(Receiver *receiver, const char *sql)
{
    const PgStreamOptions options = {.text = sql, .owner = receiver, .on_row = on_row, .on_end = on_end};
    receiver->stream = pg_stream_new(pg, &options);
}

static void run_to_end(const Receiver *receiver)
{
    const int64_t until_us = loop_now_us(loop) + 120 * BP_SECOND;
    while (!receiver->ends && loop_now_us(loop) < until_us)
        loop_run_once(loop, BP_SECOND);
    assert_int_equal(receiver->ends, 1);
}

static void run_for(int64_t wait_us)
{
    const int64_t until_us = loop_now_us(loop) + wait_us;
    while (loop_now_us(loop) < until_us)
        loop_run_once(loop, 10 * BP_MS);
}

typedef struct Answer {
    int count;
    BpStatus status;
    BpError err;
    int64_t number;
} Answer;

static void on_answer(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Answer *answer = context;
    answer->count++;
    answer->status = status;
    if (rows && pg_row_count(rows))
        answer->number = pg_get_integer(rows, 0, 0);
    if (err)
        answer->err = *err;
}

static PgTicket ask(Answer *answer, const char *sql)
{
    return pg_request_text(pg, bp_str(sql), on_answer, answer);
}

static void run_until_answered(const Answer *answer)
{
    const int64_t until_us = loop_now_us(loop) + 30 * BP_SECOND;
    while (!answer->count && loop_now_us(loop) < until_us)
        loop_run_once(loop, BP_SECOND);
    assert_int_equal(answer->count, 1);
}

/* Kilobytes of this process, as its line of /proc/self/status has them. */
static long memory_kb(const char *line)
{
    FILE *file = fopen("/proc/self/status", "r");
    char text[256], format[32];
    long kb = -1;
    snprintf(format, sizeof format, "%s: %%ld", line);
    while (file && kb < 0 && fgets(text, sizeof text, file))
        if (sscanf(text, format, &kb) != 1)
            kb = -1;
    if (file)
        fclose(file);
    return kb;
}

/* ---- streams ---- */

static void two_million_rows_pass_through_in_little_memory(void **state)
{
    (void)state;
    Receiver receiver = {.stop_each = 0};
    const long before_kb = memory_kb("VmRSS");
    start(&receiver, "select i, now(), i::float8, 'good' from generate_series(1, 2100000) i");
    run_to_end(&receiver);
    const long grown_kb = memory_kb("VmHWM") - before_kb;
    assert_int_equal(receiver.status, BP_OK);
    assert_int_equal(receiver.rows, 2100000);
    assert_int_equal(receiver.sum, 2100000LL * 2100001 / 2);
    print_message("# figure pg_stream_grown_mb %.1f MB\n", (double)grown_kb / 1024);
    assert_true(grown_kb < 20 * 1024);
}

static void nothing_is_read_for_a_receiver_that_has_enough(void **state)
{
    (void)state;
    Receiver receiver = {.stop_each = 1000};
    start(&receiver, "select i, repeat('x', 1000) from generate_series(1, 50000) i");
    const long before_kb = memory_kb("VmRSS");
    for (int64_t turn = 1; turn <= 5; turn++) {
        while (receiver.rows < turn * 1000)
            loop_run_once(loop, BP_SECOND);
        run_for(50 * BP_MS);
        assert_int_equal(receiver.rows, turn * 1000); /* not one more than it wanted */
        receiver.is_stopped = false;
        pg_stream_go_on(receiver.stream);
    }
    assert_true(memory_kb("VmRSS") - before_kb < 20 * 1024);
    receiver.stop_each = 0;
    run_to_end(&receiver);
    assert_int_equal(receiver.status, BP_OK);
    assert_int_equal(receiver.rows, 50000);
}

static void an_error_behind_rows_is_told_as_one(void **state)
{
    (void)state;
    Receiver receiver = {0};
    start(&receiver, "select 100 / (20000 - i) from generate_series(1, 30000) i");
    run_to_end(&receiver);
    assert_int_equal(receiver.status, BP_INVALID);
    assert_non_null(strstr(receiver.err.text, "division by zero"));
    assert_true(receiver.rows > 0 && receiver.rows < 20000);
    Answer next = {0};
    ask(&next, "select 7");
    run_until_answered(&next);
    assert_int_equal(next.number, 7);
}

static bool keep_row(void *owner, const PgRows *rows)
{
    (void)owner;
    assert_int_equal(pg_get_integer(rows, 0, 0), -7);
    assert_int_equal(pg_get_integer(rows, 0, 1), -70000);
    assert_true(pg_get_integer(rows, 0, 2) == INT64_MIN);
    assert_true(pg_get_double(rows, 0, 3) == 0.5);
    assert_true(pg_get_double(rows, 0, 4) == 0.1);
    assert_true(pg_get_bool(rows, 0, 5));
    assert_false(pg_get_bool(rows, 0, 6));
    assert_string_equal(pg_get_text(rows, 0, 7).data, "21,3 \302\260C");
    assert_true(pg_get_time_us(rows, 0, 8) == 1764158400123456);
    assert_true(pg_get_time_us(rows, 0, 9) == -1000000);
    assert_true(pg_is_null(rows, 0, 10) && pg_get_integer(rows, 0, 10) == 0 && !pg_get_bool(rows, 0, 10));
    return true;
}

static void values_are_the_same_in_the_binary_format(void **state)
{
    (void)state;
    Receiver receiver = {0};
    const PgStreamOptions options = {
        .text = "select (-7)::int2, (-70000)::int4, (-9223372036854775808)::int8, 0.5::float4, 0.1::float8, "
                "true, "
                "false, '21,3 \302\260C'::text, '2025-11-26T12:00:00.123456Z'::timestamptz, "
                "'1969-12-31T23:59:59Z'::timestamptz, null::int4",
        .owner = &receiver,
        .on_row = keep_row,
        .on_end = on_end};
    (void)pg_stream_new(pg, &options);
    run_to_end(&receiver);
    assert_int_equal(receiver.status, BP_OK);
}

static void a_cancelled_stream_gives_no_more_rows_and_ends_once(void **state)
{
    (void)state;
    Receiver receiver = {.cancel_at = 10};
    start(&receiver, "select i from generate_series(1, 100000000) i");
    run_to_end(&receiver);
    assert_int_equal(receiver.status, BP_CANCELLED);
    assert_int_equal(receiver.rows, 10);
    Answer next = {0};
    ask(&next, "select 8");
    run_until_answered(&next);
    assert_int_equal(next.number, 8);
    assert_int_equal(losses, 0);
}

static void a_stopped_stream_can_be_cancelled(void **state)
{
    (void)state;
    Receiver receiver = {.stop_each = 5};
    start(&receiver, "select i, repeat('x', 1000) from generate_series(1, 10000000) i");
    while (!receiver.is_stopped)
        loop_run_once(loop, BP_SECOND);
    pg_stream_cancel(receiver.stream);
    receiver.is_stopped = false;
    run_to_end(&receiver);
    assert_int_equal(receiver.status, BP_CANCELLED);
    assert_int_equal(receiver.rows, 5);
}

/* ---- cancels ---- */

static void what_is_cancelled_while_it_waits_is_never_sent(void **state)
{
    (void)state;
    Answer first = {0}, second = {0}, third = {0};
    ask(&first, "select pg_sleep(0.2), 1");
    const PgTicket ticket = ask(&second, "create table cancelled_while_it_waits (a int)");
    ask(&third, "select count(*) from pg_class where relname = 'cancelled_while_it_waits'");
    pg_cancel(pg, ticket);
    assert_int_equal(second.count, 0); /* never from inside the call */
    run_until_answered(&third);
    assert_int_equal(second.count, 1);
    assert_int_equal(second.status, BP_CANCELLED);
    assert_int_equal(third.number, 0);
}

static void a_statement_under_way_is_cancelled(void **state)
{
    (void)state;
    Answer answer = {0};
    const int64_t began_us = loop_now_us(loop);
    const PgTicket ticket = ask(&answer, "select pg_sleep(60)");
    run_for(50 * BP_MS);
    pg_cancel(pg, ticket);
    pg_cancel(pg, ticket); /* twice is once */
    run_until_answered(&answer);
    assert_int_equal(answer.status, BP_CANCELLED);
    assert_true(loop_now_us(loop) - began_us < 20 * BP_SECOND);
    assert_int_equal(losses, 0);
}

static void of_a_cancelled_text_no_statement_stays(void **state)
{
    (void)state;
    Answer answer = {0}, after = {0};
    const PgTicket ticket = ask(&answer, "create table of_a_cancelled_text (); select pg_sleep(60)");
    run_for(50 * BP_MS);
    pg_cancel(pg, ticket);
    run_until_answered(&answer);
    assert_int_equal(answer.status, BP_CANCELLED);
    ask(&after, "select count(*) from pg_class where relname = 'of_a_cancelled_text'");
    run_until_answered(&after);
    assert_int_equal(after.number, 0);
}

/* A cancel that comes late would end whatever the connection does next. */
static void a_late_cancel_hits_no_other_statement(void **state)
{
    (void)state;
    for (int i = 0; i < 300; i++) {
        Answer short_one = {0}, next = {0};
        const PgTicket ticket = ask(&short_one, "select 1");
        ask(&next, "select count(*) from generate_series(1, 2000) a");
        for (int turns = i % 4; turns > 0; turns--)
            loop_run_once(loop, 0);
        pg_cancel(pg, ticket);
        run_until_answered(&next);
        assert_int_equal(next.status, BP_OK);
        assert_int_equal(next.number, 2000);
        assert_int_equal(short_one.count, 1);
        assert_true(short_one.status == BP_OK || short_one.status == BP_CANCELLED);
    }
    assert_int_equal(losses, 0);
}

static void a_cancelled_transaction_changes_nothing(void **state)
{
    (void)state;
    Answer made = {0}, answer = {0}, after = {0};
    ask(&made, "create table if not exists setting (site_id text, name text, value text, updated_by text, "
               "updated_at timestamptz, primary key (site_id, name)); truncate setting");
    run_until_answered(&made);
    assert_int_equal(made.status, BP_OK);
    const PgValue values[] = {pg_text(bp_str("site")), pg_text(bp_str("poll.interval")),
                              pg_text(bp_str("15s")), pg_text(bp_str("test"))};
    const PgStep steps[] = {{SQL_UPSERT_SETTING, values, 4}, {SQL_UPSERT_SETTING, values, 4}};
    int cancelled = 0;
    for (int i = 0; i < 40; i++) {
        answer = (Answer){0};
        const PgTicket ticket = pg_transaction(pg, steps, 2, on_answer, &answer);
        for (int turns = i % 8; turns > 0; turns--)
            loop_run_once(loop, BP_MS);
        pg_cancel(pg, ticket);
        run_until_answered(&answer);
        after = (Answer){0};
        ask(&after, "with gone as (delete from setting returning 1) select count(*) from gone");
        run_until_answered(&after);
        assert_int_equal(after.status, BP_OK);
        assert_int_equal(after.number,
                         answer.status == BP_OK ? 1 : 0); /* all or nothing, and as it was told */
        assert_true(answer.status == BP_OK || answer.status == BP_CANCELLED);
        cancelled += answer.status == BP_CANCELLED;
    }
    assert_true(cancelled > 0);
    assert_int_equal(losses, 0);
}

/* ---- deadlines ---- */

static void a_statement_ends_at_its_deadline(void **state)
{
    (void)state;
    Answer late = {0}, waiting = {0}, fine = {0};
    const int64_t now_us = loop_now_us(loop);
    pg_set_deadline(pg, ask(&late, "select pg_sleep(60)"), now_us + 300 * BP_MS);
    pg_set_deadline(pg, ask(&waiting, "select 2"), now_us + 100 * BP_MS);
    pg_set_deadline(pg, ask(&fine, "select 3"), now_us + 30 * BP_SECOND);
    run_until_answered(&fine);
    assert_int_equal(late.status, BP_TIMEOUT);
    assert_int_equal(waiting.status, BP_TIMEOUT);
    assert_int_equal(fine.number, 3);
    assert_true(loop_now_us(loop) - now_us < 20 * BP_SECOND);
    assert_int_equal(losses, 0);
}

static void a_server_that_ends_nothing_loses_its_connection(void **state)
{
    (void)state;
    Answer pid = {0}, stuck = {0}, after = {0};
    ask(&pid, "select pg_backend_pid()");
    run_until_answered(&pid);
    assert_int_equal(kill((pid_t)pid.number, SIGSTOP), 0);
    pg_set_deadline(pg, ask(&stuck, "select 1"), loop_now_us(loop) + 100 * BP_MS);
    run_until_answered(&stuck);
    assert_int_equal(kill((pid_t)pid.number, SIGCONT), 0);
    assert_int_equal(stuck.status, BP_UNAVAILABLE);
    assert_int_equal(losses, 1);
    assert_int_equal(pg_wait_connected(pg, 20 * BP_SECOND, NULL), BP_OK);
    ask(&after, "select 5");
    run_until_answered(&after);
    assert_int_equal(after.number, 5);
}

/* The cancel came too late, and the server stops before it has said so. */
static void a_server_that_stops_behind_a_late_cancel_loses_its_connection(void **state)
{
    (void)state;
    Answer pid = {0}, late = {0}, next = {0};
    ask(&pid, "select pg_backend_pid()");
    run_until_answered(&pid);
    const PgTicket ticket = ask(&late, "select 1");
    nanosleep(&(struct timespec){.tv_nsec = 300 * 1000 * 1000}, NULL); /* its answer is there, and not read */
    assert_int_equal(kill((pid_t)pid.number, SIGSTOP), 0);
    pg_cancel(pg, ticket);
    ask(&next, "select 2");
    run_until_answered(&next);
    assert_int_equal(kill((pid_t)pid.number, SIGCONT), 0);
    assert_int_equal(late.status, BP_OK);
    assert_int_equal(next.status, BP_UNAVAILABLE);
    assert_int_equal(losses, 1);
}

static void who_is_freed_while_a_cancel_is_under_way_ends_all(void **state)
{
    (void)state;
    Answer answer = {0};
    const PgTicket ticket = ask(&answer, "select pg_sleep(60)");
    run_for(20 * BP_MS);
    pg_cancel(pg, ticket);
    pg_free(pg);
    pg = NULL;
    assert_int_equal(answer.count, 1);
    assert_int_equal(answer.status, BP_UNAVAILABLE);
    run_for(200 * BP_MS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(two_million_rows_pass_through_in_little_memory),
        TEST(nothing_is_read_for_a_receiver_that_has_enough),
        TEST(an_error_behind_rows_is_told_as_one),
        TEST(values_are_the_same_in_the_binary_format),
        TEST(a_cancelled_stream_gives_no_more_rows_and_ends_once),
        TEST(a_stopped_stream_can_be_cancelled),
        TEST(what_is_cancelled_while_it_waits_is_never_sent),
        TEST(a_statement_under_way_is_cancelled),
        TEST(of_a_cancelled_text_no_statement_stays),
        TEST(a_late_cancel_hits_no_other_statement),
        TEST(a_cancelled_transaction_changes_nothing),
        TEST(a_statement_ends_at_its_deadline),
        TEST(a_server_that_ends_nothing_loses_its_connection),
        TEST(a_server_that_stops_behind_a_late_cancel_loses_its_connection),
        TEST(who_is_freed_while_a_cancel_is_under_way_ends_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
