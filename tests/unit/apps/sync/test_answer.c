#include "apps/sync/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static Answer read_it(const char *text)
{
    Answer answer = {0};
    BpError err;
    assert_int_equal(answer_read(bp_str(text), &answer, &err), BP_OK);
    return answer;
}

static void an_answer_says_how_far_central_is(void **state)
{
    (void)state;
    const Answer answer = read_it("17 4 0");
    assert_int_equal(answer.received, 17);
    assert_int_equal(answer.down, 4);
    assert_int_equal(answer.wait_s, 0);
    assert_int_equal(answer.why.size, 0);
}

static void and_why_it_wants_to_wait(void **state)
{
    (void)state;
    const Answer answer = read_it("17 4 3600 central's disk is nearly full");
    assert_int_equal(answer.wait_s, 3600);
    assert_true(bp_str_equal(answer.why, bp_str("central's disk is nearly full")));
}

static void what_is_no_answer_is_none(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",        "17",      "17 4",  "17 4 ",  "-1 4 0",
                                        "17 -4 0", "17 4 -1", "x 4 0", "17 x 0", "9223372036854775808 4 0"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        Answer answer = {.received = 99};
        BpError err = {0};
        assert_int_equal(answer_read(bp_str(wrong[i]), &answer, &err), BP_INVALID);
        assert_int_equal(answer.received, 99);
        assert_non_null(strstr(err.text, "central answers what sync.append does not"));
    }
}

static void central_has_what_was_sent_and_nothing_else(void **state)
{
    (void)state;
    BpError err = {0};
    const Answer answer = {.received = 17};
    assert_int_equal(answer_check(&answer, 17, 17, &err), BP_OK);
    assert_int_equal(answer_check(&answer, 15, 17, &err), BP_OK); /* later calls are there by then */
    assert_int_equal(answer_check(&answer, 15, 20, &err), BP_OK);
    assert_int_equal(answer_check(&answer, 18, 20, &err), BP_CONFLICT); /* it did not take the call */
    assert_int_equal(answer_check(&answer, 15, 16, &err), BP_CONFLICT); /* somebody else sends, too */
    assert_string_equal(err.text, "central has entry 17, where 15 was sent");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_says_how_far_central_is),
        cmocka_unit_test(and_why_it_wants_to_wait),
        cmocka_unit_test(what_is_no_answer_is_none),
        cmocka_unit_test(central_has_what_was_sent_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
