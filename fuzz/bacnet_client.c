/* The client's side of a conversation. The input is a play: each scene has an octet that says what happens
 * (its two low bits), one that says how much or how long, and the octets of an APDU where one comes in.
 * Whatever comes, every request ends once, and what we send can be read. */
#include "bacnet/service/read_multiple.h"
#include "bacnet/service/read_property.h"
#include "bacnet/talk/client.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What happens in a scene. */
enum { APDU_COMES = 0, ANSWER_COMES = 1, TIME_PASSES = 2, WE_ASK = 3 };

/* Bit 2 of the same octet: who is meant. */
enum { STATION = 0x04 };

enum { PEERS = 2, TRANSACTIONS = 8, ASSEMBLIES = 1 };

typedef struct Play {
    BacClient client;
    BacTransaction transactions[TRANSACTIONS];
    BacDue heap[TRANSACTIONS];
    BacPeer *buckets[2];
    BacPeer peers[PEERS];
    uint8_t last_id[PEERS];
    uint64_t asked, ended;
    int64_t now_us;
} Play;

static BacAssembly assemblies[ASSEMBLIES];

static void take_sent(void *owner, const BacAddress *to, BpStr octets)
{
    Play *play = owner;
    const BacAddress ours = {{10, 0, 0, 1}, BAC_PORT, {0}};
    BacDatagram datagram;
    const BpStatus status = bac_datagram_decode(bp_cursor(octets.data, octets.size), &ours, &datagram, NULL);
    assert(status == BP_OK && datagram.has_apdu);
    for (size_t i = 0; i < PEERS; i++)
        if (datagram.apdu.type == BAC_CONFIRMED_REQUEST && bac_address_equal(to, &play->peers[i].address))
            play->last_id[i] = datagram.apdu.invoke_id;
}

static void begin(Play *play)
{
    const BacClientOptions options = {
        .owner = play,
        .send = take_sent,
        .transactions = play->transactions,
        .heap = play->heap,
        .transaction_count = TRANSACTIONS,
        .buckets = play->buckets,
        .bucket_count = 2,
        .assemblies = assemblies,
        .assembly_count = ASSEMBLIES,
        .segment_timeout_us = 2000000,
        .rest_us = 1000000,
    };
    bac_client_init(&play->client, &options);
    play->peers[0].address = (BacAddress){{10, 0, 0, 9}, BAC_PORT, {0}};
    play->peers[1].address = (BacAddress){{10, 0, 0, 9}, BAC_PORT, {2001, 1, {0x0A}}};
    for (size_t i = 0; i < PEERS; i++) {
        play->peers[i].max_apdu = BAC_APDU_MAX;
        const BpStatus status = bac_client_add(&play->client, &play->peers[i], NULL);
        assert(status == BP_OK);
    }
}

/* Every octet of the answer is looked at, for the sanitizers. */
static void take_answer(Play *play, const BacAnswer *answer)
{
    uint64_t sum = 0;
    for (BpCursor in = answer->body; bp_cursor_remaining(&in) > 0;)
        sum += bp_cursor_u8(&in);
    for (BpCursor in = answer->request; bp_cursor_remaining(&in) > 0;)
        sum += bp_cursor_u8(&in);
    assert(sum < UINT64_MAX && answer->context == play);
    play->ended++;
}

/* Requests of every kind that is matched in its own way: analog-input,5 present-value; a list and two of its
 * neighbours; ALL; a write. */
static void ask(Play *play, BacPeer *peer, uint8_t kind)
{
    static const BacReference references[] = {{{BAC_ANALOG_INPUT, 5}, BAC_PROP_PRESENT_VALUE, BAC_NO_INDEX},
                                              {{BAC_ANALOG_INPUT, 6}, BAC_PROP_PRESENT_VALUE, BAC_NO_INDEX},
                                              {{BAC_ANALOG_INPUT, 6}, BAC_PROP_PRIORITY_ARRAY, 8},
                                              {{BAC_DEVICE, 1042}, BAC_PROP_ALL, BAC_NO_INDEX}};
    uint8_t memory[128];
    BpBuf out = bp_buf(memory, sizeof memory);
    BacRequest request = {.timeout_us = 3000000, .retries = kind % 3, .context = play};
    switch (kind % 4) {
    case 0:
        request.service = BAC_SERVICE_CONFIRMED_READ_PROPERTY;
        bac_read_property_encode(&out, references);
        break;
    case 1:
        request.service = BAC_SERVICE_CONFIRMED_READ_PROPERTY_MULTIPLE;
        bac_read_multiple_encode(&out, references, 3);
        break;
    case 2:
        request.service = BAC_SERVICE_CONFIRMED_READ_PROPERTY_MULTIPLE;
        bac_read_multiple_encode(&out, references + 2, 2);
        break;
    default: request.service = BAC_SERVICE_CONFIRMED_WRITE_PROPERTY; break;
    }
    request.parameters = bp_buf_text(&out);
    if (bac_client_request(&play->client, peer, &request, play->now_us, NULL) == BP_OK)
        play->asked++;
}

static void let_pass(Play *play, int64_t time_us)
{
    BacAnswer answer;
    play->now_us += time_us;
    while (bac_client_expire(&play->client, play->now_us, &answer))
        take_answer(play, &answer);
}

/* `as_answer` gives it the invoke ID of the last request, which a fuzzer would seldom find. */
static void hear(Play *play, size_t peer, BpCursor apdu, bool as_answer)
{
    BacDatagram datagram = {.from = play->peers[peer].address, .has_apdu = true, .body = apdu};
    BacAnswer answer;
    if (bac_apdu_decode(&datagram.body, &datagram.apdu, NULL) != BP_OK)
        return;
    if (as_answer)
        datagram.apdu.invoke_id = play->last_id[peer];
    if (bac_client_receive(&play->client, &datagram, play->now_us, &answer))
        take_answer(play, &answer);
}

static void scene(Play *play, BpCursor *in)
{
    const uint8_t what = bp_cursor_u8(in), how_much = bp_cursor_u8(in);
    const size_t peer = what & STATION ? 1 : 0;
    switch (what % 4) {
    case TIME_PASSES: let_pass(play, how_much * INT64_C(100000)); break;
    case WE_ASK: ask(play, &play->peers[peer], how_much); break;
    default: {
        const size_t left = bp_cursor_remaining(in);
        hear(play, peer, bp_cursor_sub(in, how_much < left ? how_much : left), what % 4 == ANSWER_COMES);
        break;
    }
    }
    assert(play->client.dues.size == play->asked - play->ended);
    assert((size_t)play->peers[0].outstanding + play->peers[1].outstanding == play->client.dues.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static Play play;
    play = (Play){0};
    begin(&play);
    BpCursor in = bp_cursor(data, size);
    while (bp_cursor_remaining(&in) > 0)
        scene(&play, &in);
    /* Three tries of three seconds each, or four timeouts of two: then all is over. */
    for (int i = 0; i < 5; i++)
        let_pass(&play, 3000000);
    assert(play.asked == play.ended && bac_client_next_due_us(&play.client) == INT64_MAX);
    return 0;
}
