#include "tests/unit/octets.h"

#include "bacnet/service/time_sync.h"

static BpStatus parse_time_sync(BpCursor in)
{
    BacDateTime now;
    return bac_time_sync_decode(&in, &now, NULL);
}

#define NOW "a4 7e 0b 18 02 b4 07 2d 1e 05" /* Tuesday, 24 November 2026, 7:45:30.05 */

static void a_time_is_taken_whole_or_not_at_all(void **state)
{
    (void)state;
    assert_taken_whole_or_not_at_all(parse_time_sync, NOW, 0);
}

static void a_time_comes_back_as_it_was_sent(void **state)
{
    (void)state;
    const Octets message = octets(NOW);
    BpCursor in = cursor_over(&message);
    BacDateTime now;
    assert_int_equal(bac_time_sync_decode(&in, &now, NULL), BP_OK);
    assert_int_equal(now.date.year, 126);
    assert_int_equal(now.date.weekday, 2);
    assert_int_equal(now.time.hour, 7);
    assert_int_equal(now.time.hundredths, 5);
    uint8_t memory[16];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_time_sync_encode(&out, &now);
    assert_octets(&out, NOW);
}

static void a_time_in_front_of_its_date_is_malformed(void **state)
{
    (void)state;
    const Octets message = octets("b4 07 2d 1e 05 a4 7e 0b 18 02");
    assert_int_equal(parse_exactly(parse_time_sync, message.data, message.size), BP_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_is_taken_whole_or_not_at_all),
        cmocka_unit_test(a_time_comes_back_as_it_was_sent),
        cmocka_unit_test(a_time_in_front_of_its_date_is_malformed),
    };
    return cmocka_run_group_tests_name("bacnet time sync", tests, NULL, NULL);
}
