#include "tests/unit/octets.h"

#include "bacnet/wire/address.h"

static const struct {
    const char *text;
    BacAddress address;
} ADDRESSES[] = {
    {"10.1.2.9", {{10, 1, 2, 9}, 47808, {0}}},
    {"10.1.2.9:47809", {{10, 1, 2, 9}, 47809, {0}}},
    {"10.1.2.1/2001:0a", {{10, 1, 2, 1}, 47808, {2001, 1, {0x0A}}}},
    {"10.1.2.1:1/65534:c0a80a14bac0", {{10, 1, 2, 1}, 1, {65534, 6, {0xC0, 0xA8, 0x0A, 0x14, 0xBA, 0xC0}}}},
    {"255.255.255.255/65535", {{255, 255, 255, 255}, 47808, {65535, 0, {0}}}},
    {"0.0.0.0/1:01020304050607", {{0}, 47808, {1, 7, {1, 2, 3, 4, 5, 6, 7}}}},
};
enum { ADDRESS_COUNT = sizeof ADDRESSES / sizeof ADDRESSES[0] };

static void an_address_reads_back_as_it_was_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < ADDRESS_COUNT; i++) {
        char text[BAC_ADDRESS_TEXT_MAX];
        BacAddress address;
        assert_string_equal(bac_address_format(&ADDRESSES[i].address, text), ADDRESSES[i].text);
        assert_int_equal(bac_address_parse(bp_str(text), &address, NULL), BP_OK);
        assert_true(bac_address_equal(&address, &ADDRESSES[i].address));
    }
}

static void text_that_is_no_address_is_refused_and_quoted(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "10.1.2",
                                      "10.1.2.9.9",
                                      "10.1.2.256",
                                      "10.1.2.-1",
                                      "10.1.2.9:",
                                      "10.1.2.9:0",
                                      "10.1.2.9:65536",
                                      "10.1.2.9/",
                                      "10.1.2.9/0",
                                      "10.1.2.9/65536",
                                      "10.1.2.9/2001:",
                                      "10.1.2.9/2001:a",
                                      "10.1.2.9/2001:0g",
                                      "10.1.2.9/2001:0102030405060708",
                                      "ahu-1.example",
                                      " 10.1.2.9"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        BacAddress address = {.port = 9};
        if (bac_address_parse(bp_str(bad[i]), &address, NULL) == BP_OK)
            fail_msg("\"%s\" was taken", bad[i]);
        assert_int_equal(address.port, 9);
    }
    BacAddress address;
    BpError err;
    assert_int_equal(bac_address_parse(bp_str("10.1.2.256"), &address, &err), BP_INVALID);
    assert_string_equal(err.text,
                        "\"10.1.2.256\" is no address like 10.1.2.9, 10.1.2.9:47809 or 10.1.2.1/2001:0a: "
                        "256 is not between 0 and 255");
}

static void addresses_that_differ_anywhere_hash_differently(void **state)
{
    (void)state;
    const BacAddress base = {{10, 1, 2, 1}, 47808, {2001, 1, {0x0A}}};
    for (size_t bit = 0; bit < 8 * sizeof base; bit++) {
        BacAddress other = base;
        ((uint8_t *)&other)[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(bac_address_equal(&other, &base));
        assert_true(bac_address_hash(&other) != bac_address_hash(&base));
    }
}

static void a_building_of_addresses_fills_its_buckets_evenly(void **state)
{
    (void)state;
    enum { BUCKETS = 1024, STATIONS = 128 };
    static unsigned counts[BUCKETS];
    for (uint16_t network = 1; network <= 64; network++)
        for (unsigned mac = 0; mac < STATIONS; mac++) {
            const BacAddress address = {{10, 1, 2, (uint8_t)network}, 47808, {network, 1, {(uint8_t)mac}}};
            counts[bac_address_hash(&address) % BUCKETS]++;
        }
    for (size_t i = 0; i < BUCKETS; i++)
        assert_in_range(counts[i], 0, 32); /* 8 on average */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_reads_back_as_it_was_written),
        cmocka_unit_test(text_that_is_no_address_is_refused_and_quoted),
        cmocka_unit_test(addresses_that_differ_anywhere_hash_differently),
        cmocka_unit_test(a_building_of_addresses_fills_its_buckets_evenly),
    };
    return cmocka_run_group_tests_name("bacnet address", tests, NULL, NULL);
}
