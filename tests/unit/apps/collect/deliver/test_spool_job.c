#include "apps/collect/deliver/recover.h"
#include "apps/collect/deliver/spool_job.h"

#include "tests/unit/apps/collect/deliver/outbox/an_outbox.h"
#include "tests/unit/apps/collect/deliver/spool/a_spool.h"

static void note_nothing(void *context, const char *text)
{
    (void)context;
    (void)text;
}

static void what_a_killed_collector_wrote_is_synced_before_it_is_relied_on(void **state)
{
    (void)state;
    const MdlRun before = mdl_run(3), own = mdl_run(7);
    BpError err;
    BpBuf record = bp_buf_growing(1024);
    spool_record(&record, &before, 1, bp_str("0123456789"));
    append_to(3, bp_buf_text(&record));
    append_to(4, bp_buf_text(&record)); /* the same batch twice */
    const Spool counting = failing_spool("none");
    make_outbox();
    assert_int_equal(spool_recover(&counting, outbox, &own, note_nothing, NULL, &err), BP_OK);
    assert_int_equal(syncs, 3); /* both, and their names */
    assert_int_equal(counts().waiting, 1);
    assert_int_equal(segments_first_done(outbox_segments(outbox))->number, 4);
    SpoolJob *job = spool_job_new(outbox, &pauses, 0, false, 0);
    assert_int_equal(job->kind, SPOOL_REMOVE);
    spool_job_do(job, &counting);
    spool_job_end(job, outbox, &pauses, 0);
    spool_job_free(job);
    assert_int_equal(size_on_disk(4), -1);
    remove_from_disk(3);
    bp_buf_done(&record);
}

static size_t problem_count;

static void count_problem(void *context, const char *text)
{
    (void)context;
    (void)text;
    problem_count++;
}

/* It may be read by the next start: nothing else is written under its number. */
static void the_number_of_a_segment_that_cannot_be_read_is_not_used_again(void **state)
{
    (void)state;
    const MdlRun before = mdl_run(3), own = mdl_run(7);
    BpError err;
    BpBuf record = bp_buf_growing(1024);
    spool_record(&record, &before, 1, bp_str("0123456789"));
    append_to(9, bp_buf_text(&record));
    const Spool bad = failing_spool("read");
    make_outbox();
    problem_count = 0;
    assert_int_equal(spool_recover(&bad, outbox, &own, count_problem, NULL, &err), BP_OK);
    assert_int_equal(problem_count, 1);
    assert_int_equal(counts().waiting, 0);
    put(1);
    SpoolJob *job = spool_job_new(outbox, &pauses, INT64_MAX, false, 0);
    assert_int_equal(job->kind, SPOOL_APPEND);
    assert_int_equal(job->segment, 10);
    spool_job_do(job, &spool);
    spool_job_end(job, outbox, &pauses, 0);
    spool_job_free(job);
    remove_from_disk(9);
    remove_from_disk(10);
    bp_buf_done(&record);
}

/* The next job, which must be of this kind, as if the disk had said `status` to it. */
static SpoolJob *next_job(SpoolJobKind kind, BpStatus status, bool is_sending, int64_t now_us)
{
    SpoolJob *job = spool_job_new(outbox, &pauses, INT64_MAX, is_sending, now_us);
    assert_non_null(job);
    assert_int_equal(job->kind, kind);
    job->status = status;
    if (kind == SPOOL_APPEND && status == BP_OK)
        job->octets += job->records.size;
    return job;
}

/* Returns its segment. */
static int64_t end_job(SpoolJob *job, int64_t now_us)
{
    const int64_t segment = job->segment;
    spool_job_end(job, outbox, &pauses, now_us);
    spool_job_free(job);
    outbox_check(outbox);
    return segment;
}

static int64_t append_all(BpStatus status, int64_t now_us)
{
    return end_job(next_job(SPOOL_APPEND, status, false, now_us), now_us);
}

static void nothing_is_appended_to_a_segment_that_failed_was_dropped_or_is_not_relied_on(void **state)
{
    (void)state;
    put(1);
    assert_int_equal(append_all(BP_OK, 0), 1);
    put(1);
    assert_int_equal(append_all(BP_OK, 0), 1); /* it is open */
    put(1);
    assert_int_equal(append_all(BP_UNAVAILABLE, 0), 1);
    assert_int_equal(append_all(BP_OK, BP_SECOND), 2);
    put(1);
    assert_int_equal(append_all(BP_OK, BP_SECOND), 2);
    assert_true(outbox_give_up_segment(outbox)); /* 1, which is not the open one */
    put(1);
    assert_int_equal(append_all(BP_OK, BP_SECOND), 2);
    assert_true(outbox_give_up_segment(outbox));
    put(1);
    assert_int_equal(append_all(BP_OK, BP_SECOND), 3);
    assert_int_equal(outbox_distrust(outbox, 3), 0);
    put(1);
    assert_int_equal(append_all(BP_OK, BP_SECOND), 4);
    assert_int_equal(live_in(3), 0);
    assert_int_equal(live_in(4), 2);
}

static void segments_are_as_small_as_memory_and_disk_want_them(void **state)
{
    (void)state;
    static char text[1000];
    static const struct {
        int64_t memory_max, disk_max;
        size_t most;
    } cases[] = {{1 << 26, 1 << 26, SPOOL_SEGMENT_OCTETS},
                 {1 << 17, 1 << 26, 1 << 16},
                 {1 << 26, 1 << 20, 1 << 17},
                 {1 << 10, 1 << 10, 16 * 1024}};
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        set_memory_max(1 << 26);
        for (int j = 0; j < 1100; j++)
            outbox_put(outbox, (BpStr){text, sizeof text}, 5, 0);
        set_memory_max(cases[i].memory_max);
        set_disk_max(cases[i].disk_max);
        SpoolJob *job = spool_job_new(outbox, &pauses, INT64_MAX, false, 0);
        assert_int_equal(job->kind, SPOOL_APPEND);
        assert_in_range(job->records.size, cases[i].most, cases[i].most + SPOOL_RECORD_HEADER + sizeof text);
        outbox_spilled(outbox, -1);
        spool_job_free(job);
        announce(1, 7, (int64_t)counts().batches, 0);
    }
}

static void what_is_done_makes_room_before_anything_is_given_up(void **state)
{
    (void)state;
    put(4);
    spill_to(1);
    put(4);
    spill_to(2);
    announce(1, 7, 4, 0);
    put(4);
    set_disk_max(8 * RECORD); /* two of three */
    SpoolJob *job = spool_job_new(outbox, &pauses, 0, false, 0);
    assert_int_equal(job->kind, SPOOL_REMOVE);
    assert_int_equal(job->segment, 1);
    assert_int_equal(counts().given_up, 0);
    job->status = BP_OK;
    spool_job_end(job, outbox, &pauses, 0);
    spool_job_free(job);
    job = spool_job_new(outbox, &pauses, 0, false, 0);
    assert_int_equal(job->kind, SPOOL_APPEND);
    assert_int_equal(job->records.size, 4 * RECORD);
    outbox_spilled(outbox, -1);
    spool_job_free(job);
}

static void a_segment_that_is_missing_is_given_up_and_what_is_behind_it_is_sent(void **state)
{
    (void)state;
    put(2);
    spill_to(1);
    set_memory_max(12);
    put(1); /* 2 is on disk alone */
    (void)outbox_send(outbox, 0);
    assert_int_equal(sent_count, 1);
    SpoolJob *job = spool_job_new(outbox, &pauses, -1, true, 0);
    assert_int_equal(job->kind, SPOOL_READ);
    spool_job_do(job, &spool);
    assert_int_equal(job->status, BP_NOT_FOUND);
    spool_job_end(job, outbox, &pauses, 0);
    assert_int_equal(job->given_up, 1);
    spool_job_free(job);
    assert_int_equal(counts().on_disk, 0);
    (void)outbox_send(outbox, 0);
    assert_int_equal(sent_count, 2);
    assert_int_equal(sent[1].n, 3);
    assert_int_equal(outbox_due(outbox, 0, 1000), 2 * RECORD); /* 1, which was in memory as well, and 3 */
}

static void a_segment_that_cannot_be_read_now_is_tried_for_a_minute(void **state)
{
    (void)state;
    int64_t now_us = 0;
    put(2);
    spill_to(1);
    set_memory_max(12);
    put(1);
    (void)outbox_send(outbox, 0);
    for (int tries = 1; tries <= 6; tries++) {
        SpoolJob *job = spool_job_new(outbox, &pauses, -1, true, now_us);
        assert_int_equal(job->kind, SPOOL_READ);
        job->status = BP_UNAVAILABLE;
        spool_job_end(job, outbox, &pauses, now_us);
        assert_int_equal(job->given_up, tries == 6);
        spool_job_free(job);
        if (tries < 6)
            assert_null(spool_job_new(outbox, &pauses, -1, true, now_us + BP_SECOND));
        now_us += (BP_SECOND << tries);
    }
    assert_true(now_us > BP_MINUTE);
}

static void tries_are_counted_in_a_row(void **state)
{
    (void)state;
    int64_t now_us = 0;
    const MdlRun own = mdl_run(7);
    put(3);
    spill_to(1);
    set_memory_max(12);
    put(1); /* 2 and 3 are on disk alone */
    (void)outbox_send(outbox, 0);
    for (int i = 0; i < 2; i++) { /* five failures, then it is read; twice */
        for (int tries = 1; tries <= 5; tries++) {
            SpoolJob *job = spool_job_new(outbox, &pauses, -1, true, now_us);
            job->status = BP_UNAVAILABLE;
            spool_job_end(job, outbox, &pauses, now_us);
            assert_int_equal(job->given_up, 0);
            spool_job_free(job);
            now_us += BP_MINUTE;
        }
        for (int64_t n = 2; n <= 3; n++)
            outbox_load(outbox, &own, n, 1, bp_str("0123456789"));
        SpoolJob *job = spool_job_new(outbox, &pauses, -1, true, now_us);
        assert_null(job);
        job = calloc(1, sizeof *job);
        *job = (SpoolJob){.kind = SPOOL_READ, .segment = 1, .status = BP_OK};
        spool_job_end(job, outbox, &pauses, now_us);
        assert_int_equal(job->given_up, 0);
        spool_job_free(job);
        outbox_rewind(outbox, now_us);
        put(1); /* memory is short: 3, and 2 but for being next */
        (void)outbox_send(outbox, now_us);
    }
    assert_int_equal(counts().given_up, 0);
}

/* Should the collector be killed while the disk takes nothing more, it is found there. */
static void a_segment_that_is_not_relied_on_stays_until_what_is_good_of_it_is_in_another(void **state)
{
    (void)state;
    put(2);
    spill_to(1);
    set_memory_max(12);
    set_disk_max(2 * RECORD); /* for which nothing else is given up, either */
    put(1);                   /* 2 is on disk alone */
    (void)outbox_send(outbox, 0);
    SpoolJob *job = spool_job_new(outbox, &pauses, -1, true, 0);
    assert_int_equal(job->kind, SPOOL_READ);
    job->status = BP_OK; /* it is damaged: nothing of 2 is found */
    spool_job_end(job, outbox, &pauses, 0);
    assert_int_equal(job->given_up, 1);
    spool_job_free(job);
    assert_int_equal(outbox_only_in_memory(outbox), 2);
    assert_int_equal(append_all(BP_UNAVAILABLE, 0), 2);
    assert_null(spool_job_new(outbox, &pauses, INT64_MAX, true, 0));
    assert_null(segments_first_done(outbox_segments(outbox)));
    assert_int_equal(append_all(BP_OK, BP_SECOND), 3);
    assert_int_equal(outbox_only_in_memory(outbox), 0);
    assert_int_equal(end_job(next_job(SPOOL_REMOVE, BP_OK, true, BP_SECOND), BP_SECOND), 1);
    assert_int_equal(counts().on_disk, 2 * RECORD);
    assert_int_equal(counts().given_up, 1);
    /* And it is gone once it is stored, wherever that stands. */
    assert_int_equal(outbox_distrust(outbox, 3), 1); /* 1 has left memory */
    assert_null(segments_first_done(outbox_segments(outbox)));
    announce(1, 7, 3, 0);
    assert_int_equal(segments_first_done(outbox_segments(outbox))->number, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_a_killed_collector_wrote_is_synced_before_it_is_relied_on,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_number_of_a_segment_that_cannot_be_read_is_not_used_again, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            nothing_is_appended_to_a_segment_that_failed_was_dropped_or_is_not_relied_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(segments_are_as_small_as_memory_and_disk_want_them, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_done_makes_room_before_anything_is_given_up, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_segment_that_is_missing_is_given_up_and_what_is_behind_it_is_sent,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_segment_that_cannot_be_read_now_is_tried_for_a_minute, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(tries_are_counted_in_a_row, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_segment_that_is_not_relied_on_stays_until_what_is_good_of_it_is_in_another, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("collect spool job", tests, make_folder, remove_folder);
}
