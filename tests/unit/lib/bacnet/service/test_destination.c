/* Who is told of events, and lists of them that are changed. */
#include "tests/unit/octets.h"

#include "bacnet/service/destination.h"
#include "bacnet/service/list_element.h"

/* Each day from 0:00 to 23:59:59, 10.9.1.50:47808 as process 5, confirmed, all transitions. */
#define EACH_DAY                                                                                             \
    "82 01 fe b4 00 00 00 00 b4 17 3b 3b 63 1e 21 00 65 06 0a 09 01 32 ba c0 1f 21 05 11 82 05 e0"
/* Monday to Friday from 6 to 18, device 99 as process 10000, not confirmed, to-offnormal alone. */
#define AT_WORK "82 01 f8 b4 06 00 00 00 b4 12 00 00 00 0c 02 00 00 63 22 27 10 10 82 05 80"

static BpStatus parse_destination(BpCursor in)
{
    BacDestination destination;
    BP_TRY(bac_destination_next(&in, &destination, NULL));
    const BpStatus end = bac_destination_next(&in, &destination, NULL);
    return end == BP_NOT_FOUND ? BP_OK : end;
}

static BpStatus parse_elements(BpCursor in)
{
    BacListElements elements;
    return bac_list_elements_decode(&in, &elements, NULL);
}

static void messages_are_taken_whole_or_not_at_all(void **state)
{
    (void)state;
    assert_taken_whole_or_not_at_all(parse_destination, EACH_DAY, 1);
    assert_taken_whole_or_not_at_all(parse_destination, AT_WORK, 1);
    assert_taken_whole_or_not_at_all(parse_elements, "0c 03 c0 00 01 19 66 3e " AT_WORK " 3f", 0);
}

static void destinations_come_back_as_they_were(void **state)
{
    (void)state;
    const Octets message = octets(EACH_DAY AT_WORK);
    BpCursor in = cursor_over(&message);
    BacDestination first, second;
    assert_int_equal(bac_destination_next(&in, &first, NULL), BP_OK);
    assert_int_equal(bac_destination_next(&in, &second, NULL), BP_OK);
    assert_int_equal(bac_destination_next(&in, &first, NULL), BP_NOT_FOUND);
    const BacAddress address = {{10, 9, 1, 50}, BAC_PORT, {0}};
    const BacDestination expected = bac_destination_of(&address, 5, true);
    assert_true(bac_destination_equal(&first, &expected));
    assert_false(bac_destination_equal(&first, &second));
    assert_true(second.recipient.is_device && !second.is_confirmed);
    assert_int_equal(second.recipient.device, 99);
    assert_int_equal(second.process, 10000);
    uint8_t memory[128];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_destination_encode(&out, &first);
    bac_destination_encode(&out, &second);
    assert_octets(&out, EACH_DAY AT_WORK);
}

static BacDateTime at(uint8_t weekday, uint8_t hour, uint8_t minute)
{
    return (BacDateTime){.date = {126, 7, 15, weekday}, .time = {hour, minute, 0, 0}};
}

static void days_hours_and_transitions_are_kept_to(void **state)
{
    (void)state;
    const Octets message = octets(AT_WORK);
    BpCursor in = cursor_over(&message);
    BacDestination work;
    assert_int_equal(bac_destination_next(&in, &work, NULL), BP_OK);
    static const struct {
        uint8_t weekday, hour, minute;
        size_t transition;
        bool takes;
    } cases[] = {{1, 6, 0, BAC_TO_OFFNORMAL, true},   {1, 5, 59, BAC_TO_OFFNORMAL, false},
                 {5, 18, 0, BAC_TO_OFFNORMAL, true},  {5, 18, 1, BAC_TO_OFFNORMAL, false},
                 {6, 12, 0, BAC_TO_OFFNORMAL, false}, {7, 12, 0, BAC_TO_OFFNORMAL, false},
                 {3, 12, 0, BAC_TO_NORMAL, false},    {3, 12, 0, BAC_TO_FAULT, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const BacDateTime now = at(cases[i].weekday, cases[i].hour, cases[i].minute);
        assert_int_equal(bac_destination_takes(&work, &now, cases[i].transition), cases[i].takes);
    }
}

static void an_error_names_the_first_element_that_failed(void **state)
{
    (void)state;
    const Octets message = octets("0e 91 05 91 51 0f 19 02");
    BpCursor in = cursor_over(&message);
    BacRefusal refusal;
    uint32_t failed;
    assert_int_equal(bac_list_elements_error_decode(&in, &refusal, &failed, NULL), BP_OK);
    assert_int_equal(refusal.code, BAC_CODE_LIST_ELEMENT_NOT_FOUND);
    assert_int_equal(failed, 2);
    uint8_t memory[16];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_list_elements_error_encode(&out, refusal, failed);
    assert_octets(&out, "0e 91 05 91 51 0f 19 02");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_taken_whole_or_not_at_all),
        cmocka_unit_test(destinations_come_back_as_they_were),
        cmocka_unit_test(days_hours_and_transitions_are_kept_to),
        cmocka_unit_test(an_error_names_the_first_element_that_failed),
    };
    return cmocka_run_group_tests_name("bacnet destinations", tests, NULL, NULL);
}
