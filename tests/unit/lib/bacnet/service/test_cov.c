#include "tests/unit/octets.h"

#include "bacnet/service/cov.h"

static BpStatus parse_subscribe(BpCursor in)
{
    BacSubscribeCov subscribe;
    return bac_subscribe_cov_decode(&in, &subscribe, NULL);
}

static BpStatus parse_notification(BpCursor in)
{
    BacCovNotification notification;
    BacPropertyValue value;
    BpStatus status = bac_cov_notification_decode(&in, &notification, NULL);
    while (status == BP_OK)
        status = bac_property_value_next(&notification.values, &value, NULL);
    return status == BP_NOT_FOUND ? BP_OK : status;
}

/* Device 4711 tells of its analog input 3: 21.5 degrees, and no flag. */
#define SUBSCRIBE "09 07 1c 00 00 00 03 29 01 3a 01 2c"
#define CANCEL    "09 07 1c 00 00 00 03"
#define NOTIFY                                                                                               \
    "09 07 1c 02 00 12 67 2c 00 00 00 03 3a 01 2c 4e 09 55 2e 44 41 ac 00 00 2f 09 6f 2e 82 04 00 2f 4f"

static void messages_are_taken_whole_or_not_at_all(void **state)
{
    (void)state;
    assert_taken_whole_or_not_at_all(parse_subscribe, "09 07 1c 00 00 00 03 29 00", 8);
    assert_taken_whole_or_not_at_all(parse_subscribe, CANCEL, 0);
    assert_taken_whole_or_not_at_all(parse_notification, NOTIFY, 0);
    /* A subscription may end after the object, as a cancellation, and before the lifetime. */
    const Octets whole = octets(SUBSCRIBE);
    for (size_t size = 0; size < whole.size; size++)
        assert_int_equal(parse_exactly(parse_subscribe, whole.data, size) == BP_OK, size == 7 || size == 9);
    flip_bits(parse_subscribe, SUBSCRIBE);
}

static void a_subscription_comes_back_as_it_was_sent(void **state)
{
    (void)state;
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    const BacSubscribeCov sent = {
        .process = 7, .object = {BAC_ANALOG_INPUT, 3}, .is_confirmed = true, .lifetime_s = 300};
    bac_subscribe_cov_encode(&out, &sent);
    assert_octets(&out, SUBSCRIBE);
    BpCursor in = bp_cursor(memory, out.size);
    BacSubscribeCov received;
    assert_int_equal(bac_subscribe_cov_decode(&in, &received, NULL), BP_OK);
    assert_int_equal(received.process, 7);
    assert_true(bac_object_equal(received.object, sent.object));
    assert_true(received.is_confirmed && !received.is_cancelled);
    assert_int_equal(received.lifetime_s, 300);
}

static void a_cancellation_has_neither_confirmation_nor_lifetime(void **state)
{
    (void)state;
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_subscribe_cov_encode(
        &out, &(BacSubscribeCov){.process = 7, .object = {BAC_ANALOG_INPUT, 3}, .is_cancelled = true});
    assert_octets(&out, CANCEL);
    BpCursor in = bp_cursor(memory, out.size);
    BacSubscribeCov received;
    assert_int_equal(bac_subscribe_cov_decode(&in, &received, NULL), BP_OK);
    assert_true(received.is_cancelled);
    const Octets lifetime_alone = octets(CANCEL "39 3c");
    assert_int_equal(parse_exactly(parse_subscribe, lifetime_alone.data, lifetime_alone.size), BP_MALFORMED);
}

static void a_notification_lists_properties_with_their_values(void **state)
{
    (void)state;
    const Octets message = octets(NOTIFY);
    BpCursor in = cursor_over(&message);
    BacCovNotification notification;
    assert_int_equal(bac_cov_notification_decode(&in, &notification, NULL), BP_OK);
    assert_int_equal(notification.device, 4711);
    assert_int_equal(notification.remaining_s, 300);

    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_cov_notification_encode(&out, &notification);
    assert_octets(&out, NOTIFY);

    BacPropertyValue property;
    BacValue value;
    assert_int_equal(bac_property_value_next(&notification.values, &property, NULL), BP_OK);
    assert_int_equal(property.property, BAC_PROP_PRESENT_VALUE);
    assert_int_equal(property.index, BAC_NO_INDEX);
    assert_int_equal(property.priority, BAC_NO_PRIORITY);
    assert_int_equal(bac_value_decode(&property.value, &value, NULL), BP_OK);
    assert_true(value.real == 21.5F);
    assert_int_equal(bac_property_value_next(&notification.values, &property, NULL), BP_OK);
    assert_int_equal(property.property, BAC_PROP_STATUS_FLAGS);
    assert_int_equal(bac_property_value_next(&notification.values, &property, NULL), BP_NOT_FOUND);
    assert_int_equal(bac_property_value_next(&notification.values, &property, NULL), BP_NOT_FOUND);
}

static void what_is_wrong_in_a_notification_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *octets;
        BpStatus status;
    } cases[] = {
        {"19 07 1c 02 00 12 67 2c 00 00 00 03 39 00 4e 4f", BP_MALFORMED}, /* process with another tag */
        {"09 07 1c 00 00 00 03 2c 00 00 00 03 39 00 4e 4f", BP_MALFORMED}, /* told by an analog input */
        {"09 07 1c 02 00 12 67 2c 00 00 00 03 39 00 4e 4f 59 00", BP_MALFORMED},
        {"09 07 1c 02 00 12 67 2c 00 00 00 03 39 00 4e 09 55 2e 00 2f 39 11 4f", BP_INVALID},
        {"09 07 1c 02 00 12 67 2c 00 00 00 03 39 00 4e 09 55 2e 00 2f 39 00 4f", BP_INVALID},
        {"09 07 1c 02 00 12 67 2c 00 00 00 03 39 00 4e 09 55 44 41 ac 00 00 4f", BP_MALFORMED}, /* bare */
        {"09 07 1c 02 00 12 67 2c 00 00 00 03 39 00 4e 4f", BP_OK}, /* nothing to tell */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const Octets message = octets(cases[i].octets);
        assert_int_equal(parse_exactly(parse_notification, message.data, message.size), cases[i].status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_taken_whole_or_not_at_all),
        cmocka_unit_test(a_subscription_comes_back_as_it_was_sent),
        cmocka_unit_test(a_cancellation_has_neither_confirmation_nor_lifetime),
        cmocka_unit_test(a_notification_lists_properties_with_their_values),
        cmocka_unit_test(what_is_wrong_in_a_notification_is_said),
    };
    return cmocka_run_group_tests_name("bacnet cov", tests, NULL, NULL);
}
