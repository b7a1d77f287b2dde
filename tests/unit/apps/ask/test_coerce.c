#include "apps/ask/coerce.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static BpArena arena;
static BacValue value;
static BpError err;

static int forget(void **state)
{
    (void)state;
    bp_arena_done(&arena);
    return 0;
}

static BpStatus coerce(const char *text, const AskTarget *target)
{
    return ask_coerce(bp_str(text), target, &arena, &value, &err);
}

static void assert_refused(const char *text, const AskTarget *target, const char *expected)
{
    assert_int_equal(coerce(text, target), BP_INVALID);
    assert_string_equal(err.text, expected);
}

/* State texts as a device sends them, in memory of the test's. */
static BpCursor state_texts(const char *const *texts, size_t count)
{
    static uint8_t memory[256];
    BpBuf out = bp_buf(memory, sizeof memory);
    for (size_t i = 0; i < count; i++) {
        BacValue text = {.type = BAC_CHARACTER_STRING};
        text.text.octets = bp_cursor(texts[i], strlen(texts[i]));
        bac_value_encode(&out, &text);
    }
    return bp_cursor(memory, out.size);
}

static void null_is_null_for_every_type(void **state)
{
    (void)state;
    for (int type = BAC_NULL; type <= BAC_OBJECT_IDENTIFIER; type++) {
        assert_int_equal(coerce("null", &(AskTarget){.type = (BacType)type}), BP_OK);
        assert_int_equal(value.type, BAC_NULL);
    }
}

static void a_real_takes_numbers_that_it_can_hold(void **state)
{
    (void)state;
    const AskTarget target = {.type = BAC_REAL};
    assert_int_equal(coerce("-4.5", &target), BP_OK);
    assert_true(value.type == BAC_REAL && value.real == -4.5F);
    assert_refused("nan", &target, "nan is nothing that a device could follow: write a number");
    assert_refused("1e39", &target, "1e39 is too large for a Real");
    assert_refused("21,5", &target, "\"21,5\" is not a number");
    assert_refused("", &target, "\"\" is not a number");
}

static void a_state_goes_by_its_number_or_text(void **state)
{
    (void)state;
    static const char *const texts[] = {"Off", "Low", "High"};
    const AskTarget target = {.type = BAC_UNSIGNED,
                              .object = {BAC_MULTI_STATE_VALUE, 1},
                              .property = BAC_PROP_PRESENT_VALUE,
                              .state_texts = state_texts(texts, 3),
                              .state_count = 3};
    assert_int_equal(coerce("2", &target), BP_OK);
    assert_int_equal(value.natural, 2);
    assert_int_equal(coerce("high", &target), BP_OK);
    assert_int_equal(value.natural, 3);
    assert_refused("0", &target, "0 is no state of it: 1 to 3: 1 Off, 2 Low, 3 High");
    assert_refused("4", &target, "4 is no state of it: 1 to 3: 1 Off, 2 Low, 3 High");
    assert_refused("medium", &target, "\"medium\" is no state of it: 1 Off, 2 Low, 3 High");
}

static void a_binary_value_goes_by_active_its_text_or_a_truth(void **state)
{
    (void)state;
    const AskTarget target = {.type = BAC_ENUMERATED,
                              .object = {BAC_BINARY_OUTPUT, 2},
                              .property = BAC_PROP_PRESENT_VALUE,
                              .inactive_text = bp_str("closed"),
                              .active_text = bp_str("Open")};
    static const char *const active[] = {"active", "ACTIVE", "open", "on", "true", "1"};
    for (size_t i = 0; i < sizeof active / sizeof active[0]; i++) {
        assert_int_equal(coerce(active[i], &target), BP_OK);
        assert_int_equal(value.enumerated, BAC_ACTIVE);
    }
    assert_int_equal(coerce("Closed", &target), BP_OK);
    assert_int_equal(value.enumerated, BAC_INACTIVE);
    assert_refused("half", &target, "\"half\" is neither inactive nor active nor its text: closed or Open");
    assert_refused("2", &target, "\"2\" is neither inactive nor active nor its text: closed or Open");
}

static void other_enumerated_properties_go_by_their_words_or_numbers(void **state)
{
    (void)state;
    const AskTarget target = {
        .type = BAC_ENUMERATED, .object = {BAC_ANALOG_VALUE, 1}, .property = BAC_PROP_UNITS};
    assert_int_equal(coerce("degrees-celsius", &target), BP_OK);
    assert_int_equal(value.enumerated, BAC_UNITS_DEGREES_CELSIUS);
    assert_int_equal(coerce("98", &target), BP_OK);
    assert_int_equal(value.enumerated, 98);
    assert_refused("warm", &target, "\"warm\" is neither a number nor a word of the property");
}

static void text_is_taken_as_utf8(void **state)
{
    (void)state;
    const AskTarget target = {.type = BAC_CHARACTER_STRING};
    assert_int_equal(coerce("Büro 温度", &target), BP_OK);
    assert_int_equal(value.text.charset, BAC_UTF_8);
    assert_memory_equal(value.text.octets.data, "Büro 温度", sizeof "Büro 温度" - 1);
    assert_refused("B\xFCro", &target, "the text is not UTF-8, or longer than 1024 octets");
}

static void a_type_goes_by_its_name(void **state)
{
    (void)state;
    BacType type;
    assert_int_equal(ask_coerce_type(bp_str("Real"), &type, &err), BP_OK);
    assert_int_equal(type, BAC_REAL);
    assert_int_equal(ask_coerce_type(bp_str("float"), &type, &err), BP_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(null_is_null_for_every_type),
        cmocka_unit_test(a_real_takes_numbers_that_it_can_hold),
        cmocka_unit_test(a_state_goes_by_its_number_or_text),
        cmocka_unit_test(a_binary_value_goes_by_active_its_text_or_a_truth),
        cmocka_unit_test(other_enumerated_properties_go_by_their_words_or_numbers),
        cmocka_unit_test(text_is_taken_as_utf8),
        cmocka_unit_test(a_type_goes_by_its_name),
    };
    return cmocka_run_group_tests_name("tools coerce", tests, NULL, forget);
}
