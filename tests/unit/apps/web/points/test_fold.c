#include "apps/web/points/fold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *fold(const char *text)
{
    static char memory[512];
    BpBuf out = bp_buf(memory, sizeof memory - 1);
    fold_text(&out, bp_str(text));
    assert_false(out.failed);
    memory[out.size] = '\0';
    return memory;
}

static void case_accents_and_width_do_not_matter(void **state)
{
    (void)state;
    assert_string_equal(fold("AHU-1/Sat"), "ahu-1/sat");
    assert_string_equal(fold("Büro Größe"), "buro grosse");
    assert_string_equal(fold("Bu\u0308ro"), "buro"); /* the same, written in two */
    assert_string_equal(fold("Électricité Ação"), "electricite acao");
    assert_string_equal(fold("ＡＨＵ－１"), "ahu-1");
    assert_string_equal(fold("CO₂ m³ ½"), "co2 m3 1⁄2");
    assert_string_equal(fold("ﬁlter"), "filter");
}

static void chinese_and_other_scripts_stay(void **state)
{
    (void)state;
    assert_string_equal(fold("大堂溫度"), "大堂溫度");
    assert_string_equal(fold("Έξοδος"), "εξοδοσ");
}

static void what_is_no_text_is_left_out_or_a_space(void **state)
{
    (void)state;
    assert_string_equal(fold("a\xff\xfe"
                             "b"),
                        "ab");
    assert_string_equal(fold("a\xc3"), "a"); /* cut short */
    assert_string_equal(fold("a\tb\nc\x7f"
                             "d"),
                        "a b c d");
    assert_string_equal(fold(""), "");
}

static int compare(const char *a, const char *b)
{
    char of_a[FOLD_KEY_MAX], of_b[FOLD_KEY_MAX];
    const size_t a_size = fold_key(bp_str(a), of_a), b_size = fold_key(bp_str(b), of_b);
    return bp_str_compare((BpStr){of_a, a_size}, (BpStr){of_b, b_size});
}

static void numbers_sort_as_people_count(void **state)
{
    (void)state;
    static const char *const sorted[] = {"",         "AHU-1/SAT", "ahu-2",     "AHU-2/SAT", "AHU-10",
                                         "AHU-10/1", "AHU-10/9",  "AHU-10/11", "ahu-11/2",  "AHU-100",
                                         "Büro 2",   "buro 10",   "VAV-1-2",   "VAV-1-10",  "VAV-2-1",
                                         "大堂1",    "大堂12"};
    const size_t count = sizeof sorted / sizeof sorted[0];
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            if ((compare(sorted[i], sorted[j]) < 0) != (i < j))
                fail_msg("\"%s\" and \"%s\" are the wrong way round", sorted[i], sorted[j]);
        }
    }
    assert_int_equal(compare("AHU-02", "ahu-2"), 0); /* zeros in front say nothing */
    assert_true(compare("x0", "x1") < 0);
    assert_true(compare("x999999999999999999999999999999", "x1000000000000000000000000000000") < 0);
}

static void a_key_of_a_long_text_is_cut(void **state)
{
    (void)state;
    char text[4000], key[FOLD_KEY_MAX];
    memset(text, 'a', sizeof text);
    assert_int_equal(fold_key((BpStr){text, sizeof text}, key), FOLD_KEY_MAX);
    memset(text, '7', sizeof text);
    assert_int_equal(fold_key((BpStr){text, sizeof text}, key), FOLD_KEY_MAX);
    for (size_t i = 0; i + 1 < sizeof text; i += 2)
        text[i] = (char)0xC3, text[i + 1] = (char)0x9F; /* U+00DF, two letters each when folded */
    assert_int_equal(fold_key((BpStr){text, sizeof text}, key), FOLD_KEY_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(case_accents_and_width_do_not_matter),
                                       cmocka_unit_test(chinese_and_other_scripts_stay),
                                       cmocka_unit_test(what_is_no_text_is_left_out_or_a_space),
                                       cmocka_unit_test(numbers_sort_as_people_count),
                                       cmocka_unit_test(a_key_of_a_long_text_is_cut)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
