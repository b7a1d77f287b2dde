#include "apps/sync/batch.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void entries_are_arrays_of_octets(void **state)
{
    (void)state;
    Batch batch;
    batch_init(&batch, 5);
    batch_add(&batch, bp_str("audit"), 946684800 * BP_SECOND + 1, bp_str("{}"), bp_str("d"));
    batch_add(&batch, bp_str("readings"), 946684800 * BP_SECOND, (BpStr){"\0\1\2", 3}, bp_str("e"));
    assert_int_equal(batch.first, 5);
    assert_int_equal(batch.last, 6);
    assert_int_equal(batch.size, 5);
    static const uint8_t kinds[] = {0,   0, 0, 1, 0, 0,   0,   0,   0,   0,   0,   25,  0,   0,
                                    0,   2, 0, 0, 0, 1,   0,   0,   0,   5,   'a', 'u', 'd', 'i',
                                    't', 0, 0, 0, 8, 'r', 'e', 'a', 'd', 'i', 'n', 'g', 's'};
    static const uint8_t ats[] = {0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 4, 160, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0,
                                  0, 8, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0,   0, 8, 0, 0, 0, 0, 0, 0, 0, 0};
    static const uint8_t bodies[] = {0, 0, 0, 1, 0, 0, 0, 0,   0,   0, 0, 17, 0, 0, 0, 2, 0,
                                     0, 0, 1, 0, 0, 0, 2, '{', '}', 0, 0, 0,  3, 0, 1, 2};
    const BpStr one = batch_array(&batch.kinds), two = batch_array(&batch.ats),
                three = batch_array(&batch.bodies);
    assert_int_equal(one.size, sizeof kinds);
    assert_memory_equal(one.data, kinds, sizeof kinds);
    assert_int_equal(two.size, sizeof ats);
    assert_memory_equal(two.data, ats, sizeof ats);
    assert_int_equal(three.size, sizeof bodies);
    assert_memory_equal(three.data, bodies, sizeof bodies);
    batch_done(&batch);
}

static void no_entries_are_an_array_without_dimensions(void **state)
{
    (void)state;
    Batch batch;
    batch_init(&batch, 1);
    static const uint8_t none[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 17};
    const BpStr octets = batch_array(&batch.digests);
    assert_int_equal(octets.size, sizeof none);
    assert_memory_equal(octets.data, none, sizeof none);
    assert_int_equal(batch.last, 0);
    batch_done(&batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_arrays_of_octets),
        cmocka_unit_test(no_entries_are_an_array_without_dimensions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
