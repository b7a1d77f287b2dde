/* From a message to its commit. */
#include "tests/unit/apps/ingest/role.h"

static void what_is_gathered_waits_for_the_flush_and_is_announced(void **state)
{
    (void)state;
    receive(1);
    assert_int_equal(due_us, now_us + BP_SECOND);
    now_us += 300 * BP_MS;
    receive(2);
    assert_int_equal(due_us, now_us + 700 * BP_MS);
    wait_until_due();
    answer(BP_OK);
    assert_true(has_step(SQL_UPSERT_POSITIONS));
    assert_int_equal(due_us, INT64_MAX); /* the database's turn */
    receive(3);
    assert_int_equal(due_us, INT64_MAX);
    answer(BP_OK);
    assert_int_equal(announced, 1);
    assert_int_equal(role->positions.items[0].stored, 2);
    assert_int_equal(due_us, now_us + BP_SECOND); /* of the third */
}

static void a_day_that_somebody_dropped_is_made_again(void **state)
{
    (void)state;
    store_the_first();
    receive(2);
    wait_until_due();
    assert_true(is_asked(SQL_COPY_READINGS)); /* its day is known */
    answer(BP_NOT_FOUND);
    assert_true(is_asked(SQL_ENSURE_DAYS));
    answer(BP_REFUSED);
    assert_true(is_asked(SQL_COPY_READINGS));
    answer(BP_NOT_FOUND); /* and that is the database's matter */
    assert_null(asked.done);
    assert_int_equal(role->store.state, STORE_IS_PAUSING);
    wait_until_due();
    assert_true(is_asked(SQL_ENSURE_DAYS));
}

static void rows_that_are_there_already_go_beside_the_table_and_the_next_do_not(void **state)
{
    (void)state;
    store_the_first();
    receive(2);
    wait_until_due();
    answer(BP_CONFLICT);
    assert_true(is_asked(SQL_COPY_READINGS_STAGE));
    assert_true(has_step(SQL_INSERT_STAGED_READINGS));
    answer(BP_OK);
    receive(3);
    wait_until_due();
    assert_true(is_asked(SQL_COPY_READINGS));
    assert_false(has_step(SQL_INSERT_STAGED_READINGS));
    /* Nor does the other half. */
    receive(4);
    answer(BP_OK);
    receive(5);
    wait_until_due();
    answer(BP_INVALID);
    assert_int_equal(role->store.end_count, 2);
    answer(BP_CONFLICT);
    assert_true(is_asked(SQL_COPY_READINGS_STAGE));
    answer(BP_OK);
    assert_true(is_asked(SQL_COPY_READINGS));
}

static void pauses_grow_and_begin_anew_after_a_commit(void **state)
{
    (void)state;
    static const int64_t pauses_ms[] = {500, 1000, 2000, 4000, 8000, 16000, 30000, 30000};
    store_the_first();
    receive(2);
    wait_until_due();
    for (size_t i = 0; i < sizeof pauses_ms / sizeof pauses_ms[0]; i++) {
        answer(BP_UNAVAILABLE);
        assert_null(asked.done);
        assert_int_equal(due_us, now_us + pauses_ms[i] * BP_MS);
        wait_until_due();
    }
    answer(BP_OK);
    receive(3);
    wait_until_due();
    answer(BP_UNAVAILABLE);
    assert_int_equal(due_us, now_us + pauses_ms[0] * BP_MS);
}

static void parts_are_announced_each_second(void **state)
{
    (void)state;
    store_the_first();
    for (int64_t n = 2; n < 10; n++)
        receive(n);
    wait_until_due();
    for (int i = 0; i < 3; i++) /* 4, 2, 1 */
        answer(BP_INVALID);
    const int before = announced;
    now_us = role->store.announced_at_us + BP_SECOND - 1;
    answer(BP_OK);
    assert_int_equal(announced, before);
    now_us += 1;
    answer(BP_OK);
    assert_int_equal(announced, before + 1);
    assert_int_equal(role->positions.items[0].stored, 3);
    assert_int_equal(role->store.state, STORE_IS_COMMITTING);
}

static void beginning_anew_forgets_what_is_gathered_and_what_pauses(void **state)
{
    (void)state;
    store_the_first();
    receive(2);
    wait_until_due();
    answer(BP_UNAVAILABLE);
    receive(3);
    assert_int_equal(role->store.state, STORE_IS_PAUSING);
    const MdlRun session = role->session;
    ingest_start_over(role);
    assert_string_not_equal(role->session.text, session.text);
    assert_int_equal(role->store.state, STORE_IS_IDLE);
    assert_null(role->store.gather);
    assert_true(gather_is_empty(role->gathering));
    assert_true(gather_is_empty(&role->gathers[0]) && gather_is_empty(&role->gathers[1]));
    assert_int_equal(due_us, INT64_MAX);
    assert_int_equal(role->positions.items[0].accepted, 1);
    /* All of it comes again, once. */
    receive(2);
    receive(3);
    wait_until_due();
    answer(BP_OK);
    assert_int_equal(role->counts.batches_stored, 3);
    assert_int_equal(role->positions.items[0].stored, 3);
}

static void the_end_of_a_connection_begins_anew(void **state)
{
    (void)state;
    store_the_first();
    receive(2);
    wait_until_due();
    receive(3);
    asked.is_connected = false;
    answer(BP_UNAVAILABLE);
    assert_int_equal(role->store.state, STORE_IS_IDLE);
    assert_true(gather_is_empty(role->gathering));
    assert_int_equal(role->positions.items[0].accepted, 1);
}

static void while_clocks_disagree_batches_are_asked_for_every_five_seconds(void **state)
{
    (void)state;
    store_the_first();
    for (int i = 0; i < 3; i++) {
        receive_by_clock(1, 2, BP_HOUR);
        const int64_t begin_us = now_us;
        assert_int_equal(due_us, begin_us + 5 * BP_SECOND);
        now_us += 3 * BP_SECOND;
        receive_by_clock(1, 2, BP_HOUR); /* who comes meanwhile puts nothing off */
        assert_int_equal(due_us, begin_us + 5 * BP_SECOND);
        assert_int_equal(wanted, i);
        wait_until_due();
        assert_int_equal(wanted, i + 1);
        assert_non_null(strstr((const char *)said.data, "\"from\":2"));
    }
    assert_int_equal(due_us, INT64_MAX);
    assert_int_equal(asked.count, 2); /* nothing of it came to the database */
}

static void a_pause_of_the_store_lasts_no_longer_for_clocks_that_disagree(void **state)
{
    (void)state;
    store_the_first();
    receive(2);
    wait_until_due();
    answer(BP_UNAVAILABLE);
    const int64_t begin_us = now_us;
    receive_by_clock(1, 3, BP_HOUR);
    assert_int_equal(due_us, begin_us + 500 * BP_MS);
    wait_until_due();
    assert_true(is_asked(SQL_COPY_READINGS));
    /* Nor the other way round: it is asked for in its time though the pause is longer. */
    while (!wanted)
        if (asked.done)
            answer(BP_UNAVAILABLE);
        else
            wait_until_due();
    assert_int_equal(now_us, begin_us + 5 * BP_SECOND);
    assert_int_equal(role->store.state, STORE_IS_PAUSING);
    assert_int_equal(due_us, role->store.retry_at_us);
    assert_int_equal(due_us, begin_us + 7500 * BP_MS);
}

static void what_found_no_room_is_asked_for_after_the_commit(void **state)
{
    (void)state;
    int64_t n = 0;
    while (!asked.done)
        receive(++n);
    assert_int_equal(n, GATHER_BATCHES_ENOUGH);
    answer(BP_OK); /* the days */
    for (int i = 0; i < GATHER_BATCHES_MAX; i++)
        receive(++n);
    assert_int_equal(role->counts.let_go, 0);
    receive(n + 1);
    receive(n + 1);
    assert_int_equal(role->counts.let_go, 2);
    assert_int_equal(wanted, 0);
    answer(BP_OK);
    assert_int_equal(wanted, 1);
    char from[32];
    snprintf(from, sizeof from, "\"from\":%" PRId64 "}", n + 1);
    assert_non_null(strstr((const char *)said.data, from));
    assert_int_equal(due_us, 0); /* there is enough of the rest */
}

static void a_batch_of_another_version_goes_aside_once(void **state)
{
    (void)state;
    store_the_first();
    for (int i = 0; i < 3; i++)
        for (int64_t n = 2; n < 5; n++)
            receive_by_clock(2, n, 0);
    assert_int_equal(role->counts.malformed, 3);
    wait_until_due();
    assert_true(asked.is_transaction && has_step(SQL_INSERT_QUARANTINE) && !has_step(SQL_UPSERT_POSITIONS));
    answer(BP_OK);
    assert_int_equal(role->counts.quarantined, 3);
    receive_by_clock(2, 4, 0);
    assert_true(gather_is_empty(role->gathering));
    /* It is not done with: who understands it takes it. */
    receive(2);
    wait_until_due();
    answer(BP_OK);
    assert_int_equal(role->positions.items[0].stored, 2);
}

static void a_number_that_no_collector_can_have_goes_aside_once(void **state)
{
    (void)state;
    store_the_first();
    receive(INT64_C(1) << 60);
    receive(INT64_C(1) << 60);
    assert_int_equal(role->counts.malformed, 1);
    receive(2);
    wait_until_due();
    answer(BP_OK);
    assert_int_equal(role->positions.items[0].stored, 2);
}

static void a_point_that_is_not_known_has_the_points_read_again_first(void **state)
{
    (void)state;
    static const IngestPoints none = {items, 1}, all = {items, 2};
    store_the_first();
    know(&none);
    points.as_of_us = bp_wall_us() - BP_SECOND; /* it may have been made since */
    receive(2);
    assert_int_equal(reloads, 1);
    assert_int_equal(role->counts.let_go, 1);
    ingest_ask_for_missing(role);
    ingest_ask_for_missing(role);
    assert_int_equal(wanted, 1);
    receive(2); /* what was asked for before is no answer */
    assert_int_equal(reloads, 2);
    assert_int_equal(role->counts.let_go, 2);
    points.as_of_us = bp_wall_us() + BP_MINUTE;
    know(&all);
    receive(2);
    wait_until_due();
    answer(BP_OK);
    assert_int_equal(role->positions.items[0].stored, 2);
    assert_int_equal(role->counts.quarantined, 0);

    know(&none); /* it was deleted: a list that is younger than the readings says so, and that is that */
    receive_by_clock(1, 3, -30 * BP_SECOND); /* also by a clock that is behind */
    assert_int_equal(reloads, 2);
    wait_until_due();
    assert_true(has_step(SQL_INSERT_QUARANTINE));
    answer(BP_OK);
    assert_int_equal(role->positions.items[0].stored, 3);
    assert_int_equal(role->counts.quarantined, 1);
}

static void a_point_that_is_not_known_of_the_future_holds_nobody_up(void **state)
{
    (void)state;
    static const IngestPoints none = {items, 1};
    char json[256];
    store_the_first();
    know(&none);
    points.as_of_us = bp_wall_us() - BP_SECOND;
    snprintf(json, sizeof json,
             "{\"v\":1,\"run\":\"0123456789abcdef\",\"n\":2,\"oldest\":1,\"sent\":%" PRId64
             ",\"device\":3,\"at\":%" PRId64 ",\"readings\":[[1,0,21.5]]}",
             bp_wall_us(), INT64_MAX);
    ingest_receive(role, bp_str("readings"), bp_str(json));
    assert_int_equal(reloads, 0);
    wait_until_due();
    answer(BP_OK);
    assert_int_equal(role->positions.items[0].stored, 2);
    assert_int_equal(role->counts.quarantined, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_gathered_waits_for_the_flush_and_is_announced, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_day_that_somebody_dropped_is_made_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rows_that_are_there_already_go_beside_the_table_and_the_next_do_not,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(pauses_grow_and_begin_anew_after_a_commit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(parts_are_announced_each_second, set_up, tear_down),
        cmocka_unit_test_setup_teardown(beginning_anew_forgets_what_is_gathered_and_what_pauses, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_end_of_a_connection_begins_anew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(while_clocks_disagree_batches_are_asked_for_every_five_seconds,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_pause_of_the_store_lasts_no_longer_for_clocks_that_disagree, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_found_no_room_is_asked_for_after_the_commit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_batch_of_another_version_goes_aside_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_number_that_no_collector_can_have_goes_aside_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_point_that_is_not_known_of_the_future_holds_nobody_up, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_point_that_is_not_known_has_the_points_read_again_first, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests_name("ingest store", tests, NULL, NULL);
}
