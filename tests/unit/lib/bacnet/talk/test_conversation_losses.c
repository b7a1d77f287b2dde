/* Segmented answers whose frames are lost, each in turn and two at a time. */
#include "tests/unit/lib/bacnet/talk/conversation.h"

/* Loses the frames of these numbers, counted from the first. */
typedef struct Losses {
    uint64_t first, second;
} Losses;

static bool is_lost(void *owner, const Frame *frame)
{
    const Losses *losses = owner;
    return frame->number == losses->first || frame->number == losses->second;
}

/* Reads the object list of a device, and returns how many frames that took. */
static uint64_t read_object_list(uint8_t window, uint32_t object_count, Losses losses,
                                 BacOutcome *ret_outcome)
{
    Conversation *conversation = conversation_new(3, 2, 1, 0);
    Device *device = &conversation->devices[1];
    BacServerOptions options = device->server.options;
    options.identity.max_apdu = 50;
    options.window = window;
    bac_server_init(&device->server, &options);
    device->object_count = object_count;
    conversation->network.delay_us = 10 * BP_MS;
    conversation->network.loses = is_lost;
    conversation->network.owner = &losses;

    uint8_t memory[32];
    BpBuf out = bp_buf(memory, sizeof memory);
    Ask *ask = conversation->free_ask;
    ask->device = device;
    ask->references[0] = (BacReference){{BAC_DEVICE, device->number}, BAC_PROP_OBJECT_LIST, BAC_NO_INDEX};
    bac_read_property_encode(&out, ask->references);
    const BacRequest request = {.service = BAC_SERVICE_CONFIRMED_READ_PROPERTY,
                                .parameters = bp_buf_text(&out),
                                .timeout_us = BP_SECOND,
                                .retries = 2,
                                .context = ask};
    assert_int_equal(bac_client_request(&conversation->client, &conversation->peers[1], &request, 0, NULL),
                     BP_OK);
    conversation->free_ask = NULL;
    while (step(conversation))
        ;
    *ret_outcome = conversation->answered ? BAC_ANSWERED : BAC_SILENT;
    assert_int_equal(conversation->ended, 1);
    assert_false(conversation->sendings[SENDINGS].in_use);
    const uint64_t frames = conversation->network.number;
    conversation_free(conversation);
    return frames;
}

static void any_two_frames_of_a_segmented_answer_may_be_lost(void **state)
{
    (void)state;
    static const uint8_t windows[] = {1, 2, 4, 16};
    for (size_t i = 0; i < sizeof windows; i++) {
        BacOutcome outcome;
        const uint64_t frames = read_object_list(windows[i], 60, (Losses){UINT64_MAX, UINT64_MAX}, &outcome);
        assert_int_equal(outcome, BAC_ANSWERED);
        for (uint64_t first = 0; first < frames; first++)
            for (uint64_t second = first; second < frames; second++) {
                (void)read_object_list(windows[i], 60, (Losses){first, second}, &outcome);
                if (outcome != BAC_ANSWERED)
                    fail_msg("window %u: no answer without frames %llu and %llu", windows[i],
                             (unsigned long long)first, (unsigned long long)second);
            }
    }
}

static bool loses_every_ninth(void *owner, const Frame *frame)
{
    (void)owner;
    return frame->number % 9 == 8;
}

static void an_answer_of_more_than_256_segments_arrives_whole(void **state)
{
    (void)state;
    Conversation *conversation = conversation_new(3, 5, 1, 0);
    Device *device = &conversation->devices[4]; /* takes 50 octets */
    device->object_count = 4000;
    conversation->network.delay_us = 10 * BP_MS;
    conversation->network.loses = loses_every_ninth;
    Ask *ask = conversation->free_ask;
    ask->device = device;
    ask->references[0] = (BacReference){{BAC_DEVICE, device->number}, BAC_PROP_OBJECT_LIST, BAC_NO_INDEX};
    uint8_t memory[32];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_read_property_encode(&out, ask->references);
    assert_int_equal(send_ask(conversation, ask, BAC_SERVICE_CONFIRMED_READ_PROPERTY, &out), BP_OK);
    conversation->free_ask = NULL;
    while (step(conversation))
        ;
    assert_int_equal(conversation->answered, 1);
    assert_true(device->server.counts.segments > 4000 * 5 / 45);
    conversation_free(conversation);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_two_frames_of_a_segmented_answer_may_be_lost),
        cmocka_unit_test(an_answer_of_more_than_256_segments_arrives_whole),
    };
    return cmocka_run_group_tests_name("bacnet conversation losses", tests, NULL, NULL);
}
