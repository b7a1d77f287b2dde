/* Numbers of commands as devices take them. */
#include "apps/collect/control/value.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static BacValue encoded(BacType type, double number)
{
    uint8_t memory[16];
    BpBuf out = bp_buf(memory, sizeof memory);
    BacValue value;
    assert_int_equal(control_value_encode(&out, type, number, NULL), BP_OK);
    BpCursor in = bp_cursor(memory, out.size);
    assert_int_equal(bac_value_decode(&in, &value, NULL), BP_OK);
    assert_int_equal(bp_cursor_remaining(&in), 0);
    assert_int_equal(value.type, type);
    return value;
}

static void a_number_is_written_in_the_datatype_that_the_device_showed(void **state)
{
    (void)state;
    assert_true(encoded(BAC_REAL, 21.3).real == 21.3F);
    assert_true(encoded(BAC_DOUBLE, 21.3).double_real == 21.3);
    assert_int_equal(encoded(BAC_UNSIGNED, 3).natural, 3);
    assert_int_equal(encoded(BAC_SIGNED, -3).integer, -3);
    assert_int_equal(encoded(BAC_ENUMERATED, 1).enumerated, 1);
    assert_true(encoded(BAC_BOOLEAN, 1).boolean);
    assert_false(encoded(BAC_BOOLEAN, 0).boolean);
}

static void what_the_datatype_has_not_is_said_and_nothing_written(void **state)
{
    (void)state;
    static const struct {
        BacType type;
        double number;
    } wrong[] = {{BAC_REAL, 1e39},     {BAC_REAL, NAN},     {BAC_DOUBLE, INFINITY},    {BAC_UNSIGNED, 2.5},
                 {BAC_UNSIGNED, -1},   {BAC_UNSIGNED, 5e9}, {BAC_SIGNED, 3e9},         {BAC_ENUMERATED, 0.5},
                 {BAC_ENUMERATED, -1}, {BAC_BOOLEAN, 2},    {BAC_CHARACTER_STRING, 1}, {BAC_NULL, 1}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint8_t memory[16];
        BpBuf out = bp_buf(memory, sizeof memory);
        BpError err;
        assert_int_equal(control_value_encode(&out, wrong[i].type, wrong[i].number, &err), BP_INVALID);
        assert_int_equal(out.size, 0);
        assert_int_not_equal(strlen(err.text), 0);
    }
}

static void floats_of_one_number_are_the_same_and_neighbours_are_not(void **state)
{
    (void)state;
    assert_true(control_value_is_same(BAC_REAL, 21.3, (double)21.3F));
    assert_true(control_value_is_same(BAC_REAL, 0, 0));
    assert_true(control_value_is_same(BAC_SIGNED, -5, -5));
    assert_false(control_value_is_same(BAC_REAL, 21.3, 21.4));
    assert_false(control_value_is_same(BAC_REAL, 0, 0.001));
    assert_false(control_value_is_same(BAC_REAL, 3000000, 3000000.5));
    assert_false(control_value_is_same(BAC_UNSIGNED, 4294967295, 4294967294));
    assert_false(control_value_is_same(BAC_DOUBLE, 4000202.9, 4000200.9));
    assert_true(control_value_is_same(BAC_DOUBLE, 0.1 + 0.2, 0.3));
    assert_false(control_value_is_same(BAC_REAL, NAN, NAN));
}

static void people_read_a_value_with_its_units(void **state)
{
    (void)state;
    char text[CONTROL_VALUE_TEXT_MAX];
    assert_string_equal(control_value_format(21.5, "degC", text), "21.5 degC");
    assert_string_equal(control_value_format(3, "", text), "3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_written_in_the_datatype_that_the_device_showed),
        cmocka_unit_test(what_the_datatype_has_not_is_said_and_nothing_written),
        cmocka_unit_test(floats_of_one_number_are_the_same_and_neighbours_are_not),
        cmocka_unit_test(people_read_a_value_with_its_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
