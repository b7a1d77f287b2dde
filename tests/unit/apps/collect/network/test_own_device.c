/* Our own device: it has all that the revision it claims requires, and nothing that it does not tell of. */
#include "apps/collect/network/own_device.h"
#include "tests/unit/octets.h"

#include "bacnet/service/read_multiple.h"
#include "bacnet/service/read_property.h"
#include "bacnet/service/who_has.h"
#include "base/time.h"

enum { INSTANCE = 4711 };
static const BacAddress ASKER = {{10, 0, 0, 3}, BAC_PORT, {0}};
static const BacObjectId OWN = {BAC_DEVICE, INSTANCE};

typedef struct Site {
    CollectOwnDevice own;
    size_t sent_count;
    size_t octets; /* of the last one, which is: */
    uint8_t memory[BAC_DATAGRAM_MAX];
    BacDatagram sent;
} Site;

static void take_sent(void *owner, const BacAddress *to, BpStr datagram)
{
    Site *site = owner;
    assert_true(bac_address_equal(to, &ASKER));
    site->sent_count++;
    site->octets = datagram.size;
    memcpy(site->memory, datagram.data, datagram.size);
    assert_int_equal(bac_datagram_decode(bp_cursor(site->memory, datagram.size), &ASKER, &site->sent, NULL),
                     BP_OK);
}

static Site *site_new(void)
{
    Site *site = calloc(1, sizeof *site);
    assert_non_null(site);
    const CollectOwnDeviceOptions options = {.owner = site,
                                             .send = take_sent,
                                             .instance = INSTANCE,
                                             .site = "plant",
                                             .version = "1.2.3",
                                             .timeout_us = 3 * BP_SECOND,
                                             .retries = 2};
    collect_own_device_init(&site->own, &options);
    return site;
}

/* Asks, as one that takes answers of `max_apdu` octets, in segments or not. */
static const BacApdu *ask_as(Site *site, uint8_t service, const BpBuf *parameters, uint16_t max_apdu,
                             uint8_t max_segments)
{
    const BacDatagram request = {.from = ASKER,
                                 .has_apdu = true,
                                 .apdu = {.type = BAC_CONFIRMED_REQUEST,
                                          .invoke_id = 9,
                                          .service = service,
                                          .max_apdu = max_apdu,
                                          .max_segments = max_segments,
                                          .segmented_response_accepted = max_segments > 0},
                                 .body = bp_cursor(parameters->data, parameters->size)};
    site->sent_count = 0;
    collect_own_device_receive(&site->own, &request, 1000);
    assert_int_equal(site->sent_count, 1);
    return &site->sent.apdu;
}

static const BacApdu *ask(Site *site, uint8_t service, const BpBuf *parameters)
{
    return ask_as(site, service, parameters, BAC_APDU_MAX, 0);
}

/* The values of a property or its element; the error's code, or 0. */
static uint16_t read_own(Site *site, uint32_t property, uint32_t index, BpCursor *ret_values)
{
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    BacReference reference = {OWN, property, index};
    bac_read_property_encode(&out, &reference);
    const BacApdu *apdu = ask(site, BAC_SERVICE_CONFIRMED_READ_PROPERTY, &out);
    BpCursor body = site->sent.body;
    if (apdu->type == BAC_ERROR) {
        BacRefusal refusal;
        assert_int_equal(bac_error_decode(&body, &refusal, NULL), BP_OK);
        return refusal.code;
    }
    assert_int_equal(apdu->type, BAC_COMPLEX_ACK);
    assert_int_equal(bac_read_property_ack_decode(&body, &reference, ret_values, NULL), BP_OK);
    return 0;
}

static BacValue value_of(Site *site, uint32_t property, uint32_t index)
{
    BpCursor in = {0};
    BacValue value;
    if (read_own(site, property, index, &in) != 0)
        fail_msg("property %u is not there", property);
    assert_int_equal(bac_value_decode(&in, &value, NULL), BP_OK);
    assert_int_equal(bp_cursor_remaining(&in), 0);
    return value;
}

/* ASHRAE 135-2012, table 12-13: what is marked R, and what its notes require of whoever has segmentation. */
static const uint32_t required[] = {
    BAC_PROP_OBJECT_IDENTIFIER,
    BAC_PROP_OBJECT_NAME,
    BAC_PROP_OBJECT_TYPE,
    BAC_PROP_SYSTEM_STATUS,
    BAC_PROP_VENDOR_NAME,
    BAC_PROP_VENDOR_IDENTIFIER,
    BAC_PROP_MODEL_NAME,
    BAC_PROP_FIRMWARE_REVISION,
    BAC_PROP_APPLICATION_SOFTWARE_VERSION,
    BAC_PROP_PROTOCOL_VERSION,
    BAC_PROP_PROTOCOL_REVISION,
    BAC_PROP_PROTOCOL_SERVICES_SUPPORTED,
    BAC_PROP_PROTOCOL_OBJECT_TYPES_SUPPORTED,
    BAC_PROP_OBJECT_LIST,
    BAC_PROP_MAX_APDU_LENGTH_ACCEPTED,
    BAC_PROP_SEGMENTATION_SUPPORTED,
    BAC_PROP_APDU_TIMEOUT,
    BAC_PROP_NUMBER_OF_APDU_RETRIES,
    BAC_PROP_DEVICE_ADDRESS_BINDING,
    BAC_PROP_DATABASE_REVISION,
};
static const uint32_t with_segmentation[] = {BAC_PROP_MAX_SEGMENTS_ACCEPTED, BAC_PROP_APDU_SEGMENT_TIMEOUT};
enum {
    REQUIRED = sizeof required / sizeof required[0],
    WITH_SEGMENTATION = sizeof with_segmentation / sizeof with_segmentation[0],
};

static bool is_in(const uint32_t *list, size_t count, uint32_t property)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == property)
            return true;
    return false;
}

static void property_list_has_all_that_is_required_and_each_can_be_read(void **state)
{
    (void)state;
    Site *site = site_new();
    BpCursor values;
    assert_int_equal(value_of(site, BAC_PROP_PROTOCOL_REVISION, BAC_NO_INDEX).natural, 14);
    const size_t count = (size_t)value_of(site, BAC_PROP_PROPERTY_LIST, 0).natural;
    uint32_t listed[64];
    assert_in_range(count, REQUIRED + WITH_SEGMENTATION - 3, sizeof listed / sizeof listed[0]);
    for (uint32_t i = 1; i <= count; i++) {
        listed[i - 1] = value_of(site, BAC_PROP_PROPERTY_LIST, i).enumerated;
        assert_int_equal(read_own(site, listed[i - 1], BAC_NO_INDEX, &values), 0);
        for (size_t j = 0; j + 1 < i; j++)
            assert_int_not_equal(listed[j], listed[i - 1]);
    }
    /* Name, type, identifier and the list itself are not in it (clause 12.11.49). */
    for (size_t i = 0; i < REQUIRED; i++)
        assert_int_equal(is_in(listed, count, required[i]), i >= 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(read_own(site, required[i], BAC_NO_INDEX, &values), 0);
    assert_false(is_in(listed, count, BAC_PROP_PROPERTY_LIST));
    for (size_t i = 0; i < WITH_SEGMENTATION; i++)
        assert_true(is_in(listed, count, with_segmentation[i]));
    free(site);
}

static void it_says_what_is_true(void **state)
{
    (void)state;
    Site *site = site_new();
    BpCursor in = {0};
    BacValue value = value_of(site, BAC_PROP_OBJECT_LIST, BAC_NO_INDEX);
    assert_true(bac_object_equal(value.object, OWN));
    assert_int_equal(value_of(site, BAC_PROP_OBJECT_LIST, 0).natural, 1);
    assert_true(bac_object_equal(value_of(site, BAC_PROP_OBJECT_LIST, 1).object, OWN));
    assert_int_equal(value_of(site, BAC_PROP_SEGMENTATION_SUPPORTED, BAC_NO_INDEX).enumerated,
                     BAC_SEGMENTED_BOTH);
    assert_int_equal(value_of(site, BAC_PROP_MAX_APDU_LENGTH_ACCEPTED, BAC_NO_INDEX).natural, 1476);
    assert_true(value_of(site, BAC_PROP_MAX_SEGMENTS_ACCEPTED, BAC_NO_INDEX).natural > 2);
    assert_int_equal(value_of(site, BAC_PROP_APDU_TIMEOUT, BAC_NO_INDEX).natural, 3000);
    assert_int_equal(value_of(site, BAC_PROP_NUMBER_OF_APDU_RETRIES, BAC_NO_INDEX).natural, 2);
    value = value_of(site, BAC_PROP_PROTOCOL_SERVICES_SUPPORTED, BAC_NO_INDEX);
    assert_int_equal(value.bits.count, 41); /* of revision 14, as the types */
    value = value_of(site, BAC_PROP_PROTOCOL_OBJECT_TYPES_SUPPORTED, BAC_NO_INDEX);
    assert_int_equal(value.bits.count, 55);
    assert_int_equal(value.bits.octets[1], 0x80 >> (BAC_DEVICE - 8));
    assert_int_equal(read_own(site, BAC_PROP_DEVICE_ADDRESS_BINDING, BAC_NO_INDEX, &in), 0);
    assert_int_equal(bp_cursor_remaining(&in), 0);
    free(site);
}

static void what_it_has_not_is_refused_by_name(void **state)
{
    (void)state;
    Site *site = site_new();
    BpCursor in;
    assert_int_equal(read_own(site, BAC_PROP_OBJECT_LIST, 2, &in), BAC_CODE_INVALID_ARRAY_INDEX);
    assert_int_equal(read_own(site, BAC_PROP_PROPERTY_LIST, 99, &in), BAC_CODE_INVALID_ARRAY_INDEX);
    assert_int_equal(read_own(site, BAC_PROP_OBJECT_NAME, 1, &in), BAC_CODE_PROPERTY_IS_NOT_AN_ARRAY);
    assert_int_equal(read_own(site, BAC_PROP_LOCATION, BAC_NO_INDEX, &in), BAC_CODE_UNKNOWN_PROPERTY);
    assert_int_equal(read_own(site, BAC_PROP_LOCATION, 1, &in), BAC_CODE_UNKNOWN_PROPERTY);
    free(site);
}

/* Properties of an answer to ALL, REQUIRED or OPTIONAL, none of which is an error. */
static size_t read_group(Site *site, uint32_t group, uint32_t *ret_properties, size_t most)
{
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    const BacReference reference = {OWN, group, BAC_NO_INDEX};
    bac_read_multiple_encode(&out, &reference, 1);
    assert_int_equal(ask(site, BAC_SERVICE_CONFIRMED_READ_PROPERTY_MULTIPLE, &out)->type, BAC_COMPLEX_ACK);
    BacReadMultiple walk = {.in = site->sent.body};
    BacReadResult result;
    size_t count = 0;
    while (bac_read_multiple_ack_next(&walk, &result, NULL) == BP_OK) {
        assert_int_equal(result.refusal.kind, BAC_NOT_REFUSED);
        assert_true(count < most);
        ret_properties[count++] = result.reference.property;
    }
    return count;
}

static void all_required_and_optional_are_what_they_say(void **state)
{
    (void)state;
    Site *site = site_new();
    uint32_t all[64], some[64], others[64];
    const size_t count = read_group(site, BAC_PROP_ALL, all, 64),
                 some_count = read_group(site, BAC_PROP_REQUIRED, some, 64),
                 other_count = read_group(site, BAC_PROP_OPTIONAL, others, 64);
    assert_int_equal(some_count, REQUIRED);
    assert_int_equal(other_count, WITH_SEGMENTATION);
    assert_int_equal(count, some_count + other_count);
    for (size_t i = 0; i < REQUIRED; i++)
        assert_true(is_in(some, some_count, required[i]) && is_in(all, count, required[i]));
    assert_false(is_in(all, count, BAC_PROP_PROPERTY_LIST)); /* clause 15.7.3.1.2 */
    free(site);
}

/* As segmented-both promises. */
static void a_long_answer_goes_out_in_segments(void **state)
{
    (void)state;
    Site *site = site_new();
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    const BacReference reference = {OWN, BAC_PROP_ALL, BAC_NO_INDEX};
    bac_read_multiple_encode(&out, &reference, 1);
    const BacApdu *apdu = ask_as(site, BAC_SERVICE_CONFIRMED_READ_PROPERTY_MULTIPLE, &out, 50, 64);
    assert_int_equal(apdu->type, BAC_COMPLEX_ACK);
    assert_true(apdu->segmented && apdu->more_follows);
    assert_true(collect_own_device_next_due_us(&site->own) < INT64_MAX);
    collect_own_device_advance(&site->own, collect_own_device_next_due_us(&site->own));
    assert_true(site->sent_count > 1); /* again, for want of an acknowledgement */
    free(site);
}

static size_t answers_who_has(Site *site, const char *name, BacObjectId object)
{
    uint8_t memory[128];
    BpBuf out = bp_buf(memory, sizeof memory);
    BacWhoHas who_has = {.object = object, .name = {.type = BAC_NULL}};
    if (name)
        who_has.name = (BacValue){.type = BAC_CHARACTER_STRING,
                                  .text = {.charset = BAC_UTF_8, .octets = bp_cursor(name, strlen(name))}};
    bac_who_has_encode(&out, &who_has);
    const BacDatagram request = {
        .from = ASKER,
        .has_apdu = true,
        .apdu = {.type = BAC_UNCONFIRMED_REQUEST, .service = BAC_SERVICE_UNCONFIRMED_WHO_HAS},
        .body = bp_cursor(out.data, out.size)};
    site->sent_count = 0;
    collect_own_device_receive(&site->own, &request, 1000);
    return site->sent_count;
}

static void it_is_found_by_its_name_and_identifier(void **state)
{
    (void)state;
    Site *site = site_new();
    assert_int_equal(answers_who_has(site, NULL, OWN), 1);
    assert_int_equal(answers_who_has(site, "BacPipes plant", OWN), 1);
    assert_int_equal(answers_who_has(site, "BacPipes", OWN), 0);
    assert_int_equal(answers_who_has(site, NULL, (BacObjectId){BAC_DEVICE, INSTANCE + 1}), 0);
    free(site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(property_list_has_all_that_is_required_and_each_can_be_read),
        cmocka_unit_test(it_says_what_is_true),
        cmocka_unit_test(what_it_has_not_is_refused_by_name),
        cmocka_unit_test(all_required_and_optional_are_what_they_say),
        cmocka_unit_test(a_long_answer_goes_out_in_segments),
        cmocka_unit_test(it_is_found_by_its_name_and_identifier),
    };
    return cmocka_run_group_tests_name("collect own device", tests, NULL, NULL);
}
