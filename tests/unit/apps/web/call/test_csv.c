#include "apps/web/call/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void expect(const char *text, const char *wanted)
{
    char memory[200];
    BpBuf out = bp_buf(memory, sizeof memory);
    csv_text(&out, bp_str(text));
    assert_false(out.failed);
    assert_int_equal(out.size, strlen(wanted));
    assert_memory_equal(memory, wanted, out.size);
}

static void what_is_plain_stays_as_it_is(void **state)
{
    (void)state;
    expect("", "");
    expect("AHU-1/SAT", "AHU-1/SAT");
    expect("大堂溫度 °C", "大堂溫度 °C");
    expect("a=b", "a=b");
}

static void what_parts_fields_or_lines_is_in_quotes(void **state)
{
    (void)state;
    expect("a,b", "\"a,b\"");
    expect("a;b", "\"a;b\"");
    expect("say \"21\"", "\"say \"\"21\"\"\"");
    expect("two\nlines\r", "\"two\nlines\r\"");
}

static void nothing_is_a_formula(void **state)
{
    (void)state;
    expect("=1+1", "'=1+1");
    expect("+1", "'+1");
    expect("-1", "'-1");
    expect("@SUM(A1)", "'@SUM(A1)");
    expect("=HYPERLINK(\"http://evil.example\",\"x\")",
           "\"'=HYPERLINK(\"\"http://evil.example\"\",\"\"x\"\")\"");
    expect("\t=1", "\"'\t=1\"");
    expect("\r=1", "\"'\r=1\"");
    expect("\n=1", "\"'\n=1\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_plain_stays_as_it_is),
        cmocka_unit_test(what_parts_fields_or_lines_is_in_quotes),
        cmocka_unit_test(nothing_is_a_formula),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
