#include "tests/unit/octets.h"

#include "apps/collect/ask/device/decode.h"

#include <math.h>

static MdlReading decode(uint16_t type, uint16_t state_count, const BacValue *value)
{
    const CollectPoint point = {
        .point_id = 1, .object = {type, 1}, .property = BAC_PROP_PRESENT_VALUE, .state_count = state_count};
    CollectSample sample = {.problem = "no-answer"};
    uint8_t memory[32];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_value_encode(&out, value);
    collect_decode_value(bp_cursor(memory, out.size), &point, &sample);
    BpArena reasons = {0};
    return collect_decode_reading(1, 0, &sample, &reasons);
}

static void what_an_object_cannot_have_is_implausible(void **state)
{
    (void)state;
    const struct {
        uint16_t type, states;
        BacValue value;
        MdlQuality quality;
        double number;
    } cases[] = {
        {BAC_BINARY_INPUT, 0, {.type = BAC_ENUMERATED, .enumerated = 0}, MDL_GOOD, 0},
        {BAC_BINARY_INPUT, 0, {.type = BAC_ENUMERATED, .enumerated = 1}, MDL_GOOD, 1},
        {BAC_BINARY_VALUE, 0, {.type = BAC_BOOLEAN, .boolean = true}, MDL_GOOD, 1},
        {BAC_BINARY_INPUT, 0, {.type = BAC_ENUMERATED, .enumerated = 2}, MDL_BAD, 0},
        {BAC_BINARY_OUTPUT, 0, {.type = BAC_DOUBLE, .double_real = 1.7e308}, MDL_BAD, 0},
        {BAC_BINARY_OUTPUT, 0, {.type = BAC_REAL, .real = 0.5F}, MDL_BAD, 0},
        {BAC_MULTI_STATE_INPUT, 0, {.type = BAC_UNSIGNED, .natural = 1}, MDL_GOOD, 1},
        {BAC_MULTI_STATE_INPUT, 0, {.type = BAC_UNSIGNED, .natural = UINT32_MAX}, MDL_GOOD, UINT32_MAX},
        {BAC_MULTI_STATE_INPUT, 3, {.type = BAC_UNSIGNED, .natural = 3}, MDL_GOOD, 3},
        {BAC_MULTI_STATE_INPUT, 3, {.type = BAC_UNSIGNED, .natural = 4}, MDL_UNCERTAIN, 4},
        {BAC_MULTI_STATE_VALUE, 3, {.type = BAC_UNSIGNED, .natural = 0}, MDL_BAD, 0},
        {BAC_MULTI_STATE_VALUE, 3, {.type = BAC_SIGNED, .integer = -1}, MDL_BAD, 0},
        {BAC_MULTI_STATE_VALUE, 3, {.type = BAC_REAL, .real = 1.5F}, MDL_BAD, 0},
        {BAC_ACCUMULATOR,
         0,
         {.type = BAC_UNSIGNED, .natural = UINT64_C(1) << 53},
         MDL_GOOD,
         9007199254740992},
        {BAC_ACCUMULATOR, 0, {.type = BAC_UNSIGNED, .natural = (UINT64_C(1) << 53) + 1}, MDL_BAD, 0},
        {BAC_INTEGER_VALUE, 0, {.type = BAC_SIGNED, .integer = INT64_MIN}, MDL_BAD, 0},
        {BAC_TIMER, 0, {.type = BAC_ENUMERATED, .enumerated = 0}, MDL_GOOD, 0},
        {BAC_LIFE_SAFETY_POINT,
         0,
         {.type = BAC_ENUMERATED, .enumerated = 300},
         MDL_GOOD,
         300}, /* a vendor's */
        {BAC_LOAD_CONTROL, 0, {.type = BAC_REAL, .real = 1}, MDL_BAD, 0},
        {BAC_BINARY_LIGHTING_OUTPUT, 0, {.type = BAC_ENUMERATED, .enumerated = 3}, MDL_GOOD, 3},
        {BAC_LIGHTING_OUTPUT, 0, {.type = BAC_REAL, .real = 62.5F}, MDL_GOOD, 62.5},
        {BAC_CHANNEL, 0, {.type = BAC_BOOLEAN, .boolean = true}, MDL_GOOD, 1},
        {BAC_ANALOG_INPUT, 0, {.type = BAC_REAL, .real = -3e38F}, MDL_GOOD, (double)-3e38F},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const MdlReading reading = decode(cases[i].type, cases[i].states, &cases[i].value);
        if (reading.quality != cases[i].quality)
            fail_msg("case %zu: quality %d", i, (int)reading.quality);
        assert_int_equal(reading.has_value, cases[i].quality != MDL_BAD);
        if (reading.has_value)
            assert_true(reading.value == cases[i].number);
        assert_true(bp_str_equal(reading.reason, bp_str(cases[i].quality == MDL_GOOD ? "" : "implausible")));
    }
}

/* Only the present value has its object's range. */
static void other_properties_have_their_own_numbers(void **state)
{
    (void)state;
    const CollectPoint point = {.object = {BAC_BINARY_INPUT, 1}, .property = BAC_PROP_CHANGE_OF_STATE_COUNT};
    CollectSample sample = {0};
    static const uint8_t seventeen[] = {0x21, 17};
    collect_decode_value(bp_cursor(seventeen, sizeof seventeen), &point, &sample);
    assert_null(sample.problem);
    assert_true(sample.number == 17);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_an_object_cannot_have_is_implausible),
        cmocka_unit_test(other_properties_have_their_own_numbers),
    };
    return cmocka_run_group_tests_name("collect decode", tests, NULL, NULL);
}
