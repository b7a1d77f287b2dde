/* Who is at an address: I-Ams that lie, and devices that are not asked so easily. */
#include "apps/collect/ask/device/identity.h"
#include "tests/unit/apps/collect/ask/strangers.h"

static void a_forged_i_am_of_a_live_address_changes_nothing(void **state)
{
    (void)state;
    Field *field = new_field(3);
    for (int i = 0; i < 12; i++) {
        field_run(field, 5 * BP_SECOND);
        hear(field, &field->stations[0].sim.address, i % 2 ? 4711 : instance_of(field, 1));
    }
    field_run(field, BP_SECOND);
    assert_all(field, 0, COLLECT_ONLINE, "");
    assert_int_equal(field->stations[0].states, 1);
    assert_in_range(field->stations[0].seen[0].good, 12, 13);
    assert_int_equal(field->stations[0].seen[0].bad, 0);
    assert_int_equal(field->found, 0);
    assert_int_equal(count_devices(field), 2);
    field_free(field);
}

static void a_flood_of_them_delays_readings_by_a_second(void **state)
{
    (void)state;
    Field *field = new_field(3);
    field_run(field, 5 * BP_SECOND);
    const uint64_t before = field->stations[0].asked;
    for (uint32_t i = 0; i < 6000; i++) {
        hear(field, &field->stations[0].sim.address, i);
        field_run(field, 10 * BP_MS);
    }
    assert_in_range(field->stations[0].seen[0].good, 12, 14);
    assert_int_equal(field->stations[0].seen[0].bad, 0);
    assert_in_range(field->stations[0].asked - before, 60, 60 + 60);
    assert_int_equal(field->found, 0);
    field_free(field);
}

static void a_forged_i_am_moves_no_silent_device_to_where_nobody_is(void **state)
{
    (void)state;
    Field *field = new_field(3);
    const BacAddress nowhere = {{10, 9, 9, 9}, BAC_PORT, {0}};
    field->stations[0].sim.quirks.silent = true;
    field_run(field, BP_MINUTE);
    const CollectDevice *stranger = hear(field, &nowhere, instance_of(field, 0));
    field_run(field, BP_MINUTE);
    assert_int_equal(stranger->state, COLLECT_OFFLINE); /* and to be forgotten */
    assert_all(field, 0, COLLECT_OFFLINE, "timeout");
    field_free(field);
}

static void nor_to_a_known_device(void **state)
{
    (void)state;
    Field *field = new_field(3);
    field->stations[0].sim.quirks.silent = true;
    field_run(field, BP_MINUTE);
    hear(field, &field->stations[1].sim.address, instance_of(field, 0));
    field_run(field, BP_MINUTE);
    assert_all(field, 0, COLLECT_OFFLINE, "timeout");
    assert_all(field, 1, COLLECT_ONLINE, "");
    assert_int_equal(field->stations[1].seen[0].bad, 0);
    assert_int_equal(count_devices(field), 2);
    field_free(field);
}

static void nor_to_a_stranger_who_is_found_by_its_own_name(void **state)
{
    (void)state;
    Field *field = new_field(3);
    field->stations[0].sim.quirks.silent = true;
    field_run(field, BP_MINUTE);
    const CollectDevice *stranger = hear(field, &field->stations[2].sim.address, instance_of(field, 0)),
                        *namesake;
    field_run(field, 10 * BP_SECOND);
    assert_int_equal(stranger->instance, instance_of(field, 2));
    assert_int_equal(stranger->state, COLLECT_ONLINE);
    assert_int_equal(collect_poll_namesake(field->poller, stranger, &namesake), COLLECT_NO_NAMESAKE);
    assert_all(field, 0, COLLECT_OFFLINE, "timeout");
    field_free(field);
}

static bool says_yes_to_all(FieldStation *station, const BacDatagram *datagram)
{
    BacReference asked;
    if (station != &station->field->stations[2] || !is_question(datagram, &asked))
        return false;
    say_yes(station->field, &station->sim.address, datagram->apdu.invoke_id, &asked);
    return true;
}

static void whoever_says_yes_to_every_name_is_nobody(void **state)
{
    (void)state;
    Field *field = new_field(3);
    field->intercept = says_yes_to_all;
    field->stations[0].sim.quirks.silent = true;
    field_run(field, BP_MINUTE);
    const CollectDevice *stranger = hear(field, &field->stations[2].sim.address, instance_of(field, 0));
    field_run(field, BP_MINUTE);
    assert_int_equal(stranger->state, COLLECT_REPLACED);
    hear(field, &field->stations[2].sim.address, instance_of(field, 1));
    field_run(field, BP_MINUTE);
    assert_int_equal(stranger->state, COLLECT_REPLACED);
    assert_all(field, 0, COLLECT_OFFLINE, "timeout");
    assert_all(field, 1, COLLECT_ONLINE, "");
    assert_int_equal(count_devices(field), 3);
    field_free(field);
}

static void a_device_without_the_wildcard_is_asked_by_the_name_that_was_claimed(void **state)
{
    (void)state;
    Field *field = new_field(3);
    field->intercept = knows_no_wildcard;
    field_run(field, 20 * BP_SECOND);
    const size_t good = field->stations[0].seen[0].good;
    hear(field, &field->stations[0].sim.address, 4711);
    field_run(field, 5 * BP_SECOND);
    assert_all(field, 0, COLLECT_ONLINE, "");
    swap_addresses(field, 0, 2);
    hear(field, &field->stations[2].sim.address, instance_of(field, 2));
    field_run(field, 10 * BP_SECOND);
    assert_replaced(field, 0, 2, good + 1);
    assert_int_equal(field->wrong, 0);
    field_free(field);
}

/* Is silent when it is asked who it is, whoever it is. */
static bool hears_no_wildcard(FieldStation *station, const BacDatagram *datagram)
{
    BacReference asked;
    (void)station;
    return is_question(datagram, &asked) && asked.object.instance == BAC_INSTANCE_WILDCARD;
}

static void one_that_denies_and_then_says_no_more_is_another(void **state)
{
    (void)state;
    Field *field = new_field(3);
    field->intercept = hears_no_wildcard;
    field_run(field, 20 * BP_SECOND);
    const size_t good = field->stations[0].seen[0].good;
    swap_addresses(field, 0, 2);
    field_run(field, BP_MINUTE);
    assert_all(field, 0, COLLECT_REPLACED, "replaced"); /* and not silent */
    assert_int_equal(field->stations[0].seen[0].good, good);
    assert_int_equal(field->wrong, 0);
    field_free(field);
}

static void a_name_that_nobody_has_is_not_the_devices_own(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        BpRandom random = bp_random(seed), again = random;
        CollectDevice device = {.instance = BAC_INSTANCE_WILDCARD, .identity.question = COLLECT_ASK_NOBODY};
        const uint32_t drawn = collect_identity_question(&device, &random).object.instance;
        device.instance = drawn;
        assert_in_range(drawn, 0, BAC_INSTANCE_WILDCARD - 1);
        assert_int_not_equal(collect_identity_question(&device, &again).object.instance, drawn);
    }
}

static void until_it_is_known_who_is_there_nobody_has_the_address(void **state)
{
    (void)state;
    Field *field = new_field(3);
    field->intercept = knows_no_wildcard;
    swap_addresses(field, 0, 2);
    field_run(field, 10 * BP_SECOND);
    assert_all(field, 0, COLLECT_REPLACED, "replaced");
    assert_false(field->stations[0].device->is_evicted);
    hear(field, &field->stations[2].sim.address, 4711);
    field_run(field, 2 * BP_SECOND);
    assert_false(field->stations[0].device->is_evicted);
    hear(field, &field->stations[2].sim.address, instance_of(field, 2));
    field_run(field, 2 * BP_SECOND);
    assert_replaced(field, 0, 2, 0);
    field_free(field);
}

static void one_that_comes_back_to_its_address_goes_on(void **state)
{
    (void)state;
    Field *field = new_field(3);
    field->intercept = knows_no_wildcard;
    swap_addresses(field, 0, 2);
    field_run(field, 10 * BP_SECOND);
    assert_all(field, 0, COLLECT_REPLACED, "replaced");
    swap_addresses(field, 0, 2);
    field_run(field, BP_MINUTE);
    assert_all(field, 0, COLLECT_ONLINE, "");
    assert_int_equal(field->wrong, 0);
    field_free(field);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_forged_i_am_of_a_live_address_changes_nothing),
        cmocka_unit_test(a_flood_of_them_delays_readings_by_a_second),
        cmocka_unit_test(a_forged_i_am_moves_no_silent_device_to_where_nobody_is),
        cmocka_unit_test(nor_to_a_known_device),
        cmocka_unit_test(nor_to_a_stranger_who_is_found_by_its_own_name),
        cmocka_unit_test(whoever_says_yes_to_every_name_is_nobody),
        cmocka_unit_test(a_device_without_the_wildcard_is_asked_by_the_name_that_was_claimed),
        cmocka_unit_test(one_that_denies_and_then_says_no_more_is_another),
        cmocka_unit_test(a_name_that_nobody_has_is_not_the_devices_own),
        cmocka_unit_test(until_it_is_known_who_is_there_nobody_has_the_address),
        cmocka_unit_test(one_that_comes_back_to_its_address_goes_on),
    };
    return cmocka_run_group_tests_name("collect identity", tests, NULL, NULL);
}
