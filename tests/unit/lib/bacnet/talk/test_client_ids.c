/* The client alone: its invoke IDs and its peers. */
#include "tests/unit/lib/bacnet/talk/asker.h"

/* ---- invoke IDs ---- */

static void an_id_comes_again_only_after_all_others(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    int last_given[256];
    for (int id = 0; id < 256; id++)
        last_given[id] = -1000;
    for (int i = 0; i < 1000; i++) {
        const uint8_t id = ask_read(asker, &TEMPERATURE, 0);
        assert_int_not_equal(id, 0);
        assert_true(i - last_given[id] >= 255);
        last_given[id] = i;
        assert_true(hear_read(asker, &DEVICE, id, &TEMPERATURE));
    }
}

static void at_most_255_requests_are_outstanding_to_a_peer(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    bool given[256] = {false};
    for (int i = 0; i < BAC_OUTSTANDING_MAX; i++) {
        const uint8_t id = ask_read(asker, &TEMPERATURE, 0);
        assert_false(given[id]);
        given[id] = true;
    }
    assert_false(given[0]);
    assert_int_equal(ask_peer(asker, &asker->peer, 12, (BpStr){0}, 0), BP_FULL);
    assert_int_equal(asker->sent_count, BAC_OUTSTANDING_MAX);
    BacPeer other;
    add_peer(asker, &other, &STATION);
    assert_int_equal(ask_peer(asker, &other, 12, (BpStr){0}, 0), BP_OK); /* IDs are each peer's own */
    assert_true(hear_read(asker, &DEVICE, 77, &TEMPERATURE));
    assert_int_equal(ask_read(asker, &TEMPERATURE, 0), 77);
}

static void no_more_requests_than_there_are_transactions(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    BacPeer other;
    add_peer(asker, &other, &STATION);
    for (int i = 0; i < TRANSACTIONS; i++)
        assert_int_equal(ask_peer(asker, i % 2 ? &asker->peer : &other, 12, (BpStr){0}, 0), BP_OK);
    BpError err;
    const BacRequest request = {.timeout_us = 1};
    assert_int_equal(bac_client_request(&asker->client, &other, &request, asker->now_us, &err), BP_FULL);
    assert_string_equal(err.text, "300 requests are outstanding, no more fit");
    for (int i = 0; i < TRANSACTIONS; i++)
        assert_true(wait_for_next(asker));
    assert_idle(asker);
    assert_int_equal(other.outstanding, 0);
    assert_int_equal(ask_peer(asker, &other, 12, (BpStr){0}, 0), BP_OK);
}

static void a_late_answer_finds_nobody(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    const uint8_t late_id = ask_write(asker);
    assert_true(wait_for_next(asker));
    const int64_t given_up_us = asker->now_us;
    /* All others are used up, and used again, before the rest is over. */
    for (int i = 0; i < 600; i++) {
        const uint8_t id = ask_write(asker);
        assert_int_not_equal(id, late_id);
        const BacApdu ack = {
            .type = BAC_SIMPLE_ACK, .invoke_id = id, .service = BAC_SERVICE_CONFIRMED_WRITE_PROPERTY};
        assert_true(hear(asker, &DEVICE, &ack, (BpStr){0}));
    }
    asker->now_us = given_up_us + TIMEOUT_US - 1;
    const BacApdu late = {
        .type = BAC_SIMPLE_ACK, .invoke_id = late_id, .service = BAC_SERVICE_CONFIRMED_WRITE_PROPERTY};
    assert_false(hear(asker, &DEVICE, &late, (BpStr){0}));
    assert_int_equal(asker->client.counts.late, 1);
}

static void an_id_rests_as_long_as_its_tries_took(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    for (int i = 0; i < BAC_OUTSTANDING_MAX; i++)
        ask_read(asker, &TEMPERATURE, 2);
    for (int ended = 0; ended < BAC_OUTSTANDING_MAX;)
        ended += wait_for_next(asker);
    assert_idle(asker);
    asker->now_us += 3 * TIMEOUT_US - 1;
    BpError err;
    const BacRequest request = {.timeout_us = 1};
    assert_int_equal(bac_client_request(&asker->client, &asker->peer, &request, asker->now_us, &err),
                     BP_FULL);
    assert_string_equal(err.text, "all invoke IDs for 10.0.0.9 are in use or resting");
    asker->now_us += 1;
    assert_int_equal(bac_client_request(&asker->client, &asker->peer, &request, asker->now_us, &err), BP_OK);
}

static void an_answer_to_one_of_several_tries_leaves_its_id_to_rest(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    const uint8_t twice_asked = ask_read(asker, &TEMPERATURE, 1);
    assert_false(wait_for_next(asker));
    assert_true(hear_read(asker, &DEVICE, twice_asked, &TEMPERATURE));
    assert_int_equal(asker->answer.tries, 2);
    for (int i = 0; i < 600; i++) {
        const uint8_t id = ask_read(asker, &TEMPERATURE, 0);
        assert_int_not_equal(id, twice_asked);
        assert_true(hear_read(asker, &DEVICE, id, &TEMPERATURE));
    }
    assert_false(hear_read(asker, &DEVICE, twice_asked, &TEMPERATURE)); /* the other copy's answer */
    assert_int_equal(asker->client.counts.duplicates, 1);
}

static void every_id_rests_where_that_is_asked_for(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    BacClientOptions options = options_of(asker);
    options.rest_us = 100000;
    begin_with(asker, &options, &DEVICE);
    int64_t free_at_us[256] = {0};
    int asked = 0;
    for (; asker->now_us < 2000000; asker->now_us += 100) {
        if (ask_peer(asker, &asker->peer, BAC_SERVICE_CONFIRMED_DELETE_OBJECT, (BpStr){0}, 0) != BP_OK)
            continue;
        const uint8_t id = asker->sent.apdu.invoke_id;
        assert_true(asker->now_us >= free_at_us[id]);
        free_at_us[id] = asker->now_us + options.rest_us;
        const BacApdu ack = {
            .type = BAC_SIMPLE_ACK, .invoke_id = id, .service = BAC_SERVICE_CONFIRMED_DELETE_OBJECT};
        assert_true(hear(asker, &DEVICE, &ack, (BpStr){0}));
        asked++;
    }
    assert_in_range(asked, 127 * 20, 255 * 20); /* no ID is lost on the way */
}

/* ---- peers ---- */

static void an_address_is_asked_by_one_peer_only(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    BacPeer twin = {.address = DEVICE};
    BpError err;
    assert_int_equal(bac_client_add(&asker->client, &twin, &err), BP_CONFLICT);
    assert_string_equal(err.text, "10.0.0.9 is asked already");
    BacPeer stations[50];
    for (uint8_t i = 0; i < 50; i++) {
        BacAddress address = STATION;
        address.remote.mac[0] = i;
        add_peer(asker, &stations[i], &address);
    }
    for (uint8_t i = 0; i < 50; i += 2)
        bac_client_remove(&asker->client, &stations[i]);
    for (uint8_t i = 0; i < 50; i++)
        assert_ptr_equal(bac_client_find(&asker->client, &stations[i].address), i % 2 ? &stations[i] : NULL);
}

static void a_peer_that_goes_takes_its_requests_along(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    BacPeer other;
    add_peer(asker, &other, &STATION);
    const uint8_t id = ask_read(asker, &TEMPERATURE, 1);
    for (int i = 0; i < 100; i++)
        assert_int_equal(ask_peer(asker, i % 3 ? &asker->peer : &other, 12, (BpStr){0}, 0), BP_OK);
    bac_client_remove(&asker->client, &asker->peer);
    assert_false(hear_read(asker, &DEVICE, id, &TEMPERATURE));
    assert_int_equal(asker->client.counts.foreign, 1);
    add_peer(asker, &asker->peer, &DEVICE);
    assert_int_not_equal(ask_read(asker, &TEMPERATURE, 0),
                         id); /* the late answer must not find the new one */
    for (int i = 0; i < 35; i++)
        assert_true(wait_for_next(asker));
    assert_idle(asker);
    assert_int_equal(other.outstanding, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_comes_again_only_after_all_others),
        cmocka_unit_test(at_most_255_requests_are_outstanding_to_a_peer),
        cmocka_unit_test(no_more_requests_than_there_are_transactions),
        cmocka_unit_test(a_late_answer_finds_nobody),
        cmocka_unit_test(an_id_rests_as_long_as_its_tries_took),
        cmocka_unit_test(an_answer_to_one_of_several_tries_leaves_its_id_to_rest),
        cmocka_unit_test(every_id_rests_where_that_is_asked_for),
        cmocka_unit_test(an_address_is_asked_by_one_peer_only),
        cmocka_unit_test(a_peer_that_goes_takes_its_requests_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
