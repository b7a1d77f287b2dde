#include "base/error.h"
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static char text[2 * BP_ERROR_TEXT_MAX];

/* A sentence of degree signs, two octets each, after `blanks` blanks. */
static const char *degrees(size_t blanks)
{
    size_t size = 0;
    while (size < blanks)
        text[size++] = ' ';
    while (size < sizeof text - 2) {
        text[size++] = (char)0xC2;
        text[size++] = (char)0xB0;
    }
    text[size] = '\0';
    return text;
}

static void a_long_sentence_is_cut_between_letters(void **state)
{
    (void)state;
    for (size_t blanks = 0; blanks < 4; blanks++) {
        BpError err;
        assert_int_equal(bp_fail(&err, BP_INVALID, "%s", degrees(blanks)), BP_INVALID);
        const size_t size = strlen(err.text);
        assert_true(size > BP_ERROR_TEXT_MAX - 8);
        assert_string_equal(err.text + size - 3, "...");
        assert_true(bp_str_is_utf8(bp_str(err.text)));
    }
}

static void a_context_that_leaves_little_room_is_cut_the_same_way(void **state)
{
    (void)state;
    for (int width = BP_ERROR_TEXT_MAX - 10; width < BP_ERROR_TEXT_MAX + 10; width++) {
        BpError err;
        bp_fail(&err, BP_INVALID, "21 °C °F °C °F");
        assert_int_equal(bp_within(&err, "%*s", width, "°"), BP_INVALID);
        assert_true(bp_str_is_utf8(bp_str(err.text)));
        assert_true(strlen(err.text) < sizeof err.text);
    }
}

static void a_sentence_that_fits_is_whole(void **state)
{
    (void)state;
    BpError err;
    bp_fail(&err, BP_NOT_FOUND, "no %s", "°C");
    bp_within(&err, "point %d", 7);
    assert_string_equal(err.text, "point 7: no °C");
    assert_int_equal(bp_within(NULL, "x"), BP_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_sentence_is_cut_between_letters),
        cmocka_unit_test(a_context_that_leaves_little_room_is_cut_the_same_way),
        cmocka_unit_test(a_sentence_that_fits_is_whole),
    };
    return cmocka_run_group_tests_name("base error", tests, NULL, NULL);
}
