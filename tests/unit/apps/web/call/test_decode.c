#include "apps/web/call/parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void expect(const char *text, bool plus_is_blank, const char *wanted)
{
    BpArena arena = {0};
    BpStr decoded = {0};
    const bool is_text = call_decode(&arena, bp_str(text), plus_is_blank, &decoded);
    assert_int_equal(is_text, wanted != NULL);
    if (wanted)
        assert_true(bp_str_equal(decoded, bp_str(wanted)));
    bp_arena_done(&arena);
}

static void letters_come_back(void **state)
{
    (void)state;
    expect("", false, "");
    expect("AHU-1%2FSAT", false, "AHU-1/SAT");
    expect("%e5%A4%a7%e5%a0%82", false, "大堂");
    expect("a+b", true, "a b");
    expect("a+b", false, "a+b");
    expect("100%25", false, "100%");
    expect("%252e", false, "%2e"); /* once, and no more */
}

static void what_is_no_text_is_refused(void **state)
{
    (void)state;
    expect("%", false, NULL);
    expect("%4", false, NULL);
    expect("a%4", false, NULL);
    expect("%zz", false, NULL);
    expect("%-1", false, NULL);
    expect("%00", false, NULL);
    expect("a%00b", false, NULL);
    expect("%ff", false, NULL);
    expect("%c0%af", false, NULL); /* a slash in two octets is none */
    expect("%ed%a0%80", false, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_come_back),
        cmocka_unit_test(what_is_no_text_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
