#include "tests/unit/octets.h"

#include "bacnet/wire/value.h"

static const char *utf8(BacCharset charset, const char *hexadecimal)
{
    static Octets message;
    static char text[1024];
    message = octets(hexadecimal);
    const BacValue value = {.type = BAC_CHARACTER_STRING,
                            .text = {.charset = charset, .octets = cursor_over(&message)}};
    BpBuf out = bp_buf(text, sizeof text - 1);
    bac_text_to_utf8(&out, &value);
    assert_false(out.failed);
    assert_true(bp_str_is_utf8(bp_buf_text(&out)));
    text[out.size] = '\0';
    return text;
}

static void empty_text_is_empty_in_every_set(void **state)
{
    (void)state;
    for (int charset = 0; charset < 256; charset++)
        assert_string_equal(utf8((BacCharset)charset, ""), "");
}

static void utf8_passes(void **state)
{
    (void)state;
    assert_string_equal(utf8(BAC_UTF_8, "5a 6f 6e 65 20 c2 b0 43 20 e6 b8 a9 f0 9f 94 a5"), "Zone °C 温🔥");
}

static void latin_1_declared_as_utf8_is_read_as_what_it_is(void **state)
{
    (void)state;
    assert_string_equal(utf8(BAC_UTF_8, "52 fc 63 6b 6c 61 75 66 20 b0 43"), "Rücklauf °C");
}

static void latin_1_has_the_letters_of_windows_too(void **state)
{
    (void)state;
    assert_string_equal(utf8(BAC_ISO_8859_1, "e9 20 80 20 96 20 9c"), "é € – œ");
    assert_string_equal(utf8(BAC_ISO_8859_1, "41 81 42"), "A B"); /* undefined in Windows: a control */
}

static void ucs_2_is_big_endian_unless_a_mark_says_otherwise(void **state)
{
    (void)state;
    assert_string_equal(utf8(BAC_UCS_2, "00 41 00 b0 6e 29"), "A°温");
    assert_string_equal(utf8(BAC_UCS_2, "fe ff 00 41 00 b0 6e 29"), "A°温");
    assert_string_equal(utf8(BAC_UCS_2, "ff fe 41 00 b0 00 29 6e"), "A°温");
    assert_string_equal(utf8(BAC_UCS_2, "d8 3d dd 25"), "🔥"); /* a pair of surrogates, as UTF-16 has it */
}

static void ucs_2_that_is_none_is_read_octet_by_octet(void **state)
{
    (void)state;
    assert_string_equal(utf8(BAC_UCS_2, "41 48 55"), "AHU");     /* an odd number of octets */
    assert_string_equal(utf8(BAC_UCS_2, "d8 3d 00 41"), "Ø= A"); /* half a pair */
    assert_string_equal(utf8(BAC_UCS_2, "00 41 d8 3d"), " AØ="); /* half a pair at the end */
    assert_string_equal(utf8(BAC_UCS_2, "dd 25 d8 3d"), "Ý%Ø="); /* a pair in the wrong order */
}

static void ucs_4_is_four_octets_each(void **state)
{
    (void)state;
    assert_string_equal(utf8(BAC_UCS_4, "00 00 00 41 00 01 f5 25"), "A🔥");
    assert_string_equal(utf8(BAC_UCS_4, "ff fe 00 00 41 00 00 00"), "A");
    assert_string_equal(utf8(BAC_UCS_4, "41 41 00 41"), "AA A"); /* beyond Unicode: octet by octet */
}

static void japanese_pairs_are_read(void **state)
{
    (void)state;
    assert_string_equal(utf8(BAC_JIS_X_0208, "32 39 45 59"), "温度");
    assert_string_equal(utf8(BAC_JIS_X_0208, "41 48 55"), "AHU"); /* not pairs */
    assert_string_equal(utf8(BAC_JIS_X_0208, "32 39 20 41"), "29 A");
}

static void code_pages_are_read_by_their_number(void **state)
{
    (void)state;
    assert_string_equal(utf8(BAC_DBCS, "03 a4 89 b7 93 78"), "温度");         /* 932, Shift JIS */
    assert_string_equal(utf8(BAC_DBCS, "03 a8 ce c2 b6 c8"), "温度");         /* 936, GBK */
    assert_string_equal(utf8(BAC_DBCS, "03 52 52 81 63 6b"), "Rück");         /* 850 */
    assert_string_equal(utf8(BAC_DBCS, "04 e3 cf ee e4 e0 f7 e0"), "Подача"); /* 1251 */
}

static void what_a_code_page_cannot_be_is_read_octet_by_octet(void **state)
{
    (void)state;
    assert_string_equal(utf8(BAC_DBCS, "ff ff 41 42"), "AB"); /* no page that we read */
    assert_string_equal(utf8(BAC_DBCS, "03 a4 41 89"), "A‰"); /* half a character */
    assert_string_equal(utf8(BAC_DBCS, "41"), "A");           /* no room for a page number */
}

static void long_text_is_converted_piece_by_piece(void **state)
{
    (void)state;
    static uint8_t shift_jis[2 + 400 * 2] = {0x03, 0xA4};
    for (size_t i = 2; i < sizeof shift_jis; i++)
        shift_jis[i] = i % 2 ? 0xB7 : 0x89;
    const BacValue value = {.type = BAC_CHARACTER_STRING,
                            .text = {.charset = BAC_DBCS, .octets = bp_cursor(shift_jis, sizeof shift_jis)}};
    BpBuf out = bp_buf_growing(4096);
    bac_text_to_utf8(&out, &value);
    assert_int_equal(out.size, 400 * strlen("温"));
    for (size_t i = 0; i < out.size; i += strlen("温"))
        assert_memory_equal(out.data + i, "温", strlen("温"));
    bp_buf_done(&out);
}

static void an_unknown_set_is_read_as_utf8_or_octet_by_octet(void **state)
{
    (void)state;
    assert_string_equal(utf8((BacCharset)77, "c2 b0 43"), "°C");
    assert_string_equal(utf8((BacCharset)77, "b0 43"), "°C");
}

static void controls_become_spaces_and_zeros_at_the_end_stay_away(void **state)
{
    (void)state;
    assert_string_equal(utf8(BAC_UTF_8, "41 0a 42 00 43 00 00"), "A B C");
    assert_string_equal(utf8(BAC_UCS_2, "00 41 00 00"), "A");
    assert_string_equal(utf8(BAC_UTF_8, "41 09 42"), "A\tB"); /* as the device has it */
    assert_string_equal(utf8(BAC_ISO_8859_1, "41 09 e4"), "A\tä");
    assert_string_equal(utf8(BAC_UTF_8, "1b 5b 32 4a c2 9b 7f 41"),
                        " [2J  A"); /* nothing that moves a terminal */
}

static void a_buffer_that_is_full_fails_and_stays_failed(void **state)
{
    (void)state;
    static const uint8_t latin[] = {'a', 'b', 0xFC, 'c', 'd'};
    const BacValue value = {.type = BAC_CHARACTER_STRING,
                            .text = {.charset = BAC_UTF_8, .octets = bp_cursor(latin, sizeof latin)}};
    char memory[4];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_text_to_utf8(&out, &value);
    assert_true(out.failed);
    assert_true(out.size <= sizeof memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_text_is_empty_in_every_set),
        cmocka_unit_test(utf8_passes),
        cmocka_unit_test(latin_1_declared_as_utf8_is_read_as_what_it_is),
        cmocka_unit_test(latin_1_has_the_letters_of_windows_too),
        cmocka_unit_test(ucs_2_is_big_endian_unless_a_mark_says_otherwise),
        cmocka_unit_test(ucs_2_that_is_none_is_read_octet_by_octet),
        cmocka_unit_test(ucs_4_is_four_octets_each),
        cmocka_unit_test(japanese_pairs_are_read),
        cmocka_unit_test(code_pages_are_read_by_their_number),
        cmocka_unit_test(what_a_code_page_cannot_be_is_read_octet_by_octet),
        cmocka_unit_test(long_text_is_converted_piece_by_piece),
        cmocka_unit_test(an_unknown_set_is_read_as_utf8_or_octet_by_octet),
        cmocka_unit_test(controls_become_spaces_and_zeros_at_the_end_stay_away),
        cmocka_unit_test(a_buffer_that_is_full_fails_and_stays_failed),
    };
    return cmocka_run_group_tests_name("bacnet text", tests, NULL, NULL);
}
