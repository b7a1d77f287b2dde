/* Against a real PostgreSQL: run through tests/with-postgres. */
#include "io/pg/pg.h"

#include "base/time.h"
#include "io/pg/copy.h"
#include "io/pg/reload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static Loop *loop;
static Pg *pg;
static int connections, losses, notices;
static char last_notice[128];
static BpError failure;

static void on_connected(void *owner)
{
    (void)owner;
    connections++;
}

static void on_lost(void *owner, const BpError *why)
{
    (void)owner;
    assert_int_equal(why->status, BP_UNAVAILABLE);
    losses++;
}

static void on_notice(void *owner, const char *channel, const char *payload)
{
    (void)owner;
    notices++;
    snprintf(last_notice, sizeof last_notice, "%s %s", channel, payload);
}

static void wait_for_connection(void)
{
    assert_int_equal(pg_wait_connected(pg, 20 * BP_SECOND, &failure), BP_OK);
}

static int set_up(void **state)
{
    (void)state;
    loop = loop_new();
    const PgOptions options = {.host = getenv("PGHOST"),
                               .port = 5432,
                               .database = "bacpipes",
                               .user = "bacpipes",
                               .on_connected = on_connected,
                               .on_lost = on_lost,
                               .on_notice = on_notice};
    connections = losses = notices = 0;
    pg = pg_new(loop, &options);
    wait_for_connection();
    assert_int_equal(
        pg_wait_text(
            pg,
            bp_str(
                "drop table if exists sensor_readings, setting;"
                "create table sensor_readings (time timestamptz, site_id text, point_id integer primary key, "
                "value float8, quality text, reason text, units text, device_id integer, object_type text, "
                "object_instance integer);"
                "create table setting (site_id text, name text, value text check (value <> 'bad'), "
                "updated_by text, updated_at timestamptz, primary key (site_id, name))"),
            &failure),
        BP_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pg_free(pg);
    loop_free(loop);
    return 0;
}

typedef struct Answer {
    bool is_here;
    BpStatus status;
    int64_t number;
} Answer;

static void keep_answer(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Answer *answer = context;
    answer->is_here = true;
    answer->status = status;
    if (err)
        failure = *err;
    if (rows && pg_row_count(rows) && !pg_is_null(rows, 0, 0))
        answer->number = pg_get_integer(rows, 0, 1);
}

static void run_until_answered(const Answer *answer)
{
    while (!answer->is_here)
        loop_run_once(loop, BP_SECOND);
}

static int64_t scalar(const char *sql)
{
    Answer answer = {0};
    char text[512];
    snprintf(text, sizeof text, "select 1, (%s)", sql);
    pg_request_text(pg, bp_str(text), keep_answer, &answer);
    run_until_answered(&answer);
    assert_int_equal(answer.status, BP_OK);
    return answer.number;
}

static void a_statement_is_prepared_once_and_used_again(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        Answer answer = {0};
        pg_request(pg, SQL_SELECT_VERSION, NULL, 0, keep_answer, &answer);
        run_until_answered(&answer);
        assert_int_equal(answer.status, BP_OK);
        assert_in_range(answer.number, 150000, 999999);
    }
    assert_int_equal(scalar("select count(*) from pg_prepared_statements"), 1);
}

static void a_new_connection_has_its_statements_prepared_anew(void **state)
{
    (void)state;
    for (int i = 1; i <= 3; i++) {
        Answer answer = {0}, end = {0};
        pg_request(pg, SQL_SELECT_VERSION, NULL, 0, keep_answer, &answer);
        run_until_answered(&answer);
        assert_int_equal(answer.status, BP_OK);
        assert_int_equal(scalar("select count(*) from pg_prepared_statements"), 1);
        pg_request_text(pg, bp_str("select pg_terminate_backend(pg_backend_pid())"), keep_answer, &end);
        run_until_answered(&end);
        assert_int_equal(end.status, BP_UNAVAILABLE);
        while (losses < i)
            loop_run_once(loop, BP_SECOND);
        wait_for_connection();
    }
}

static void an_error_is_the_servers_sentence(void **state)
{
    (void)state;
    assert_int_equal(pg_wait_text(pg, bp_str("select 1/0"), &failure), BP_INVALID);
    assert_string_equal(failure.text, "division by zero");
    assert_int_equal(scalar("42"), 42); /* and the connection goes on */
}

static void a_text_that_fails_leaves_no_transaction_behind(void **state)
{
    (void)state;
    assert_int_equal(pg_wait_text(pg, bp_str("begin; create table left_behind (); select 1/0; commit"), NULL),
                     BP_INVALID);
    assert_int_equal(scalar("select count(*) from pg_class where relname = 'left_behind'"), 0);
}

static void an_error_says_whose_matter_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *sqlstate;
        BpStatus status;
    } errors[] = {{"22003", BP_INVALID},     {"23502", BP_INVALID},     {"23503", BP_INVALID},
                  {"23505", BP_CONFLICT},    {"23514", BP_NOT_FOUND},   {"40001", BP_UNAVAILABLE},
                  {"40P01", BP_UNAVAILABLE}, {"53100", BP_UNAVAILABLE}, {"55P03", BP_UNAVAILABLE},
                  {"55006", BP_TIMEOUT},     {"57014", BP_UNAVAILABLE}, {"57P01", BP_UNAVAILABLE},
                  {"58030", BP_UNAVAILABLE}, {"42501", BP_FORBIDDEN},   {"42P01", BP_REFUSED},
                  {"55000", BP_REFUSED},     {"P0001", BP_REFUSED}};
    char sql[128];
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        snprintf(sql, sizeof sql, "do $$ begin raise exception 'odd' using errcode = '%s'; end $$",
                 errors[i].sqlstate);
        assert_int_equal(pg_wait_text(pg, bp_str(sql), &failure), errors[i].status);
        assert_int_equal(failure.status, errors[i].status);
    }
    /* A constraint has a name, the want of a partition has none. */
    assert_int_equal(pg_wait_text(pg, bp_str("insert into setting (value) values ('bad')"), &failure),
                     BP_INVALID);
    assert_int_equal(pg_wait_text(pg,
                                  bp_str("create temporary table parted (a integer) partition by range (a);"
                                         "insert into parted values (1)"),
                                  &failure),
                     BP_NOT_FOUND);
}

static void write_rows(BpBuf *out, int first, int count)
{
    pg_copy_begin(out);
    for (int i = first; i < first + count; i++) {
        pg_copy_row(out, 10);
        pg_copy_time(out, INT64_C(1795488719000000) + i);
        pg_copy_text(out, bp_str("site"));
        pg_copy_int4(out, i);
        pg_copy_float8(out, i * 0.1);
        pg_copy_text(out, bp_str("good"));
        for (int j = 0; j < 5; j++)
            pg_copy_null(out);
    }
    pg_copy_end(out);
}

static void notice_done(void *owner)
{
    int *ticks = owner;
    (*ticks)++;
}

static BpStatus copy_rows(int first, int count)
{
    BpBuf out = bp_buf_growing(256 * 1024 * 1024);
    write_rows(&out, first, count);
    const PgStep steps[] = {{SQL_SELECT_VERSION, NULL, 0}};
    Answer answer = {0};
    pg_copy(pg, SQL_COPY_READINGS, bp_buf_text(&out), steps, 1, keep_answer, &answer);
    run_until_answered(&answer);
    bp_buf_done(&out);
    return answer.status;
}

static void a_copy_is_all_or_nothing(void **state)
{
    (void)state;
    assert_int_equal(copy_rows(1, 1000), BP_OK);
    assert_int_equal(scalar("select count(*) from sensor_readings"), 1000);
    assert_int_equal(scalar("select count(*) from sensor_readings where value = point_id * 0.1::float8"),
                     1000);
    assert_int_equal(scalar("select count(*) from sensor_readings where time = "
                            "'2026-11-24T02:51:59Z'::timestamptz + point_id * interval '1 us'"),
                     1000);
    /* The last of these is there already. */
    assert_int_equal(copy_rows(-99, 101), BP_CONFLICT);
    assert_int_equal(scalar("select count(*) from sensor_readings"), 1000);
    assert_int_equal(copy_rows(1001, 1), BP_OK);
}

static void a_large_copy_does_not_hold_up_the_loop(void **state)
{
    (void)state;
    BpBuf out = bp_buf_growing(256 * 1024 * 1024);
    write_rows(&out, 1, 400000);
    Answer answer = {0};
    int64_t longest_us = 0;
    pg_copy(pg, SQL_COPY_READINGS, bp_buf_text(&out), NULL, 0, keep_answer, &answer);
    int ticks = 0;
    LoopTimer *timer = loop_timer_new(loop, notice_done, &ticks);
    int rounds = 0;
    while (!answer.is_here) {
        const int before = ticks;
        loop_timer_set(timer, loop_now_us(loop) + BP_MS);
        const int64_t since_us = loop_now_us(loop);
        while (ticks == before && !answer.is_here)
            loop_run_once(loop, BP_SECOND);
        rounds++;
        if (loop_now_us(loop) - since_us > longest_us)
            longest_us = loop_now_us(loop) - since_us;
    }
    assert_int_equal(answer.status, BP_OK);
    assert_true(rounds > 10); /* a copy that blocked would be one round */
    assert_int_equal(scalar("select count(*) from sensor_readings"), 400000);
    loop_timer_free(timer);
    bp_buf_done(&out);
}

static void the_first_error_of_a_transaction_is_told_and_nothing_stays(void **state)
{
    (void)state;
    const PgValue good[] = {pg_text(bp_str("site")), pg_text(bp_str("poll.interval")), pg_text(bp_str("15s")),
                            pg_null()};
    const PgValue bad[] = {pg_text(bp_str("site")), pg_text(bp_str("x")), pg_text(bp_str("bad")), pg_null()};
    const PgStep steps[] = {
        {SQL_UPSERT_SETTING, good, 4}, {SQL_UPSERT_SETTING, bad, 4}, {SQL_SELECT_VERSION, NULL, 0}};
    Answer answer = {0};
    pg_transaction(pg, steps, 3, keep_answer, &answer);
    run_until_answered(&answer);
    assert_int_equal(answer.status, BP_INVALID);
    assert_non_null(strstr(failure.text, "violates check constraint"));
    assert_int_equal(scalar("select count(*) from setting"), 0);
    const PgStep well[] = {{SQL_UPSERT_SETTING, good, 4}, {SQL_SELECT_VERSION, NULL, 0}};
    answer = (Answer){0};
    pg_transaction(pg, well, 2, keep_answer, &answer);
    run_until_answered(&answer);
    assert_int_equal(answer.status, BP_OK);
    assert_in_range(answer.number, 150000, 999999); /* the last query's rows */
    assert_int_equal(scalar("select count(*) from setting"), 1);
}

static void notices_arrive_also_after_a_reconnection(void **state)
{
    (void)state;
    char command[512];
    pg_listen(pg, "bacpipes_config");
    assert_int_equal(pg_wait_text(pg, bp_str("notify bacpipes_config, 'one'"), &failure), BP_OK);
    while (notices < 1)
        loop_run_once(loop, BP_SECOND);
    assert_string_equal(last_notice, "bacpipes_config one");

    snprintf(command, sizeof command, "%s stop -m immediate", getenv("PG_CTL"));
    Answer lost = {0};
    pg_request_text(pg, bp_str("select pg_sleep(60)"), keep_answer, &lost);
    assert_int_equal(system(command), 0);
    run_until_answered(&lost);
    assert_int_equal(lost.status, BP_UNAVAILABLE);

    Answer refused = {0};
    while (pg_is_connected(pg))
        loop_run_once(loop, BP_SECOND);
    pg_request(pg, SQL_SELECT_VERSION, NULL, 0, keep_answer, &refused);
    assert_false(refused.is_here); /* from the loop, not from inside the call */
    run_until_answered(&refused);
    assert_int_equal(refused.status, BP_UNAVAILABLE);

    snprintf(command, sizeof command, "%s start", getenv("PG_CTL"));
    assert_int_equal(system(command), 0);
    wait_for_connection();
    assert_int_equal(connections, 2);
    assert_true(losses >= 1);
    assert_int_equal(pg_wait_text(pg, bp_str("notify bacpipes_config, 'two'"), &failure), BP_OK);
    while (notices < 2)
        loop_run_once(loop, BP_SECOND);
    assert_string_equal(last_notice, "bacpipes_config two");
}

static void who_is_freed_answers_what_waits(void **state)
{
    (void)state;
    Answer answers[3] = {0};
    for (int i = 0; i < 3; i++)
        pg_request_text(pg, bp_str("select pg_sleep(60)"), keep_answer, &answers[i]);
    pg_free(pg);
    pg = NULL;
    for (int i = 0; i < 3; i++)
        assert_int_equal(answers[i].status, BP_UNAVAILABLE);
}

static void too_many_requests_are_refused_from_the_loop(void **state)
{
    (void)state;
    enum { MORE = 10 };
    Answer answers[PG_WAITING_MAX + MORE] = {0};
    pg_request_text(pg, bp_str("select pg_sleep(0.5), 1"), keep_answer, &answers[0]);
    for (size_t i = 1; i < PG_WAITING_MAX + MORE; i++)
        pg_request_text(pg, bp_str("select 1, 1"), keep_answer, &answers[i]);
    const PgStep step = {.query = SQL_SELECT_VERSION};
    Answer transaction = {0};
    pg_transaction(pg, &step, 1, keep_answer, &transaction);
    for (size_t i = PG_WAITING_MAX; i < PG_WAITING_MAX + MORE; i++)
        assert_false(answers[i].is_here);
    run_until_answered(&transaction);
    assert_int_equal(transaction.status, BP_FULL);
    assert_string_equal(failure.text, "256 requests wait for the database already");
    for (size_t i = 0; i < PG_WAITING_MAX + MORE; i++) {
        run_until_answered(&answers[i]);
        assert_int_equal(answers[i].status, i < PG_WAITING_MAX ? BP_OK : BP_FULL);
    }
    assert_int_equal(scalar("select 7"), 7); /* there is room again */
    for (size_t i = 0; i < PG_WAITING_MAX + MORE; i++) {
        answers[i].is_here = false;
        pg_request_text(pg, bp_str("select pg_sleep(60)"), keep_answer, &answers[i]);
    }
    pg_free(pg); /* refused ones are answered too */
    pg = NULL;
    assert_int_equal(answers[PG_WAITING_MAX].status, BP_FULL);
    assert_int_equal(answers[1].status, BP_UNAVAILABLE);
}

/* ---- what is read again ---- */

typedef struct Rows {
    PgReload *reload;
    int asked, answered, under_way, most, news;
    bool fails;
} Rows;

static void on_rows(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Rows *all = context;
    (void)rows;
    (void)err;
    all->answered++;
    all->under_way--;
    all->news += pg_reload_answered(all->reload, status);
}

static void ask_rows(void *owner)
{
    Rows *all = owner;
    all->asked++;
    all->under_way++;
    all->most = all->under_way > all->most ? all->under_way : all->most;
    pg_request_text(pg, bp_str(all->fails ? "select 1 / 0" : "select 1"), on_rows, all);
}

static void run_until(const int *counter, int number)
{
    const int64_t until_us = loop_now_us(loop) + 30 * BP_SECOND;
    while (*counter < number && loop_now_us(loop) < until_us)
        loop_run_once(loop, BP_SECOND);
    assert_true(*counter >= number);
}

static void a_flood_of_notices_has_rows_read_now_and_then_and_once_more_at_its_end(void **state)
{
    (void)state;
    Rows all = {0};
    all.reload = pg_reload_new(loop, pg, PG_RELOAD_PAUSE_US, ask_rows, &all);
    pg_reload_anew(all.reload);
    const int64_t begin_us = loop_now_us(loop);
    while (loop_now_us(loop) - begin_us < BP_SECOND) { /* far more than PG_WAITING_MAX */
        for (int i = 0; i < 100; i++)
            pg_reload_soon(all.reload);
        loop_run_once(loop, BP_MS);
    }
    assert_int_equal(all.most, 1);
    assert_true(all.asked >= 2 && all.asked <= 7); /* a flood does not put it off either */
    const int before = all.asked;
    assert_true(pg_reload_is_waiting(all.reload));
    run_until(&all.answered, before + 1);
    assert_false(pg_reload_is_waiting(all.reload));
    pg_reload_free(all.reload);
}

static void rows_that_could_not_be_read_are_asked_for_again(void **state)
{
    (void)state;
    Rows all = {.fails = true};
    all.reload = pg_reload_new(loop, pg, PG_RELOAD_PAUSE_US, ask_rows, &all);
    pg_reload_anew(all.reload);
    run_until(&all.answered, 2);
    assert_int_equal(all.news, 1); /* said once */
    all.fails = false;
    run_until(&all.answered, 3);
    assert_false(pg_reload_is_waiting(all.reload));
    pg_reload_free(all.reload);
}

static void a_session_says_whom_it_acts_for(void **state)
{
    (void)state;
    pg_free(pg);
    const PgOptions options = {.host = getenv("PGHOST"),
                               .port = 5432,
                               .database = "bacpipes",
                               .user = "bacpipes",
                               .person = "root (sudo by o'h\\ara) -c x=1 \xC3\xA9",
                               .on_connected = on_connected,
                               .on_lost = on_lost};
    pg = pg_new(loop, &options);
    wait_for_connection();
    static const char check[] =
        "do $$ begin assert current_setting('bacpipes.person') = $q$root (sudo by o'h\\ara) -c x=1 "
        "\xC3\xA9$q$, "
        "current_setting('bacpipes.person'); assert current_setting('timezone') = 'UTC'; end $$";
    if (pg_wait_text(pg, bp_str(check), &failure) != BP_OK)
        fail_msg("%s", failure.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_statement_is_prepared_once_and_used_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_error_says_whose_matter_it_is, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_new_connection_has_its_statements_prepared_anew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_error_is_the_servers_sentence, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_text_that_fails_leaves_no_transaction_behind, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_copy_is_all_or_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_large_copy_does_not_hold_up_the_loop, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_first_error_of_a_transaction_is_told_and_nothing_stays, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(notices_arrive_also_after_a_reconnection, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_is_freed_answers_what_waits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(too_many_requests_are_refused_from_the_loop, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_flood_of_notices_has_rows_read_now_and_then_and_once_more_at_its_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_session_says_whom_it_acts_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rows_that_could_not_be_read_are_asked_for_again, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("io pg", tests, NULL, NULL);
}
