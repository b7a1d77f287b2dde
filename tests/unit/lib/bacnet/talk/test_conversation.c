/* Client and servers together, over a network that loses, doubles, delays and overtakes. Whatever it does, no
 * answer is taken for a request that it does not belong to, and every request ends. */
#include "tests/unit/lib/bacnet/talk/conversation.h"

static void over_a_good_network_everything_is_answered(void **state)
{
    (void)state;
    enum { REQUESTS = 3000 };
    Conversation *conversation = conversation_new(1, 7, SENDINGS, REQUESTS);
    conversation->network.delay_us = 500;
    talk(conversation, REQUESTS);
    const BacClientCounts *counts = &conversation->client.counts;
    assert_int_equal(counts->answers + counts->errors, REQUESTS);
    assert_int_equal(counts->retries + counts->silent + counts->late + counts->foreign + counts->duplicates,
                     0);
    conversation_free(conversation);
}

/* The slowest answer takes less than two timeouts: what the rest of invoke IDs is made for. So not even a
 * SimpleACK or an Error, which name no object, may meet the wrong request. */
static void over_a_bad_network_no_answer_meets_another_request(void **state)
{
    (void)state;
    enum { SEEDS = 12, REQUESTS = 1500, DEVICES = 9 };
    BacClientCounts sum = {0};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        Conversation *conversation = conversation_new(seed, DEVICES, 40, REQUESTS);
        Network *network = &conversation->network;
        network->lost = 0.02 * (double)(seed % 6);
        network->doubled = 0.03 * (double)(seed % 5);
        network->delay_us = 1000;
        network->jitter_us = seed % 4 == 0 ? 20 * BP_MS : 950 * BP_MS;
        talk(conversation, REQUESTS);
        const BacClientCounts *counts = &conversation->client.counts;
        assert_int_equal(counts->malformed, 0);
        assert_true(conversation->answered > REQUESTS / 4);
        sum.late += counts->late;
        sum.duplicates += counts->duplicates;
        sum.retries += counts->retries;
        sum.silent += counts->silent;
        conversation_free(conversation);
    }
    assert_true(sum.late > 1000); /* the network was as bad as it was meant to be */
    assert_true(sum.duplicates > 1000);
    assert_true(sum.retries > 1000);
    assert_true(sum.silent > 1000);
}

/* So fast that all invoke IDs are used many times while a doubled answer is on its way. */
static Conversation *rapid_conversation(size_t requests)
{
    Conversation *conversation = conversation_new(11, 1, 30, requests);
    conversation->network.doubled = 0.5;
    conversation->network.delayed = 0.05;
    conversation->network.delay_us = BP_MS;
    conversation->network.jitter_us = 900 * BP_MS;
    return conversation;
}

static void ids_that_rest_keep_even_the_fastest_answers_apart(void **state)
{
    (void)state;
    enum { REQUESTS = 10000 };
    Conversation *conversation = rapid_conversation(REQUESTS);
    talk(conversation, REQUESTS);
    assert_int_equal(conversation->client.counts.foreign, 0);
    assert_true(conversation->client.counts.duplicates > REQUESTS / 20);
    conversation_free(conversation);
}

static void reads_that_name_their_objects_need_no_rest(void **state)
{
    (void)state;
    enum { REQUESTS = 50000 };
    Conversation *conversation = rapid_conversation(REQUESTS);
    conversation->client.options.rest_us = 0;
    conversation->only_good_reads = true;
    talk(conversation, REQUESTS);
    assert_true(conversation->client.counts.foreign > 100);
    assert_true(conversation->answered > REQUESTS * 99 / 100);
    conversation_free(conversation);
}

static void ten_thousand_requests_are_outstanding_and_none_is_mistaken(void **state)
{
    (void)state;
    enum { OUTSTANDING = 10000, REQUESTS = 30000, DEVICES = 150 };
    /* More by hand: TEST_REQUESTS=20000000 test_bacnet_conversation */
    const char *wanted = getenv("TEST_REQUESTS");
    const size_t requests = wanted ? strtoul(wanted, NULL, 10) : REQUESTS;
    Conversation *conversation = conversation_new(5, DEVICES, OUTSTANDING, requests);
    conversation->network.lost = 0.05;
    conversation->network.doubled = 0.05;
    conversation->network.delay_us = 10 * BP_MS;
    conversation->network.jitter_us = 900 * BP_MS;
    while (conversation->free_ask && ask_anything(conversation))
        ;
    assert_true(conversation->asked > OUTSTANDING * 9 / 10);
    talk(conversation, requests);
    assert_true(conversation->answered > requests / 3);
    print_message("# %zu requests, %zu answered, %" PRIu64 " late, %" PRIu64 " foreign, none mistaken\n",
                  conversation->asked, conversation->answered, conversation->client.counts.late,
                  conversation->client.counts.foreign);
    conversation_free(conversation);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(over_a_good_network_everything_is_answered),
        cmocka_unit_test(over_a_bad_network_no_answer_meets_another_request),
        cmocka_unit_test(ids_that_rest_keep_even_the_fastest_answers_apart),
        cmocka_unit_test(reads_that_name_their_objects_need_no_rest),
        cmocka_unit_test(ten_thousand_requests_are_outstanding_and_none_is_mistaken),
    };
    return cmocka_run_group_tests_name("bacnet conversation", tests, NULL, NULL);
}
