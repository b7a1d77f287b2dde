#include "io/secret/one_time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* RFC 6238, appendix B, of which six digits are the last six. */
static const uint8_t example[ONE_TIME_SECRET_SIZE] = "12345678901234567890";

static bool check(const char *code, int64_t now_s, int64_t last_step)
{
    int64_t step = -1;
    const bool is_right = one_time_check(example, bp_str(code), now_s, last_step, &step);
    assert_true(is_right == (step >= 0));
    return is_right;
}

static void codes_are_those_of_rfc_6238(void **state)
{
    (void)state;
    assert_true(check("287082", 59, 0));
    assert_true(check("081804", 1111111109, 0));
    assert_true(check("050471", 1111111111, 0));
    assert_true(check("005924", 1234567890, 0));
    assert_true(check("279037", 2000000000, 0));
    assert_true(check("353130", 20000000000, 0));
    assert_true(check("353 130", 20000000000, 0));
}

static void a_clock_may_be_half_a_minute_off_and_no_more(void **state)
{
    (void)state;
    int64_t step = 0;
    assert_true(one_time_check(example, bp_str("005924"), 1234567890 + 30, 0, &step));
    assert_int_equal(step, 1234567890 / 30);
    assert_true(check("005924", 1234567890 - 30, 0));
    assert_false(check("005924", 1234567890 + 61, 0));
    assert_false(check("005924", 1234567890 - 61, 0));
}

static void a_code_that_was_taken_is_not_taken_again(void **state)
{
    (void)state;
    const int64_t step = 1234567890 / 30;
    assert_true(check("005924", 1234567890, step - 1));
    assert_false(check("005924", 1234567890, step));
    assert_false(check("005924", 1234567890, step + 1));
}

static void what_is_no_code_is_wrong(void **state)
{
    (void)state;
    const char *const codes[] = {"", "00592", "0059244", "00592x", "005925", "٠٠٥٩٢٤", "      "};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        assert_false(check(codes[i], 1234567890, 0));
}

static void a_secret_is_told_in_base32(void **state)
{
    (void)state;
    char text[ONE_TIME_SECRET_TEXT_SIZE];
    uint8_t one[ONE_TIME_SECRET_SIZE], other[ONE_TIME_SECRET_SIZE];
    assert_string_equal(one_time_text(example, text), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    one_time_draw(one);
    one_time_draw(other);
    assert_memory_not_equal(one, other, sizeof one);
}

static void a_recovery_code_is_read_as_people_type_it(void **state)
{
    (void)state;
    char drawn[ONE_TIME_RECOVERY_SIZE], read[ONE_TIME_RECOVERY_SIZE];
    for (int i = 0; i < 100; i++) {
        one_time_recovery_draw(drawn);
        assert_true(one_time_recovery_read(bp_str(drawn), read));
        assert_string_equal(read, drawn);
    }
    assert_true(one_time_recovery_read(bp_str(" ABCD efgh2345--Mnop "), read));
    assert_string_equal(read, "abcd-efgh-2345-mnop");
    assert_false(one_time_recovery_read(bp_str("abcd-efgh-2345-mno"), read));
    assert_false(one_time_recovery_read(bp_str("abcd-efgh-2345-mnopq"), read));
    assert_false(one_time_recovery_read(bp_str("abcd-efgh-2345-mno1"), read));
    assert_false(one_time_recovery_read((BpStr){"abcd\0efgh-2345-mnop", 19}, read));
    assert_false(one_time_recovery_read(bp_str(""), read));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_those_of_rfc_6238),
        cmocka_unit_test(a_clock_may_be_half_a_minute_off_and_no_more),
        cmocka_unit_test(a_code_that_was_taken_is_not_taken_again),
        cmocka_unit_test(what_is_no_code_is_wrong),
        cmocka_unit_test(a_secret_is_told_in_base32),
        cmocka_unit_test(a_recovery_code_is_read_as_people_type_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
