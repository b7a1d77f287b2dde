#include "base/arena.h"
#include "base/compare.h"

#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void an_array_grows_and_keeps_what_it_had(void **state)
{
    (void)state;
    enum { NUMBERS = 1000 };
    BpArena arena = {0};
    int *numbers = NULL;
    size_t capacity = 0, moves = 0;
    for (int i = 0; i < NUMBERS; i++) {
        int *grown = bp_arena_grow(&arena, numbers, (size_t)i, &capacity, sizeof *numbers);
        moves += grown != numbers;
        numbers = grown;
        assert(numbers);
        assert_true((size_t)i < capacity);
        numbers[i] = i;
    }
    for (int i = 0; i < NUMBERS; i++)
        assert_int_equal(numbers[i], i);
    assert_true(moves < 10);
    bp_arena_done(&arena);
}

static void numbers_that_lie_far_apart_are_compared_right(void **state)
{
    (void)state;
    assert_true(bp_compare_u64(0, UINT64_MAX) < 0);
    assert_true(bp_compare_u64(UINT64_MAX, 0) > 0);
    assert_true(bp_compare_i64(INT64_MIN, INT64_MAX) < 0);
    assert_true(bp_compare_i64(INT64_MAX, INT64_MIN) > 0);
    assert_int_equal(bp_compare_i64(-1, -1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_array_grows_and_keeps_what_it_had),
        cmocka_unit_test(numbers_that_lie_far_apart_are_compared_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
