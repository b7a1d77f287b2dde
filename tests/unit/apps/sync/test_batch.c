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

static void one_frame_alone_goes_without_arrays(void **state)
{
    (void)state;
    static const struct {
        const char *kinds[2];
        bool is_one_frame;
    } cases[] = {
        {{"readings"}, true}, {{"audit"}, false}, {{"readings", "readings"}, false}, {{NULL}, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Batch batch;
        batch_init(&batch, 1);
        for (size_t k = 0; k < 2 && cases[i].kinds[k]; k++)
            batch_add(&batch, bp_str(cases[i].kinds[k]), BP_SECOND, bp_str("body"), bp_str("digest"));
        assert_int_equal(batch_is_one_frame(&batch), cases[i].is_one_frame);
        if (batch.kinds.count == 0)
            assert_int_equal(batch_only(&batch.bodies).size, 0);
        if (batch.kinds.count == 1)
            assert_true(bp_str_equal(batch_only(&batch.bodies), bp_str("body")));
        batch_done(&batch);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_arrays_of_octets),
        cmocka_unit_test(no_entries_are_an_array_without_dimensions),
        cmocka_unit_test(one_frame_alone_goes_without_arrays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
