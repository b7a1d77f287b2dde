#include "apps/sync/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static Plan plan;
static BpError err;

static void state(const char *json)
{
    assert_int_equal(plan_read_state(&plan, bp_str(json), &err), BP_OK);
}

/* What central says: its epochs alone matter here. */
static void hello(const char *epochs)
{
    char json[1024];
    snprintf(json, sizeof json,
             "{\"epochs\": %s, \"device_end\": 9, \"point_end\": 8, \"down\": {\"epoch\": 5, \"seq\": 2}, "
             "\"wait_s\": 0, \"why\": null, \"limits\": {\"entries\": 1000, \"call_octets\": 4194304}}",
             epochs);
    assert_int_equal(plan_read_hello(&plan, bp_str(json), &err), BP_OK);
}

#define LIFE(epoch, previous, first, last)                                                                   \
    "{\"epoch\": " #epoch ", \"previous\": " #previous ", \"first\": " #first ", \"seq\": " #last            \
    ", \"acknowledged\": 0, \"is_closed\": false}"
#define STATE(lives) "{\"epochs\": [" lives "], \"down\": {\"epoch\": null, \"seq\": 0}}"

static void a_life_that_central_does_not_know_is_begun(void **unused)
{
    (void)unused;
    state(STATE(LIFE(7, null, 1, 20)));
    hello("[]");
    const PlanNext next = plan_next(&plan);
    assert_int_equal(next.step, PLAN_BEGIN);
    assert_int_equal(next.life, 0);
    assert_int_equal(plan.device_end, 9);
    assert_int_equal(plan.due_epoch, 5);
    assert_int_equal(plan.due_seq, 2);
    assert_int_equal(plan.down_epoch, 0);
}

static void what_central_lacks_is_sent(void **unused)
{
    (void)unused;
    state(STATE(LIFE(7, null, 1, 20)));
    hello("[{\"epoch\": 7, \"seq\": 12, \"digest\": \"ab\"}]");
    plan.lives[0].match = PLAN_SAME;
    const PlanNext next = plan_next(&plan);
    assert_int_equal(next.step, PLAN_SEND);
    assert_int_equal(next.after, 12);
}

static void nothing_has_come_yet_is_agreed(void **unused)
{
    (void)unused;
    state(STATE(LIFE(7, null, 1, 20)));
    hello("[{\"epoch\": 7, \"seq\": 0, \"digest\": null}]");
    assert_int_equal(plan.lives[0].match, PLAN_SAME);
    assert_int_equal(plan_next(&plan).step, PLAN_SEND);
    assert_int_equal(plan_next(&plan).after, 0);
}

static void older_lives_come_first_and_in_their_order(void **unused)
{
    (void)unused;
    state(STATE(LIFE(1, null, 1, 5) "," LIFE(2, 1, 1, 6) "," LIFE(3, 2, 1, 7)));
    hello("[]");
    assert_int_equal(plan_next(&plan).step, PLAN_BEGIN);
    assert_int_equal(plan_next(&plan).life, 0);
    hello("[{\"epoch\": 1, \"seq\": 4, \"digest\": \"ab\"}]");
    plan.lives[0].match = PLAN_SAME;
    assert_int_equal(plan_next(&plan).step, PLAN_SEND);
    assert_int_equal(plan_next(&plan).after, 4);
    hello("[{\"epoch\": 1, \"seq\": 5, \"digest\": \"ab\"}]");
    plan.lives[0].match = PLAN_SAME;
    assert_int_equal(plan_next(&plan).step, PLAN_BEGIN);
    assert_int_equal(plan_next(&plan).life, 1);
    plan.lives[1].is_closed = true;
    assert_int_equal(plan_next(&plan).life, 2);
}

static void a_life_cannot_come_behind_a_later_one(void **unused)
{
    (void)unused;
    state(STATE(LIFE(1, null, 1, 5) "," LIFE(2, 1, 1, 6)));
    hello("[{\"epoch\": 2, \"seq\": 6, \"digest\": \"ab\"}]");
    plan.lives[1].match = PLAN_SAME;
    assert_int_equal(plan_next(&plan).step, PLAN_SEND);
    assert_int_equal(plan_next(&plan).life, 1);
}

static void what_was_pruned_here_is_believed(void **unused)
{
    (void)unused;
    state(STATE(LIFE(7, null, 15, 20)));
    hello("[{\"epoch\": 7, \"seq\": 12, \"digest\": \"ab\"}]");
    assert_int_equal(plan_next(&plan).step, PLAN_SEND); /* with empty ones for 13 and 14 */
    assert_int_equal(plan_next(&plan).after, 12);
}

static void a_central_that_lacks_what_was_forgotten_gets_another_life(void **unused)
{
    (void)unused;
    state(STATE(LIFE(7, null, 90000, 90020)));
    hello("[{\"epoch\": 7, \"seq\": 12, \"digest\": \"ab\"}]");
    const PlanNext next = plan_next(&plan);
    assert_int_equal(next.step, PLAN_DIFFERS);
    assert_int_equal(next.low, 89999);
    assert_int_equal(next.high, 89999);
}

static void a_former_self_is_known_by_what_central_has_more(void **unused)
{
    (void)unused;
    state(STATE(LIFE(7, null, 1, 20)));
    hello("[{\"epoch\": 7, \"seq\": 25, \"digest\": \"ab\"}]");
    const PlanNext next = plan_next(&plan);
    assert_int_equal(next.step, PLAN_DIFFERS);
    assert_int_equal(next.low, 0);
    assert_int_equal(next.high, 20);
}

static void a_copy_is_known_by_another_entry_of_the_same_number(void **unused)
{
    (void)unused;
    state(STATE(LIFE(7, null, 1, 40)));
    hello("[{\"epoch\": 7, \"seq\": 25, \"digest\": \"ab\"}]");
    plan.lives[0].match = PLAN_OTHER;
    const PlanNext next = plan_next(&plan);
    assert_int_equal(next.step, PLAN_DIFFERS);
    assert_int_equal(next.high, 24);
}

static void a_former_self_is_known_by_a_life_that_it_has_not(void **unused)
{
    (void)unused;
    state(STATE(LIFE(7, null, 1, 20)));
    hello(
        "[{\"epoch\": 7, \"seq\": 20, \"digest\": \"ab\"}, {\"epoch\": 8, \"seq\": 3, \"digest\": \"cd\"}]");
    plan.lives[0].match = PLAN_SAME;
    const PlanNext next = plan_next(&plan);
    assert_int_equal(next.step, PLAN_DIFFERS);
    assert_int_equal(next.low, 20);
    assert_int_equal(next.high, 20);
}

static void one_that_has_begun_another_life_already_goes_on(void **unused)
{
    (void)unused;
    state(STATE(LIFE(7, null, 1, 20) "," LIFE(9, 7, 1, 4)));
    hello(
        "[{\"epoch\": 7, \"seq\": 20, \"digest\": \"ab\"}, {\"epoch\": 8, \"seq\": 3, \"digest\": \"cd\"}]");
    plan.lives[0].match = PLAN_SAME;
    assert_int_equal(plan_next(&plan).step, PLAN_BEGIN);
    assert_int_equal(plan_next(&plan).life, 1);
}

/* What is here behind what central has of this life is filed again with the rest. */
static void with_a_life_that_it_has_not_nothing_that_central_lacks_is_left_out(void **unused)
{
    (void)unused;
    state(STATE(LIFE(7, null, 1, 20)));
    hello(
        "[{\"epoch\": 7, \"seq\": 12, \"digest\": \"ab\"}, {\"epoch\": 8, \"seq\": 3, \"digest\": \"cd\"}]");
    plan.lives[0].match = PLAN_SAME;
    const PlanNext next = plan_next(&plan);
    assert_int_equal(next.step, PLAN_DIFFERS);
    assert_int_equal(next.low, 12);
    assert_int_equal(next.high, 12);
}

static void a_stranger_before_a_life_that_is_here_is_none(void **unused)
{
    (void)unused;
    state(STATE(LIFE(7, null, 1, 20)));
    hello(
        "[{\"epoch\": 6, \"seq\": 3, \"digest\": \"cd\"}, {\"epoch\": 7, \"seq\": 12, \"digest\": \"ab\"}]");
    plan.lives[0].match = PLAN_SAME;
    assert_int_equal(plan_next(&plan).step, PLAN_SEND);
    assert_int_equal(plan_next(&plan).after, 12);
}

static void a_former_life_of_which_central_has_more_is_settled_first(void **unused)
{
    (void)unused;
    state(STATE(LIFE(7, null, 1, 20) "," LIFE(9, 7, 1, 4)));
    hello("[{\"epoch\": 7, \"seq\": 25, \"digest\": \"ab\"}]");
    const PlanNext next = plan_next(&plan);
    assert_int_equal(next.step, PLAN_DIFFERS);
    assert_int_equal(next.life, 0);
    assert_int_equal(next.high, 20);
    plan.lives[0].is_closed = true; /* then it is */
    assert_int_equal(plan_next(&plan).step, PLAN_BEGIN);
    assert_int_equal(plan_next(&plan).life, 1);
}

static void a_former_life_without_entries_is_passed_over(void **unused)
{
    (void)unused;
    state(STATE(LIFE(1, null, 1, 0) "," LIFE(2, 1, 1, 6)));
    hello("[]");
    assert_int_equal(plan_next(&plan).step, PLAN_BEGIN);
    assert_int_equal(plan_next(&plan).life, 1);
}

static void so_many_holes_are_sent_and_no_more(void **unused)
{
    (void)unused;
    state(STATE(LIFE(7, null, 90000, 90020)));
    hello("[{\"epoch\": 7, \"seq\": 12, \"digest\": \"ab\"}]");
    plan.lives[0].first = 12 + PLAN_HOLES_MAX + 1;
    assert_int_equal(plan_next(&plan).step, PLAN_SEND);
    plan.lives[0].first++;
    assert_int_equal(plan_next(&plan).step, PLAN_DIFFERS);
}

static void of_very_many_lives_the_newest_count(void **unused)
{
    (void)unused;
    static char json[128 * (PLAN_LIVES_MAX + 2)];
    size_t size = (size_t)snprintf(json, sizeof json, "{\"epochs\": [");
    for (int i = 1; i <= PLAN_LIVES_MAX + 2; i++)
        size += (size_t)snprintf(json + size, sizeof json - size,
                                 "%s{\"epoch\": %d, \"first\": 1, \"seq\": 3, \"is_closed\": false}",
                                 i > 1 ? "," : "", i);
    snprintf(json + size, sizeof json - size, "]}");
    state(json);
    assert_int_equal(plan.count, PLAN_LIVES_MAX);
    assert_int_equal(plan.lives[0].epoch, 3);
    assert_int_equal(plan.lives[PLAN_LIVES_MAX - 1].epoch, PLAN_LIVES_MAX + 2);
}

static void what_is_no_answer_is_refused(void **unused)
{
    (void)unused;
    static const char *const wrong[] = {"",
                                        "{}",
                                        "[]",
                                        "{\"epochs\": 3}",
                                        "{\"epochs\": []}",
                                        "{\"epochs\": [], \"limits\": {}}",
                                        "{\"epochs\": [], \"limits\": {\"entries\": 0, \"call_octets\": 5}}",
                                        "{\"epochs\": [], \"limits\": {\"entries\": 5, \"call_octets\": 0}}"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(plan_read_hello(&plan, bp_str(wrong[i]), &err), BP_MALFORMED);
        assert_int_equal(plan_read_state(&plan, bp_str(wrong[i]), &err), BP_MALFORMED);
    }
}

/* Whatever the two have in common, it is found, and in few questions. */
static void where_they_agree_is_found(void **unused)
{
    (void)unused;
    for (int64_t agreed = 0; agreed <= 300000; agreed = agreed * 3 + 1) {
        int64_t low = 0, high = 300000, seqs[PLAN_PROBES_MAX];
        PlanMatch matches[PLAN_PROBES_MAX];
        size_t count;
        int questions = 0;
        while ((count = plan_probes(low, high, seqs)) > 0) {
            questions++;
            for (size_t i = 0; i < count; i++) {
                assert_true(seqs[i] > low && seqs[i] <= high && (i == 0 || seqs[i] > seqs[i - 1]));
                matches[i] = seqs[i] <= agreed ? PLAN_SAME : PLAN_OTHER;
            }
            plan_narrow(&low, &high, seqs, matches, count);
        }
        assert_int_equal(low, agreed);
        assert_in_range(questions, 1, 5);
    }
}

static void what_cannot_be_told_is_taken_for_different(void **unused)
{
    (void)unused;
    int64_t low = 3, high = 100000, seqs[PLAN_PROBES_MAX];
    PlanMatch matches[PLAN_PROBES_MAX] = {PLAN_UNKNOWN};
    int questions = 0;
    for (size_t count; (count = plan_probes(low, high, seqs)) > 0; questions++)
        plan_narrow(&low, &high, seqs, matches, count);
    assert_int_equal(low, 3);
    assert_int_equal(questions, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_life_that_central_does_not_know_is_begun),
        cmocka_unit_test(what_central_lacks_is_sent),
        cmocka_unit_test(nothing_has_come_yet_is_agreed),
        cmocka_unit_test(older_lives_come_first_and_in_their_order),
        cmocka_unit_test(a_life_cannot_come_behind_a_later_one),
        cmocka_unit_test(what_was_pruned_here_is_believed),
        cmocka_unit_test(a_central_that_lacks_what_was_forgotten_gets_another_life),
        cmocka_unit_test(a_former_self_is_known_by_what_central_has_more),
        cmocka_unit_test(a_copy_is_known_by_another_entry_of_the_same_number),
        cmocka_unit_test(a_former_self_is_known_by_a_life_that_it_has_not),
        cmocka_unit_test(one_that_has_begun_another_life_already_goes_on),
        cmocka_unit_test(with_a_life_that_it_has_not_nothing_that_central_lacks_is_left_out),
        cmocka_unit_test(a_stranger_before_a_life_that_is_here_is_none),
        cmocka_unit_test(a_former_life_of_which_central_has_more_is_settled_first),
        cmocka_unit_test(a_former_life_without_entries_is_passed_over),
        cmocka_unit_test(so_many_holes_are_sent_and_no_more),
        cmocka_unit_test(of_very_many_lives_the_newest_count),
        cmocka_unit_test(what_is_no_answer_is_refused),
        cmocka_unit_test(where_they_agree_is_found),
        cmocka_unit_test(what_cannot_be_told_is_taken_for_different),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
